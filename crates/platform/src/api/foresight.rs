//! What a request is going to ask the database, read from its document before it runs: the bookings of a batch run one
//! after the other, and without this each would wait for its own answer.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection};
use async_graphql::{Value, Variables};

use crate::auth::access::Caller;
use crate::store::{Ahead, purchases};

const BOOKINGS: [&str; 2] = ["give_fan_points_on_purchase", "pay_purchase_with_fan_points"];

/// What is not understood here is asked when it runs, and refused there where it has to be.
pub fn of(caller: &Caller, document: &ExecutableDocument, variables: &Variables) -> Vec<Ahead> {
    let operations = document.operations.iter();
    let selected = operations.flat_map(|(_, operation)| &operation.node.selection_set.node.items);
    let booking = |selection: &Selection| match selection {
        Selection::Field(field) if BOOKINGS.contains(&field.node.name.node.as_str()) => {
            of_booking(caller, &field.node, variables)
        }
        _ => None,
    };
    selected.filter_map(|selection| booking(&selection.node)).flatten().collect()
}

fn of_booking(caller: &Caller, field: &Field, variables: &Variables) -> Option<Vec<Ahead>> {
    let text = |name| text(field, name, variables);
    let partner = caller.own_partner(&text("partner_id")?).ok()?.no;
    let programs = caller.programs(text("project_id").as_deref()).ok()?;
    Some(purchases::book_ahead(partner, &programs, &text("user_id")?, &text("custom_purchase_id")?))
}

/// The text of an argument, written there or in a variable.
fn text(field: &Field, name: &str, variables: &Variables) -> Option<String> {
    let argument = field.get_argument(name)?.node.clone();
    match argument.into_const_with(|name| variables.get(&name).cloned().ok_or(())) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}
