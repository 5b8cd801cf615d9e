//! Every operation of the server's schema, so that a test made from them can not forget a new one.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};

/// A query or mutation with its arguments.
pub struct Operation {
    pub kind: &'static str,
    pub field: FieldDefinition,
}

pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for definition in parse_schema(platform::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let kind = match definition.node.name.node.as_str() {
            "Query" => "query",
            "Mutation" => "mutation",
            _ => continue,
        };
        if let TypeKind::Object(object) = definition.node.kind {
            operations.extend(object.fields.into_iter().map(|field| Operation { kind, field: field.node }));
        }
    }
    operations
}
