//! A program's own credentials: the public API makes them, and neither lists nor ends them.

use async_graphql::{Context, Object, Result};

use super::super::credentials::{DeleteTokenResult, GetTokensResult, delete, list};
use crate::auth::access::Caller;
use crate::store::catalogue::Owner;

#[derive(Default)]
pub struct ProgramTokenQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ProgramTokenQueries {
    /// The program's credentials, oldest first.
    async fn get_project_tokens(&self, context: &Context<'_>, project_id: String) -> Result<GetTokensResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        Ok(list(caller, Owner::Program(program)))
    }
}

#[derive(Default)]
pub struct ProgramTokenMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ProgramTokenMutations {
    /// Deletes a credential of the program; its access tokens are refused at once. One that is not there is no mistake.
    async fn delete_project_token(
        &self,
        context: &Context<'_>,
        client_id: String,
        project_id: String,
    ) -> Result<DeleteTokenResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        delete(caller, Owner::Program(program), client_id).await
    }
}
