//! Rounding, conversion, limited rates and split tender, beside integers of any size.

use ledger::{
    Currency, FanPoints, Item, LimitedRate, MAX_PRICE_MINOR, Money, OpId, OperationKind, PartnerId, Rate,
    RateRule, Refusal, Rules, Tender, allocate,
};
use num_bigint::BigInt;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::common::{SHOP, Till, op, rules};
use crate::oracle::{at_rate, fraction, half_up};

fn one(minor: i64, currency: Currency) -> Item {
    Item { price: Money::new(minor, currency), rate_label: None }
}

fn with_rate(rate: Rate) -> Rules {
    Rules::new(Currency::Chf).with_partner(SHOP, RateRule::flat(rate))
}

fn earn(rules: &Rules, items: &[Item]) -> Result<Vec<i64>, Refusal> {
    let points = rules.quote_earn(SHOP, items, |_| FanPoints::ZERO)?;
    Ok(points.into_iter().map(|points| points.0).collect())
}

#[test]
fn half_a_point_is_rounded_up_and_less_is_not() {
    let rules = with_rate(Rate::percent(2));
    let cases = [(24, 0), (25, 1), (26, 1), (74, 1), (75, 2), (1225, 25), (2500, 50), (7000, 140)];
    for (minor, points) in cases {
        assert_eq!(earn(&rules, &[one(minor, Currency::Chf)]), Ok(vec![points]), "{minor}");
    }
    // Once per item, not once per purchase.
    assert_eq!(earn(&rules, &[one(25, Currency::Chf), one(25, Currency::Chf)]), Ok(vec![1, 1]));
}

#[test]
fn an_absolute_rate_gives_the_same_for_every_item() {
    let rules = with_rate(Rate::Absolute(FanPoints(7)));
    let items = [one(1, Currency::Chf), one(MAX_PRICE_MINOR, Currency::Chf)];
    assert_eq!(earn(&rules, &items), Ok(vec![7, 7]));
}

#[test]
fn rates_and_conversions_below_zero_are_refused() {
    let item = [one(100, Currency::Chf)];
    assert_eq!(earn(&with_rate(Rate::Relative(Decimal::new(-1, 2))), &item), Err(Refusal::InvalidAmount));
    assert_eq!(earn(&with_rate(Rate::Absolute(FanPoints(-1))), &item), Err(Refusal::InvalidAmount));
    for value in [Decimal::ZERO, Decimal::new(-5, 1)] {
        let mut rules = with_rate(Rate::percent(2));
        rules.conversions.insert(Currency::Eur, value);
        assert_eq!(earn(&rules, &[one(100, Currency::Eur)]), Err(Refusal::UnsupportedCurrency));
    }
    assert_eq!(earn(&with_rate(Rate::percent(0)), &item), Ok(vec![0]));
}

#[test]
fn other_currencies_count_by_their_conversion_and_points_one_to_one() {
    let mut rules = with_rate(Rate::percent(10));
    rules.conversions.insert(Currency::Eur, Decimal::new(9345, 4));
    let price = |minor, currency| rules.quote_price(&[one(minor, currency)]).map(|points| points[0].0);
    assert_eq!(price(7000, Currency::Chf), Ok(7000));
    assert_eq!(price(7000, Currency::Fp), Ok(7000));
    assert_eq!(price(1000, Currency::Eur), Ok(935)); // 934.5
    assert_eq!(price(1001, Currency::Eur), Ok(935)); // 935.4345
    assert_eq!(price(1000, Currency::Usd), Err(Refusal::UnsupportedCurrency));
    assert_eq!(earn(&rules, &[one(1000, Currency::Eur)]), Ok(vec![93])); // 93.45, not 935 × 0.1 rounded again
}

#[test]
fn the_platforms_own_examples() {
    // 100 Fan Points are worth 1.00: a price of 70.00 costs 7000, and 3465 points are worth 34.65.
    let rules = with_rate(Rate::percent(2));
    assert_eq!(rules.price_in_points(Money::new(7000, Currency::Chf)), Ok(FanPoints(7000)));
    assert_eq!(FanPoints(3465).value(Currency::Chf).to_decimal(), Decimal::new(3465, 2));
}

fn limited(rate: Rate, points: i64, then: Rate) -> Rules {
    let limited = Some(LimitedRate { rate, points: FanPoints(points) });
    Rules::new(Currency::Chf).with_partner(SHOP, RateRule { rate: then, limited })
}

#[test]
fn a_limited_rate_ends_in_the_middle_of_a_purchase() {
    let rules = limited(Rate::percent(10), 150, Rate::percent(2));
    let tenner = one(1000, Currency::Chf);
    let quote = |given| {
        let points = rules.quote_earn(SHOP, &vec![tenner.clone(); 3], |_| FanPoints(given)).unwrap();
        points.into_iter().map(|points| points.0).collect::<Vec<_>>()
    };
    // 100 of 150; then 50 for half of the price, and 2 % of the other half; then 2 %.
    assert_eq!(quote(0), [100, 60, 20]);
    assert_eq!(quote(49), [100, 21, 20]); // 1 left, for a hundredth of the price: 1 + 19.8
    assert_eq!(quote(50), [100, 20, 20]);
    assert_eq!(quote(51), [99, 20, 20]); // 99 and a hundredth of 20
    assert_eq!(quote(149), [21, 20, 20]);
    assert_eq!(quote(150), [20, 20, 20]);
    assert_eq!(quote(151), [20, 20, 20]);
}

#[test]
fn a_limited_rate_never_gives_more_than_it_holds() {
    let mut till = Till::open(limited(Rate::percent(10), 150, Rate::percent(2)));
    let purchase = |prices: &[i64]| crate::common::distribute(prices);
    let posted = till.accept(1, purchase(&[1000]));
    assert_eq!(posted.limited, [(SHOP, None, FanPoints(100))]);
    let posted = till.accept(2, purchase(&[1000, 1000]));
    assert_eq!(posted.limited, [(SHOP, None, FanPoints(50))]);
    assert_eq!(posted.entry.item_points, [FanPoints(60), FanPoints(20)]);
    assert_eq!(till.accept(3, purchase(&[1000])).limited, []);
    // An undo does not give the offer back.
    till.accept(4, crate::common::undo(1));
    assert_eq!(till.accept(5, purchase(&[1000])).entry.item_points, [FanPoints(20)]);
}

#[test]
fn labels_have_limits_of_their_own() {
    let mut rules = limited(Rate::percent(10), 100, Rate::percent(2));
    let rate = rules.partners[&SHOP].default_rate;
    rules.partners.get_mut(&SHOP).unwrap().rates.insert("ticket".to_owned(), rate);
    let mut till = Till::open(rules);
    let ticket = Item { rate_label: Some("ticket".to_owned()), ..one(1000, Currency::Chf) };
    let items = vec![ticket.clone(), one(1000, Currency::Chf), ticket, one(1000, Currency::Chf)];
    let posted = till.accept(1, OperationKind::Distribute { items });
    assert_eq!(posted.entry.item_points, [100, 100, 20, 20].map(FanPoints));
    assert_eq!(posted.limited.len(), 2);
}

#[test]
fn an_unknown_partner_has_no_quote() {
    let quote = rules().quote_earn(PartnerId(9), &[one(100, Currency::Chf)], |_| FanPoints::ZERO);
    assert_eq!(quote, Err(Refusal::UnknownPartner));
}

#[test]
fn what_does_not_fit_is_refused_and_not_wrapped() {
    let rules = with_rate(Rate::Relative(Decimal::MAX));
    assert_eq!(earn(&rules, &[one(MAX_PRICE_MINOR, Currency::Chf)]), Err(Refusal::Overflow));
    let rules = with_rate(Rate::Absolute(FanPoints(i64::MAX)));
    assert_eq!(earn(&rules, &[one(1, Currency::Chf)]), Ok(vec![i64::MAX]));
    let mut till = Till::open(rules);
    let two = OperationKind::Distribute { items: vec![one(1, Currency::Chf); 2] };
    assert_eq!(till.ask(&op(1, two)), ledger::Decision::Refuse(Refusal::Overflow));
    assert!(till.books.journal().next().is_none());
    let mut rules = with_rate(Rate::percent(2));
    rules.conversions.insert(Currency::Usd, Decimal::MAX);
    assert_eq!(rules.quote_price(&[one(MAX_PRICE_MINOR, Currency::Usd)]), Err(Refusal::Overflow));
    assert_eq!(allocate(Tender::Whole, &[FanPoints(i64::MAX), FanPoints(1)]), Err(Refusal::Overflow));
}

#[test]
fn decimals_become_money_exactly_or_not_at_all() {
    let chf = |text: &str| Money::from_decimal(text.parse().unwrap(), Currency::Chf).map(|money| money.minor);
    assert_eq!(chf("25"), Ok(2500));
    assert_eq!(chf("25.10"), Ok(2510));
    assert_eq!(chf("0.0100"), Ok(1));
    assert_eq!(chf("-3.5"), Ok(-350));
    assert_eq!(chf("0.001"), Err(Refusal::InvalidAmount));
    assert_eq!(chf("79228162514264337593543950335"), Err(Refusal::Overflow));
    assert_eq!(chf("92233720368547758.07"), Ok(i64::MAX));
    assert_eq!(chf("92233720368547758.08"), Err(Refusal::Overflow));
    assert_eq!(Money::from_decimal(Decimal::new(5, 1), Currency::Fp), Err(Refusal::InvalidAmount));
    assert_eq!(Money::from_decimal(Decimal::new(50, 1), Currency::Fp), Ok(Money::new(5, Currency::Fp)));
    for currency in Currency::ALL {
        assert_eq!(currency.to_string().parse(), Ok(currency));
        let json = serde_json::to_string(&currency).unwrap();
        assert_eq!(json, format!("\"{currency}\""));
    }
    assert_eq!("CHF".parse::<Currency>(), Err(Refusal::UnsupportedCurrency));
    assert_eq!(Money::new(2500, Currency::Chf).to_string(), "25.00 chf");
    assert_eq!(OpId([0xab; 16]).to_string(), "ab".repeat(16));
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let usual = (0_i64..100_000, 0_u32..6).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale));
    let any = (0_i128..(1 << 96), 0_u32..=28)
        .prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale));
    // Just below, at and above what the fast way through 128 bits can hold.
    let edge = (60_u32..96, 0_u32..=28)
        .prop_map(|(bits, scale)| Decimal::from_i128_with_scale((1_i128 << bits) - 1, scale));
    prop_oneof![usual, any, edge]
}

proptest! {
    #![proptest_config(crate::common::cases(2_000))]

    #[test]
    fn points_are_what_integers_of_any_size_say(
        minor in prop_oneof![1_i64..10_000, 1_i64..=MAX_PRICE_MINOR],
        rate in decimals(),
        value in decimals(),
        limited in prop::option::of((0_u32..300, 0_i64..2_000)),
    ) {
        prop_assume!(value > Decimal::ZERO);
        let mut rules = with_rate(Rate::Relative(rate));
        rules.conversions.insert(Currency::Eur, value);
        let item = one(minor, Currency::Eur);
        let (over, under) = fraction(value);
        let expected = half_up_if_fits(&(over * minor), &under);
        prop_assert_eq!(rules.quote_price(std::slice::from_ref(&item)).map(|points| points[0].0), expected);

        let expected = rate_if_fits(&rules, &item, Rate::Relative(rate), (1, 1));
        prop_assert_eq!(earn(&rules, std::slice::from_ref(&item)).map(|points| points[0]), expected);

        if let Some((percent, holds)) = limited {
            let better = Rate::percent(percent);
            rules.partners.get_mut(&SHOP).unwrap().default_rate.limited =
                Some(LimitedRate { rate: better, points: FanPoints(holds) });
            let expected = rate_if_fits(&rules, &item, better, (1, 1)).and_then(|full| {
                if holds == 0 { return expected; }
                if full <= holds { return Ok(full); }
                let share = (i128::from(full - holds), i128::from(full));
                let rest = rate_if_fits(&rules, &item, Rate::Relative(rate), share)?;
                rest.checked_add(holds).ok_or(Refusal::Overflow)
            });
            // A limit that is used up is not even computed.
            let found = earn(&rules, &[item]).map(|points| points[0]);
            if holds > 0 { prop_assert_eq!(found, expected); }
        }
    }

    /// Σ parts = the points; no part is above its item's price; a dearer item never pays less.
    #[test]
    fn parts_add_up_and_never_exceed_the_whole(
        prices in prop::collection::vec(prop_oneof![0_i64..50, 0_i64..=MAX_PRICE_MINOR], 1..40),
        share in 0_u64..=1_000,
    ) {
        let whole: i64 = prices.iter().sum();
        prop_assume!(whole > 0);
        let points = i64::try_from(i128::from(whole) * i128::from(share) / 1_000).unwrap().max(1);
        let prices: Vec<FanPoints> = prices.into_iter().map(FanPoints).collect();
        let parts = allocate(Tender::Points(FanPoints(points)), &prices).unwrap();
        prop_assert_eq!(parts.iter().map(|part| part.0).sum::<i64>(), points);
        for (part, price) in parts.iter().zip(&prices) {
            prop_assert!(*part >= FanPoints::ZERO && part <= price);
            let exact = i128::from(price.0) * i128::from(points);
            let off = i128::from(part.0) * i128::from(whole) - exact;
            prop_assert!(off.abs() < i128::from(whole), "more than a point off");
        }
        for (a, b) in prices.iter().zip(&parts) {
            for (c, d) in prices.iter().zip(&parts) {
                prop_assert!(a <= c || b >= d, "a dearer item pays less");
            }
        }
        prop_assert_eq!(allocate(Tender::Whole, &prices).unwrap(), prices);
    }
}

fn half_up_if_fits(over: &BigInt, under: &BigInt) -> Result<i64, Refusal> {
    // A quotient that even 127 bits can not hold does not fit either.
    if over / under > BigInt::from(i128::MAX / 2) {
        return Err(Refusal::Overflow);
    }
    i64::try_from(half_up(over, under)).map_err(|_| Refusal::Overflow)
}

fn rate_if_fits(rules: &Rules, item: &Item, rate: Rate, share: (i128, i128)) -> Result<i64, Refusal> {
    if let Rate::Relative(rate) = rate {
        let (over, under) = fraction(rate);
        let (value_over, value_under) = fraction(rules.conversions[&item.price.currency]);
        let over = over * value_over * item.price.minor * share.0;
        return half_up_if_fits(&over, &(under * value_under * share.1));
    }
    i64::try_from(at_rate(rules, item, rate, share)).map_err(|_| Refusal::Overflow)
}
