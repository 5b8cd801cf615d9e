//! The GraphQL schema: names, arguments and nullability are those of the public FanPoints API. What goes beyond it
//! is in [`partner_app`] alone.

mod credentials;
mod dates;
mod directory;
mod fan_points;
pub(crate) mod foresight;
mod goods;
mod inputs;
mod partner_app;
mod payments;
mod rates;
mod refusals;
pub(crate) mod shape;
mod statistics;
mod status_points;
mod terminals;
mod transactions;
mod types;
mod users;

use std::sync::Arc;

use async_graphql::{MergedObject, SchemaBuilder};

pub use inputs::is_custom_id;
pub use partner_app::{GoodUntil, Subscription};

use crate::auth::audit::Audit;
use crate::auth::secrets::Secrets;
use crate::metrics::{Metrics, PerOperation};

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

#[derive(MergedObject, Default)]
pub struct Query(
    users::UserQueries,
    fan_points::FanPointsQueries,
    transactions::TransactionQueries,
    status_points::StatusPointsQueries,
    directory::DirectoryQueries,
    credentials::CredentialQueries,
    terminals::TerminalQueries,
    statistics::StatisticsQueries,
    goods::GoodsQueries,
    partner_app::PartnerAppAdditions,
);

#[derive(MergedObject, Default)]
pub struct Mutation(
    fan_points::FanPointsMutations,
    status_points::StatusPointsMutations,
    users::UserMutations,
    rates::RateMutations,
    directory::DirectoryMutations,
    credentials::CredentialMutations,
    terminals::TerminalMutations,
    goods::GoodsMutations,
    payments::PaymentMutations,
    partner_app::PartnerAppMutations,
);

/// Nesting of a query. The deepest field of the schema needs eight.
const MAX_DEPTH: usize = 12;

/// Builds the schema with its limits.
pub fn schema(metrics: Arc<Metrics>, secrets: Secrets, url: PublicUrl) -> Schema {
    builder()
        .extension(Audit)
        .extension(PerOperation(Arc::clone(&metrics)))
        .data(metrics)
        .data(secrets)
        .data(url)
        .finish()
}

/// Where this server is reached, without a path.
#[derive(Clone, Debug)]
pub struct PublicUrl(pub String);

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .limit_depth(MAX_DEPTH)
        .limit_complexity(shape::MAX_FIELDS)
}

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    builder().finish().sdl()
}
