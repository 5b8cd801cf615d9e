//! What a request is going to ask the database, read from its document before it runs: the bookings of a batch run one
//! after the other, and without this each would wait for its own answer.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection};
use async_graphql::{Value, Variables};

use crate::auth::access::Caller;
use crate::store::{Ahead, purchases};

const BOOKINGS: [&str; 2] = ["give_fan_points_on_purchase", "pay_purchase_with_fan_points"];

/// What is not understood here is asked when it runs, and refused there where it has to be.
pub fn of(caller: &Caller, document: &ExecutableDocument, variables: &Variables) -> Vec<Ahead> {
    let ahead = |booking: Booking| {
        let partner = caller.own_partner(&booking.partner).ok()?.no;
        let programs = caller.programs(booking.project.as_deref()).ok()?;
        Some(purchases::book_ahead(partner, &programs, &booking.user, &booking.purchase))
    };
    bookings(document, variables).into_iter().filter_map(ahead).flatten().collect()
}

/// A purchase of the request, by the ids in its arguments.
#[derive(Debug, PartialEq, Eq)]
struct Booking {
    partner: String,
    project: Option<String>,
    user: String,
    purchase: String,
}

fn bookings(document: &ExecutableDocument, variables: &Variables) -> Vec<Booking> {
    let operations = document.operations.iter();
    let selected = operations.flat_map(|(_, operation)| &operation.node.selection_set.node.items);
    let fields = selected.filter_map(|selection| match &selection.node {
        Selection::Field(field) => Some(&field.node),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
    });
    let bookings = fields.filter(|field| BOOKINGS.contains(&field.name.node.as_str()));
    bookings.filter_map(|field| Booking::of(field, variables)).collect()
}

impl Booking {
    fn of(field: &Field, variables: &Variables) -> Option<Self> {
        let text = |name| text(field, name, variables);
        Some(Self {
            partner: text("partner_id")?,
            project: text("project_id"),
            user: text("user_id")?,
            purchase: text("custom_purchase_id")?,
        })
    }
}

/// The text of an argument, written there or in a variable.
fn text(field: &Field, name: &str, variables: &Variables) -> Option<String> {
    let argument = field.get_argument(name)?.node.clone();
    match argument.into_const_with(|name| variables.get(&name).cloned().ok_or(())) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn booking(user: &str, purchase: &str, project: Option<&str>) -> Booking {
        Booking {
            partner: "shop".to_owned(),
            project: project.map(str::to_owned),
            user: user.to_owned(),
            purchase: purchase.to_owned(),
        }
    }

    #[test]
    fn the_bookings_of_a_batch_are_known_before_it_runs() {
        let document = parse_query(
            r#"mutation Batch($user: String!, $id: String, $number: Int) {
                 a: give_fan_points_on_purchase(
                   partner_id: "shop", user_id: $user, custom_purchase_id: $id, purchase_items: []) { errors { _empty } }
                 b: pay_purchase_with_fan_points(
                   partner_id: "shop", project_id: "club", user_id: "7", custom_purchase_id: "b") { result { date } }
                 unnamed: give_fan_points_on_purchase(partner_id: "shop", user_id: $user) { result { date } }
                 missing: give_fan_points_on_purchase(partner_id: "shop", user_id: $nobody, custom_purchase_id: "c") { _ }
                 wrong: give_fan_points_on_purchase(partner_id: "shop", user_id: $number, custom_purchase_id: "d") { _ }
                 other: delete_user(user_id: $user, partner_id: "shop", custom_purchase_id: "e") { _ }
                 ...Rest
               }
               fragment Rest on Mutation { ok }"#,
        );
        let variables = Variables::from_json(json!({ "user": "fan-1", "id": "a", "number": 7 }));
        let known = bookings(&document.unwrap(), &variables);
        assert_eq!(known, [booking("fan-1", "a", None), booking("7", "b", Some("club"))]);
    }
}
