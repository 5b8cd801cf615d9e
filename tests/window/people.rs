//! People sign in with their PINs, a device pairs by a code, and no command of a manager works for staff.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::signatures::{Signature, signatures};
use crate::steps::{open_shop, told};
use crate::support::{Stage, Till, holds_within};

pub const KIMS: &str = "271828";
const NOAS: &str = "314159";

/// What a command wants of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    /// Nothing: it is needed by a locked device, or tells and changes nothing of the partner's.
    Nothing,
    /// Somebody at work.
    Person,
    /// A right that staff have.
    Staffs,
    /// A right that staff have not.
    More,
}

/// Every command the web view may call. A command that is not named here fails the test.
fn wanted() -> BTreeMap<&'static str, Wants> {
    let of = |wants: Wants, names: &'static str| names.split_whitespace().map(move |name| (name, wants));
    of(
        Wants::Nothing,
        "status set_preferences choices keep_choices send_now cameras camera_start camera_stop diagnostics gate attend_gate gate_text
         decide_passage close_gate reset_manager_pin take_link quick_buttons qr_code scan_start screens camera_facts
         camera_set serial_ports serial_start serial_stop serial_state handheld_scan teach_codes teach health people
         sign_in start_person lock sign_out note_input set_zoom cancel_provider_sign_in sign_in_with_provider
         link_provider_sign_in",
    )
    .chain(of(Wants::Person, "change_own_pin"))
    .chain(of(
        Wants::Staffs,
        "identify_text identify_picture identify_clipboard fan_card quote quote_split give redeem award undo pay
         check_threshold operations totals open_gate verify_audit device_key confirm_moved look_up_goods use_goods
         give_discounted make_voucher voucher_offers",
    ))
    .chain(of(
        Wants::More,
        "connect disconnect prepare_gate set_manager_pin set_quick_buttons dismiss_set_aside reconcile
         offline_limits set_offline_limits raise_limit set_retention evacuate import_evacuation role_rights set_role_right
         add_person change_person remove_person reset_person_pin sign_in_provider test_sign_in_provider
         set_sign_in_provider pair devices invite_device revoke_device shift
         open_shift hand_over_shift close_shift shifts shift_report shift_file save_diagnostics figures handover_codes review_list review_count
         review_choices save_view forget_view review_detail fetch_others reverse_operation cases decide_cases
         begin_export export_state cancel_export show_export signal_rules set_signal_rules signals settle_differences",
    ))
    .collect()
}

/// Tries every command; answers those that were not refused with this code although they should be.
async fn tried(till: &Till, every: &[Signature], which: impl Fn(Wants) -> bool, code: &str) -> Vec<String> {
    let wanted = wanted();
    let mut wrong = Vec::new();
    for command in every {
        let wants = wanted.get(command.name.as_str()).copied();
        let wants = wants.unwrap_or_else(|| panic!("say here what {:?} wants of its caller", command.name));
        if !which(wants) {
            continue;
        }
        let answer = till.call(&command.name, command.sample.clone()).await.err();
        if answer.as_deref() != Some(code) {
            wrong.push(format!("{}: {answer:?}", command.name));
        }
    }
    wrong
}

pub async fn first_manager(till: &Till) {
    till.press("nav-settings").await;
    till.press("people-open").await;
    till.type_into("person-name", "Kim").await;
    till.type_into("person-pin-new", KIMS).await;
    till.type_into("person-pin-again", KIMS).await;
    till.press("person-add").await;
    till.has("person-at-work", "name", "Kim").await;
}

pub async fn choose_person(till: &Till, name: &str) {
    let css = format!("[data-testid='sign-in-person'][data-name='{name}']");
    till.find("sign-in-people").await;
    let found = till.client().wait().for_element(fantoccini::Locator::Css(&css)).await;
    found.expect("the person is listed").click().await.expect("the person can be chosen");
}

#[tokio::test]
async fn staff_sign_in_and_no_command_of_a_manager_works_for_them() {
    let stage = Stage::new("people");
    let (_platform, mut till) = open_shop(&stage).await;
    first_manager(&till).await;
    till.type_into("person-name", "Noa").await;
    till.press("person-add").await;
    till.shot("people").await;
    till.press("people-close").await;
    let every = signatures();

    // Noa's first PIN wants somebody to vouch for it.
    till.press("person-at-work").await;
    till.has("sign-in", "locked", "true").await;
    till.shot("locked").await;
    let locked = tried(&till, &every, |wants| wants != Wants::Nothing, "locked").await;
    assert!(locked.is_empty(), "on a locked device: {locked:#?}");
    till.press("sign-in-other").await;
    choose_person(&till, "Noa").await;
    till.type_into("first-pin-new", NOAS).await;
    till.type_into("first-pin-again", NOAS).await;
    till.type_into("first-pin-proof", "999999").await;
    till.press("first-pin-submit").await;
    told(&till, "pinWrong").await;
    till.type_into("first-pin-proof", KIMS).await;
    till.press("first-pin-submit").await;
    till.has("person-at-work", "name", "Noa").await;
    till.gone("nav-review").await;
    till.shot("noa").await;
    let passed = tried(&till, &every, |wants| wants == Wants::More, "notAllowed").await;
    assert!(passed.is_empty(), "under a staff session: {passed:#?}");

    // Guessing ends in a wait, and then even the right PIN has to wait.
    till.press("person-at-work").await;
    for _ in 0..5 {
        till.type_into("sign-in-pin", "161803").await;
        till.press("sign-in-submit").await;
        told(&till, "pinWrong").await;
    }
    till.find("sign-in-wait").await;
    till.shot("wait").await;
    till.close().await;
    till.open().await;
    choose_person(&till, "Noa").await;
    till.find("sign-in-wait").await;
    let out = tried(&till, &every, |wants| wants != Wants::Nothing, "signInNeeded").await;
    assert!(out.is_empty(), "with nobody signed in: {out:#?}");
}

/// A minute, and what a busy machine may take to show that it is over.
const LOCKED_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_window_locks_when_no_hand_is_on_it_and_the_own_pin_opens_it() {
    const NEW: &str = "161803";
    let stage = Stage::new("lock");
    let (_platform, mut till) = open_shop(&stage).await;
    first_manager(&till).await;
    till.press("people-close").await;
    till.press("own-pin-open").await;
    till.type_into("own-pin-old", NOAS).await;
    till.type_into("own-pin-new", NEW).await;
    till.type_into("own-pin-again", NEW).await;
    till.press("own-pin-submit").await;
    told(&till, "pinWrong").await;
    till.shot("own-pin").await;
    till.type_into("own-pin-old", KIMS).await;
    till.press("own-pin-submit").await;
    till.find("own-pin-done").await;
    till.press("own-pin-close").await;
    till.press("nav-review").await;
    till.find("review").await;

    let locked = holds_within(LOCKED_WITHIN, || async {
        (till.data("sign-in", "locked").await.as_deref() == Some("true")).then_some(())
    });
    assert!(locked.await.is_some(), "nobody has touched it for two minutes");
    till.gone("review").await;
    till.shot("locked").await;
    assert_eq!(till.call("review_choices", json!({})).await.unwrap_err(), "locked");
    till.type_into("sign-in-pin", KIMS).await;
    till.press("sign-in-submit").await;
    told(&till, "pinWrong").await;
    till.type_into("sign-in-pin", NEW).await;
    till.press("sign-in-submit").await;
    till.find("review").await;
    till.close().await;
}

#[tokio::test]
async fn a_device_pairs_by_a_code_that_works_once_and_is_revoked() {
    let stage = Stage::new("pairing");
    let (_platform, mut office) = open_shop(&stage).await;
    office.press("nav-settings").await;
    office.press("devices-open").await;
    office.type_into("invite-name", "Till 2").await;
    office.type_into("invite-store", "North").await;
    office.press("invite").await;
    office.find("invite-code").await;
    let code = office.value("invite-text").await;
    office.shot("code").await;

    let mut till = Till::named(&stage, "second").open().await;
    till.shot("pair").await;
    till.type_into("pair-code", &code).await;
    till.press("pair-submit").await;
    till.has("strip", "state", "online").await;

    let third = Till::named(&stage, "third").open().await;
    third.type_into("pair-code", &code).await;
    third.press("pair-submit").await;
    told(&third, "pairingRefused").await;

    office.press("devices-close").await;
    office.press("devices-open").await;
    office.has("device", "name", "Till 2").await;
    office.shot("devices").await;
    office.press("device-revoke").await;
    office.press("device-revoke-yes").await;
    office.has("device", "revoked", "true").await;
    till.has("strip", "state", "signInRefused").await;
}

#[test]
fn samples_are_made_for_every_kind_of_argument() {
    let every = signatures();
    assert!(every.len() > 70, "{}", every.len());
    let of = |name: &str| every.iter().find(|one| one.name == name).map(|one| one.sample.clone());
    assert_eq!(of("status"), Some(json!({})));
    assert_eq!(of("give"), Some(json!({ "fan": "x", "items": [] })));
    let sealed = of("evacuate").unwrap();
    assert_eq!(sealed["request"]["recipient"]["kind"], "device");
    assert_eq!(sealed["pin"], Value::Null);
}
