//! People, their rights and their PINs, and the partner's devices, through the use cases against a real platform.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{FIRST_FAN, Platform, Till, code, connected, eventually, purchase, somebody};
use partner::rights::{Right, Role};
use partner::upkeep::AuditState;
use partner::view::{
    CodeSource, DeviceView, InviteRequest, LinkState, OperationStateView, PersonChange, RaisedDeed,
    RaiserView, ReviewFilter, ReviewQuery, ReviewRow, Status,
};
use partner::{Approval, ErrorCode, MemoryKeychain, News};

const KIMS: &str = "271828";
const NOAS: &str = "314159";

/// Kim, the first manager, at work; and Noa of the staff, who has not been here yet.
async fn with_people(till: &Till) -> (String, String) {
    let kim = somebody("Kim", Role::Manager, Some(KIMS));
    till.terminal.add_person(kim, None).await.unwrap();
    till.terminal.add_person(somebody("Noa", Role::Staff, None), None).await.unwrap();
    (person(till, "Kim").await, person(till, "Noa").await)
}

async fn person(till: &Till, name: &str) -> String {
    let people = till.terminal.people().await.unwrap();
    people.into_iter().find(|person| person.name == name).expect("somebody of this name").staff_id
}

async fn start_noa(till: &Till, kim: &str, noa: &str) -> Status {
    let approval = Approval::Person { staff_id: kim.into(), pin: KIMS.into() };
    till.terminal.start_person(noa, NOAS.into(), approval).await.unwrap()
}

fn at_work(status: &Status) -> Option<&str> {
    status.session.person.as_ref().map(|person| person.name.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_switch_and_do_what_their_role_allows() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let terminal = &till.terminal;
    assert!(!terminal.status().await.unwrap().session.knows_people);
    assert_eq!(
        code(terminal.add_person(somebody("Noa", Role::Staff, None), None).await),
        ErrorCode::LastManager
    );
    let (kim, noa) = with_people(&till).await;
    let shut = |news: &News| matches!(news, News::Status(status) if status.session.knows_people && status.session.person.is_none());
    assert!(
        !till.told.lock().unwrap().iter().any(shut),
        "the screen would ask whoever adds the first person to sign in"
    );
    let status = terminal.status().await.unwrap();
    assert_eq!((at_work(&status), status.session.rights.len()), (Some("Kim"), Right::ALL.len()));
    let card = terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let by_kim = terminal.give(&card.fan, purchase(2_500)).await.unwrap().operation.id;

    // Whoever has no PIN here yet does not get one by saying a name.
    assert_eq!(code(terminal.sign_in(&noa, NOAS.into()).await), ErrorCode::PinNotSet);
    for (approval, refused) in [
        (Approval::Connected, ErrorCode::NotAllowed),
        (Approval::Manager { pin: KIMS.into() }, ErrorCode::NotAllowed),
        (Approval::Person { staff_id: kim.clone(), pin: NOAS.into() }, ErrorCode::PinWrong),
        (Approval::Person { staff_id: noa.clone(), pin: NOAS.into() }, ErrorCode::NotAllowed),
        (Approval::Secret { secret: "guess".into() }, ErrorCode::SignInRefused),
    ] {
        assert_eq!(code(terminal.start_person(&noa, NOAS.into(), approval).await), refused);
    }
    let status = start_noa(&till, &kim, &noa).await;
    assert_eq!((at_work(&status), status.session.rights.len()), (Some("Noa"), 5));

    let by_noa = terminal.give(&card.fan, purchase(1_000)).await.unwrap().operation.id;
    let refused = terminal.undo(&by_kim).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::NotAllowed, Some("undo_any")));
    terminal.undo(&by_noa).await.expect("her own");
    assert_eq!(code(terminal.remove_person(&kim).await), ErrorCode::NotAllowed);
    assert_eq!(code(terminal.disconnect().await), ErrorCode::NotAllowed);
    assert_eq!(code(terminal.as_manager(Right::Settings, None).await), ErrorCode::NotAllowed);

    let status = terminal.sign_in(&kim, KIMS.into()).await.unwrap();
    assert_eq!(at_work(&status), Some("Kim"), "in Noa's place");
    terminal.undo(&by_kim).await.unwrap();
    let rights = terminal.set_role_right(Role::Staff, Right::Give, false).await.unwrap();
    assert!(!rights[0].rights.contains(&Right::Give));
    terminal.sign_in(&noa, NOAS.into()).await.unwrap();
    assert_eq!(code(terminal.give(&card.fan, purchase(1_000)).await), ErrorCode::NotAllowed);

    // A change of role counts at once; nobody takes the last manager away.
    terminal.sign_in(&kim, KIMS.into()).await.unwrap();
    let change = |role| PersonChange { name: None, role: Some(role), oidc_subject: None };
    assert_eq!(code(terminal.change_person(&kim, change(Role::Staff)).await), ErrorCode::LastManager);
    assert_eq!(code(terminal.remove_person(&kim).await), ErrorCode::LastManager);
    terminal.change_person(&noa, change(Role::Supervisor)).await.unwrap();
    let status = terminal.sign_in(&noa, NOAS.into()).await.unwrap();
    assert!(status.session.rights.contains(&Right::CloseShift));

    terminal.lock().await.unwrap();
    assert_eq!(code(terminal.give(&card.fan, purchase(1_000)).await), ErrorCode::Locked);
    assert_eq!(terminal.acting(), None);
    terminal.note_input();
    assert_eq!(code(terminal.require_person().await), ErrorCode::Locked, "input alone opens nothing");
    terminal.sign_in(&noa, NOAS.into()).await.unwrap();
    terminal.sign_out().await.unwrap();
    assert_eq!(code(terminal.operations(common::everything()).await), ErrorCode::SignInNeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_is_out_once_the_device_has_heard_of_it_and_what_was_known_works_offline() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut platform = Platform::start().await;
    let first = connected(&platform, one.path()).await;
    let (kim, noa) = with_people(&first).await;
    let second = connected(&platform, two.path()).await;
    // Whoever has just connected the device starts the first manager on it.
    let status = second.terminal.start_person(&kim, KIMS.into(), Approval::Connected).await.unwrap();
    assert_eq!(at_work(&status), Some("Kim"));
    start_noa(&second, &kim, &noa).await;

    platform.stop().await;
    second.until_link(LinkState::Offline).await;
    let keychain = second.keychain.clone();
    common::close(second).await;
    let second = Till::open(two.path(), keychain);
    let locked_out = second.terminal.operations(common::everything()).await;
    assert_eq!(code(locked_out), ErrorCode::SignInNeeded, "nobody stays signed in over a restart");
    let status = second.terminal.sign_in(&noa, NOAS.into()).await.unwrap();
    assert_eq!((at_work(&status), status.session.rights.len()), (Some("Noa"), 5), "without the platform");

    platform.start_again().await;
    first.until_link(LinkState::Online).await;
    first.terminal.remove_person(&noa).await.unwrap();
    eventually("Noa is signed out", || async { at_work(&second.terminal.status().await.unwrap()).is_none() })
        .await;
    assert_eq!(code(second.terminal.sign_in(&noa, NOAS.into()).await), ErrorCode::PersonGone);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_persons_pin_waits_locks_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let (kim, noa) = with_people(&till).await;
    start_noa(&till, &kim, &noa).await;
    for _ in 0..5 {
        assert_eq!(code(till.terminal.sign_in(&noa, "161803".into()).await), ErrorCode::PinWrong);
    }
    assert_eq!(
        code(till.terminal.sign_in(&noa, NOAS.into()).await),
        ErrorCode::PinWait,
        "even the right one"
    );
    till.terminal.sign_in(&kim, KIMS.into()).await.expect("others are not concerned");
    let keychain = till.keychain.clone();
    common::close(till).await;
    let till = Till::open(folder.path(), keychain);
    assert_eq!(code(till.terminal.sign_in(&noa, NOAS.into()).await), ErrorCode::PinWait);
    for wrong in 6..=10 {
        till.ahead.fetch_add(20 * 60_000, Ordering::Relaxed);
        assert_eq!(code(till.terminal.sign_in(&noa, "161803".into()).await), ErrorCode::PinWrong, "{wrong}");
    }
    till.ahead.fetch_add(24 * 3_600_000, Ordering::Relaxed);
    assert_eq!(code(till.terminal.sign_in(&noa, NOAS.into()).await), ErrorCode::PinLocked);
    till.terminal.sign_in(&kim, KIMS.into()).await.unwrap();
    till.terminal.reset_person_pin(&noa).await.unwrap();
    assert_eq!(code(till.terminal.sign_in(&noa, NOAS.into()).await), ErrorCode::PinNotSet);
    start_noa(&till, &kim, &noa).await;
}

fn invited(role: Role) -> InviteRequest {
    InviteRequest { name: "Till 2".into(), store: "North".into(), terminal_id: Some("T-2".into()), role }
}

async fn listed(till: &Till, id: &str) -> DeviceView {
    let devices = till.terminal.devices().await.unwrap();
    devices.into_iter().find(|device| device.device_id == id).expect("the device is listed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_pairs_once_is_heard_of_and_spends_nothing_once_revoked() {
    let (one, two, three) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let office = connected(&platform, one.path()).await;
    let (kim, noa) = with_people(&office).await;
    let invitation = office.terminal.invite_device(invited(Role::Supervisor)).await.unwrap();
    assert!(invitation.svg.contains("<svg"));

    let till = Till::open(two.path(), Arc::new(MemoryKeychain::default()));
    assert_eq!(code(till.terminal.pair(FIRST_FAN).await), ErrorCode::NotOurCode);
    let status = till.terminal.pair(&invitation.text).await.unwrap();
    let own = status.device.expect("it knows what it is");
    assert_eq!((own.name.as_str(), own.store.as_str(), own.role), ("Till 2", "North", Role::Supervisor));
    let late = Till::open(three.path(), Arc::new(MemoryKeychain::default()));
    assert_eq!(code(late.terminal.pair(&invitation.text).await), ErrorCode::PairingRefused, "once");

    eventually("the platform has heard of it", || async {
        listed(&office, &own.device_id).await.last_seen.is_some()
    })
    .await;
    let seen = listed(&office, &own.device_id).await;
    assert_eq!((seen.version.as_deref(), seen.waiting, seen.revoked), (Some("0.0.0"), Some(0), false));
    assert!(seen.clock_offset_ms.unwrap().abs() < 60_000, "{seen:?}");

    // On a supervisor's till nobody is more than a supervisor, but a manager can vouch for others there.
    let start = till.terminal.start_person(&kim, KIMS.into(), Approval::Connected).await.unwrap();
    assert_eq!(start.session.person.unwrap().role, Role::Supervisor);
    let mine = till.terminal.revoke_device(&own.device_id).await;
    assert_eq!(code(mine), ErrorCode::NotAllowed);
    start_noa(&till, &kim, &noa).await;
    let devices = office.terminal.revoke_device(&own.device_id).await.unwrap();
    assert!(devices.iter().any(|device| device.device_id == own.device_id && device.revoked));
    assert_eq!(code(office.terminal.revoke_device(&own.device_id).await), ErrorCode::UnknownDevice);
    till.until_link(LinkState::SignInRefused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_keeps_its_queue_and_stops_spending_over_a_restart() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let office = connected(&platform, one.path()).await;
    let invitation = office.terminal.invite_device(invited(Role::Manager)).await.unwrap();
    let till = Till::open(two.path(), Arc::new(MemoryKeychain::default()));
    let own = till.terminal.pair(&invitation.text).await.unwrap().device.unwrap();
    till.until_link(LinkState::Online).await;
    let live = platform.code(FIRST_FAN, "live").await;
    let card = till.terminal.identify_text(&live, CodeSource::Typed).await.unwrap();
    till.terminal.redeem(&card.fan, purchase(100)).await.unwrap();

    office.terminal.revoke_device(&own.device_id).await.unwrap();
    till.until_link(LinkState::SignInRefused).await;
    till.terminal.give(&card.fan, purchase(2_500)).await.unwrap();
    eventually("spending stops", || async {
        matches!(till.terminal.redeem(&card.fan, purchase(100)).await, Err(error) if error.code == ErrorCode::DeviceRevoked)
    })
    .await;
    let keychain = till.keychain.clone();
    common::close(till).await;
    let till = Till::open(two.path(), keychain);
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    assert_eq!(code(till.terminal.redeem(&card.fan, purchase(100)).await), ErrorCode::DeviceRevoked);
    assert_eq!(till.terminal.status().await.unwrap().queue.waiting, 1, "the queue stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_device_did_says_which_one_and_in_which_store() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let office = connected(&platform, one.path()).await;
    let invitation = office.terminal.invite_device(invited(Role::Manager)).await.unwrap();
    let till = Till::open(two.path(), Arc::new(MemoryKeychain::default()));
    till.terminal.pair(&invitation.text).await.unwrap();
    till.until_link(LinkState::Online).await;
    for (by, minor) in [(&till, 25_00), (&office, 10_00)] {
        let card = by.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
        let given = by.terminal.give(&card.fan, purchase(minor)).await.unwrap().operation.id;
        by.until(&given, OperationStateView::Accepted).await;
    }
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let awarded = till.terminal.award(&card.fan, "match_visit").await.unwrap().operation.id;
    till.until(&awarded, OperationStateView::Accepted).await;

    let now = partner::system_clock().0;
    assert_eq!(office.terminal.fetch_others(now - 3_600_000, now + 3_600_000).await.unwrap(), 2);
    let choices = office.terminal.review_choices().await.unwrap();
    assert_eq!((choices.devices, choices.stores), (vec!["Till 2".to_owned()], vec!["North".to_owned()]));
    let rows = async |by: &Till, filter: ReviewFilter| {
        let query = ReviewQuery { filter, after: None, skip: 0, limit: 100 };
        by.terminal.review(query).await.unwrap()
    };
    let north = ReviewFilter { store: Some("North".into()), ..ReviewFilter::default() };
    let found = rows(&office, north.clone()).await;
    let told = |row: &ReviewRow| (row.device.clone().unwrap(), row.store.clone().unwrap(), row.here);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|row| told(row) == ("Till 2".into(), "North".into(), false)), "{found:?}");
    let other = ReviewFilter { device: Some("Till 9".into()), ..ReviewFilter::default() };
    assert!(rows(&office, other).await.is_empty());
    // The device that is in the store finds its own there, and not what was done by nobody's device.
    till.terminal.fetch_others(now - 3_600_000, now + 3_600_000).await.unwrap();
    let own = rows(&till, north).await;
    assert!(own.len() == 2 && own.iter().all(|row| row.here && row.store.as_deref() == Some("North")));
    assert_eq!(rows(&till, ReviewFilter::default()).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_raised_once_by_who_may_and_the_journal_says_who() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let terminal = &till.terminal;
    let (kim, noa) = with_people(&till).await;
    let fan = terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap().fan;
    start_noa(&till, &kim, &noa).await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let above = |minor| RaisedDeed::Give { items: purchase(minor), discount: None };
    let refused = terminal.give(&fan, purchase(600_000)).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::AskManager, Some("purchase_value")));
    let pinless = terminal.raise_limit(&fan, above(600_000), Some("135790".into())).await;
    assert_eq!(code(pinless), ErrorCode::NotAllowed, "no manager's PIN is set");

    terminal.sign_in(&kim, KIMS.into()).await.unwrap();
    terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    let by_kim = terminal.raise_limit(&fan, above(700_000), None).await.unwrap().operation.id;
    terminal.sign_in(&noa, NOAS.into()).await.unwrap();
    let asked = terminal.raise_limit(&fan, above(600_000), None).await;
    assert_eq!(code(asked), ErrorCode::PinNeeded);
    let guessed = terminal.raise_limit(&fan, above(600_000), Some("111222".into())).await;
    assert_eq!(code(guessed), ErrorCode::PinWrong);
    assert_eq!(terminal.operations(common::everything()).await.unwrap().rows.len(), 1, "nothing was booked");
    let raised = terminal.raise_limit(&fan, above(600_000), Some("135790".into())).await.unwrap();
    let by_pin = raised.operation.id;
    let again = terminal.give(&fan, purchase(600_000)).await;
    assert_eq!(code(again), ErrorCode::AskManager, "for that one alone");

    terminal.sign_in(&kim, KIMS.into()).await.unwrap();
    let query = ReviewQuery { filter: ReviewFilter::default(), after: None, skip: 0, limit: 10 };
    for row in terminal.review(query).await.unwrap() {
        let detail = terminal.review_detail(row.place).await.unwrap();
        let expected = if row.id == by_kim {
            RaiserView::Person { name: "Kim".into() }
        } else {
            assert_eq!((row.id.as_str(), row.staff.as_deref()), (by_pin.as_str(), Some("Noa")));
            RaiserView::ManagersPin
        };
        assert_eq!(detail.raised_by, Some(expected));
    }
    assert_eq!(terminal.verify_audit().await.unwrap().state, AuditState::Sound);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_raises_a_limit_on_a_device_without_people_and_pin() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let terminal = &till.terminal;
    let live = platform.code(FIRST_FAN, "live").await;
    let fan = terminal.identify_text(&live, CodeSource::Typed).await.unwrap().fan;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let redeem = |minor| RaisedDeed::Redeem { items: purchase(minor) };
    let raise = async |minor, pin: Option<&str>| {
        terminal.raise_limit(&fan, redeem(minor), pin.map(str::to_owned)).await
    };
    let refused = terminal.redeem(&fan, purchase(21_00)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::AskManager);
    assert_eq!(code(raise(21_00, None).await), ErrorCode::ManagerPinUnset);
    terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    assert_eq!(code(raise(21_00, None).await), ErrorCode::PinNeeded);
    let below_zero = raise(9_000_000, Some("135790")).await;
    assert_eq!(code(below_zero), ErrorCode::TooFewPoints, "no PIN makes points");
    raise(21_00, Some("135790")).await.unwrap();
    assert_eq!(terminal.status().await.unwrap().exposure.points, 2_100);
}
