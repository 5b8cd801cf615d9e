//! Signing in at the partner's OpenID Connect provider, beside the PIN: in the system's browser, linked to a person once
//! with somebody to vouch for it, and asked again later whether the provider still knows the person.
//!
//! A refresh token lies in the keychain and nowhere else. Who has one is in the database, so that none is forgotten
//! there when a person is removed, unlinked or signed in elsewhere. Without a network what was last heard goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sync::{ClosingPage, OidcError, OidcProvider, OidcSignIn, RefreshToken, StaffChange, Timeouts};
use tokio::sync::Notify;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::connect::age;
use crate::keychain::Secret;
use crate::people::Known;
use crate::pin::{Holder, strong};
use crate::rights::Right;
use crate::signin::Approval;
use crate::terminal::blocking;
use crate::view::{ProviderFacts, ProviderPage, ProviderView, Status};
use crate::{AppError, ErrorCode, Terminal};

const GRANTS: &str = "provider grants";
/// Whether the provider still knows whoever is at work is asked so often.
const ASK_AT_WORK: Duration = Duration::from_secs(15 * 60);
/// And of the others, so that their sign-ins do not end for want of use.
const ASK_OTHERS: Duration = Duration::from_secs(12 * 60 * 60);
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// A sign-in that belongs to nobody here yet waits so long for somebody to say whose it is.
const LINK_WITHIN: Duration = Duration::from_secs(10 * 60);
const MOST_SCOPES: usize = 10;

/// What the provider gave a person on this device. The token itself is in the keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    issuer: String,
    /// What the app was called there; rows of an earlier version do not say.
    #[serde(default)]
    client_id: String,
    subject: String,
    /// When the provider last knew the person: milliseconds since the epoch.
    asked_at: i64,
    /// The provider has ended it: the person signs in there again before anything else.
    ended: bool,
}

impl Grant {
    /// Whether it is still this person's.
    fn is_of(&self, staff_id: &str, known: &Known) -> bool {
        let same = known.provider.as_ref().is_some_and(|provider| provider.issuer == self.issuer);
        let person = known.person(staff_id);
        same && person.is_some_and(|person| person.oidc_subject.as_ref() == Some(&self.subject))
    }
}

type Grants = BTreeMap<String, Grant>;

/// A sign-in of whom nobody knows yet.
struct Pending {
    issuer: String,
    signed_in: OidcSignIn,
    until: Instant,
}

/// The provider, as far as this run of the app knows.
#[derive(Default)]
pub(crate) struct ProviderDesk {
    /// Ends the sign-in that is under way.
    under_way: Mutex<Option<Arc<Notify>>>,
    pending: Mutex<Option<Pending>>,
    /// A token is spent once: by one at a time.
    grants: tokio::sync::Mutex<()>,
    /// Rings when somebody should be asked about, or what is kept should be looked through.
    bell: Notify,
}

impl ProviderDesk {
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// What ends the next sign-in; one that was under way ends now.
    fn begin(&self) -> Arc<Notify> {
        let fresh = Arc::new(Notify::new());
        let old = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).replace(fresh.clone());
        if let Some(old) = old {
            old.notify_one();
        }
        fresh
    }

    fn cancel(&self) {
        if let Some(under_way) = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).take() {
            under_way.notify_one();
        }
    }

    fn await_link(&self, issuer: String, signed_in: OidcSignIn) {
        let pending = Pending { issuer, signed_in, until: Instant::now() + LINK_WITHIN };
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending);
    }

    fn pending(&self) -> Option<(String, OidcSignIn)> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = pending.as_ref().filter(|pending| Instant::now() < pending.until)?;
        Some((waits.issuer.clone(), waits.signed_in.clone()))
    }

    fn forget_pending(&self) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Terminal {
    /// Signs somebody in at the provider, in whoever's place. None: the provider vouches for somebody of whom nobody here
    /// knows who it is; [`Terminal::link_provider_sign_in`] says so.
    ///
    /// # Errors
    /// `ProviderSettings` without a provider, `BrowserFailed`, `ProviderUnreachable`, `ProviderTimedOut` after five
    /// minutes, `ProviderCancelled` by the person, `ProviderRefused` and `ProviderUntrusted` for the provider's answer.
    pub async fn sign_in_with_provider(&self, page: ProviderPage) -> Result<Option<Status>, AppError> {
        self.opened().await?;
        self.0.provider.forget_pending();
        let (issuer, signed_in) = self.at_provider(page).await?;
        let mut person = self.0.people.known().subject(&signed_in.subject).cloned();
        if person.is_none() {
            // Another device may just have linked it.
            let told = async { self.hear_of_people(&*self.client().await?).await };
            if let Err(error) = told.await {
                tracing::debug!(code = ?error.code, "the people were not heard of");
            }
            person = self.0.people.known().subject(&signed_in.subject).cloned();
        }
        let Some(person) = person else {
            self.0.provider.await_link(issuer, signed_in);
            return Ok(None);
        };
        self.keep_grant(&person.staff_id, issuer, signed_in).await?;
        self.begin_work(&person.staff_id).await.map(Some)
    }

    /// Ends a sign-in that is under way, and forgets one that belongs to nobody yet.
    pub fn cancel_provider_sign_in(&self) {
        self.0.provider.cancel();
        self.0.provider.forget_pending();
    }

    /// Says whose the sign-in is that was just made, and signs that person in. They prove it with their own PIN, or
    /// somebody vouches for it as for a first PIN. A first PIN may come along.
    ///
    /// # Errors
    /// `ProviderUnknown` without such a sign-in in the last ten minutes, `SignInTaken` for somebody who has another one
    /// or may not be linked on this device, and as [`Terminal::start_person`].
    pub async fn link_provider_sign_in(
        &self,
        staff_id: &str,
        approval: Approval,
        first_pin: Option<String>,
    ) -> Result<Status, AppError> {
        let opened = self.opened().await?;
        let (issuer, signed_in) = self.0.provider.pending().ok_or(ErrorCode::ProviderUnknown)?;
        let known = self.0.people.known();
        let person = known.person(staff_id).ok_or(ErrorCode::PersonGone)?;
        if person.oidc_subject.is_some() {
            return Err(ErrorCode::SignInTaken.into());
        }
        let holder = Holder::Person(staff_id.to_owned());
        let first_pin = match first_pin.filter(|pin| !pin.is_empty()) {
            // Whoever has a PIN here keeps it.
            Some(pin) if !self.pin_view(&holder).await?.set => Some(pin),
            _ => None,
        };
        first_pin.as_deref().map(strong).transpose()?;
        match approval {
            Approval::Person { staff_id: by, pin } if by == staff_id => {
                self.check_person(staff_id, &Zeroizing::new(pin)).await?;
            }
            approval => self.vouched(&opened, person, approval, "link a sign-in").await?,
        }
        let change = StaffChange::Link {
            staff_id: staff_id.to_owned(),
            issuer: issuer.clone(),
            subject: signed_in.subject.clone(),
        };
        let client = self.client().await?;
        if !client.change_staff(&change).await? {
            return Err(ErrorCode::SignInTaken.into());
        }
        self.0.provider.forget_pending();
        self.hear_of_people(&client).await?;
        if let Some(pin) = first_pin {
            self.write_pin(&holder, pin).await?;
        }
        self.keep_grant(staff_id, issuer, signed_in).await?;
        self.begin_work(staff_id).await
    }

    /// The provider of the partner's people.
    ///
    /// # Errors
    /// As [`Terminal::require`].
    pub async fn sign_in_provider(&self) -> Result<Option<ProviderView>, AppError> {
        self.require(Right::Staff).await?;
        Ok(self.0.people.known().provider.map(ProviderView::from))
    }

    /// Asks a provider what it is, before anybody relies on it.
    ///
    /// # Errors
    /// As [`Terminal::require`]; `ProviderSettings` for a field that can not be used, `ProviderUnreachable`, and
    /// `ProviderUntrusted` where the address answers as another issuer or none.
    pub async fn test_sign_in_provider(&self, provider: ProviderView) -> Result<ProviderFacts, AppError> {
        self.require(Right::Staff).await?;
        let facts = sync::discover(&checked(provider)?, Timeouts::default()).await?;
        Ok(ProviderFacts { issuer: facts.issuer, offline_access: facts.offline_access })
    }

    /// Sets the provider of the partner's people, or takes it away. Another issuer than before unlinks everybody.
    ///
    /// # Errors
    /// As [`Terminal::test_sign_in_provider`], and where the platform could not be asked.
    pub async fn set_sign_in_provider(
        &self,
        provider: Option<ProviderView>,
    ) -> Result<Option<ProviderView>, AppError> {
        self.require(Right::Staff).await?;
        let change = match provider {
            None => StaffChange::RemoveProvider,
            Some(provider) => {
                let provider = checked(provider)?;
                let facts = sync::discover(&provider, Timeouts::default()).await?;
                StaffChange::SetProvider(OidcProvider { issuer: facts.issuer, ..provider })
            }
        };
        let client = self.client().await?;
        // One that is gone already is as good as taken away.
        client.change_staff(&change).await?;
        self.hear_of_people(&client).await?;
        self.note_device("the sign-in provider was changed").await?;
        self.sign_in_provider().await
    }

    /// Sends a person to the provider and waits until they are back.
    async fn at_provider(&self, page: ProviderPage) -> Result<(String, OidcSignIn), AppError> {
        let none = || AppError::new(ErrorCode::ProviderSettings).detail("none");
        let provider = self.0.people.known().provider.ok_or_else(none)?;
        let cancelled = self.0.provider.begin();
        let ProviderPage { language, title, done, failed } = page;
        let page = ClosingPage { language, title, done, failed };
        let browser = self.0.options.open_browser.clone();
        let open = |address: String| async move {
            match blocking(move || browser(&address)).await {
                Ok(Ok(())) => true,
                Ok(Err(reason)) => {
                    tracing::warn!(%reason, "the browser could not be opened");
                    false
                }
                Err(_) => false,
            }
        };
        let signed_in = tokio::select! {
            biased;
            () = cancelled.notified() => return Err(ErrorCode::ProviderCancelled.into()),
            signed_in = sync::sign_in(&provider, &page, Timeouts::default(), open) => signed_in?,
        };
        Ok((provider.issuer, signed_in))
    }

    /// Whether the provider lets the person work on, as last heard.
    ///
    /// # Errors
    /// `ProviderAgain` where the provider has ended the sign-in.
    pub(crate) async fn require_grant(&self, staff_id: &str) -> Result<(), AppError> {
        let known = self.0.people.known();
        match self.grants().await?.get(staff_id) {
            Some(grant) if grant.ended && grant.is_of(staff_id, &known) => {
                Err(ErrorCode::ProviderAgain.into())
            }
            _ => Ok(()),
        }
    }

    /// In the background: lets go of what belongs to nobody here any more, and asks whether the provider still knows the
    /// others.
    pub(crate) async fn watch_grants(self) {
        loop {
            // One that rings meanwhile is heard by the next look.
            let _ = tokio::time::timeout(LOOK_AGAIN, self.0.provider.bell.notified()).await;
            if self.is_closed() {
                return;
            }
            if let Err(error) = self.look_through_grants().await {
                tracing::warn!(code = ?error.code, "the sign-ins at the provider could not be looked through");
            }
        }
    }

    async fn look_through_grants(&self) -> Result<(), AppError> {
        let opened = self.opened().await?;
        let (known, now) = (self.0.people.known(), self.now());
        let at_work = self.0.people.view().person.map(|person| person.staff_id);
        let is_online = opened.line.is_some_and(|line| line.is_online());
        for (staff_id, grant) in self.grants().await? {
            if !grant.is_of(&staff_id, &known) {
                self.drop_foreign_grant(&staff_id).await?;
                continue;
            }
            let patience = if at_work.as_ref() == Some(&staff_id) { ASK_AT_WORK } else { ASK_OTHERS };
            let patience = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
            let asked = ledger::Timestamp(grant.asked_at);
            if is_online && !grant.ended && age(now, asked) >= patience {
                self.ask_provider(&staff_id).await?;
            }
        }
        Ok(())
    }

    /// Spends a person's refresh token for the next one.
    async fn ask_provider(&self, staff_id: &str) -> Result<(), AppError> {
        let _one_at_a_time = self.0.provider.grants.lock().await;
        let known = self.0.people.known();
        let (Some(provider), Some(grant)) = (known.provider.clone(), self.grants().await?.remove(staff_id))
        else {
            return Ok(());
        };
        // What a sign-in has replaced meanwhile is not asked about, nor sent to another provider than it came from.
        if grant.ended || !grant.is_of(staff_id, &known) {
            return Ok(());
        }
        let name = self.token_name(staff_id).await?;
        let told = match self.read_token(name.clone()).await? {
            Some(held) => sync::renew(&provider, &held, &grant.subject, Timeouts::default()).await,
            // A keychain that was emptied: only the provider can say who it is.
            None => Err(OidcError::Ended),
        };
        match told {
            Ok(next) => {
                if let Some(next) = next {
                    self.write_token(name, next).await?;
                }
                self.write_grant(staff_id, Some(Grant { asked_at: self.now().0, ..grant })).await
            }
            Err(OidcError::Ended) => {
                self.write_grant(staff_id, Some(Grant { ended: true, ..grant })).await?;
                self.remove_token(name).await?;
                self.note_device(&format!("the provider has ended the sign-in of {staff_id:?}")).await?;
                if self.0.people.end_of(staff_id) {
                    self.0.fans.forget_all();
                    self.ring();
                }
                Ok(())
            }
            Err(error) => {
                tracing::info!(%error, "the provider was not asked about a person");
                Ok(())
            }
        }
    }

    async fn keep_grant(
        &self,
        staff_id: &str,
        issuer: String,
        signed_in: OidcSignIn,
    ) -> Result<(), AppError> {
        let OidcSignIn { subject, refresh_token } = signed_in;
        let _one_at_a_time = self.0.provider.grants.lock().await;
        let Some(token) = refresh_token else { return self.remove_grant(staff_id).await };
        let client_id = self.0.people.known().provider.map(|provider| provider.client_id).unwrap_or_default();
        let grant = Grant { issuer, client_id, subject, asked_at: self.now().0, ended: false };
        // And the other way round.
        self.write_grant(staff_id, Some(grant)).await?;
        self.write_token(self.token_name(staff_id).await?, token).await
    }

    /// Lets go of what is not this person's any more.
    async fn drop_foreign_grant(&self, staff_id: &str) -> Result<(), AppError> {
        let _one_at_a_time = self.0.provider.grants.lock().await;
        let (grant, known) = (self.grants().await?.remove(staff_id), self.0.people.known());
        // They may just have signed in anew.
        if grant.is_none_or(|grant| grant.is_of(staff_id, &known)) {
            return Ok(());
        }
        self.remove_grant(staff_id).await
    }

    /// The token before the row, so that no token lies in a keychain of which nobody knows. The provider is told, if it
    /// can be reached and wants to hear of it.
    async fn remove_grant(&self, staff_id: &str) -> Result<(), AppError> {
        let name = self.token_name(staff_id).await?;
        let held = self.read_token(name.clone()).await?;
        let grant = self.grants().await?.remove(staff_id);
        self.remove_token(name).await?;
        self.write_grant(staff_id, None).await?;
        if let Some((held, grant)) = held.zip(grant) {
            tokio::spawn(async move {
                match sync::revoke(&grant.issuer, &grant.client_id, &held, Timeouts::default()).await {
                    Ok(told) => tracing::info!(told, "a sign-in at the provider was given back"),
                    Err(error) => tracing::info!(%error, "the provider was not told that a sign-in is over"),
                }
            });
        }
        Ok(())
    }

    async fn grants(&self) -> Result<Grants, AppError> {
        let text = self.store(|store| store.setting(GRANTS)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn write_grant(&self, staff_id: &str, grant: Option<Grant>) -> Result<(), AppError> {
        let mut grants = self.grants().await?;
        match grant {
            Some(grant) => grants.insert(staff_id.to_owned(), grant),
            None => grants.remove(staff_id),
        };
        let text = serde_json::to_string(&grants).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(GRANTS, &text)).await
    }

    async fn token_name(&self, staff_id: &str) -> Result<String, AppError> {
        Ok(format!("refresh-token {} {staff_id}", self.opened().await?.device_id))
    }

    async fn read_token(&self, name: String) -> Result<Option<RefreshToken>, AppError> {
        let keychain = self.0.options.keychain.clone();
        let held = blocking(move || keychain.read(&name)).await??;
        Ok(held.and_then(|secret| String::from_utf8(secret.expose().to_vec()).ok()).map(RefreshToken::new))
    }

    async fn write_token(&self, name: String, token: RefreshToken) -> Result<(), AppError> {
        let keychain = self.0.options.keychain.clone();
        let secret = Secret::new(token.expose().as_bytes().to_vec());
        Ok(blocking(move || keychain.write(&name, &secret)).await??)
    }

    async fn remove_token(&self, name: String) -> Result<(), AppError> {
        let keychain = self.0.options.keychain.clone();
        Ok(blocking(move || keychain.remove(&name)).await??)
    }
}

impl From<OidcProvider> for ProviderView {
    fn from(provider: OidcProvider) -> Self {
        let OidcProvider { issuer, client_id, scopes, redirect_uri, ask_consent } = provider;
        Self { issuer, client_id, scopes, redirect_uri, ask_consent }
    }
}

fn checked(provider: ProviderView) -> Result<OidcProvider, AppError> {
    let field = |text: &str, name: &str| match text.trim() {
        "" => Err(AppError::new(ErrorCode::MissingField).detail(name)),
        text => Ok(text.to_owned()),
    };
    let scopes: Vec<String> =
        provider.scopes.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
    if scopes.len() > MOST_SCOPES {
        return Err(AppError::new(ErrorCode::ProviderSettings).detail("scopes"));
    }
    Ok(OidcProvider {
        issuer: field(&provider.issuer, "issuer")?,
        client_id: field(&provider.client_id, "client_id")?,
        scopes,
        redirect_uri: provider
            .redirect_uri
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()),
        ask_consent: provider.ask_consent,
    })
}

/// What of an issuer a person recognises.
pub(crate) fn host(issuer: &str) -> String {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

impl From<OidcError> for AppError {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Unreachable(fault) => {
                Self::new(ErrorCode::ProviderUnreachable).retryable().detail(fault.code())
            }
            OidcError::TimedOut => Self::new(ErrorCode::ProviderTimedOut).retryable(),
            OidcError::Denied => Self::new(ErrorCode::ProviderCancelled).retryable(),
            OidcError::Untrusted(part) => Self::new(ErrorCode::ProviderUntrusted).detail(part),
            OidcError::Refused(word) => Self::new(ErrorCode::ProviderRefused).detail(word),
            OidcError::Ended => ErrorCode::ProviderAgain.into(),
            OidcError::Settings(part) => Self::new(ErrorCode::ProviderSettings).detail(part),
            OidcError::Listener => Self::new(ErrorCode::BrowserFailed).detail("loopback"),
            OidcError::Browser => ErrorCode::BrowserFailed.into(),
        }
    }
}
