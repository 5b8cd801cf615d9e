//! Arguments that every command takes, made from the types in the generated bindings: so that a command is refused for
//! who calls it, not for what it was called with.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub struct Signature {
    pub name: String,
    pub sample: Value,
}

/// Every command of the bindings with arguments that fit.
pub fn signatures() -> Vec<Signature> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/ipc/bindings.ts");
    let text = without_comments(&std::fs::read_to_string(path).expect("the bindings are there"));
    let types = types(&text);
    let commands = text.split_once("export const commands = {").expect("the bindings list commands").1;
    let mut found = Vec::new();
    for line in commands.lines().take_while(|line| !line.starts_with('}')) {
        let Some((head, call)) = line.split_once("=> __TAURI_INVOKE<") else { continue };
        let name = call.split('"').nth(1).expect("a call names its command").to_owned();
        let inside = head.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
        let parameters = inside.expect("a command has a list of parameters").0;
        let sample = fields(parameters, ',', &types);
        found.push(Signature { name, sample });
    }
    found
}

fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/**") {
        clean.push_str(before);
        rest = after.split_once("*/").expect("a comment ends").1;
    }
    clean + rest
}

/// The declared types by name, each as it is written.
fn types(text: &str) -> BTreeMap<String, String> {
    let declared = text.split("export type ").skip(1).filter_map(|rest| {
        let (name, body) = rest.split_once('=')?;
        Some((name.trim().to_owned(), body.split(";\n").next()?.trim().to_owned()))
    });
    declared.collect()
}

/// Splits where no bracket is open.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (place, character) in text.char_indices() {
        match character {
            '{' | '[' | '(' | '<' => depth += 1,
            '}' | ']' | ')' | '>' => depth -= 1,
            _ if character == at && depth == 0 => {
                parts.push(&text[from..place]);
                from = place + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn fields(text: &str, between: char, types: &BTreeMap<String, String>) -> Value {
    let pairs = split(text, between).into_iter().map(|field| {
        let (name, of) = field.split_once(':').expect("a field has a type");
        (name.trim_end_matches('?').to_owned(), sample(of, types))
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// A value of a type: of several the first, and nothing where nothing will do.
fn sample(of: &str, types: &BTreeMap<String, String>) -> Value {
    let choices = split(of, '|');
    if choices.contains(&"null") {
        return Value::Null;
    }
    let of = choices.first().copied().unwrap_or_default();
    if of.ends_with("[]") {
        return json!([]);
    }
    if let Some(text) = of.strip_prefix('"') {
        return json!(text.trim_end_matches('"'));
    }
    if let Some(inside) = of.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let between = if split(inside, ';').len() > 1 { ';' } else { ',' };
        return fields(inside, between, types);
    }
    match of {
        "string" => json!("x"),
        "number" => json!(1),
        "boolean" => json!(false),
        name => sample(types.get(name).unwrap_or_else(|| panic!("no sample of {name:?}")), types),
    }
}
