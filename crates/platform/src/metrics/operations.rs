//! Takes the time of every operation of the API, so that a new one is measured without anybody thinking of it.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::{ServerError, ServerResult, Value};

use super::Metrics;

/// Measures the fields at the top of each request.
pub struct PerOperation(pub Arc<Metrics>);

impl ExtensionFactory for PerOperation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Watch(Arc::clone(&self.0)))
    }
}

struct Watch(Arc<Metrics>);

#[async_graphql::async_trait::async_trait]
impl Extension for Watch {
    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.path_node.parent.is_some() || info.is_for_introspection {
            return next.run(context, info).await;
        }
        // The field's own name: an alias is whatever the caller likes.
        let name = info.name.to_owned();
        let started = Instant::now();
        let outcome = next.run(context, info).await;
        self.0.resolved(&name, started.elapsed(), outcome.as_ref().err().map(code).as_deref());
        outcome
    }
}

fn code(error: &ServerError) -> String {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    match code {
        Some(Value::String(code)) => code.clone(),
        _ => "INVALID".to_owned(),
    }
}
