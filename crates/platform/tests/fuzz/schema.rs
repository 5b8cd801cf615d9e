//! Requests made from the schema itself: a field that somebody adds is asked for without anybody thinking of it.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use serde_json::{Map, Number, Value, json};

use crate::dice::Dice;

/// Nesting of an answer's fields; deeper is refused by the server's limit, which is tried elsewhere.
const DEPTH: usize = 5;

pub struct Generator {
    types: BTreeMap<String, TypeKind>,
}

/// What an id may be, by the name of its argument; else any of them.
const KNOWN: &[(&str, &[&str])] = &[
    ("project_id", &["fc-example", "fc-example", "fc-example", "other"]),
    ("partner_id", &["club-shop", "club-shop", "club-shop", "club-shop", "stadium-kiosk", "nobody"]),
    ("party_id", &["club-shop", "fc-example"]),
    ("scope_id", &["club-shop", "fc-example"]),
    ("module_id", &["fan_points_module", "status_points_module", "user_module"]),
    ("user_id", &["008407119295", "071203344512", "member-0003", "p0000000000000001", "999999999993"]),
    ("rate_label", &["default", "ticket", "merchandise", "nope"]),
    ("action_category", &["quiz", "match_visit", "nope"]),
    ("mail_address", &["fan@example.org", "no address"]),
    ("date", &["2026-01-01", "2026-11-20T10:00:00Z", "2026-02-30", "yesterday"]),
    ("than", &["2026-01-01T00:00:00Z", "2999-01-01 00:00:00", "never"]),
    ("url", &["https://shop.example.org/back", "javascript:alert(1)", "not a url"]),
];

const STRANGE: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{1}",
    "\u{7f}\u{80}",
    "\u{202e}desrever",
    "';DROP TABLE fan;--",
    "\"}{",
    "😀",
    "null",
    "NaN",
    "-1",
    "../../etc/passwd",
    "p-1",
    "\u{feff}",
    "\n\r\t",
];

const NUMBERS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.001,
    0.005,
    4.99,
    25.0,
    1e-300,
    1e15,
    9_007_199_254_740_993.0,
    1e300,
    -1e300,
    2_147_483_648.0,
    92_233_720_368_547_758.08,
    0.1,
];

impl Generator {
    pub fn new(sdl: &str) -> Self {
        let document = parse_schema(sdl).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(kind) => Some((kind.node.name.node.to_string(), kind.node.kind)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self { types: types.collect() }
    }

    fn fields(&self, name: &str) -> Option<Vec<&FieldDefinition>> {
        match self.types.get(name) {
            Some(TypeKind::Object(object)) => Some(object.fields.iter().map(|field| &field.node).collect()),
            _ => None,
        }
    }

    pub fn top_fields(&self) -> impl Iterator<Item = &str> {
        ["Query", "Mutation"]
            .into_iter()
            .flat_map(|root| self.fields(root).unwrap().into_iter().map(|field| field.name.node.as_str()))
    }

    /// A body, and the names of the operations in it.
    pub fn request(&self, dice: &mut Dice) -> (Value, Vec<String>) {
        let (word, root) = if dice.once_in(3) { ("query", "Query") } else { ("mutation", "Mutation") };
        let fields = self.fields(root).unwrap();
        let mut writing = Writing { variables: Map::new(), declared: Vec::new() };
        let mut parts = Vec::new();
        let mut names = Vec::new();
        for number in 0..*dice.one_of(&[1, 1, 1, 2, 4]) {
            let field = *dice.one_of(&fields);
            names.push(field.name.node.to_string());
            parts.push(format!("a{number}: {}", self.field(field, DEPTH, &mut writing, dice)));
        }
        let declared = match writing.declared.len() {
            0 => String::new(),
            _ => format!("({})", writing.declared.join(", ")),
        };
        let query = format!("{word} Q{declared} {{ {} }}", parts.join(" "));
        (json!({ "query": query, "variables": writing.variables, "operationName": "Q" }), names)
    }

    fn field(&self, field: &FieldDefinition, depth: usize, writing: &mut Writing, dice: &mut Dice) -> String {
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            let argument = &argument.node;
            if argument.ty.node.nullable && dice.once_in(2) {
                continue;
            }
            let value = self.value(argument.name.node.as_str(), &argument.ty.node, dice);
            arguments.push(format!("{}: {}", argument.name.node, writing.place(argument, value, dice)));
        }
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        format!("{}{arguments}{}", field.name.node, self.selection(&field.ty.node, depth, writing, dice))
    }

    /// Some of the fields of a type; of the refusals all, so that they are noticed.
    fn selection(&self, ty: &Type, depth: usize, writing: &mut Writing, dice: &mut Dice) -> String {
        let Some(fields) = self.fields(named(ty)) else { return String::new() };
        let mut chosen = vec!["__typename".to_owned()];
        for field in fields {
            let name = field.name.node.as_str();
            if name == "errors" {
                chosen.push("errors { __typename }".to_owned());
            } else if depth > 0 && !dice.once_in(3) {
                chosen.push(self.field(field, depth - 1, writing, dice));
            }
        }
        format!(" {{ {} }}", chosen.join(" "))
    }

    fn value(&self, name: &str, ty: &Type, dice: &mut Dice) -> Value {
        if dice.once_in(80) {
            return dice
                .one_of(&[json!(null), json!(7), json!("x"), json!(true), json!([]), json!({})])
                .clone();
        }
        match &ty.base {
            BaseType::List(inner) => {
                let length = *dice.one_of(&[0, 1, 1, 1, 2, 3, 60, 300]);
                (0..length).map(|_| self.value(name, inner, dice)).collect()
            }
            BaseType::Named(base) => match self.types.get(base.as_str()) {
                Some(TypeKind::InputObject(object)) => {
                    let mut value = Map::new();
                    for field in &object.fields {
                        let (name, ty) = (field.node.name.node.as_str(), &field.node.ty.node);
                        if !ty.nullable || dice.once_in(2) {
                            value.insert(name.to_owned(), self.value(name, ty, dice));
                        }
                    }
                    Value::Object(value)
                }
                // Told from a text by its mark when it is written.
                Some(TypeKind::Enum(values)) => {
                    let known: Vec<_> =
                        values.values.iter().map(|value| value.node.value.node.as_str()).collect();
                    json!(format!("enum:{}", if dice.once_in(20) { "gold" } else { dice.one_of(&known) }))
                }
                _ => scalar(name, base.as_str(), dice),
            },
        }
    }
}

fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => named(inner),
    }
}

fn scalar(name: &str, base: &str, dice: &mut Dice) -> Value {
    match base {
        "Boolean" => json!(dice.once_in(2)),
        "Int" => match dice.below(4) {
            0 => json!(i64::from(i32::MAX) + 1 - i64::try_from(dice.below(3)).unwrap()),
            1 => json!(-1),
            _ => json!(dice.below(40)),
        },
        "Float" => Number::from_f64(*dice.one_of(NUMBERS)).map_or(Value::Null, Value::Number),
        _ => json!(text(name, dice)),
    }
}

fn text(name: &str, dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => (*dice.one_of(STRANGE)).to_owned(),
        1 => "x".repeat(*dice.one_of(&[64, 65, 255, 256, 1000, 20_000])),
        2 => format!("id-{}", dice.number()),
        3 => char::from_u32(u32::try_from(dice.below(0xd7ff)).unwrap()).unwrap().to_string().repeat(3),
        _ => {
            let known = KNOWN.iter().find(|(part, _)| name.contains(part)).map(|(_, values)| *values);
            match known {
                Some(values) => (*dice.one_of(values)).to_owned(),
                None => format!("id-{}", dice.below(40)),
            }
        }
    }
}

/// The variables of the request that is being written.
struct Writing {
    variables: Map<String, Value>,
    declared: Vec<String>,
}

impl Writing {
    /// A value where it stands, or as a variable.
    fn place(&mut self, argument: &InputValueDefinition, value: Value, dice: &mut Dice) -> String {
        if dice.once_in(2) {
            return literal(&value);
        }
        let name = format!("v{}", self.declared.len());
        self.declared.push(format!("${name}: {}", argument.ty.node));
        self.variables.insert(name.clone(), without_marks(value));
        format!("${name}")
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => match text.strip_prefix("enum:") {
            Some(name) => name.to_owned(),
            // GraphQL's texts know JSON's escapes.
            None => value.to_string(),
        },
        Value::Array(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", literal(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn without_marks(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.strip_prefix("enum:").unwrap_or(&text).to_owned()),
        Value::Array(values) => values.into_iter().map(without_marks).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_marks(value))).collect()
        }
        other => other,
    }
}
