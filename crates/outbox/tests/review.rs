//! The list of everything: filters, pages, search, other devices' operations; and the cases of the inbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use fanpass::FanRef;
use ledger::{Outcome, Timestamp};
use outbox::{
    Decline, Devices, Difference, ExportError, Foreign, Form, OperationKind, OperationState, Origin, Place,
    Proposal, Proposed, PurchaseItem, Wanted, Way,
};
use uuid::Uuid;

fn numbers(device: &Device, wanted: &Wanted) -> Vec<i64> {
    let rows = device.store.review(wanted, None, 0, 1000).unwrap();
    assert_eq!(device.store.review_count(wanted).unwrap(), u64::try_from(rows.len()).unwrap());
    rows.iter().map(|row| row.place.number).collect()
}

fn labelled(label: &str, title: &str) -> PurchaseItem {
    PurchaseItem { title: title.into(), rate_label: Some(label.into()), ..item(10_00) }
}

fn by(staff: &str, at: Timestamp, proposal: Proposal) -> Proposal {
    Proposal { staff: Some(staff.into()), now: at, ..proposal }
}

fn foreign(n: u64, at: Timestamp) -> Foreign {
    let FanRef::Id(user_id) = fan(n) else { unreachable!() };
    Foreign {
        id: Uuid::now_v7().to_string(),
        kind: OperationKind::Redeem,
        of: OperationKind::Redeem,
        user_id: Some(user_id),
        at,
        fan_points: -900,
        status_points: 0,
        price: Some(9_00),
        lines: vec![("Beer".into(), Some("drinks".into()))],
        origin: Some(Origin { device: "Till 2".into(), store: "North".into() }),
    }
}

/// 1 give, 2 refused redemption, 3 award, 4 redemption, 5 give with a label, 6 undo of the first; -1 elsewhere.
fn day() -> Device {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    let first = device.commit(by("Noa", later(MINUTE), give(fan(2), 25_00)));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    device.commit(by("Kim", later(2 * MINUTE), redeem(masked(1), 5_00)));
    device.settle_next(&refused(), later(2 * MINUTE));
    device.commit(by("Noa", later(3 * MINUTE), award(fan(2))));
    device.commit(by("Kim", later(4 * MINUTE), redeem(masked(1), 7_00)));
    let items = vec![labelled("merchandise", "Cap")];
    device.commit(by("Kim", later(5 * MINUTE), proposal(fan(3), Proposed::Give { items }, NOON)));
    device.commit(by("Noa", later(6 * MINUTE), undo(&first)));
    device.store.note_foreign(vec![foreign(3, Timestamp(later(4 * MINUTE).0 + 500))]).unwrap();
    device
}

#[test]
fn every_filter_lets_through_what_it_says() {
    let device = day();
    let of = |change: &dyn Fn(&mut Wanted)| {
        let mut wanted = Wanted::default();
        change(&mut wanted);
        numbers(&device, &wanted)
    };
    let none: [i64; 0] = [];
    assert_eq!(of(&|_| {}), [6, 5, -1, 4, 3, 2, 1]);
    assert_eq!(of(&|w| w.kinds = vec![OperationKind::Redeem]), [-1, 4, 2]);
    assert_eq!(of(&|w| w.kinds = vec![OperationKind::Redeem, OperationKind::Undo]), [6, -1, 4, 2]);
    assert_eq!(of(&|w| w.states = vec![OperationState::Refused]), [2]);
    assert_eq!(of(&|w| w.states = vec![OperationState::Refused, OperationState::Accepted]), [-1, 2, 1]);
    assert_eq!(of(&|w| w.devices = Devices::Others), [-1]);
    assert_eq!(of(&|w| w.devices = Devices::This), [6, 5, 4, 3, 2, 1]);
    assert_eq!(of(&|w| w.staff = Some("Kim".into())), [5, 4, 2]);
    assert_eq!(of(&|w| w.staff = Some("Nobody".into())), none);
    assert_eq!(of(&|w| w.fan = Some(masked(1))), [4, 2]);
    assert_eq!(of(&|w| w.fan = Some(fan(3))), [5, -1]);
    assert_eq!(of(&|w| w.fan = Some(fan(77))), none);
    assert_eq!(of(&|w| (w.least, w.most) = (Some(500), Some(700))), [4, 2]);
    assert_eq!(of(&|w| w.least = Some(701)), [-1]);
    assert_eq!(of(&|w| w.most = Some(50)), [6, 5, 3, 1]);
    assert_eq!(of(&|w| w.rate_label = Some("merchandise".into())), [5]);
    assert_eq!(of(&|w| w.rate_label = Some("merch".into())), none, "a label is a whole word");
    assert_eq!(of(&|w| w.rate_label = Some("drinks".into())), [-1]);
    assert_eq!(of(&|w| w.from = Some(later(4 * MINUTE))), [6, 5, -1, 4]);
    assert_eq!(of(&|w| w.to = Some(later(4 * MINUTE))), [3, 2, 1]);
    assert_eq!(
        of(&|w| {
            w.staff = Some("Kim".into());
            w.kinds = vec![OperationKind::Redeem];
            w.states = vec![OperationState::Queued];
            w.least = Some(1);
        }),
        [4]
    );
}

/// Changes a filter.
type Narrow = fn(&mut Wanted);

const NARROW: [(&str, Narrow); 13] = [
    ("redemptions and awards", |w| w.kinds = vec![OperationKind::Redeem, OperationKind::Award]),
    ("undos", |w| w.kinds = vec![OperationKind::Undo]),
    ("accepted", |w| w.states = vec![OperationState::Accepted]),
    ("queued", |w| w.states = vec![OperationState::Queued]),
    ("Kim", |w| w.staff = Some("Kim".into())),
    ("a fan", |w| w.fan = Some(fan(3))),
    ("large", |w| w.least = Some(500)),
    ("small", |w| w.most = Some(899)),
    ("drinks", |w| w.rate_label = Some("drinks".into())),
    ("late", |w| w.from = Some(later(4 * MINUTE))),
    ("Till 2", |w| w.device = Some("Till 2".into())),
    ("South", |w| w.store = Some("South".into())),
    ("beer", |w| w.text = Some("beer".into())),
];

/// A day here, a part of it archived, and so much elsewhere that not everything is sorted.
fn busy_day() -> Device {
    let device = day();
    // Only the third is accepted and not undone by something that waits.
    device.settle_next(&accepted(later(6 * MINUTE)), later(6 * MINUTE));
    device.store.set_retention(Some(1)).unwrap();
    assert!(device.store.archive_old(later(9 * 24 * HOUR)).unwrap() > 0);
    let elsewhere = (0..4_000_u64).map(|n| {
        let at = later(i64::try_from(n).unwrap() * 100);
        let (device, store) = (format!("Till {}", n % 3), if n % 2 == 0 { "North" } else { "South" });
        let is_award = n % 5 == 0;
        let kind = if is_award { OperationKind::Award } else { OperationKind::Redeem };
        let label = if n % 4 == 0 { "drinks" } else { "merchandise" };
        let title = if n % 7 == 0 { "Beer" } else { "Cap" };
        Foreign {
            kind,
            of: kind,
            fan_points: if is_award { 0 } else { -i64::try_from(n % 1_000).unwrap() },
            lines: vec![(title.into(), Some(label.into()))],
            origin: Some(Origin { device, store: store.into() }),
            ..foreign(n % 90, at)
        }
    });
    device.store.note_foreign(elsewhere.collect()).unwrap();
    device.commit(by("Kim", later(7 * MINUTE), redeem(masked(1), 6_00)));
    device
}

#[test]
fn filters_together_let_through_what_each_of_them_does() {
    let device = busy_day();
    let of = |narrow: &[Narrow]| {
        let mut wanted = Wanted::default();
        narrow.iter().for_each(|change| change(&mut wanted));
        let rows = device.store.review(&wanted, None, 0, 10_000).unwrap();
        assert!(rows.is_sorted_by(|a, b| a.place > b.place));
        assert_eq!(device.store.review_count(&wanted).unwrap(), u64::try_from(rows.len()).unwrap());
        rows.into_iter().map(|row| row.place).collect::<std::collections::BTreeSet<_>>()
    };
    let alone: Vec<_> = NARROW.iter().map(|(_, narrow)| of(&[*narrow])).collect();
    let mut found = 0;
    for (a, (first, narrow)) in NARROW.iter().enumerate() {
        for (b, (second, narrower)) in NARROW.iter().enumerate().skip(a + 1) {
            for (c, (third, narrowest)) in NARROW.iter().enumerate().skip(b) {
                let slots = |name: &str| match name {
                    "redemptions and awards" | "undos" => 1,
                    "accepted" | "queued" => 2,
                    _ => 0,
                };
                // One replaces the other.
                let is_twice = |one: &str, other: &str| slots(one) != 0 && slots(one) == slots(other);
                if is_twice(first, second) || b != c && (is_twice(second, third) || is_twice(first, third)) {
                    continue;
                }
                let together = of(&[*narrow, *narrower, *narrowest]);
                let expected =
                    alone[a].iter().filter(|place| alone[b].contains(place) && alone[c].contains(place));
                assert!(together.iter().eq(expected), "{first}, {second}, {third}");
                found += together.len();
            }
        }
    }
    assert!(found > 10_000, "{found}");
}

#[test]
fn a_search_finds_a_fan_who_was_met_elsewhere_alone() {
    let device = day();
    device.store.note_foreign(vec![foreign(40, later(9 * MINUTE))]).unwrap();
    let FanRef::Id(id) = fan(40) else { unreachable!() };
    let id = id.to_string();
    for text in [id.as_str(), &id[..9]] {
        let wanted = Wanted { text: Some(text.into()), ..Wanted::default() };
        assert!(numbers(&device, &wanted).contains(&-2), "{text}");
    }
    let upper = device.store.review(&Wanted::default(), None, 0, 1).unwrap()[0].id.to_uppercase();
    assert_eq!(numbers(&device, &Wanted { text: Some(upper), ..Wanted::default() }), [-2]);
}

#[test]
fn a_search_finds_words_people_fans_and_ids() {
    let device = day();
    let of = |text: &str| numbers(&device, &Wanted { text: Some(text.into()), ..Wanted::default() });
    let none: [i64; 0] = [];
    assert_eq!(of("  "), [6, 5, -1, 4, 3, 2, 1]);
    assert_eq!(of("scarf"), [6, 4, 2, 1], "an undo is found by what it undoes");
    assert_eq!(of("match_visit"), [3]);
    assert_eq!(of("kim"), [5, 4, 2]);
    assert_eq!(of("merch"), [5]);
    assert_eq!(of("k%m"), none, "a per cent sign is itself");
    assert_eq!(of("nothing like it"), none);
    let FanRef::Id(id) = fan(3) else { unreachable!() };
    let id = id.to_string();
    assert_eq!(of(&id), [5, -1]);
    assert_eq!(of(&format!("{} {} {}", &id[..4], &id[4..8], &id[8..])), [5, -1]);
    let rows = device.store.review(&Wanted::default(), None, 0, 10).unwrap();
    assert_eq!(of(&rows[0].id), [6]);
    assert_eq!(of(&rows[2].id), [-1]);
    assert_eq!(device.store.people().unwrap(), ["Kim", "Noa"]);
    let refused = &rows[5];
    assert_eq!((refused.code.as_deref(), refused.title.as_str()), (Some("too_few_points"), "Scarf"));
    assert_eq!((rows[6].undone, rows[0].of), (true, OperationKind::Give));
}

#[test]
fn pages_and_leaps_meet_without_gap_or_overlap() {
    let device = Device::new();
    for n in 0..40 {
        // Many at the same moment: the number decides.
        device.commit(by("Noa", later(MINUTE * i64::try_from(n / 7).unwrap()), give(fan(n), 1_00)));
    }
    device.store.note_foreign((0..20).map(|n| foreign(n, later(MINUTE * 2))).collect()).unwrap();
    let wanted = Wanted { most: Some(1000), ..Wanted::default() };
    let all = numbers(&device, &wanted);
    assert_eq!(all.len(), 60);
    let (mut after, mut seen) = (None::<Place>, Vec::new());
    loop {
        let page = device.store.review(&wanted, after, 0, 7).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        seen.extend(page.iter().map(|row| row.place.number));
        device.commit(by("Noa", later(HOUR), give(fan(99), 1_00)));
    }
    assert_eq!(seen, all);
    let first = device.store.review(&wanted, None, 0, 12).unwrap();
    let leap = device.store.review(&wanted, Some(first[11].place), 13, 5).unwrap();
    let plain = device.store.review(&wanted, None, 25, 5).unwrap();
    assert_eq!(leap, plain);
    let mut whole = Vec::new();
    device
        .store
        .review_each(&wanted, |row| {
            whole.push(row.place.number);
            whole.len() < 50
        })
        .unwrap();
    assert_eq!(whole.len(), 50, "it stops when it is told to");
}

#[test]
fn what_is_archived_is_listed_as_before() {
    let device = Device::new();
    let first = device.commit(by("Noa", later(0), give(fan(1), 25_00)));
    let items = vec![labelled("merchandise", "Cap")];
    device.commit(by("Kim", later(1), proposal(fan(2), Proposed::Give { items }, NOON)));
    device.settle_next(&accepted(later(2)), later(2));
    device.commit(by("Noa", later(3), undo(&first)));
    device.settle_next(&accepted(later(4)), later(4));
    device.store.note_sync(later(99 * 24 * HOUR)).unwrap();
    device.commit(by("Noa", later(99 * 24 * HOUR), give(fan(1), 9_00)));
    let listed = |wanted: &Wanted| {
        let rows = device.store.review(wanted, None, 0, 100).unwrap();
        rows.into_iter().map(|row| outbox::Listed { archived: false, ..row }).collect::<Vec<_>>()
    };
    let filters = [
        Wanted::default(),
        Wanted { staff: Some("Kim".into()), ..Wanted::default() },
        Wanted { rate_label: Some("merchandise".into()), ..Wanted::default() },
        Wanted { text: Some("scarf".into()), ..Wanted::default() },
        Wanted { fan: Some(fan(1)), most: Some(30), ..Wanted::default() },
        Wanted { text: Some(first.id.to_string()), ..Wanted::default() },
    ];
    let before: Vec<_> = filters.iter().map(listed).collect();
    device.store.set_retention(Some(10)).unwrap();
    assert_eq!(device.store.archive_old(later(50 * 24 * HOUR)).unwrap(), 3);
    for (wanted, before) in filters.iter().zip(before) {
        let after = listed(wanted);
        let key = |rows: &[outbox::Listed]| {
            rows.iter()
                .map(|row| (row.place, row.id.clone(), row.title.clone(), row.staff.clone(), row.fan_points))
                .collect::<Vec<_>>()
        };
        assert_eq!(key(&after), key(&before), "{wanted:?}");
    }
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn the_platforms_list_holds_no_operation_of_this_device() {
    let device = day();
    let own = device.store.review(&Wanted::default(), None, 0, 10).unwrap();
    let mut told: Vec<Foreign> = own
        .iter()
        .filter(|row| row.here && row.kind != OperationKind::Undo)
        .map(|row| Foreign { id: row.id.clone(), kind: row.kind, of: row.kind, ..foreign(2, later(0)) })
        .collect();
    let undone = own.iter().find(|row| row.undone).unwrap();
    told.push(Foreign { id: undone.id.clone(), kind: OperationKind::Undo, ..foreign(2, later(0)) });
    assert_eq!(device.store.note_foreign(told).unwrap(), 0);
    let again: Vec<Foreign> = vec![foreign(5, later(0))];
    assert_eq!(device.store.note_foreign(again.clone()).unwrap(), 1);
    assert_eq!(device.store.note_foreign(again).unwrap(), 0, "told twice is told once");
}

#[test]
fn a_case_stays_until_somebody_deals_with_it() {
    let device = day();
    let cases = device.store.cases(None, 10).unwrap();
    assert_eq!(cases.len(), 1);
    let id = cases[0].id;
    let counts = device.store.case_counts(later(HOUR)).unwrap();
    assert_eq!((counts.open, counts.overdue, counts.oldest), (1, 1, Some(later(2 * MINUTE))));
    assert_eq!(device.store.case_counts(later(0)).unwrap().overdue, 0);
    let entry = Uuid::now_v7();
    let handle = |way| device.store.handle_case(id, way, "ask Kim", Some("Lea"), entry, later(HOUR));
    assert_eq!(handle(Way::Void).unwrap(), Ok(()));
    assert_eq!(handle(Way::Void).unwrap(), Ok(()), "twice is once");
    assert!(matches!(handle(Way::Forgive).unwrap(), Err(Decline::Rules(_))));
    assert!(device.store.cases(None, 10).unwrap().is_empty());
    assert_eq!(device.store.case_counts(later(HOUR)).unwrap().open, 0);
    let handling = device.store.handling(id).unwrap().unwrap();
    assert_eq!((handling.way, handling.points.0, handling.staff.as_deref()), (Way::Void, 500, Some("Lea")));
    let untold = device.store.untold(10).unwrap();
    assert_eq!((untold.len(), untold[0].outcome, untold[0].note.as_str()), (1, Outcome::Void, "ask Kim"));
    device.store.note_told(id, later(HOUR)).unwrap();
    assert!(device.store.untold(10).unwrap().is_empty());
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn stores_and_devices_narrow_the_list() {
    let device = day();
    let own = Some(Origin { device: "Till 1".into(), store: "South".into() });
    let south = Origin { device: "Till 3".into(), store: "South".into() };
    device.store.note_foreign(vec![Foreign { origin: Some(south), ..foreign(2, later(0)) }]).unwrap();
    device.store.note_foreign(vec![Foreign { origin: None, ..foreign(2, later(0)) }]).unwrap();
    let of = |device: Option<&str>, store: Option<&str>| Wanted {
        device: device.map(Into::into),
        store: store.map(Into::into),
        own: own.clone(),
        ..Wanted::default()
    };
    assert_eq!(numbers(&device, &of(None, Some("North"))), [-1]);
    assert_eq!(numbers(&device, &of(None, Some("South"))), [6, 5, 4, 3, 2, 1, -2]);
    assert_eq!(numbers(&device, &of(Some("Till 3"), None)), [-2]);
    assert_eq!(numbers(&device, &of(Some("Till 1"), Some("South"))), [6, 5, 4, 3, 2, 1]);
    assert_eq!(numbers(&device, &of(Some("Till 2"), Some("South"))), Vec::<i64>::new());
    assert_eq!(numbers(&device, &of(None, None)).len(), 9);
    let listed = device.store.review(&of(None, Some("South")), None, 0, 10).unwrap();
    assert!(listed.iter().all(|row| row.origin.as_ref().is_some_and(|origin| origin.store == "South")));
    let origins = device.store.origins().unwrap();
    let names: Vec<_> = origins.iter().map(|one| (one.store.as_str(), one.device.as_str())).collect();
    assert_eq!(names, [("North", "Till 2"), ("South", "Till 3")]);
}

#[test]
fn what_is_held_comes_back_when_it_is_held_again() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let open = || device.store.cases(None, 10).unwrap().len();
    for n in 1..3 {
        device.settle_next(&held(), later(n * HOUR));
        assert_eq!(open(), 1);
        device.store.release(row.id, later(n * HOUR)).unwrap();
        assert_eq!(open(), 0, "it is on its way");
    }
}

fn held() -> outbox::Settlement {
    outbox::Settlement::Held { code: "already_executed_differs".into() }
}

#[test]
fn a_held_operation_that_is_dealt_with_never_goes_out_and_frees_its_lane() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let next = device.commit(give(fan(1), 10_00));
    device.store.next_batch(&outbox::Reach::default(), later(MINUTE)).unwrap();
    let lost = outbox::Settlement::Retry { error: "timed_out".into(), not_before: None };
    device.store.settle(vec![(row.id, held()), (next.id, lost)], later(MINUTE)).unwrap();
    assert!(device.settle_next(&held(), later(2 * MINUTE)).is_empty(), "its lane waits");
    let done = device.store.handle_case(row.id, Way::Note, "typed twice", None, Uuid::now_v7(), later(HOUR));
    assert_eq!(done.unwrap(), Ok(()));
    assert!(device.store.cases(None, 10).unwrap().is_empty());
    let given_up = device.store.operation(row.id).unwrap().unwrap();
    assert_eq!(given_up.state, OperationState::Refused);
    assert_eq!(given_up.refusal.as_deref(), Some("already_executed_differs"), "the reason stays");
    assert!(device.store.release(row.id, later(HOUR)).is_err());
    assert_eq!(device.store.fan(fan(1)).unwrap().pending.fan_points.0, 20, "its points are gone");
    let sent = device.settle_next(&accepted(later(HOUR)), later(HOUR));
    assert_eq!(sent.iter().map(|row| row.id).collect::<Vec<_>>(), [next.id]);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn somebody_bears_a_held_redemption_once() {
    for way in [Way::Collect, Way::Forgive, Way::Void] {
        let device = Device::new();
        device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
        let row = device.commit(redeem(masked(1), 5_00));
        device.settle_next(&held(), later(MINUTE));
        let entry = Uuid::now_v7();
        let handle =
            |way| device.store.handle_case(row.id, way, "", Some("Lea"), entry, later(HOUR)).unwrap();
        assert_eq!(handle(way), Ok(()), "{way:?}");
        assert_eq!(handle(way), Ok(()), "twice is once");
        assert!(handle(Way::Note).is_err());
        let untold = device.store.untold(10).unwrap();
        assert_eq!((untold.len(), untold[0].points.0), (1, 500));
        assert!(device.store.verify_audit(None).unwrap().is_ok());
    }
}

#[test]
fn a_withdrawn_operation_is_no_case_and_an_accepted_one_can_not_be_handled() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    device.store.withdraw(row.id, Uuid::now_v7(), later(MINUTE), None).unwrap();
    assert_eq!(device.store.case_counts(later(HOUR)).unwrap().open, 0);
    let other = device.commit(give(fan(2), 25_00));
    let declined = device.store.handle_case(other.id, Way::Note, "x", None, Uuid::now_v7(), later(HOUR));
    assert!(matches!(declined.unwrap(), Err(Decline::Rules(_))));
}

#[test]
fn a_settled_difference_comes_up_again_when_it_differs_otherwise() {
    let device = Device::new();
    let difference =
        |verdict: &str| Difference { id: "a".into(), is_undo: false, verdict: verdict.to_owned() };
    let both = [difference("missing_here"), difference("different")];
    assert_eq!(device.store.are_settled(&both).unwrap(), [false, false]);
    device.store.settle_differences(vec![difference("missing_here")], "till 3", None, NOON).unwrap();
    assert_eq!(device.store.are_settled(&both).unwrap(), [true, false]);
}

/// Everything of the list as a file.
fn exported(device: &Device, form: Form) -> String {
    let mut file = Vec::new();
    let rows = device.store.export(&Wanted::default(), form, &mut file, |_| true).unwrap();
    assert_eq!(rows, device.store.review_count(&Wanted::default()).unwrap());
    String::from_utf8(file).unwrap()
}

#[test]
fn an_export_is_read_back_and_adds_up() {
    let device = day();
    let rows = device.store.review(&Wanted::default(), None, 0, 100).unwrap();
    let sum: i64 = rows.iter().map(|row| row.fan_points).sum();
    let text = exported(&device, Form::Csv);
    let mut file = csv::Reader::from_reader(text.as_bytes());
    let columns = file.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let read: Vec<csv::StringRecord> = file.records().map(Result::unwrap).collect();
    assert_eq!(read.len(), rows.len());
    assert_eq!(read.iter().map(|one| one[at("fan_points")].parse::<i64>().unwrap()).sum::<i64>(), sum);
    for (one, row) in read.iter().zip(&rows) {
        assert_eq!((&one[at("id")], &one[at("title")]), (row.id.as_str(), row.title.as_str()));
    }
    assert_eq!((&read[5][at("reason")], &read[5][at("price")]), ("too_few_points", "5.00"));
    let lines = exported(&device, Form::JsonLines);
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["fan_points"].as_i64().unwrap()).sum::<i64>(), sum);
    assert_eq!(lines[0]["kind"], "undo");
}

#[test]
fn no_cell_of_an_export_is_a_formula() {
    let device = Device::new();
    for title in ["=1+1", "+41 79", "-5", "@cmd", "\t=1", " =1", "a,\"b\"\nc", "＝1"] {
        let items = vec![PurchaseItem { title: title.into(), ..item(10_00) }];
        device.commit(by(title, later(0), proposal(fan(1), Proposed::Give { items }, NOON)));
    }
    let text = exported(&device, Form::Csv);
    let mut file = csv::Reader::from_reader(text.as_bytes());
    let read: Vec<csv::StringRecord> = file.records().map(Result::unwrap).collect();
    assert_eq!(read.len(), 8);
    for cell in read.iter().flat_map(csv::StringRecord::iter) {
        let is_number = cell.parse::<i64>().is_ok();
        assert!(is_number || !cell.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{cell:?}");
    }
    assert!(read.iter().any(|one| one.iter().any(|cell| cell == "a,\"b\"\nc")));
}

#[test]
fn an_export_ends_when_it_is_told_to() {
    let device = day();
    let mut file = Vec::new();
    let ended = device.store.export(&Wanted::default(), Form::Csv, &mut file, |_| false);
    assert!(matches!(ended, Err(ExportError::Cancelled)));
    assert_eq!(device.store.review_count(&Wanted::default()).unwrap(), 7, "the store goes on");
}
