//! What the frame around every screen shows: connection, line, queue, exposure, preferences.

use outbox::ProgramConfig;
use sync::{Link, SyncState};

use crate::terminal::Opened;
use crate::view::{
    ActionView, CaseCounts, ConnectionView, Environment, ExposureView, Language, LinkState, LinkView,
    PhoneSystem, Preferences, ProgressView, QueueCounts, RateView, SessionView, Status, Theme,
    ThresholdRuleView,
};
use crate::{AppError, Terminal, inbox};

impl Terminal {
    /// The state of everything that is always on the screen. What stands in the way of all work is in `trouble`.
    ///
    /// # Errors
    /// None at present: trouble is part of the status.
    pub async fn status(&self) -> Result<Status, AppError> {
        let status = self.current_status().await;
        self.note_shown();
        Ok(status)
    }

    pub(crate) async fn current_status(&self) -> Status {
        let edition = self.next_edition();
        let status = match self.opened().await {
            Ok(opened) => self.status_of(&opened).await.unwrap_or_else(troubled),
            Err(error) => troubled(error),
        };
        Status { edition, ..status }
    }

    async fn status_of(&self, opened: &Opened) -> Result<Status, AppError> {
        let overdue = inbox::overdue(self.now());
        let (connection, config, counts, cases, exposure, preferences) = self
            .store(move |store| {
                Ok((
                    store.connection()?,
                    store.config(),
                    store.counts()?,
                    store.case_counts(overdue)?,
                    store.exposure()?,
                    store.setting("preferences")?,
                ))
            })
            .await?;
        let connection =
            connection.zip(config).map(|(connection, config)| connection_view(connection, &config));
        let link = match (&opened.line, &connection) {
            (Some(line), Some(_)) => link_view(&line.drain.state().borrow()),
            (None, Some(_)) => LinkView { state: LinkState::SignInRefused, ..NOT_CONNECTED },
            (_, None) => NOT_CONNECTED,
        };
        Ok(Status {
            edition: 0,
            connection,
            link,
            queue: queue_counts(&counts),
            cases: inbox::counts_view(&cases),
            exposure: ExposureView { points: exposure.points.0, cap: exposure.cap.0, warn: exposure.warn },
            preferences: preferences.as_deref().map_or(PREFERENCES, preferences_of),
            session: self.0.people.view(),
            device: self.own_device().await?,
            trouble: None,
            phone: PhoneSystem::here(),
        })
    }
}

const NOT_CONNECTED: LinkView = LinkView {
    state: LinkState::NotConnected,
    since: None,
    last_success: None,
    progress: None,
    next_try: None,
};
const PREFERENCES: Preferences = Preferences { language: Language::System, theme: Theme::System };

fn preferences_of(text: &str) -> Preferences {
    serde_json::from_str(text).unwrap_or(PREFERENCES)
}

fn troubled(error: AppError) -> Status {
    Status {
        edition: 0,
        connection: None,
        link: NOT_CONNECTED,
        queue: QueueCounts::default(),
        cases: CaseCounts::default(),
        exposure: ExposureView::default(),
        preferences: PREFERENCES,
        session: SessionView::default(),
        device: None,
        trouble: Some(error),
        phone: PhoneSystem::here(),
    }
}

pub(crate) fn queue_counts(counts: &outbox::Counts) -> QueueCounts {
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    QueueCounts {
        waiting: number(counts.waiting()),
        accepted: number(counts.accepted),
        refused: number(counts.refused),
        held: number(counts.held),
        oldest_waiting: counts.oldest_waiting.map(|at| at.0),
    }
}

pub(crate) fn link_view(state: &SyncState) -> LinkView {
    let (link, since) = match &state.link {
        Link::Starting => (LinkState::Connecting, None),
        Link::Online { since } => (LinkState::Online, Some(since.0)),
        Link::Offline { since, .. } => (LinkState::Offline, Some(since.0)),
        Link::SignInRefused { since, .. } => (LinkState::SignInRefused, Some(since.0)),
    };
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    LinkView {
        state: link,
        since,
        last_success: state.last_success.map(|at| at.0),
        progress: state
            .progress
            .map(|progress| ProgressView { done: number(progress.done), total: number(progress.total) }),
        next_try: state.next_try.map(|at| at.0),
    }
}

fn connection_view(connection: outbox::Connection, config: &ProgramConfig) -> ConnectionView {
    let default = std::iter::once((None, &config.rates.default_rate));
    // A label that only names the default rate would offer the same choice twice.
    let labelled = config
        .rates
        .rates
        .iter()
        .filter(|(label, rule)| label.as_str() != "default" || **rule != config.rates.default_rate)
        .map(|(label, rule)| (Some(label.clone()), rule));
    ConnectionView {
        endpoint: connection.endpoint,
        token_endpoint: connection.token_endpoint,
        environment: match config.environment {
            outbox::Environment::Development => Environment::Development,
            outbox::Environment::Production => Environment::Production,
        },
        program_name: config.project_name.clone(),
        partner_id: config.partner_id.clone(),
        partner_name: config.partner_name.clone(),
        currency: config.currency.to_string(),
        rates: default.chain(labelled).map(|(label, rule)| rate_view(label, &rule.rate)).collect(),
        actions: config
            .actions
            .iter()
            .map(|action| ActionView {
                category: action.category.clone(),
                title: action.title.clone(),
                status_points: action.status_points.0,
            })
            .collect(),
        threshold_rules: config.thresholds.iter().map(threshold_rule_view).collect(),
        fan_points: config.modules.fan_points,
        status_points: config.modules.status_points,
    }
}

fn rate_view(label: Option<String>, rate: &ledger::Rate) -> RateView {
    match rate {
        ledger::Rate::Relative(share) => RateView { label, rate: share.to_string(), relative: true },
        ledger::Rate::Absolute(points) => RateView { label, rate: points.0.to_string(), relative: false },
    }
}

pub(crate) fn threshold_rule_view(threshold: &outbox::AppThreshold) -> ThresholdRuleView {
    let at_least = match &threshold.rule {
        ledger::ThresholdRule::AtLeast { status_points } => Some(status_points.0),
        _ => None,
    };
    ThresholdRuleView { id: threshold.id.clone(), title: threshold.title.clone(), at_least }
}
