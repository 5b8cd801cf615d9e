//! The closed list: its order, its codes, its names at the platform.

use std::collections::BTreeSet;

use ledger::{
    Currency, Decision, FanId, Item, Money, OpId, Operation, OperationKind, PartnerId, Refusal, Tender,
    Timestamp,
};

use crate::common::{Till, op, rules};

#[test]
fn codes_are_stable_and_told_apart() {
    let codes: BTreeSet<&str> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), Refusal::ALL.len());
    for refusal in Refusal::ALL {
        assert_eq!(Refusal::from_code(refusal.code()), Some(refusal));
        assert_eq!(serde_json::to_string(&refusal).unwrap(), format!("\"{}\"", refusal.code()));
        assert_eq!(refusal.to_string(), refusal.code());
    }
    assert_eq!(Refusal::from_code("anything else"), None);
    assert!(Refusal::ALL.is_sorted());
}

#[test]
fn names_of_the_platform_lead_back_to_the_same_name() {
    let names = [
        "already_executed_error",
        "too_few_available_error",
        "unknown_user_error",
        "invalid_reward_amount_error",
        "invalid_rate_label_error",
        "invalid_action_category_error",
        "transaction_not_found_error",
        "invalid_transaction_id_error",
        "unknown_session_error",
        "session_expired_error",
    ];
    for name in names {
        assert_eq!(Refusal::from_api_error(name).and_then(Refusal::api_error), Some(name));
    }
    for refusal in Refusal::ALL {
        assert!(refusal.api_error().is_none_or(|name| names.contains(&name)));
    }
    assert_eq!(Refusal::from_api_error("brand_new_error"), None);
    assert_eq!(Refusal::TooFewPoints.api_error(), Some("too_few_available_error"));
    assert_eq!(Refusal::from_api_error("too_few_available_error"), Some(Refusal::TooFewPoints));
}

/// A redemption in which as many things are wrong as can be at once; one is put right after the other, and the refusals
/// come in the order of the list.
#[test]
fn what_is_wrong_is_named_in_order_of_precedence() {
    let mut till = Till::open(rules());
    till.rules.modules.fan_points = false;
    let mut items = vec![Item { price: Money::new(-1, Currency::Eur), rate_label: None }; 1_001];
    let purchase = |items: &Vec<Item>, partner, fan, reservation| Operation {
        partner: PartnerId(partner),
        fan: FanId(fan),
        at: Timestamp(0),
        id: OpId([5; 16]),
        kind: OperationKind::Redeem { items: items.clone(), tender: Tender::Whole, reservation },
    };
    let unknown = Some(OpId([66; 16]));
    let mut said = Vec::new();
    let mut ask = |till: &mut Till, operation: Operation| match till.ask(&operation) {
        Decision::Refuse(refusal) => said.push(refusal),
        other => panic!("{other:?}"),
    };
    ask(&mut till, purchase(&items, 99, 99, unknown));
    till.rules.modules.fan_points = true;
    ask(&mut till, purchase(&items, 99, 99, unknown));
    ask(&mut till, purchase(&items, 1, 99, unknown));
    ask(&mut till, purchase(&items, 1, 7, unknown));
    items.truncate(2);
    ask(&mut till, purchase(&items, 1, 7, unknown));
    items[0].price.minor = 5;
    items[1].price.minor = 5;
    ask(&mut till, purchase(&items, 1, 7, unknown));
    items[0].price.currency = Currency::Chf;
    items[1].price.currency = Currency::Chf;
    ask(&mut till, purchase(&items, 1, 7, unknown));
    ask(&mut till, purchase(&items, 1, 7, None));
    ask(&mut till, purchase(&items, 1, 7, None));
    ask(&mut till, purchase(&items, 1, 7, unknown));
    assert_eq!(
        said,
        [
            Refusal::FanPointsModuleOff,
            Refusal::UnknownPartner,
            Refusal::UnknownFan,
            Refusal::TooManyItems,
            Refusal::InvalidAmount,
            Refusal::UnsupportedCurrency,
            Refusal::UnknownReservation,
            Refusal::TooFewPoints,
            Refusal::IdBurned,
            Refusal::IdConflict,
        ]
    );
    assert!(said[..8].is_sorted());
}

#[test]
fn a_known_id_is_judged_before_everything_else() {
    let mut till = Till::open(rules());
    till.accept(1, crate::common::distribute(&[2500]));
    till.rules.modules.fan_points = false;
    till.rules.partners.clear();
    till.done_before(1, crate::common::distribute(&[2500]));
    assert_eq!(till.refuse(1, crate::common::distribute(&[])), Refusal::IdConflict);
    assert_eq!(till.ask(&op(2, OperationKind::Expire)), Decision::Refuse(Refusal::FanPointsModuleOff));
}
