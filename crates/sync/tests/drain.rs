//! The loop against a platform that fails on demand, in virtual time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use common::*;
use ledger::{FanPoints, Timestamp};
use outbox::{OperationState, PlatformFan, Settlement};
use sync::{Answer, Changes, ClientError, Drain, Link, OfflineKind, Options};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const DOWN: ClientError = ClientError::Offline(OfflineKind::Unreachable);

fn start(device: &Device, platform: &Arc<Faulty>) -> Drain {
    Drain::start(device.store.clone(), Arc::clone(platform), options())
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_delivered_in_one_request_and_the_figures_fetched() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..10).map(|n| device.give(n, 25_00)).collect();
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    assert_eq!(platform.books().submissions.len(), 1);
    assert_eq!(platform.books().done, rows.iter().map(|row| row.id).collect::<Vec<_>>());
    let row = device.row(rows[3].id);
    assert_eq!(
        (row.state, row.tries, row.booked_fan_points),
        (OperationState::Accepted, 1, Some(FanPoints(50)))
    );
    sleep(seconds(1)).await;
    assert_eq!(platform.books().asked_fans.len(), 10);
    assert_eq!(device.store.fan(fan(3)).unwrap().confirmed.unwrap().fan_points, FanPoints(7777));
    let state = *drain.state().borrow();
    assert!(state.link.is_online() && state.last_error.is_none() && state.last_success.is_some());
    assert!(device.store.last_sync().unwrap().unwrap() >= NOON);
}

#[tokio::test(start_paused = true)]
async fn an_operation_committed_while_online_goes_out_at_once() {
    let (device, platform) = (Device::new(), Faulty::new());
    let drain = start(&device, &platform);
    sleep(seconds(40)).await;
    let row = device.give(1, 25_00);
    let begun = Instant::now();
    let row = drain.deliver(row.id, seconds(30)).await.unwrap();
    assert_eq!(row.state, OperationState::Accepted);
    assert!(begun.elapsed() < seconds(1));
    let row = device.give(2, 25_00);
    drained(&device, &drain).await;
    assert_eq!(device.row(row.id).state, OperationState::Accepted);
    assert!(begun.elapsed() < seconds(1));
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_and_a_lost_answer_have_one_effect_each() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..5).map(|n| device.give(n, 25_00)).collect();
    platform.fail_next([Fault::RequestLost, Fault::AnswerLost, Fault::AnswerLost]);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    assert_eq!(platform.books().done.len(), 5, "each once");
    for row in &rows {
        let row = device.row(row.id);
        assert_eq!((row.state, row.tries), (OperationState::Accepted, 4));
    }
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn while_a_batch_is_out_the_next_are_taken_and_go_back_untried_when_the_way_is_lost() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..120).map(|n| device.give(n, 25_00)).collect();
    platform.fail_next([Fault::Silence(seconds(20))]);
    let drain = start(&device, &platform);
    sleep(seconds(5)).await;
    assert_eq!(device.store.counts().unwrap().sending, 120, "one batch is out and two are ready");
    let mut state = drain.state();
    state.wait_for(|state| matches!(state.link, Link::Offline { .. })).await.unwrap();
    let tries: Vec<u32> = rows.iter().map(|row| device.row(row.id).tries).collect();
    assert_eq!(tries, [[1; 50].as_slice(), &[0; 70]].concat());
    assert_eq!(device.store.counts().unwrap().queued, 120);
    drained(&device, &drain).await;
    assert_eq!(platform.books().done, rows.iter().map(|row| row.id).collect::<Vec<_>>(), "each once");
    let sizes: Vec<usize> = platform.books().submissions.iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [50, 50, 50, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_backlog_goes_out_in_requests_side_by_side_and_each_answer_counts() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..400).map(|n| device.give(n % 250, 25_00)).collect();
    // Of the first three that go out together, the answer of one is lost.
    platform.fail_next([Fault::None, Fault::None, Fault::AnswerLost]);
    let drain = start(&device, &platform);
    let mut state = drain.state();
    state.wait_for(|state| matches!(state.link, Link::Offline { .. })).await.unwrap();
    assert_eq!(device.store.counts().unwrap().accepted, 150);
    drained(&device, &drain).await;
    let books = platform.books();
    assert_eq!(books.most_out, Options::default().requests);
    let mut done = books.done.clone();
    done.sort_unstable();
    assert_eq!(done, rows.iter().map(|row| row.id).collect::<Vec<_>>(), "each once");
    let places: HashMap<Uuid, usize> = books.done.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    for (first, second) in rows.iter().zip(&rows[250..]) {
        assert!(places[&first.id] < places[&second.id], "in the order of the fan's own history");
    }
}

#[tokio::test(start_paused = true)]
async fn who_stands_and_waits_comes_before_what_was_taken_ahead() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..300).map(|n| device.give(n, 25_00)).collect();
    let drain = start(&device, &platform);
    while device.store.counts().unwrap().sending < 200 {
        sleep(Duration::from_millis(1)).await;
    }
    let last = rows[299].id;
    assert_eq!(drain.deliver(last, seconds(30)).await.unwrap().state, OperationState::Accepted);
    let place = platform.books().submissions.iter().position(|(_, ids)| ids.contains(&last));
    assert_eq!(place, Some(1), "with the next request");
    drained(&device, &drain).await;
    assert!(rows.iter().all(|row| device.row(row.id).tries == 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_fan_is_taken_while_something_of_theirs_is_out() {
    let (device, platform) = (Device::new(), Faulty::new());
    let first: Vec<_> = (0..50).map(|n| device.give(n, 25_00)).collect();
    for n in 0..60 {
        device.give(n, 1_00);
    }
    platform.fail_next([Fault::Silence(seconds(20))]);
    let drain = start(&device, &platform);
    sleep(seconds(5)).await;
    assert_eq!(device.store.counts().unwrap().sending, 60, "ten fans have nothing out");
    // One of the first comes back; what stands behind it has not overtaken it.
    platform.books().answers.insert(first[7].id, Answer::Failed { error: "internal".into() });
    drained_but_for(&device, &drain, 2).await;
    platform.books().answers.clear();
    drained(&device, &drain).await;
    let done = &platform.books().done;
    assert_eq!(done.len(), 110);
    let of_seven: Vec<_> = done.iter().filter(|id| device.row(**id).fan == fan(7)).collect();
    assert_eq!(of_seven.first(), Some(&&first[7].id));
}

#[tokio::test(start_paused = true)]
async fn silence_is_surfaced_and_not_waited_for_for_ever() {
    let (device, platform) = (Device::new(), Faulty::new());
    let row = device.give(1, 25_00);
    platform.fail_next([Fault::Silence(seconds(20))]);
    let drain = start(&device, &platform);
    let mut state = drain.state();
    let offline = state
        .wait_for(|state| matches!(state.link, Link::Offline { reason: "timed_out", .. }))
        .await
        .unwrap();
    assert_eq!(offline.last_error, Some("timed_out"));
    drop(offline);
    let waiting = device.row(row.id);
    assert_eq!((waiting.state, waiting.last_error.as_deref()), (OperationState::Queued, Some("timed_out")));
    drained(&device, &drain).await;
    assert_eq!(platform.books().done, [row.id]);
}

#[tokio::test(start_paused = true)]
async fn offline_is_said_with_its_beginning_and_the_return_is_found_out() {
    let (device, platform) = (Device::new(), Faulty::new());
    let drain = start(&device, &platform);
    let mut state = drain.state();
    state.wait_for(|state| state.link.is_online()).await.unwrap();
    platform.go_down(DOWN);
    let down_at = Instant::now();
    let lost = *state.wait_for(|state| matches!(state.link, Link::Offline { .. })).await.unwrap();
    assert!(down_at.elapsed() <= seconds(16), "an idle loop notices within a probe");
    sleep(seconds(600)).await;
    assert_eq!(state.borrow().link, lost.link, "since its beginning");
    platform.come_back();
    let back_at = Instant::now();
    state.wait_for(|state| state.link.is_online()).await.unwrap();
    assert!(back_at.elapsed() <= seconds(16));
}

#[tokio::test(start_paused = true)]
async fn devices_come_back_spread_out_but_a_person_who_waits_does_not() {
    let (device, platform) = (Device::new(), Faulty::new());
    platform.go_down(DOWN);
    let drain = start(&device, &platform);
    device.give(1, 25_00);
    sleep(seconds(300)).await;
    platform.come_back();
    let mut state = drain.state();
    state.wait_for(|state| state.link.is_online()).await.unwrap();
    let online = Instant::now();
    sleep(seconds(25)).await;
    assert_eq!(platform.books().submissions.len(), 0, "the draw was the whole spread");
    let wanted = device.give(2, 25_00);
    let row = drain.deliver(wanted.id, seconds(20)).await.unwrap();
    assert_eq!(row.state, OperationState::Accepted);
    assert!(online.elapsed() < seconds(26));
    drained(&device, &drain).await;
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_makes_a_short_spread_and_send_now_makes_none() {
    let (device, platform) = (Device::new(), Faulty::new());
    let drain = start(&device, &platform);
    let mut state = drain.state();
    state.wait_for(|state| state.link.is_online()).await.unwrap();
    platform.go_down(DOWN);
    let row = device.give(1, 25_00);
    state.wait_for(|state| !state.link.is_online()).await.unwrap();
    platform.come_back();
    let back = Instant::now();
    drained(&device, &drain).await;
    assert!(back.elapsed() < seconds(6), "{:?}", back.elapsed());
    assert_eq!(device.row(row.id).state, OperationState::Accepted);

    platform.go_down(DOWN);
    device.give(1, 25_00);
    sleep(seconds(500)).await;
    platform.come_back();
    drain.send_now();
    let asked = Instant::now();
    drained(&device, &drain).await;
    assert!(asked.elapsed() < seconds(1));
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_asks_to_wait_is_waited_for_whoever_asks() {
    let (device, platform) = (Device::new(), Faulty::new());
    device.give(1, 25_00);
    platform.fail_next([Fault::Fails(ClientError::RateLimited { retry_after: Some(seconds(90)) })]);
    let drain = start(&device, &platform);
    sleep(seconds(10)).await;
    assert_eq!(drain.state().borrow().last_error, Some("rate_limited"));
    assert_eq!(drain.state().borrow().next_try, Some(Timestamp(NOON.0 + 90_015)));
    drain.send_now();
    sleep(seconds(70)).await;
    assert_eq!(platform.books().submissions.len(), 1);
    drained(&device, &drain).await;
    assert!(platform.books().submissions[1].0 >= seconds(90));
}

#[tokio::test(start_paused = true)]
async fn tries_thin_out_and_become_single_until_one_succeeds() {
    let (device, platform) = (Device::new(), Faulty::new());
    for n in 0..20 {
        device.give(n, 25_00);
    }
    platform.fail_next([Fault::Fails(ClientError::Server(503)); 8]);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    let books = platform.books();
    let sizes: Vec<usize> = books.submissions.iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(sizes, [20, 20, 20, 20, 20, 1, 1, 1, 1, 19]);
    let gaps: Vec<u64> = books.submissions.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs()).collect();
    assert_eq!(gaps, [1, 2, 4, 8, 16, 32, 64, 128, 0]);
    drop(books);
    assert!(!drain.state().borrow().careful);
}

#[tokio::test(start_paused = true)]
async fn a_poisoned_operation_is_singled_out_and_delays_no_other_fan() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..6).map(|n| device.give(n, 25_00)).collect();
    let behind = device.give(2, 1_00);
    platform.books().poisoned.insert(rows[2].id);
    let drain = start(&device, &platform);
    sleep(Duration::from_millis(900)).await;
    for (n, row) in rows.iter().enumerate() {
        let expected = if n == 2 { OperationState::Queued } else { OperationState::Accepted };
        assert_eq!(device.row(row.id).state, expected, "{n}");
    }
    let poisoned = device.row(rows[2].id);
    assert_eq!(poisoned.last_error.as_deref(), Some("request_rejected"));
    assert!(poisoned.next_try.is_some());
    // New operations of others are not held up while it is tried again and again.
    sleep(seconds(1000)).await;
    let begun = Instant::now();
    let other = device.give(9, 25_00);
    assert_eq!(drain.deliver(other.id, seconds(5)).await.unwrap().state, OperationState::Accepted);
    assert!(begun.elapsed() < seconds(1));
    let tries = device.row(rows[2].id).tries;
    assert!((6..20).contains(&tries), "{tries}");
    platform.books().poisoned.clear();
    drained(&device, &drain).await;
    assert_eq!(device.row(rows[2].id).state, OperationState::Accepted);
    assert_eq!(device.row(behind.id).state, OperationState::Accepted);
}

#[tokio::test(start_paused = true)]
async fn answers_decide_each_operation_on_its_own() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..5).map(|n| device.give(n, 25_00)).collect();
    let behind: Vec<_> = (1..4).map(|n| device.undo(&rows[n])).collect();
    {
        let mut books = platform.books();
        books.answers.insert(rows[1].id, Answer::Refused { code: "unknown_fan".into() });
        books.answers.insert(rows[2].id, Answer::Unknown { code: "brand_new_error".into() });
        books.answers.insert(rows[3].id, Answer::AlreadyExecuted);
    }
    let drain = start(&device, &platform);
    sleep(seconds(2)).await;
    let of = |index: usize| {
        let row = device.row(rows[index].id);
        (row.state, row.refusal)
    };
    assert_eq!(of(0), (OperationState::Accepted, None));
    assert_eq!(of(1), (OperationState::Refused, Some("unknown_fan".into())));
    assert_eq!(of(2), (OperationState::Held, Some("brand_new_error".into())));
    assert_eq!(of(3), (OperationState::Held, Some("already_executed_unverified".into())));
    assert_eq!(of(4), (OperationState::Accepted, None));
    let states: Vec<_> = behind.iter().map(|row| device.row(row.id).state).collect();
    assert_eq!(states, [OperationState::Accepted, OperationState::Queued, OperationState::Queued]);
    drop(drain);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_missing_is_asked_for_again() {
    let (device, platform) = (Device::new(), Faulty::new());
    let (answered, missing) = (device.give(1, 25_00), device.give(2, 25_00));
    platform.books().answers.insert(missing.id, Answer::Lost);
    let drain = start(&device, &platform);
    sleep(seconds(2)).await;
    let of = |id| {
        let row = device.row(id);
        (row.state, row.last_error)
    };
    assert_eq!(of(answered.id), (OperationState::Accepted, None));
    assert_eq!(of(missing.id), (OperationState::Queued, Some("answer_lost".into())));
    platform.books().answers.clear();
    drained(&device, &drain).await;
    assert_eq!(of(missing.id).0, OperationState::Accepted);
}

#[tokio::test(start_paused = true)]
async fn another_purchase_behind_the_same_id_is_held() {
    let (device, platform) = (Device::new(), Faulty::new());
    let row = device.give(1, 25_00);
    platform.fail_next([Fault::AnswerLost]);
    platform.books().different.insert(row.id);
    let drain = start(&device, &platform);
    let row = drain.deliver(row.id, seconds(60)).await.unwrap();
    assert_eq!((row.state, row.refusal.as_deref()), (OperationState::Held, Some("already_executed_differs")));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_not_let_in_keeps_its_queue() {
    let (device, platform) = (Device::new(), Faulty::new());
    let row = device.give(1, 25_00);
    platform.go_down(ClientError::SignInRefused);
    let drain = start(&device, &platform);
    sleep(seconds(3600)).await;
    assert!(matches!(drain.state().borrow().link, Link::SignInRefused { .. }));
    assert_eq!(device.row(row.id).state, OperationState::Queued);
    assert!(platform.books().pings.len() < 40, "it does not hammer");
    assert_eq!(device.store.last_sync().unwrap(), Some(NOON), "no sync, so spending stops by its age");
    platform.come_back();
    drained(&device, &drain).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_database_can_not_take_is_written_later_and_not_sent_again() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..50).map(|n| device.give(n, 25_00)).collect();
    let drain = start(&device, &platform);
    platform.fail_next([Fault::Silence(seconds(20))]);
    sleep(seconds(5)).await;
    // The batch is marked; what is free in the file fills up before its answers are written.
    device.store.limit_pages(1).unwrap();
    let more = device.give_until_full();
    sleep(seconds(60)).await;
    assert_eq!(drain.state().borrow().last_error, Some("disk_full"));
    device.store.limit_pages(u32::MAX / 2).unwrap();
    drained(&device, &drain).await;
    assert_eq!(platform.books().done.len(), rows.len() + more);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_person_gets_the_row_as_it_stands() {
    let (device, platform) = (Device::new(), Faulty::new());
    platform.go_down(DOWN);
    let drain = start(&device, &platform);
    let row = device.give(1, 25_00);
    let begun = Instant::now();
    let still = drain.deliver(row.id, seconds(8)).await.unwrap();
    assert_eq!((still.state, begun.elapsed().as_secs()), (OperationState::Queued, 8));
    assert!(drain.deliver(Uuid::now_v7(), seconds(8)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_backlog_drains_with_its_count() {
    let (device, platform) = (Device::new(), Faulty::new());
    for n in 0..130 {
        device.give(n, 25_00);
    }
    let drain = start(&device, &platform);
    let mut state = drain.state();
    let mut seen = Vec::new();
    while device.store.counts().unwrap().waiting() > 0 {
        state.changed().await.unwrap();
        seen.extend(state.borrow_and_update().progress.map(|progress| (progress.done, progress.total)));
    }
    seen.dedup();
    assert_eq!(seen[..3], [(0, 130), (50, 130), (130, 130)]);
    drained(&device, &drain).await;
    assert_eq!(drain.state().borrow().progress, None);
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_the_request_that_is_out_count() {
    let (device, platform) = (Device::new(), Faulty::new());
    let row = device.give(1, 25_00);
    let drain = start(&device, &platform);
    sleep(Duration::from_millis(8)).await;
    drain.stop().await;
    assert_eq!(device.row(row.id).state, OperationState::Accepted);
    let later = device.give(2, 25_00);
    sleep(seconds(100)).await;
    assert_eq!(device.row(later.id).state, OperationState::Queued, "nothing runs any more");
    // Started anew, it goes on; what an end left half-way is taken up.
    device.store.next_batch(&outbox::Reach::default(), NOON).unwrap();
    assert_eq!(device.row(later.id).state, OperationState::Sending);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    assert_eq!(device.row(later.id).state, OperationState::Accepted);
}

#[tokio::test(start_paused = true)]
async fn stopping_puts_back_what_was_taken_ahead() {
    let (device, platform) = (Device::new(), Faulty::new());
    let rows: Vec<_> = (0..120).map(|n| device.give(n, 25_00)).collect();
    let drain = start(&device, &platform);
    while device.store.counts().unwrap().sending < 120 {
        sleep(Duration::from_millis(1)).await;
    }
    drain.stop().await;
    let counts = device.store.counts().unwrap();
    assert_eq!((counts.accepted, counts.sending, counts.queued), (50, 0, 70));
    let untried = rows.iter().filter(|row| device.row(row.id).tries == 0).count();
    assert_eq!(untried, 70);
}

#[tokio::test(start_paused = true)]
async fn an_idle_loop_rests() {
    let (device, platform) = (Device::new(), Faulty::new());
    let drain = start(&device, &platform);
    sleep(seconds(600)).await;
    let pings = platform.books().pings.len();
    assert!((35..=70).contains(&pings), "{pings} probes in ten minutes");
    assert_eq!(platform.books().submissions.len(), 0);
    drop(drain);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_devices_do_not_arrive_at_once() {
    // The start of each within the spread, drawn as the loop draws it.
    let options = Options::default();
    let mut starts: Vec<u128> = (0..500).map(|_| (options.dice)(options.spread).as_millis()).collect();
    starts.sort_unstable();
    let busiest = (0..30).map(|s| starts.iter().filter(|t| **t / 1000 == s).count()).max().unwrap();
    assert!(busiest <= 2 * 500 / 30 + 5, "{busiest} in the busiest second");
}

#[tokio::test(start_paused = true)]
async fn the_settlement_of_a_row_that_was_settled_elsewhere_is_passed_over() {
    let (device, platform) = (Device::new(), Faulty::new());
    let row = device.give(1, 25_00);
    platform.fail_next([Fault::Silence(seconds(20))]);
    let drain = start(&device, &platform);
    sleep(seconds(5)).await;
    let refused = Settlement::Refused { code: "unknown_fan".into() };
    device.store.settle(vec![(row.id, refused)], NOON).unwrap();
    sleep(seconds(60)).await;
    assert_eq!(device.row(row.id).state, OperationState::Refused, "a late failure brings nothing back");
    drop(drain);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_has_ended_lets_the_database_go() {
    let (device, platform) = (Device::new(), Faulty::new());
    device.give(1, 25_00);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    drain.stop().await;
    drop(drain);
    let Device { store, path, folder } = device;
    drop(store);
    let store = outbox::Store::open(&path, &outbox::DatabaseKey::from_bytes([7; 32])).unwrap();
    assert_eq!(store.counts().unwrap().accepted, 1);
    drop(folder);
}

#[tokio::test(start_paused = true)]
async fn what_moved_elsewhere_comes_in_by_the_feed() {
    let (device, platform) = (Device::new(), Faulty::new());
    device.give(1, 25_00);
    let told = |n: u64, points: i64| {
        let fanpass::FanRef::Id(user_id) = fan(n) else { unreachable!() };
        PlatformFan {
            user_id,
            pseudonym: None,
            fan_points: FanPoints(points),
            status_points: ledger::StatusPoints(5),
            as_of: Timestamp(NOON.0 + 2_000_000),
            consent: None,
        }
    };
    let page = |cursor: &str, more, fans, settings| Changes { cursor: cursor.into(), more, fans, settings };
    platform.books().feed = Some(vec![
        page("a", false, vec![], false),
        page("b", true, vec![told(1, 4321), told(8, 10)], true),
        page("c", false, vec![told(1, 4300)], false),
    ]);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    sleep(seconds(30)).await;
    assert_eq!(device.store.fan(fan(1)).unwrap().confirmed.unwrap().fan_points, FanPoints(4300));
    assert_eq!(device.store.fan(fan(8)).unwrap().confirmed, None, "nobody has met this one here");
    assert_eq!(device.store.feed_cursor().unwrap().as_deref(), Some("c"));
    let asked = platform.books().asked_feed.clone();
    let words: Vec<_> = asked.iter().take(4).map(Option::as_deref).collect();
    assert_eq!(words, [None, Some("a"), Some("b"), Some("c")]);
    assert_eq!(drain.state().borrow().settings, 1, "the program's settings are fetched anew");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_feed_is_asked_for_it_once() {
    let (device, platform) = (Device::new(), Faulty::new());
    device.give(1, 25_00);
    let drain = start(&device, &platform);
    drained(&device, &drain).await;
    sleep(seconds(120)).await;
    assert_eq!(platform.books().asked_feed.len(), 1);
    assert_eq!(device.store.fan(fan(1)).unwrap().confirmed.unwrap().fan_points, FanPoints(7777));
}

#[tokio::test(start_paused = true)]
async fn a_new_way_to_the_network_is_tried_at_once() {
    let (device, platform) = (Device::new(), Faulty::new());
    platform.go_down(DOWN);
    let drain = start(&device, &platform);
    // Long after the way was lost, tries are rare.
    sleep(seconds(90)).await;
    platform.come_back();
    platform.books().route = Some("192.168.1.20".parse().unwrap());
    sleep(Duration::from_millis(1_200)).await;
    assert!(drain.state().borrow().link.is_online());
}
