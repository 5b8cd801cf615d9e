//! What a fan agrees to beyond the points: that partners tell what they do.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::api::refusals::{GetUserErrors, UnknownUserError};
use crate::auth::access::Caller;
use crate::store::users;

#[derive(SimpleObject)]
pub struct SetEngagementConsentResult {
    errors: Option<GetUserErrors>,
}

#[derive(Default)]
pub struct ConsentMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ConsentMutations {
    /// Notes whether a fan agrees that partners tell of scans, gate passages and redemptions as engagement events.
    /// Without it their devices queue none and drop what waits.
    async fn set_engagement_consent(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
        consent: bool,
    ) -> Result<SetEngagementConsentResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        let known = caller.write(move |turn| users::set_consent(turn, program, &user_id, consent)).await?;
        let unknown = || GetUserErrors { unknown_user_error: Some(UnknownUserError::default()) };
        Ok(SetEngagementConsentResult { errors: (!known).then(unknown) })
    }
}
