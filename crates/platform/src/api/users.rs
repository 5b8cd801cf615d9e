//! Fans: looking them up, registering them, their codes.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use super::inputs::{self, is_custom_id};
use super::refusals::{
    AddUserErrors, ChangeUserIdErrors, ChangeUserMailAddressErrors, DeleteUserErrors, GetQrCodeResultErrors,
    GetUserErrors, InvalidMailAddressError, InvalidUserIdError, UnknownUserError, UserAlreadyExistsError,
};
use super::types::User;
use crate::auth::access::{Caller, bad_argument, coded};
use crate::store::fans::{self, NewFan};
use crate::store::users::{self, IdChange};
use crate::store::{Program, ProgramNo, personal};

#[derive(SimpleObject)]
pub struct DoesUserExistResult {
    result: bool,
}

#[derive(SimpleObject)]
pub struct GetUserResult {
    errors: Option<GetUserErrors>,
    result: Option<User>,
}

#[derive(SimpleObject)]
pub struct GetUsersResult {
    result: Vec<User>,
}

#[derive(SimpleObject)]
pub struct GetQrCodeResult {
    errors: Option<GetQrCodeResultErrors>,
    result: Option<String>,
}

#[derive(SimpleObject)]
pub struct AddUserResult {
    errors: Option<AddUserErrors>,
    result: Option<User>,
}

#[derive(SimpleObject)]
pub struct ChangeUserIdResult {
    errors: Option<ChangeUserIdErrors>,
}

#[derive(SimpleObject)]
pub struct ChangeUserMailAddressResult {
    errors: Option<ChangeUserMailAddressErrors>,
}

#[derive(SimpleObject)]
pub struct DeleteUserResult {
    errors: Option<DeleteUserErrors>,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum QrCodeVersion {
    DeepLinkDistribute,
    #[graphql(name = "json_v1")]
    JsonV1,
}

#[derive(Default)]
pub struct UserQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl UserQueries {
    /// Whether the server and the sign-in work.
    async fn ping(&self) -> &'static str {
        "pong"
    }

    /// Whether the partner's programs have such a user.
    async fn does_user_exist(
        &self,
        context: &Context<'_>,
        partner_id: String,
        user_id: String,
    ) -> Result<DoesUserExistResult> {
        let caller = Caller::of(context)?;
        caller.own_partner(&partner_id)?;
        let programs = caller.programs(None)?;
        let fan = caller.read(move |connection| fans::find(connection, &programs, &user_id)).await?;
        Ok(DoesUserExistResult { result: fan.is_some() })
    }

    /// A user of the program, with personal data: for the program's own credentials.
    async fn get_user_by_id(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<GetUserResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        let fan = caller.read(move |connection| fans::find(connection, &[program], &user_id)).await?;
        Ok(match fan {
            Some(fan) => GetUserResult { errors: None, result: Some(fan.into()) },
            None => GetUserResult {
                errors: Some(GetUserErrors { unknown_user_error: Some(UnknownUserError::default()) }),
                result: None,
            },
        })
    }

    /// The program's users, newest first.
    async fn get_users(
        &self,
        context: &Context<'_>,
        last_returned_user_id: Option<String>,
        limit: Option<i32>,
        project_id: String,
    ) -> Result<GetUsersResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        let limit = inputs::limit(limit)?;
        let page = caller
            .read(move |connection| {
                let after = match last_returned_user_id {
                    None => None,
                    Some(user) => match fans::find(connection, &[program], &user)? {
                        Some(fan) => Some(fan.no),
                        None => return Ok(None),
                    },
                };
                fans::list(connection, program, after, limit).map(Some)
            })
            .await?;
        let users = page.ok_or_else(|| bad_argument("last_returned_user_id names no user of the program"))?;
        Ok(GetUsersResult { result: users.into_iter().map(User::from).collect() })
    }

    /// The text of a user's code.
    async fn get_user_qr_code(
        &self,
        context: &Context<'_>,
        user_id: String,
        version: QrCodeVersion,
    ) -> Result<GetQrCodeResult> {
        let caller = Caller::of(context)?;
        let programs = caller.programs(None)?;
        let fan = caller.read(move |connection| fans::find(connection, &programs, &user_id)).await?;
        let text = fan.map(|fan| match version {
            QrCodeVersion::DeepLinkDistribute => fanpass::encode_deep_link(fan.id),
            QrCodeVersion::JsonV1 => fanpass::encode_json_v1(fan.id),
        });
        let unknown = GetQrCodeResultErrors { unknown_user_error: Some(UnknownUserError::default()) };
        Ok(GetQrCodeResult { errors: text.is_none().then_some(unknown), result: text })
    }
}

#[derive(Default)]
pub struct UserMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl UserMutations {
    /// Registers a user under the program's own id.
    async fn add_user(
        &self,
        context: &Context<'_>,
        mail_address: String,
        project_id: String,
        user_id: String,
    ) -> Result<AddUserResult> {
        let caller = Caller::of(context)?;
        let program = with_users(caller.own_program(&project_id)?)?;
        let mut errors = AddUserErrors::default();
        if !is_mail_address(&mail_address) {
            errors.invalid_mail_address_error = Some(InvalidMailAddressError::default());
        }
        if let Err(reason) = judge_user_id(&user_id) {
            errors.invalid_user_id_error = Some(InvalidUserIdError { reason: reason.to_owned() });
        }
        if errors.invalid_mail_address_error.is_some() || errors.invalid_user_id_error.is_some() {
            return Ok(AddUserResult { errors: Some(errors), result: None });
        }
        let new = NewFan { program, external_user_id: user_id, mail_address, id: None };
        let fan = caller.write(move |turn| fans::register(turn.connection, &new)).await?;
        if fan.is_none() {
            errors.user_already_exists_error = Some(UserAlreadyExistsError::default());
        }
        Ok(AddUserResult { errors: fan.is_none().then_some(errors), result: fan.map(User::from) })
    }

    /// Gives a user another id of the program's own.
    async fn change_user_id(
        &self,
        context: &Context<'_>,
        new_user_id: String,
        old_user_id: String,
        project_id: String,
    ) -> Result<ChangeUserIdResult> {
        let caller = Caller::of(context)?;
        let program = with_users(caller.own_program(&project_id)?)?;
        let mut errors = ChangeUserIdErrors::default();
        if let Err(reason) = judge_user_id(&new_user_id) {
            errors.invalid_user_id_error = Some(InvalidUserIdError { reason: reason.to_owned() });
            return Ok(ChangeUserIdResult { errors: Some(errors) });
        }
        let change = caller
            .write(move |turn| users::change_external_id(turn, program, &old_user_id, &new_user_id))
            .await?;
        match change {
            IdChange::Done => return Ok(ChangeUserIdResult { errors: None }),
            IdChange::UnknownUser => errors.unknown_user_error = Some(UnknownUserError::default()),
            IdChange::Taken => errors.user_already_exists_error = Some(UserAlreadyExistsError::default()),
        }
        Ok(ChangeUserIdResult { errors: Some(errors) })
    }

    /// Gives a user another mail address.
    async fn change_user_mail_address(
        &self,
        context: &Context<'_>,
        new_mail_address: String,
        project_id: String,
        user_id: String,
    ) -> Result<ChangeUserMailAddressResult> {
        let caller = Caller::of(context)?;
        let program = with_users(caller.own_program(&project_id)?)?;
        if !is_mail_address(&new_mail_address) {
            let errors = ChangeUserMailAddressErrors::of("invalid_mail_address_error");
            return Ok(ChangeUserMailAddressResult { errors });
        }
        let known = caller
            .write(move |turn| users::change_mail_address(turn, program, &user_id, &new_mail_address))
            .await?;
        let unknown = || ChangeUserMailAddressErrors::of("unknown_user_error");
        Ok(ChangeUserMailAddressResult { errors: if known { None } else { unknown() } })
    }

    /// Deletes a user: what is personal is gone, their passes are revoked, the bookings stay without a name.
    async fn delete_user(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<DeleteUserResult> {
        let caller = Caller::of(context)?;
        let program = with_users(caller.own_program(&project_id)?)?;
        let known = caller.write(move |turn| personal::erase(turn, program, &user_id)).await?;
        let unknown = || DeleteUserErrors::of("unknown_user_error");
        Ok(DeleteUserResult { errors: if known { None } else { unknown() } })
    }
}

/// The program's number, if its user module is on.
fn with_users(program: &Program) -> Result<ProgramNo> {
    if program.modules.user {
        Ok(program.no)
    } else {
        Err(coded("the program's user module is off", "user_module_off"))
    }
}

/// A program's own id of a user: not to be mistaken for a FanPoints id or a pseudonym.
pub fn judge_user_id(user_id: &str) -> Result<(), &'static str> {
    if !is_custom_id(user_id) {
        return Err("a user id has 1 to 128 characters, none of them a control character");
    }
    if user_id.parse::<fanpass::FanRef>().is_ok() {
        return Err("a user id can not look like a FanPoints id or a pseudonym");
    }
    Ok(())
}

/// One `@` between a name and a domain with a dot, no blanks: who really owns it only a mail can tell.
pub fn is_mail_address(text: &str) -> bool {
    let blank = |char: char| char.is_whitespace() || char.is_control();
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let labels: Vec<&str> = domain.split('.').collect();
    text.len() <= 254
        && !text.contains(blank)
        && !name.is_empty()
        && !domain.contains('@')
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_are_told_from_other_text() {
        for good in ["fan@example.org", "first.last+tag@mail.example.co.uk"] {
            assert!(is_mail_address(good), "{good}");
        }
        for bad in [
            "",
            "fan",
            "fan@",
            "@example.org",
            "fan@example",
            "a@b@c.org",
            "fan @example.org",
            "fan@example..org",
        ] {
            assert!(!is_mail_address(bad), "{bad}");
        }
    }

    #[test]
    fn user_ids_are_not_mistaken_for_fanpoints_ids() {
        assert!(judge_user_id("member-4711").is_ok());
        assert!(judge_user_id("008407119294").is_ok(), "a wrong check digit makes no FanPoints id");
        assert!(judge_user_id("008407119295").is_err());
        assert!(judge_user_id("p0123456789abcdef").is_err());
        assert!(judge_user_id("a\u{0}b").is_err());
    }
}
