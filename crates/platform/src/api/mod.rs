//! The GraphQL schema: names, arguments and nullability are those of the public FanPoints API. What goes beyond it
//! is in [`partner_app`] alone.

mod dates;
mod directory;
mod fan_points;
mod inputs;
mod partner_app;
mod refusals;
mod status_points;
mod transactions;
mod types;
mod users;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject};

use crate::auth::audit::Audit;
use crate::metrics::{Metrics, PerOperation};

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

#[derive(MergedObject, Default)]
pub struct Query(
    users::UserQueries,
    fan_points::FanPointsQueries,
    transactions::TransactionQueries,
    status_points::StatusPointsQueries,
    directory::DirectoryQueries,
    partner_app::PartnerAppQueries,
);

#[derive(MergedObject, Default)]
pub struct Mutation(
    fan_points::FanPointsMutations,
    status_points::StatusPointsMutations,
    users::UserMutations,
);

/// Nesting of a query. The deepest field of the schema needs eight.
const MAX_DEPTH: usize = 12;
/// Fields of a query: a batch of 50 operations that asks for everything stays below.
const MAX_COMPLEXITY: usize = 8000;

/// Builds the schema with its limits.
pub fn schema(metrics: Arc<Metrics>) -> Schema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .extension(Audit)
        .extension(PerOperation(Arc::clone(&metrics)))
        .data(metrics)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COMPLEXITY)
        .finish()
}

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    schema(Arc::default()).sdl()
}
