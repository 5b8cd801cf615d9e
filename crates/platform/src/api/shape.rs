//! How large a GraphQL request is, known before anything walks through it. A fragment is counted once and added wherever
//! it is spread: a few hundred bytes of fragments that spread each other twice would else be millions of fields, which
//! the library counts one by one.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

/// Operations that one request may hold: the size of a batch and some room.
const MAX_OPERATIONS: usize = 120;
/// Fields of a query: a batch of 50 operations that asks for everything stays below.
pub const MAX_FIELDS: usize = 8000;
/// Selections in selections, through fragments, too: more than the schema and its introspection need.
const MAX_NESTING: usize = 64;

/// A request that is not too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Mutations at the top of all operations together.
    pub mutations: usize,
}

impl Shape {
    /// None: the document is too large, or its fragments go round in circles.
    pub fn of(document: &ExecutableDocument) -> Option<Self> {
        let mut counter = Counter { document, known: HashMap::new() };
        let (mut mutations, mut fields) = (0, 0);
        for (_, operation) in document.operations.iter() {
            let count = counter.selections(&operation.node.selection_set.node, 0)?;
            if count.top > MAX_OPERATIONS {
                return None;
            }
            fields += count.all;
            if operation.node.ty == OperationType::Mutation {
                mutations += count.top;
            }
        }
        (fields <= MAX_FIELDS).then_some(Self { mutations })
    }
}

/// Fields of selections with their fragments written out.
#[derive(Clone, Copy, Default)]
struct Count {
    top: usize,
    all: usize,
}

struct Counter<'d> {
    document: &'d ExecutableDocument,
    /// None while a fragment is being counted.
    known: HashMap<&'d Name, Option<Count>>,
}

impl<'d> Counter<'d> {
    fn selections(&mut self, set: &'d SelectionSet, nesting: usize) -> Option<Count> {
        if nesting > MAX_NESTING {
            return None;
        }
        let mut sum = Count::default();
        for item in &set.items {
            let count = match &item.node {
                Selection::Field(field) => {
                    let inner = self.selections(&field.node.selection_set.node, nesting + 1)?;
                    Count { top: 1, all: inner.all + 1 }
                }
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.node.selection_set.node, nesting + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, nesting + 1)?
                }
            };
            sum = Count { top: sum.top + count.top, all: sum.all + count.all };
            if sum.all > MAX_FIELDS {
                return None;
            }
        }
        Some(sum)
    }

    fn fragment(&mut self, name: &'d Name, nesting: usize) -> Option<Count> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        // One that is not there is reported by the execution, with its position.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Some(Count::default());
        };
        self.known.insert(name, None);
        let count = self.selections(&fragment.node.selection_set.node, nesting)?;
        self.known.insert(name, Some(count));
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn mutations(query: &str) -> Option<usize> {
        Shape::of(&parse_query(query).unwrap()).map(|shape| shape.mutations)
    }

    fn aliased(field: &str, number: usize) -> String {
        (0..number).map(|number| format!("a{number}: {field} ")).collect()
    }

    #[test]
    fn operations_count_wherever_they_are_written() {
        let many = aliased("ping", MAX_OPERATIONS + 1);
        let most = aliased("ping", MAX_OPERATIONS);
        assert_eq!(mutations(&format!("mutation {{ {most} }}")), Some(MAX_OPERATIONS));
        assert_eq!(mutations(&format!("{{ {most} }}")), Some(0));
        for query in [
            format!("{{ {many} }}"),
            format!("{{ ... on Query {{ {many} }} }}"),
            format!("{{ ...F }} fragment F on Query {{ {many} }}"),
            format!("{{ ...F {most} }} fragment F on Query {{ ...G }} fragment G on Query {{ one: ping }}"),
            format!("query A {{ ping }} query B {{ {many} }}"),
        ] {
            assert_eq!(mutations(&query), None, "{query}");
        }
        let spread = "mutation { a: x ...F } fragment F on Mutation { b: x ... on Mutation { c: x } }";
        assert_eq!(mutations(spread), Some(3));
    }

    #[test]
    fn fields_count_as_often_as_they_are_spread() {
        let nested = |fields: usize| format!("{{ ping {{ {} }} }}", aliased("name", fields));
        assert_eq!(mutations(&nested(MAX_FIELDS - 1)), Some(0));
        assert_eq!(mutations(&nested(MAX_FIELDS)), None);
        // Each fragment spreads the next one twice.
        let doubling = |levels: usize| {
            let each = |n: usize| format!("fragment F{n} on T {{ ...F{m} ...F{m} }}", m = n + 1);
            let all: String = (0..levels).map(each).collect();
            format!("{{ ping {{ ...F0 }} }} {all} fragment F{levels} on T {{ name }}")
        };
        assert_eq!(mutations(&doubling(12)), Some(0));
        assert_eq!(mutations(&doubling(13)), None);
        assert_eq!(mutations(&doubling(60)), None);
    }

    #[test]
    fn circles_and_endless_chains_are_no_request() {
        assert_eq!(mutations("{ ...F } fragment F on Query { ...F }"), None);
        assert_eq!(
            mutations("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F ...F }"),
            None
        );
        let chain: String =
            (0..50_000).map(|n| format!("fragment F{n} on T {{ ...F{m} }}", m = n + 1)).collect();
        assert_eq!(mutations(&format!("{{ ...F0 }} {chain} fragment F50000 on T {{ name }}")), None);
        assert_eq!(mutations("{ ...Missing ping }"), Some(0));
    }
}
