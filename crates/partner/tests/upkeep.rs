//! Looking after the device through the use cases: health, reconciliation, and handing over to another device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use common::{FIRST_FAN, Platform, Till, purchase};
use partner::upkeep::{AuditFaultView, AuditState, ReconcileAction, ReconcileVerdict};
use partner::view::{CodeSource, Environment, LinkState, OperationStateView};
use partner::{ErrorCode, EvacuateRequest, ImportRequest, MemoryKeychain, Recipient};

async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

/// Two gives that wait.
async fn waiting(till: &Till) -> Vec<String> {
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let mut ids = Vec::new();
    for minor in [2_500, 1_000] {
        ids.push(till.terminal.give(&card.fan, purchase(minor)).await.unwrap().operation.id);
    }
    ids
}

fn for_passphrase(passphrase: &str, as_codes: bool) -> EvacuateRequest {
    EvacuateRequest { recipient: Recipient::Passphrase { passphrase: passphrase.into() }, as_codes }
}

fn from_file(bytes: &str) -> ImportRequest {
    ImportRequest { bytes: Some(bytes.into()), codes: Vec::new(), passphrase: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_moves_to_another_device_once() {
    let (old_folder, new_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut platform = Platform::start().await;
    let (old, new) =
        (connected(&platform, old_folder.path()).await, connected(&platform, new_folder.path()).await);
    let key = new.terminal.device_key().await.unwrap();
    let to_new = EvacuateRequest { recipient: Recipient::Device { key: key.text.clone() }, as_codes: false };
    assert_eq!(old.terminal.evacuate(to_new.clone()).await.unwrap_err().code, ErrorCode::NothingToMove);
    platform.stop().await;
    old.until_link(LinkState::Offline).await;
    let ids = waiting(&old).await;

    let parcel = old.terminal.evacuate(to_new).await.unwrap();
    assert_eq!(parcel.operations, 2);
    assert_eq!(old.terminal.disconnect().await.unwrap_err().code, ErrorCode::QueueNotEmpty);
    let taken = new.terminal.import_evacuation(from_file(&parcel.bytes)).await.unwrap();
    assert_eq!((taken.operations, taken.already), (2, 0));
    assert_eq!(taken.fingerprint, parcel.fingerprint);
    let again = new.terminal.import_evacuation(from_file(&parcel.bytes)).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::EvacuationImported);
    assert_eq!(again.detail.as_deref(), Some(taken.receipt.as_str()), "the receipt can be shown again");

    let status = old.terminal.confirm_moved(taken.receipt.clone()).await.unwrap();
    assert_eq!(status.queue.waiting, 0);
    assert_eq!(old.operation(&ids[0]).await.state, OperationStateView::Moved);
    old.terminal.disconnect().await.expect("nothing waits here any more");
    let strange = new.terminal.confirm_moved(taken.receipt).await.unwrap_err();
    assert_eq!(strange.code, ErrorCode::UnknownEvacuation);

    platform.start_again().await;
    new.terminal.send_now().await.unwrap();
    for id in &ids {
        new.until(id, OperationStateView::Accepted).await;
    }
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 + 50 + 20, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_devices_send_is_booked_once() {
    let (old_folder, new_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut platform = Platform::start().await;
    let (old, new) =
        (connected(&platform, old_folder.path()).await, connected(&platform, new_folder.path()).await);
    platform.stop().await;
    old.until_link(LinkState::Offline).await;
    let ids = waiting(&old).await;
    let parcel = old.terminal.evacuate(for_passphrase("four words are long enough", true)).await.unwrap();
    let mut codes = parcel.codes.clone();
    codes.reverse();
    let passphrase = Some("four words are long enough".to_owned());
    let request = ImportRequest { bytes: None, codes, passphrase };
    let taken = new.terminal.import_evacuation(request).await.unwrap();
    platform.start_again().await;
    for till in [&old, &new] {
        till.terminal.send_now().await.unwrap();
        for id in &ids {
            till.until(id, OperationStateView::Accepted).await;
        }
    }
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 + 50 + 20);
    old.terminal.confirm_moved(taken.receipt).await.unwrap();
    assert_eq!(old.operation(&ids[0]).await.state, OperationStateView::Accepted, "what is settled stays so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_is_not_as_it_should_be_changes_nothing() {
    let (old_folder, new_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut platform = Platform::start().await;
    let (old, new) =
        (connected(&platform, old_folder.path()).await, connected(&platform, new_folder.path()).await);
    platform.stop().await;
    old.until_link(LinkState::Offline).await;
    waiting(&old).await;
    let short = old.terminal.evacuate(for_passphrase("too short", false)).await.unwrap_err();
    assert_eq!(short.code, ErrorCode::PassphraseTooShort);
    let no_key = Recipient::Device { key: "age1nonsense".into() };
    let bad =
        old.terminal.evacuate(EvacuateRequest { recipient: no_key, as_codes: false }).await.unwrap_err();
    assert_eq!(bad.code, ErrorCode::BadDeviceKey);

    // Sealed for itself: for nobody else.
    let own = old.terminal.device_key().await.unwrap().text;
    let for_own = EvacuateRequest { recipient: Recipient::Device { key: own }, as_codes: true };
    let parcel = old.terminal.evacuate(for_own).await.unwrap();
    let code = |result: Result<partner::Imported, partner::AppError>| result.unwrap_err().code;
    let import = |request| new.terminal.import_evacuation(request);
    assert_eq!(code(import(from_file(&parcel.bytes)).await), ErrorCode::EvacuationForOther);
    assert_eq!(code(import(from_file("not base64!")).await), ErrorCode::EvacuationDamaged);
    assert_eq!(code(import(from_file("AAAA")).await), ErrorCode::EvacuationDamaged);
    let mut codes = parcel.codes.clone();
    codes.pop();
    let request = ImportRequest { bytes: None, codes, passphrase: None };
    assert_eq!(code(import(request).await), ErrorCode::EvacuationIncomplete);
    assert_eq!(new.terminal.status().await.unwrap().queue.waiting, 0);
    for receipt in ["", "FPR1.", "FPR1.AAAA", "something else"] {
        let refused = old.terminal.confirm_moved(receipt.into()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::EvacuationDamaged, "{receipt:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_a_day_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let give = till.terminal.give(&card.fan, purchase(2_500)).await.unwrap().operation.id;
    let award = till.terminal.award(&card.fan, "match_visit").await.unwrap().operation.id;
    for id in [&give, &award] {
        till.until(id, OperationStateView::Accepted).await;
    }
    let undo = till.terminal.undo(&give).await.unwrap().operation.id;
    till.until(&undo, OperationStateView::Accepted).await;

    let now = partner::system_clock().0;
    let compare = || till.terminal.reconcile(now - 3_600_000, now + 3_600_000);
    let sides = compare().await.unwrap();
    let others = |verdict| sides.rows.iter().filter(|row| row.verdict == verdict).count();
    assert_eq!(sides.matched, 3, "{sides:?}");
    assert!(sides.complete);
    assert_eq!(others(ReconcileVerdict::MissingHere), sides.rows.len(), "only what others made: {sides:?}");

    // What only the platform has was made by another device.
    let other_folder = tempfile::tempdir().unwrap();
    let other = connected(&platform, other_folder.path()).await;
    let card = other.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let foreign = other.terminal.give(&card.fan, purchase(1_000)).await.unwrap().operation.id;
    other.until(&foreign, OperationStateView::Accepted).await;
    let sides = compare().await.unwrap();
    let row = sides.rows.iter().find(|row| row.there.as_ref().is_some_and(|there| there.id == foreign));
    assert_eq!(row.unwrap().action, ReconcileAction::FindDevice);
    assert_eq!(row.unwrap().there.as_ref().unwrap().fan_points, 20);

    platform.stop().await;
    let error = compare().await.unwrap_err();
    assert!(matches!(error.code, ErrorCode::Offline | ErrorCode::TimedOut), "{error:?}");
    let nonsense = till.terminal.reconcile(now, now).await.unwrap_err();
    assert_eq!(nonsense.code, ErrorCode::MissingField);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_the_database_is_noticed_and_stays_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    assert_eq!(till.terminal.verify_audit().await.unwrap().state, AuditState::Sound);
    let keychain = till.keychain.clone();
    common::close(till).await;
    let (file, copy) = (folder.path().join("partner.db"), folder.path().join("copy"));
    std::fs::copy(&file, &copy).unwrap();

    let till = Till::open(folder.path(), keychain.clone());
    till.until_link(LinkState::Online).await;
    let ids = waiting(&till).await;
    till.until(&ids[1], OperationStateView::Accepted).await;
    assert_eq!(till.terminal.verify_audit().await.unwrap().state, AuditState::Sound);
    common::close(till).await;
    std::fs::copy(&copy, &file).unwrap();

    let till = Till::open(folder.path(), keychain);
    let audit = till.terminal.verify_audit().await.unwrap();
    assert_eq!((audit.state, audit.fault), (AuditState::Broken, Some(AuditFaultView::PutBack)));
    assert_eq!(till.terminal.health().await.unwrap().audit.state, AuditState::Broken);
    let again = till.terminal.verify_audit().await.unwrap();
    assert_eq!(again.state, AuditState::Broken, "what was put back does not become the truth");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_told_until_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    waiting(&till).await;
    let keychain = till.keychain.clone();
    common::close(till).await;
    let file = folder.path().join("partner.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // The last page: tables and indexes before it can still be read.
    let last = bytes.len() - 2000;
    bytes[last..last + 100].fill(0xee);
    std::fs::write(&file, bytes).unwrap();

    let till = Till::open(folder.path(), keychain);
    let health = till.terminal.health().await.unwrap();
    let told = health.set_aside.expect("the person is told");
    assert!(Path::new(&told.file).exists());
    let lines = std::fs::read_to_string(told.export.expect("what is readable is exported")).unwrap();
    assert_eq!(lines.lines().filter(|line| line.contains("\"kind\"")).count() as u64, told.operations);
    assert!(lines.lines().last().unwrap().contains("unreadable"));
    assert!(till.terminal.health().await.unwrap().set_aside.is_some(), "until it was read");
    assert_eq!(till.terminal.dismiss_set_aside().await.unwrap().set_aside, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    assert_eq!(till.terminal.set_retention(Some(0), None).await.unwrap_err().code, ErrorCode::MissingField);
    assert_eq!(till.terminal.set_retention(Some(90), None).await.unwrap().retention_days, Some(90));
    assert_eq!(till.terminal.set_retention(None, None).await.unwrap().retention_days, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_support_gets_holds_the_figures_and_the_log_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    waiting(&till).await;
    std::fs::create_dir_all(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/app.2026-11-19.log"), "yesterday\n").unwrap();
    std::fs::write(folder.path().join("logs/app.2026-11-20.log"), "this morning\nnoon\n").unwrap();
    till.terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    let live = platform.code(FIRST_FAN, "live").await;
    till.terminal.identify_text(&live, CodeSource::Typed).await.unwrap();
    let (name, bytes) = till.terminal.diagnostics_bundle().await.unwrap();
    assert!(name.ends_with(".json"), "{name}");
    let text = String::from_utf8(bytes).unwrap();
    let bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["log"], serde_json::json!(["yesterday", "this morning", "noon"]));
    assert_eq!(bundle["status"]["connection"]["partnerId"], "club-shop");
    assert!(bundle["diagnostics"]["auditIntact"].as_bool().unwrap());
    let account = platform.club_shop(Environment::Development);
    let grouped = "0084 0711 9295";
    for secret in [account.client_secret.as_str(), FIRST_FAN, grouped, live.as_str(), "135790"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let kept = till.keychain.secrets();
    assert!(kept.len() >= 3, "a database key, the client secret, a pepper");
    for secret in &kept {
        let bytes = secret.expose();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
        for form in [hex.to_uppercase(), hex, base64, String::from_utf8_lossy(bytes).into_owned()] {
            assert!(!text.contains(&form), "a secret of the keychain is in the file");
        }
    }
}
