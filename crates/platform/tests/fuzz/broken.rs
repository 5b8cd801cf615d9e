//! Requests that are none: torn, of the wrong kind, too large, too deep, too wide.

use crate::dice::Dice;

pub struct Broken {
    pub what: &'static str,
    pub path: &'static str,
    pub media: Option<&'static str>,
    pub body: Vec<u8>,
}

const GOOD: &str = r#"{"query":"query Q($id: String!) { does_user_exist(partner_id: \"club-shop\", user_id: $id) { result } }","variables":{"id":"008407119295"},"operationName":"Q"}"#;
const PATHS: &[&str] = &["/graphql", "/graphql", "/events", "/oauth2/token"];

pub fn request(dice: &mut Dice) -> Broken {
    let (what, body) = match dice.below(9) {
        0 => ("torn", GOOD.as_bytes()[..dice.below(GOOD.len())].to_vec()),
        1 => ("bytes", (0..dice.below(2000)).map(|_| dice.number().to_le_bytes()[0]).collect()),
        2 => ("spoiled", spoiled(dice)),
        3 => ("deep JSON", nested("[", "]", dice)),
        4 => ("deep selection", query(&nested_text("a { ", "}", dice))),
        5 => ("deep value", query(&format!("ping(x: {})", nested_text("[", "]", dice)))),
        6 => ("wide", wide(dice)),
        7 => ("circle of fragments", circle(dice)),
        _ => ("large", vec![b'x'; *dice.one_of(&[1 << 20, (2 << 20) + 1, 5 << 20])]),
    };
    let media =
        *dice.one_of(&[None, Some("application/json"), Some("text/html"), Some("application/json;;")]);
    let path = dice.one_of(PATHS);
    Broken { what, path, media, body }
}

fn spoiled(dice: &mut Dice) -> Vec<u8> {
    let mut body = GOOD.as_bytes().to_vec();
    for _ in 0..1 + dice.below(6) {
        let place = dice.below(body.len());
        // Not into an operation that changes something: the only one here asks.
        body[place] = dice.number().to_le_bytes()[0];
    }
    body
}

fn nested_text(open: &str, close: &str, dice: &mut Dice) -> String {
    let depth = *dice.one_of(&[20, 33, 130, 1000, 20_000, 200_000]);
    // Closed or torn in the middle.
    let closed = if dice.once_in(2) { depth } else { 0 };
    format!("{}{}", open.repeat(depth), close.repeat(closed))
}

fn nested(open: &str, close: &str, dice: &mut Dice) -> Vec<u8> {
    format!("{{\"query\":\"{{ ping }}\",\"variables\":{}}}", nested_text(open, close, dice)).into_bytes()
}

fn query(selection: &str) -> Vec<u8> {
    serde_json::json!({ "query": format!("{{ {selection} }}") }).to_string().into_bytes()
}

fn wide(dice: &mut Dice) -> Vec<u8> {
    let number = *dice.one_of(&[121, 1000, 20_000]);
    match dice.below(4) {
        0 => query(&(0..number).map(|place| format!("a{place}: ping ")).collect::<String>()),
        1 => query(&format!("ping {}", "@skip(if: false) ".repeat(number))),
        2 => query(&"ping ".repeat(number)),
        _ => {
            let operations: String = (0..number).map(|place| format!("query Q{place} {{ ping }} ")).collect();
            serde_json::json!({ "query": operations, "operationName": "Q1" }).to_string().into_bytes()
        }
    }
}

fn circle(dice: &mut Dice) -> Vec<u8> {
    let number = 1 + dice.below(30);
    let fragments: String = (0..number)
        .map(|place| {
            format!(
                "fragment F{place} on Query {{ ...F{} ...F{} }} ",
                (place + 1) % number,
                (place + 7) % number
            )
        })
        .collect();
    serde_json::json!({ "query": format!("{{ ...F0 }} {fragments}") }).to_string().into_bytes()
}
