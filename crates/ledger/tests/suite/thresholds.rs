//! Yes, no, or cannot tell.

use ledger::{CannotTell, Millis, Standing, StatusPoints, ThresholdAnswer, ThresholdRule, Tier};
use proptest::prelude::*;

const FRESH: Millis = Millis(1_000);

fn at_least(points: i64) -> ThresholdRule {
    ThresholdRule::AtLeast { status_points: StatusPoints(points) }
}

fn tier(name: &str) -> ThresholdRule {
    ThresholdRule::Tier { name: name.to_owned() }
}

fn tiers() -> Vec<Tier> {
    let tiers = [("Bronze", 0), ("Silver", 500), ("Gold", 1000), ("Platinum", 5000)];
    tiers.map(|(name, from)| Tier { name: name.to_owned(), from: StatusPoints(from) }).into()
}

fn known(points: i64, age: i64) -> Standing {
    Standing {
        points: Some(StatusPoints(points)),
        age: Millis(age),
        reach: StatusPoints(100),
        fresh_for: FRESH,
    }
}

fn ask(rule: &ThresholdRule, points: i64, age: i64) -> ThresholdAnswer {
    rule.evaluate(&tiers(), &known(points, age))
}

fn yes(age: i64) -> ThresholdAnswer {
    ThresholdAnswer::Yes { age: Millis(age) }
}

fn no(missing: i64, age: i64) -> ThresholdAnswer {
    ThresholdAnswer::No { missing: StatusPoints(missing), age: Millis(age) }
}

fn stale(missing: i64, age: i64) -> ThresholdAnswer {
    let missing = Some(StatusPoints(missing));
    ThresholdAnswer::CannotTell { reason: CannotTell::StaleData, missing, age: Millis(age) }
}

#[test]
fn the_number_itself_is_enough() {
    assert_eq!(ask(&at_least(1000), 999, 0), no(1, 0));
    assert_eq!(ask(&at_least(1000), 1000, 0), yes(0));
    assert_eq!(ask(&at_least(1000), 1001, 0), yes(0));
}

#[test]
fn an_old_yes_stays_and_an_old_no_within_reach_does_not() {
    let years = 1_000_000_000_000;
    assert_eq!(ask(&at_least(1000), 1000, years), yes(years));
    assert_eq!(ask(&at_least(1000), 899, years), no(101, years));
    assert_eq!(ask(&at_least(1000), 900, years), stale(100, years));
    assert_eq!(ask(&at_least(1000), 901, years), stale(99, years));
    for (age, answer) in
        [(999, no(50, 999)), (1_000, no(50, 1_000)), (1_001, stale(50, 1_001)), (-1, stale(50, -1))]
    {
        assert_eq!(ask(&at_least(1000), 950, age), answer);
    }
}

#[test]
fn without_data_there_is_no_answer() {
    let unknown = Standing { points: None, ..known(0, 5) };
    let answer = ThresholdAnswer::CannotTell { reason: CannotTell::NoData, missing: None, age: Millis(5) };
    assert_eq!(at_least(0).evaluate(&tiers(), &unknown), answer);
}

#[test]
fn a_tier_counts_the_higher_ones_in() {
    assert_eq!(ask(&tier("Gold"), 999, 0), no(1, 0));
    assert_eq!(ask(&tier("Gold"), 1000, 0), yes(0));
    assert_eq!(ask(&tier("Gold"), 9000, 0), yes(0));
    let unknown =
        ThresholdAnswer::CannotTell { reason: CannotTell::UnknownTier, missing: None, age: Millis(0) };
    assert_eq!(ask(&tier("gold"), 9000, 0), unknown);
    for (points, name) in [(0, Some("Bronze")), (499, Some("Bronze")), (500, Some("Silver")), (-1, None)] {
        assert_eq!(Tier::of(&tiers(), StatusPoints(points)).map(|tier| tier.name.as_str()), name);
    }
}

#[test]
fn combinations_settle_what_can_be_settled() {
    let all = |rules: Vec<ThresholdRule>| ThresholdRule::All { rules };
    let any = |rules: Vec<ThresholdRule>| ThresholdRule::Any { rules };
    assert_eq!(ask(&all(vec![]), 0, 0), yes(0));
    assert_eq!(ask(&any(vec![]), 0, 0), no(0, 0));
    assert_eq!(ask(&all(vec![at_least(10), tier("Silver")]), 20, 0), no(480, 0));
    assert_eq!(ask(&any(vec![at_least(10), tier("Silver")]), 20, 0), yes(0));
    assert_eq!(ask(&any(vec![at_least(30), tier("Silver")]), 20, 0), no(10, 0));
    // A definite no outweighs "cannot tell" in all, a definite yes in any; else it can not be told.
    let (near, far) = (at_least(100), at_least(5000));
    assert_eq!(ask(&all(vec![near.clone(), far.clone()]), 50, 9_999), no(4950, 9_999));
    assert_eq!(ask(&any(vec![near.clone(), far]), 50, 9_999), stale(50, 9_999));
    assert_eq!(ask(&any(vec![near.clone(), at_least(50)]), 50, 9_999), yes(9_999));
    assert_eq!(ask(&all(vec![near, at_least(50)]), 50, 9_999), stale(50, 9_999));
}

#[test]
fn rules_are_data() {
    let json =
        r#"{"rule":"all","rules":[{"rule":"at_least","status_points":1000},{"rule":"tier","name":"Gold"}]}"#;
    let rule: ThresholdRule = serde_json::from_str(json).unwrap();
    assert_eq!(rule, ThresholdRule::All { rules: vec![at_least(1000), tier("Gold")] });
    assert_eq!(serde_json::to_string(&rule).unwrap(), json);
}

fn rules() -> impl Strategy<Value = ThresholdRule> {
    let leaf = prop_oneof![(0_i64..2_000).prop_map(at_least), Just(tier("Silver")), Just(tier("Gold"))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let rules = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            rules().prop_map(|rules| ThresholdRule::All { rules }),
            rules().prop_map(|rules| ThresholdRule::Any { rules }),
        ]
    })
}

proptest! {
    #![proptest_config(crate::common::cases(256))]

    /// Whatever the rule: fresh figures give a definite answer; a definite answer by stale ones is the answer that any
    /// figures within reach would give.
    #[test]
    fn a_definite_answer_by_old_figures_is_the_right_one(
        rule in rules(), points in 0_i64..2_000, gained in 0_i64..=100,
    ) {
        let is_yes = |answer: &ThresholdAnswer| matches!(answer, ThresholdAnswer::Yes { .. });
        let truth = ask(&rule, points + gained, 0);
        let is_told = !matches!(truth, ThresholdAnswer::CannotTell { .. });
        prop_assert!(is_told);
        match ask(&rule, points, 1_000_000) {
            ThresholdAnswer::CannotTell { .. } => {}
            told => prop_assert_eq!(is_yes(&told), is_yes(&truth)),
        }
    }
}
