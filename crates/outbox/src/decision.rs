//! The device's decision: the rule book first, then the offline policy, then the wallet.

use std::collections::BTreeMap;

use ledger::mutant::skipped;
use ledger::{
    Decision, FanId, FanPoints, FanState, Item, Limit, Lot, Money, OfflineFacts, OfflinePolicy,
    OfflineRequest, OfflineVerdict, OpId, Operation, OperationKind as Asked, PartnerId, PolicyRule, Posted,
    Recorded, Refusal, Rules, Scope, State, StatusPoints, Tender, Timestamp, decide,
};
use rusqlite::Connection as Db;

use crate::books::Books;
use crate::intake::Fresh;
use crate::journal::Effect;
use crate::{
    Decline, KnownFan, ProgramConfig, Proposal, Proposed, PurchaseItem, Route, StoreError, facts, fans, load,
};

/// The configuration with what is made of it, once.
pub(crate) struct Program {
    pub config: ProgramConfig,
    pub rules: Rules,
    /// The platform's, with the stricter limits of this device.
    pub policy: OfflinePolicy,
}

impl Program {
    pub(crate) fn new(config: ProgramConfig, limits: &BTreeMap<Limit, i64>) -> Self {
        let (rules, policy) = (config.rules(), config.offline_policy.tightened(limits));
        Self { config, rules, policy }
    }
}

/// Whose operation it is, as the device knows it.
pub(crate) struct Subject {
    /// None: not met before.
    pub row: Option<fans::FanRow>,
    pub fan: fanpass::FanRef,
    pub known: KnownFan,
    /// The row of what is undone.
    pub original: Option<i64>,
}

impl Subject {
    pub(crate) fn of(db: &Db, fresh: &Fresh, proposal: &Proposal) -> Result<Self, StoreError> {
        if let Proposed::Undo { of } = &proposal.kind
            && let Some(seq) = load::seq_of(db, *of)?
            && let Some((row, fan)) = load::fan_of(db, seq)?
        {
            let mut known = fans::known(db, row)?;
            fresh.add_to(&mut known, row);
            return Ok(Self { row: Some(row), fan, known, original: Some(seq) });
        }
        let fan = proposal.fan;
        let (row, mut known) = match fans::recognise(db, fan)? {
            Some((row, known)) => (Some(row), known),
            None => (fresh.newcomer(fan), fans::unknown(fan)),
        };
        if let Some(row) = row {
            fresh.add_to(&mut known, row);
        }
        Ok(Self { row, fan, known, original: None })
    }
}

/// The books as one decision about one fan sees them: with the wallet that it may count on.
struct Outlook<'a> {
    books: &'a Books<'a>,
    device: facts::Device,
    fan: FanId,
    wallet: FanPoints,
    standing: StatusPoints,
}

/// More than any wallet holds: where the platform has the last word, what the device believes of a
/// balance must not refuse.
const BOTTOMLESS: i64 = 1 << 60;

impl State for Outlook<'_> {
    type Error = StoreError;

    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
        if fan != self.fan {
            return Ok(None);
        }
        // Whoever was not met before starts from nothing; whether the fan exists is the platform's to say.
        let (reserved, receivable) = if self.device.holds_back {
            self.books.held_back(fan, now)?
        } else {
            (FanPoints(0), FanPoints(0))
        };
        Ok(Some(FanState { wallet: self.wallet, standing: self.standing, reserved, receivable }))
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        match self.books.posted(id)? {
            None if self.device.has_burned => self.books.burned(id),
            posted => Ok(posted),
        }
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
        self.books.limited_given(partner, label)
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
        self.books.lots(fan)
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
        self.books.reservation(id)
    }
}

/// What the decision moves.
pub(crate) struct Decided {
    pub operation: Operation,
    pub posted: Posted,
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    pub exposure: FanPoints,
    pub rule: Option<PolicyRule>,
    /// The limit that somebody raised for it.
    pub raised: Option<PolicyRule>,
    /// It can be done as far as the rules go; this is why it is not done all the same.
    pub decline: Option<Decline>,
}

/// Decides without changing anything. The outer error of the result is a refusal by the rules that
/// leaves no amounts to show.
pub(crate) fn make(
    db: &Db,
    fresh: &mut Fresh,
    proposal: &Proposal,
    program: &Program,
    subject: &Subject,
) -> Result<Result<Decided, Decline>, StoreError> {
    if subject.original.is_none() && matches!(proposal.kind, Proposed::Undo { .. }) {
        // Never here, or archived: the platform could not be told what is meant.
        return Ok(Err(Decline::Rules(Refusal::UnknownOperation)));
    }
    let now = facts::steady_for(db, fresh, proposal.now)?;
    let fan = FanId(u64::try_from(subject.row.unwrap_or(0)).unwrap_or(0));
    let operation = operation(proposal, fan, now);
    let books = Books { db, rates_as_of: program.config.fetched_at };
    let bottomless = Outlook {
        books: &books,
        device: fresh.tables().device(db)?,
        fan,
        wallet: FanPoints(BOTTOMLESS),
        standing: StatusPoints(BOTTOMLESS),
    };
    // Undos and awards are the platform's to judge, too: the wallet may have been spent elsewhere.
    let asks_wallet = proposal.route == Route::Local
        && matches!(proposal.kind, Proposed::Give { .. } | Proposed::Redeem { .. });
    let (posted, refused_by_wallet) = if asks_wallet {
        let known_status = subject.known.confirmed.map_or(StatusPoints(0), |c| c.status_points);
        let outlook = Outlook { wallet: subject.known.available, standing: known_status, ..bottomless };
        match decide(&operation, &program.rules, &outlook, now)? {
            // What a purchase posts does not depend on what the wallet holds beyond it.
            Decision::Post(posted) => (Ok(posted), None),
            Decision::AlreadyDone(_) => (Err(Refusal::IdConflict), None),
            Decision::Refuse(refusal) => (rules_alone(&operation, program, &bottomless, now)?, Some(refusal)),
        }
    } else {
        (rules_alone(&operation, program, &bottomless, now)?, None)
    };
    let mut decided = match posted {
        Ok(posted) => effects(operation, posted),
        Err(refusal) => return Ok(Err(Decline::Rules(refusal))),
    };
    if proposal.route == Route::Local && !skipped("policy-asked") {
        let (verdict, raised) = ask_policy(db, fresh, (proposal, program, subject), &decided, now)?;
        decided.raised = raised;
        judge(&mut decided, verdict, refused_by_wallet);
    }
    Ok(Ok(decided))
}

/// What the rules say, whatever the wallet holds.
fn rules_alone(
    operation: &Operation,
    program: &Program,
    bottomless: &Outlook<'_>,
    now: Timestamp,
) -> Result<Result<Posted, Refusal>, StoreError> {
    Ok(match decide(operation, &program.rules, bottomless, now)? {
        Decision::Post(posted) => Ok(posted),
        // The id is new here, so the ledger can only have met it under another operation.
        Decision::AlreadyDone(_) => Err(Refusal::IdConflict),
        Decision::Refuse(refusal) => Err(refusal),
    })
}

/// What speaks first: a policy that nobody can lift, the wallet, a limit that a manager can raise.
fn judge(decided: &mut Decided, verdict: OfflineVerdict, refused_by_wallet: Option<Refusal>) {
    decided.decline = match (verdict, refused_by_wallet) {
        (OfflineVerdict::Refuse { rule: PolicyRule::TooFewPoints }, _) => {
            Some(Decline::Rules(Refusal::TooFewPoints))
        }
        (OfflineVerdict::Refuse { rule }, _) => Some(Decline::Policy(rule)),
        (_, Some(refusal)) => Some(Decline::Rules(refusal)),
        (OfflineVerdict::AskManager { rule }, None) => Some(Decline::AskManager(rule)),
        (OfflineVerdict::Approve, None) => None,
        (OfflineVerdict::ApproveProvisionally { exposure, rule }, None) => {
            (decided.exposure, decided.rule) = (exposure, Some(rule));
            None
        }
    };
}

/// The verdict, and the limit that had to be raised for it.
fn ask_policy(
    db: &Db,
    fresh: &mut Fresh,
    (proposal, program, subject): (&Proposal, &Program, &Subject),
    decided: &Decided,
    now: Timestamp,
) -> Result<(OfflineVerdict, Option<PolicyRule>), StoreError> {
    let policy = &program.policy;
    let request = match &proposal.kind {
        Proposed::Give { items } => {
            OfflineRequest::Grant { price: price_of(&program.rules, &items_of(items)).ok() }
        }
        Proposed::Award { .. } => OfflineRequest::Grant { price: None },
        Proposed::Redeem { .. } => {
            OfflineRequest::Redeem { points: FanPoints(decided.fan_points.0.saturating_neg()) }
        }
        Proposed::Undo { .. } => OfflineRequest::Reverse,
    };
    let fan = (subject.row.unwrap_or(0), &subject.known);
    let facts = facts::offline_facts(db, fresh, fan, proposal.trust, policy, now)?;
    let decide = |facts| policy.decide(request, facts, program.config.currency);
    Ok(match decide(&facts) {
        OfflineVerdict::AskManager { rule } if proposal.raised_by.is_some() => {
            (decide(&OfflineFacts { manager_raised: true, ..facts }), Some(rule))
        }
        verdict => (verdict, None),
    })
}

fn operation(proposal: &Proposal, fan: FanId, now: Timestamp) -> Operation {
    let kind = match &proposal.kind {
        Proposed::Give { items } => Asked::Distribute { items: items_of(items) },
        Proposed::Redeem { items } => {
            Asked::Redeem { items: items_of(items), tender: Tender::Whole, reservation: None }
        }
        Proposed::Award { action, .. } => Asked::Award { action: action.clone() },
        Proposed::Undo { of } => Asked::Reverse { of: OpId(of.into_bytes()), scope: Scope::Whole },
    };
    Operation { id: OpId(proposal.id.into_bytes()), partner: ProgramConfig::PARTNER, fan, at: now, kind }
}

/// Sums up what an entry moves in the fan's favour.
fn effects(operation: Operation, posted: Posted) -> Decided {
    let effect = Effect::of(&posted.entry);
    Decided {
        operation,
        posted,
        fan_points: FanPoints(effect.fan_points()),
        status_points: StatusPoints(effect.standing),
        exposure: FanPoints(0),
        rule: None,
        raised: None,
        decline: None,
    }
}

/// Prices of a purchase in the ledger's words.
fn items_of(items: &[PurchaseItem]) -> Vec<Item> {
    items.iter().map(|item| Item { price: item.price, rate_label: item.rate_label.clone() }).collect()
}

/// The sum of a purchase in minor units of the program's currency.
fn price_of(rules: &Rules, items: &[Item]) -> Result<Money, Refusal> {
    let total = FanPoints::sum(rules.quote_price(items)?)?;
    Ok(total.value(rules.currency))
}
