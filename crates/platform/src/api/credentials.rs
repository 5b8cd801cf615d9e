//! Credentials of partners and programs. A secret is in the answer that makes it, and nowhere else ever after.

use async_graphql::{Context, Object, Result, SimpleObject};
use zeroize::Zeroizing;

use super::dates;
use super::inputs::is_custom_id;
use super::refusals::{CreateTokenErrors, InvalidExpirationTimeError};
use crate::auth::access::{Caller, bad_argument, coded, internal};
use crate::auth::secrets::{Secrets, fresh_client_id, fresh_secret};
use crate::store::catalogue::{Credential, Owner};
use crate::store::statistics::DAY_US;
use crate::store::{credentials, now_us};

#[derive(SimpleObject)]
pub struct GetTokensResult {
    result: Option<Vec<Token>>,
}

#[derive(SimpleObject)]
pub struct CreateTokenResult {
    errors: Option<CreateTokenErrors>,
    result: Option<GeneratedToken>,
}

#[derive(SimpleObject, Default)]
pub struct DeleteTokenResult {
    #[graphql(name = "_empty")]
    empty: Option<String>,
}

/// A credential without its secret.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Token {
    client_id: String,
    creation_date: String,
    expiration_date: String,
    name: String,
}

/// A new credential.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct GeneratedToken {
    client_id: String,
    creation_date: String,
    expiration_date: String,
    name: String,
    /// The client secret.
    token: String,
}

#[derive(Default)]
pub struct CredentialQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl CredentialQueries {
    /// The partner's credentials, oldest first. Those of paired devices are listed with the devices.
    async fn get_partner_tokens(&self, context: &Context<'_>, partner_id: String) -> Result<GetTokensResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        Ok(list(caller, Owner::Partner(partner)))
    }
}

/// The credentials of an owner, oldest first, without those of devices.
pub fn list(caller: &Caller, owner: Owner) -> GetTokensResult {
    let catalogue = &caller.catalogue;
    let mut mine: Vec<_> = catalogue
        .credentials
        .values()
        .filter(|credential| credential.owner == owner && !catalogue.is_device(&credential.client_id))
        .collect();
    mine.sort_by_key(|credential| (credential.created_us, credential.client_id.clone()));
    let tell = |credential: &std::sync::Arc<Credential>| Token {
        client_id: credential.client_id.clone(),
        creation_date: dates::text(credential.created_us),
        expiration_date: dates::text(credential.expires_us),
        name: credential.name.clone(),
    };
    GetTokensResult { result: Some(mine.into_iter().map(tell).collect()) }
}

#[derive(Default)]
pub struct CredentialMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl CredentialMutations {
    /// Makes a credential of the partner.
    async fn create_partner_token(
        &self,
        context: &Context<'_>,
        expires_in_days: i64,
        name: String,
        partner_id: String,
    ) -> Result<CreateTokenResult> {
        let partner = Caller::of(context)?.administered_partner(&partner_id)?.no;
        create(context, Owner::Partner(partner), name, expires_in_days).await
    }

    /// Makes a credential of the program.
    async fn create_project_token(
        &self,
        context: &Context<'_>,
        expires_in_days: i64,
        name: String,
        project_id: String,
    ) -> Result<CreateTokenResult> {
        let program = Caller::of(context)?.own_program(&project_id)?.no;
        create(context, Owner::Program(program), name, expires_in_days).await
    }

    /// Deletes a credential of the partner; its access tokens are refused at once. One that is not there is no mistake.
    async fn delete_partner_token(
        &self,
        context: &Context<'_>,
        client_id: String,
        partner_id: String,
    ) -> Result<DeleteTokenResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        if caller.catalogue.is_device(&client_id) {
            return Err(bad_argument("this is a device's credential: revoke the device"));
        }
        delete(caller, Owner::Partner(partner), client_id).await
    }
}

/// Ends a credential of this owner; another's stays what it is.
pub async fn delete(caller: &Caller, owner: Owner, client_id: String) -> Result<DeleteTokenResult> {
    caller.write(move |turn| credentials::delete(turn, owner, &client_id)).await?;
    Ok(DeleteTokenResult::default())
}

/// Ten years: longer than any device or contract lives.
const MOST_DAYS: i64 = 3650;

async fn create(
    context: &Context<'_>,
    owner: Owner,
    name: String,
    expires_in_days: i64,
) -> Result<CreateTokenResult> {
    if !is_custom_id(&name) {
        return Err(bad_argument("a name has 1 to 128 characters, none of them a control character"));
    }
    if !(1..=MOST_DAYS).contains(&expires_in_days) {
        let reason = format!("a credential lasts from 1 to {MOST_DAYS} days");
        let error = InvalidExpirationTimeError { reason };
        let errors = Some(CreateTokenErrors { invalid_expiration_time_error: Some(error) });
        return Ok(CreateTokenResult { errors, result: None });
    }
    let caller = Caller::of(context)?;
    let (credential, secret) = make(context, owner, name, expires_in_days * DAY_US).await?;
    let stored = credential.clone();
    caller.write(move |turn| credentials::insert(turn, &stored)).await?;
    let generated = GeneratedToken {
        client_id: credential.client_id,
        creation_date: dates::text(credential.created_us),
        expiration_date: dates::text(credential.expires_us),
        name: credential.name,
        token: secret.to_string(),
    };
    Ok(CreateTokenResult { errors: None, result: Some(generated) })
}

/// A fresh credential and its secret, not yet stored.
pub async fn make(
    context: &Context<'_>,
    owner: Owner,
    name: String,
    lifetime_us: i64,
) -> Result<(Credential, Zeroizing<String>)> {
    let secret = fresh_secret().map_err(|error| internal(&error))?;
    let secret_hash = context.data::<Secrets>()?.hash(secret.clone()).await.map_err(|error| {
        tracing::error!(%error, "a secret was not hashed");
        coded("the server could not do this now; try again", "INTERNAL")
    })?;
    let created_us = now_us();
    let credential = Credential {
        client_id: fresh_client_id().map_err(|error| internal(&error))?,
        owner,
        name,
        secret_hash,
        created_us,
        expires_us: created_us.saturating_add(lifetime_us),
    };
    Ok((credential, secret))
}
