//! PINs: kept as a slow hash with a pepper from the keychain, and guarded against guessing.
//!
//! The count of wrong tries is durable before a try is judged, so that ending the app wins no further one. The
//! database key never comes from a PIN.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use ledger::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keychain::{Keychain, Secret};
use crate::rights::Right;
use crate::terminal::{Opened, blocking};
use crate::view::PinView;
use crate::{AppError, ErrorCode, Terminal};

/// Argon2id: 64 MiB, three passes, one lane (OWASP's advice and more).
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const SHORTEST: usize = 6;
const LONGEST: usize = 32;
/// Wrong tries before each further one has to wait.
const FREE_TRIES: u32 = 5;
/// Wrong tries before only the client secret helps.
const TRIES: u32 = 10;
const FIRST_WAIT_MS: i64 = 30_000;

/// Whose PIN it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Whoever knows it decides a manager's matters on this device.
    Manager,
    /// One of the people, by their id.
    Person(String),
}

impl Holder {
    fn setting(&self) -> String {
        match self {
            Self::Manager => "pin manager".to_owned(),
            Self::Person(staff_id) => format!("pin of {staff_id}"),
        }
    }
}

/// What is kept of a PIN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// In PHC format; it tells nothing without the pepper.
    hash: String,
    wrong: u32,
    /// Milliseconds since the epoch.
    wait_until: i64,
}

impl Kept {
    fn locked(&self) -> bool {
        self.wrong >= TRIES
    }

    /// Counts a try as wrong until it proves right.
    fn count(&mut self, now: Timestamp) {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= FREE_TRIES {
            let doublings = (self.wrong - FREE_TRIES).min(20);
            self.wait_until = now.0.saturating_add(FIRST_WAIT_MS.saturating_mul(1_i64 << doublings));
        }
    }

    /// Whether a try may be made now.
    fn admits(&self, now: Timestamp) -> Result<(), AppError> {
        if self.locked() {
            return Err(ErrorCode::PinLocked.into());
        }
        if self.wait_until > now.0 {
            let seconds = (self.wait_until - now.0).div_euclid(1000) + 1;
            return Err(AppError::new(ErrorCode::PinWait).retryable().detail(format!("{seconds} s")));
        }
        Ok(())
    }
}

impl Terminal {
    /// Sets the manager's PIN: the first one freely, another one with the one before.
    ///
    /// # Errors
    /// For a PIN that is too short or too easy, and for a wrong one as [`Terminal::prepare_gate`].
    pub async fn set_manager_pin(&self, old: Option<String>, new: String) -> Result<PinView, AppError> {
        self.require(Right::Settings).await?;
        strong(&new)?;
        if self.pin_view(&Holder::Manager).await?.set {
            self.check_pin(&Holder::Manager, old.as_deref()).await?;
        }
        self.write_pin(&Holder::Manager, new).await
    }

    /// Sets the manager's PIN with the client secret: the way back for whoever forgot it.
    ///
    /// # Errors
    /// When the secret is not the one that this device is connected with.
    pub async fn reset_manager_pin(&self, secret: String, new: String) -> Result<PinView, AppError> {
        strong(&new)?;
        let opened = self.opened().await?;
        self.check_secret(&opened, &secret).await?;
        self.write_pin(&Holder::Manager, new).await
    }

    /// Whether this is the secret that the device is connected with.
    pub(crate) async fn check_secret(&self, opened: &Opened, secret: &str) -> Result<(), AppError> {
        let (keychain, name) = (self.0.options.keychain.clone(), crate::connect::secret_name(opened));
        let kept = blocking(move || keychain.read(&name)).await??;
        let same = kept.is_some_and(|kept| constant_time_eq(kept.expose(), secret.trim().as_bytes()));
        if same { Ok(()) } else { Err(ErrorCode::SignInRefused.into()) }
    }

    pub(crate) async fn pin_view(&self, holder: &Holder) -> Result<PinView, AppError> {
        let now = self.now();
        let kept = self.kept_pin(holder).await?;
        Ok(kept.map_or(PinView::default(), |kept| PinView {
            set: true,
            wait_until: (kept.wait_until > now.0).then_some(kept.wait_until),
            locked: kept.locked(),
        }))
    }

    /// Whether this is the PIN. Where none is set there is nothing to guard, and anything passes.
    pub(crate) async fn check_pin(&self, holder: &Holder, pin: Option<&str>) -> Result<(), AppError> {
        let _one_at_a_time = self.0.pins.lock().await;
        let Some(mut kept) = self.kept_pin(holder).await? else { return Ok(()) };
        let now = self.now();
        let now = self.store(move |store| store.steady_time(now)).await?;
        kept.admits(now)?;
        let Some(pin) = pin.filter(|pin| !pin.is_empty()) else {
            return Err(ErrorCode::PinNeeded.into());
        };
        let hash = kept.hash.clone();
        kept.count(now);
        let left = TRIES.saturating_sub(kept.wrong);
        self.keep_pin(holder, &kept).await?;
        let pin = Zeroizing::new(pin.to_owned());
        let pepper = self.pepper().await?;
        if !blocking(move || matches(&hash, &pin, &pepper)).await?? {
            self.note_device("wrong PIN").await?;
            tracing::warn!(left, "a wrong PIN");
            return Err(AppError::new(ErrorCode::PinWrong).detail(left.to_string()));
        }
        self.keep_pin(holder, &Kept { wrong: 0, wait_until: 0, ..kept }).await
    }

    pub(crate) async fn write_pin(&self, holder: &Holder, pin: String) -> Result<PinView, AppError> {
        let pin = Zeroizing::new(pin);
        let pepper = self.pepper().await?;
        let hash = blocking(move || hashed(&pin, &pepper)).await??;
        self.keep_pin(holder, &Kept { hash, ..Kept::default() }).await?;
        self.note_device("a PIN was set").await?;
        self.pin_view(holder).await
    }

    async fn kept_pin(&self, holder: &Holder) -> Result<Option<Kept>, AppError> {
        let name = holder.setting();
        let Some(text) = self.store(move |store| store.setting(&name)).await? else {
            return Ok(None);
        };
        // Something unreadable guards like a lock, rather than not at all.
        Ok(Some(serde_json::from_str(&text).unwrap_or(Kept { wrong: TRIES, ..Kept::default() })))
    }

    async fn keep_pin(&self, holder: &Holder, kept: &Kept) -> Result<(), AppError> {
        let (name, text) = (holder.setting(), serde_json::to_string(kept).map_err(|_| ErrorCode::Internal)?);
        self.store(move |store| store.set_setting(&name, &text)).await
    }

    pub(crate) async fn remove_pin(&self, holder: &Holder) -> Result<(), AppError> {
        let name = holder.setting();
        self.store(move |store| store.remove_setting(&name)).await
    }

    /// Adds what happened to the device itself to the audit chain.
    pub(crate) async fn note_device(&self, what: &str) -> Result<(), AppError> {
        let (what, now) = (what.to_owned(), self.now());
        self.store(move |store| store.note(&what, now)).await
    }

    /// The secret that makes hashes of short PINs worthless without this device's keychain.
    async fn pepper(&self) -> Result<Secret, AppError> {
        let name = format!("pin-pepper {}", self.opened().await?.device_id);
        let keychain = self.0.options.keychain.clone();
        blocking(move || pepper(&*keychain, &name)).await?
    }
}

fn pepper(keychain: &dyn Keychain, name: &str) -> Result<Secret, AppError> {
    if let Some(secret) = keychain.read(name)? {
        return Ok(secret);
    }
    let mut bytes = vec![0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| ErrorCode::Internal)?;
    let secret = Secret::new(bytes);
    keychain.write(name, &secret)?;
    Ok(secret)
}

/// Six digits or more, and not the first that anybody would try.
pub(crate) fn strong(pin: &str) -> Result<(), AppError> {
    let digits = pin.as_bytes();
    let fits = (SHORTEST..=LONGEST).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let steps =
        |by: i16| digits.windows(2).all(|two| matches!(two, [a, b] if i16::from(*b) - i16::from(*a) == by));
    if !fits || steps(0) || steps(1) || steps(-1) {
        return Err(ErrorCode::PinTooWeak.into());
    }
    Ok(())
}

fn argon<'a>(pepper: &'a Secret) -> Result<Argon2<'a>, AppError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| ErrorCode::Internal)?;
    Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| ErrorCode::Internal.into())
}

fn hashed(pin: &str, pepper: &Secret) -> Result<String, AppError> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| ErrorCode::Internal)?;
    let hash = argon(pepper)?.hash_password_with_salt(pin.as_bytes(), &salt);
    Ok(hash.map_err(|_| ErrorCode::Internal)?.to_string())
}

fn matches(hash: &str, pin: &str, pepper: &Secret) -> Result<bool, AppError> {
    let hash = PasswordHash::new(hash).map_err(|_| ErrorCode::PinLocked)?;
    Ok(argon(pepper)?.verify_password(pin.as_bytes(), &hash).is_ok())
}

/// Takes as long for a near miss as for a far one.
fn constant_time_eq(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn easy_pins_are_refused() {
        for pin in ["", "12345", "123456", "654321", "000000", "12345a", "１２３４５６", &"12".repeat(17)]
        {
            assert_eq!(strong(pin).unwrap_err().code, ErrorCode::PinTooWeak, "{pin}");
        }
        strong("135790").unwrap();
        strong("112233").unwrap();
    }

    #[test]
    fn each_wrong_try_after_the_fifth_waits_twice_as_long_and_the_tenth_locks() {
        let now = Timestamp(1_000_000);
        let mut kept = Kept::default();
        let waits: Vec<i64> = (0..TRIES)
            .map(|_| {
                kept.count(now);
                (kept.wait_until - now.0).max(0) / 1000
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960]);
        assert_eq!(kept.admits(Timestamp(i64::MAX)).unwrap_err().code, ErrorCode::PinLocked);
        kept.wrong = 6;
        assert_eq!(kept.admits(now).unwrap_err().code, ErrorCode::PinWait);
        kept.admits(Timestamp(kept.wait_until)).unwrap();
    }

    #[test]
    fn a_hash_matches_its_pin_and_its_pepper_alone() {
        let pepper = Secret::new(vec![7; 32]);
        let hash = hashed("135790", &pepper).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hash}");
        assert!(matches(&hash, "135790", &pepper).unwrap());
        assert!(!matches(&hash, "135791", &pepper).unwrap());
        assert!(!matches(&hash, "135790", &Secret::new(vec![8; 32])).unwrap());
    }
}
