//! Signing a person in at the partner's OpenID Connect provider: discovery, authorization code with PKCE in the system's
//! browser, the ID token verified, and later whether the provider still knows the person.
//!
//! The app is a public client: it holds no secret of the provider (RFC 8252). Nothing of a token is ever logged.

use core::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGrantType, CoreIdTokenVerifier, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::http::Method;
use openidconnect::http::header::CONTENT_TYPE;
use openidconnect::url::form_urlencoded;
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, AuthorizationCode, ClientId, CsrfToken, DiscoveryError,
    HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySet, LanguageTag, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, ProviderMetadata, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::loopback::{Answer, ClosingPage, Loopback, way_back};
use crate::{ClientError, Timeouts, http};

/// So long a person may take at the provider.
const WAIT: Duration = Duration::from_secs(5 * 60);
/// Between typing the password there and the ID token: an older sign-in may be somebody else's on a shared browser.
const FRESH: i64 = 10 * 60;
/// What a provider's word for a failure looks like (RFC 6749, section 4.1.2.1).
const LONGEST_WORD: usize = 60;

/// What a provider tells beside what OpenID Connect names (RFC 8414, section 2).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Beside {
    revocation_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for Beside {}

type Metadata = ProviderMetadata<
    Beside,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Where a partner's people sign in. All of it is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// As the provider itself writes it.
    pub issuer: String,
    /// The app, as it is registered there: a native, public client.
    pub client_id: String,
    /// Beside `openid`. A provider gives a refresh token for `offline_access`, most of them.
    pub scopes: Vec<String>,
    /// As registered there: an address of this machine, without a port where any will do. None:
    /// `http://127.0.0.1/callback`.
    pub redirect_uri: Option<String>,
    /// It gives a refresh token only if the person is asked for consent (OpenID Connect Core, section 11). Not every
    /// provider knows two prompts at once.
    pub ask_consent: bool,
}

/// Why nobody was signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    #[error("the provider can not be reached ({0})")]
    Unreachable(ClientError),
    #[error("nobody came back from the provider in time")]
    TimedOut,
    /// The person said no there.
    #[error("the person did not sign in at the provider")]
    Denied,
    /// What came is not what the provider would say to this request; the text names the part.
    #[error("the provider's answer is not trusted: {0}")]
    Untrusted(&'static str),
    /// The provider's own word, such as `invalid_client`.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// The grant has ended: the person signs in there again, or does not.
    #[error("the provider has ended the sign-in")]
    Ended,
    /// Something in the partner's settings can not be used; the text names it.
    #[error("the settings can not be used: {0}")]
    Settings(&'static str),
    #[error("nothing can listen for the browser")]
    Listener,
    #[error("the browser could not be opened")]
    Browser,
}

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcFacts {
    /// As the provider writes it, which may differ in the last slash from what was typed.
    pub issuer: String,
    /// It says that it knows the scope for refresh tokens.
    pub offline_access: bool,
}

/// A refresh token; wiped when dropped, never printed.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// Somebody whom the provider vouches for.
#[derive(Clone, Debug)]
pub struct OidcSignIn {
    /// Who it is at this issuer: opaque, and the same for ever.
    pub subject: String,
    pub refresh_token: Option<RefreshToken>,
}

/// Asks a provider what it is. An issuer that differs in the last slash alone is found.
///
/// # Errors
/// `Settings` for an address or a way back that can not be used, `Unreachable`, and `Untrusted` for an answer that is
/// none of this issuer.
pub async fn discover(provider: &OidcProvider, timeouts: Timeouts) -> Result<OidcFacts, OidcError> {
    way_back(provider.redirect_uri.as_deref())?;
    let web = Web(http::client(&timeouts).map_err(OidcError::Unreachable)?);
    let metadata = match metadata(&provider.issuer, &web).await {
        Err(OidcError::Untrusted(_)) => metadata(&other_slash(&provider.issuer), &web).await?,
        told => told?,
    };
    let scopes = metadata.scopes_supported();
    Ok(OidcFacts {
        issuer: metadata.issuer().as_str().to_owned(),
        offline_access: scopes.is_some_and(|all| all.iter().any(|one| one.as_str() == "offline_access")),
    })
}

/// Signs somebody in. `open` shows an address in the system's browser and says whether that could be done; the listener
/// is gone when this ends or is dropped.
///
/// # Errors
/// Every [`OidcError`] but `Ended`.
pub async fn sign_in<F>(
    provider: &OidcProvider,
    page: &ClosingPage,
    timeouts: Timeouts,
    open: impl FnOnce(String) -> F,
) -> Result<OidcSignIn, OidcError>
where
    F: Future<Output = bool>,
{
    let way_back = way_back(provider.redirect_uri.as_deref())?;
    let web = Web(http::client(&timeouts).map_err(OidcError::Unreachable)?);
    let metadata = metadata(&provider.issuer, &web).await?;
    let loopback = Loopback::open(way_back).await?;
    let redirect = RedirectUrl::from_url(loopback.url.clone());
    let client =
        CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(provider.client_id.clone()), None)
            .set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let request = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge)
        // A shared browser may still know the person before: whoever comes now proves it.
        .add_prompt(CoreAuthPrompt::Login)
        .set_max_age(Duration::ZERO)
        .add_ui_locale(LanguageTag::new(page.language.clone()));
    let request = if provider.ask_consent { request.add_prompt(CoreAuthPrompt::Consent) } else { request };
    let (url, state, nonce) = request.url();
    http::address(url.as_str(), false).map_err(|_| OidcError::Untrusted("authorization_endpoint"))?;
    if !open(url.into()).await {
        return Err(OidcError::Browser);
    }
    let answer = tokio::time::timeout(WAIT, loopback.answer(state.secret(), page));
    let answer = answer.await.map_err(|_| OidcError::TimedOut)??;
    let signed_in = async {
        let code = code_of(&answer, provider)?;
        let request = client.exchange_code(code).map_err(|_| OidcError::Untrusted("token_endpoint"))?;
        let told = request.set_pkce_verifier(verifier).request_async(&web).await;
        let told = told.map_err(|error| token_failure(error, OidcError::Refused))?;
        believed(&told, &metadata, provider, Some(&nonce))
    };
    let signed_in = signed_in.await;
    answer.close(page, signed_in.is_ok()).await;
    signed_in
}

/// Whether the provider still knows the person: spends the refresh token. The new one, where there is one, takes its
/// place, and has to be kept before anything else happens.
///
/// # Errors
/// `Ended` where the person has to sign in there again; every other error says nothing about the person.
pub async fn renew(
    provider: &OidcProvider,
    held: &RefreshToken,
    subject: &str,
    timeouts: Timeouts,
) -> Result<Option<RefreshToken>, OidcError> {
    let web = Web(http::client(&timeouts).map_err(OidcError::Unreachable)?);
    let metadata = metadata(&provider.issuer, &web).await?;
    let client =
        CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(provider.client_id.clone()), None);
    let held = openidconnect::RefreshToken::new(held.expose().to_owned());
    let request = client.exchange_refresh_token(&held);
    let request = request.map_err(|_| OidcError::Untrusted("token_endpoint"))?;
    let told = request.request_async(&web).await.map_err(|error| token_failure(error, ended))?;
    // An ID token is optional here; one that comes has to speak of the same person.
    if told.extra_fields().id_token().is_some() {
        let again = believed(&told, &metadata, provider, None)?;
        if again.subject != subject {
            return Err(OidcError::Untrusted("sub"));
        }
    }
    Ok(refresh_token(&told))
}

/// Tells the provider that a refresh token is not needed any more (RFC 7009), so that a copy of it is worth nothing.
/// False: it has no place for that.
///
/// # Errors
/// `Settings`, `Unreachable`, `Untrusted` and `Refused`: the token may live on.
pub async fn revoke(
    issuer: &str,
    client_id: &str,
    held: &RefreshToken,
    timeouts: Timeouts,
) -> Result<bool, OidcError> {
    let web = Web(http::client(&timeouts).map_err(OidcError::Unreachable)?);
    let metadata = metadata(issuer, &web).await?;
    let Some(place) = &metadata.additional_metadata().revocation_endpoint else { return Ok(false) };
    let untrusted = OidcError::Untrusted("revocation_endpoint");
    let place = http::address(place, false).map_err(|_| untrusted.clone())?;
    // By hand: the library knows no way to a provider on this very machine. A public client has no secret and says who
    // it is.
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", held.expose())
        .append_pair("token_type_hint", "refresh_token")
        .append_pair("client_id", client_id)
        .finish();
    let request = openidconnect::http::Request::builder()
        .method(Method::POST)
        .uri(place.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Zeroizing::new(form).as_bytes().to_vec());
    let answer = http::exchange(&web.0, request.map_err(|_| untrusted)?).await.map_err(way_failure)?;
    match answer.status() {
        status if status.is_success() => Ok(true),
        status if status.is_server_error() => {
            Err(OidcError::Unreachable(ClientError::Server(status.as_u16())))
        }
        status => Err(OidcError::Refused(status.as_u16().to_string())),
    }
}

/// Checks who the ID token speaks of, and for whom, when, and by which request.
fn believed(
    told: &CoreTokenResponse,
    metadata: &Metadata,
    provider: &OidcProvider,
    nonce: Option<&Nonce>,
) -> Result<OidcSignIn, OidcError> {
    use openidconnect::ClaimsVerificationError as Wrong;
    let token = told.extra_fields().id_token().ok_or(OidcError::Untrusted("id_token"))?;
    let same = |found: Option<&Nonce>| match nonce {
        Some(asked) if found.map(Nonce::secret) != Some(asked.secret()) => Err("another nonce".to_owned()),
        _ => Ok(()),
    };
    let verifier = verifier(metadata, provider);
    let claims = token.claims(&verifier, same).map_err(|wrong| {
        OidcError::Untrusted(match wrong {
            Wrong::Expired(_) => "exp",
            Wrong::InvalidAudience(_) => "aud",
            Wrong::InvalidIssuer(_) => "iss",
            Wrong::InvalidNonce(_) => "nonce",
            Wrong::InvalidSubject(_) => "sub",
            Wrong::SignatureVerification(_) => "signature",
            _ => "id_token",
        })
    })?;
    let age = claims.auth_time().map(|at| claims.issue_time().timestamp().saturating_sub(at.timestamp()));
    if nonce.is_some() && age.is_some_and(|age| age > FRESH) {
        return Err(OidcError::Untrusted("auth_time"));
    }
    let subject = claims.subject().as_str();
    // OpenID Connect Core, section 2: at most 255 ASCII characters.
    if subject.is_empty() || subject.len() > 255 || !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    {
        return Err(OidcError::Untrusted("sub"));
    }
    Ok(OidcSignIn { subject: subject.to_owned(), refresh_token: refresh_token(told) })
}

fn verifier<'a>(metadata: &Metadata, provider: &OidcProvider) -> CoreIdTokenVerifier<'a> {
    use CoreJwsSigningAlgorithm as Alg;
    let keys: JsonWebKeySet<CoreJsonWebKey> = metadata.jwks().clone();
    let client_id = ClientId::new(provider.client_id.clone());
    // Signed with a key of the provider's: a public client shares no secret, and an unsigned token proves nothing.
    CoreIdTokenVerifier::new_public_client(client_id, metadata.issuer().clone(), keys).set_allowed_algs([
        Alg::RsaSsaPkcs1V15Sha256,
        Alg::RsaSsaPkcs1V15Sha384,
        Alg::RsaSsaPkcs1V15Sha512,
        Alg::RsaSsaPssSha256,
        Alg::RsaSsaPssSha384,
        Alg::RsaSsaPssSha512,
        Alg::EcdsaP256Sha256,
        Alg::EcdsaP384Sha384,
        Alg::EdDsa,
    ])
}

async fn metadata(issuer: &str, web: &Web) -> Result<Metadata, OidcError> {
    http::address(issuer, false).map_err(|_| OidcError::Settings("issuer"))?;
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| OidcError::Settings("issuer"))?;
    Metadata::discover_async(issuer, web).await.map_err(|error| match error {
        DiscoveryError::Request(fault) => way_failure(fault),
        DiscoveryError::Response(status, ..) if status.is_server_error() => {
            OidcError::Unreachable(ClientError::Server(status.as_u16()))
        }
        _ => OidcError::Untrusted("issuer"),
    })
}

fn other_slash(issuer: &str) -> String {
    issuer.strip_suffix('/').map_or_else(|| format!("{issuer}/"), str::to_owned)
}

fn code_of(answer: &Answer, provider: &OidcProvider) -> Result<AuthorizationCode, OidcError> {
    if answer.issuer.as_ref().is_some_and(|issuer| *issuer != provider.issuer) {
        return Err(OidcError::Untrusted("iss"));
    }
    match &answer.code {
        Ok(code) => Ok(AuthorizationCode::new(code.clone())),
        Err(word) if word == "access_denied" => Err(OidcError::Denied),
        Err(word) => Err(OidcError::Refused(plain(word))),
    }
}

type TokenFailure = RequestTokenError<ClientError, StandardErrorResponse<CoreErrorResponseType>>;

/// What a failed request for tokens means; `refused` names the provider's own word.
fn token_failure(failure: TokenFailure, refused: impl Fn(String) -> OidcError) -> OidcError {
    match failure {
        RequestTokenError::ServerResponse(told) => refused(plain(told.error().as_ref())),
        RequestTokenError::Request(fault) => way_failure(fault),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => OidcError::Untrusted("token"),
    }
}

/// Providers have several words for a grant that is over or wants the person again.
fn ended(word: String) -> OidcError {
    const OVER: [&str; 5] =
        ["invalid_grant", "interaction_required", "login_required", "consent_required", "access_denied"];
    if OVER.contains(&word.as_str()) { OidcError::Ended } else { OidcError::Refused(word) }
}

fn way_failure(fault: ClientError) -> OidcError {
    match fault {
        ClientError::BadAddress => OidcError::Untrusted("address"),
        ClientError::Malformed => OidcError::Untrusted("answer"),
        fault => OidcError::Unreachable(fault),
    }
}

/// A word from outside, as it may be shown and logged.
fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(LONGEST_WORD).collect()
}

fn refresh_token(told: &CoreTokenResponse) -> Option<RefreshToken> {
    told.refresh_token().map(|token| RefreshToken::new(token.secret().clone()))
}

/// The library's requests over this crate's one HTTP client: no redirections, no cleartext, bounded answers.
struct Web(Client);

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = ClientError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ClientError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(http::exchange(&self.0, request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_from_outside_is_short_and_plain() {
        assert_eq!(plain("invalid_client"), "invalid_client");
        assert_eq!(plain("<script>\n"), "script");
        assert_eq!(plain(&"x".repeat(1000)).len(), LONGEST_WORD);
    }

    #[test]
    fn only_the_end_of_a_grant_ends_it() {
        assert_eq!(ended("invalid_grant".into()), OidcError::Ended);
        assert_eq!(ended("invalid_client".into()), OidcError::Refused("invalid_client".into()));
    }

    #[test]
    fn a_refresh_token_is_not_printed() {
        assert_eq!(format!("{:?}", RefreshToken::new("secret".into())), "RefreshToken(..)");
    }
}
