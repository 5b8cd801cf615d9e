//! The change feed, by page and in real time: what a device has to hear of to be up to date again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::futures_util::{Stream, stream};
use async_graphql::{Context, Enum, Object, Result, SimpleObject, Subscription};
use tokio::sync::broadcast::Receiver;

use crate::api::dates;
use crate::api::directory::ScopeType;
use crate::auth::access::{Caller, bad_argument, coded};
use crate::feed::{self, Next, PAGE};
use crate::store::catalogue::Owner;
use crate::store::changes::{self, ChangeKind as Stored, ChangedFan};
use crate::store::{Catalogue, StoreError, now_us};

#[derive(SimpleObject)]
pub struct ChangesResult {
    result: Vec<Change>,
    /// Where to go on from.
    cursor: String,
    /// Whether there are more changes already.
    more: bool,
}

/// What a change is about.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum ChangeKind {
    /// A fan's figures, moved at another partner of the program.
    Balance,
    /// A Fan Points or Status Points transaction of the caller's.
    Operation,
    /// Points were set aside, released or redeemed out of it.
    Reservation,
    /// A review decision about a refused redemption.
    Decision,
    /// Rates, modules or other settings: fetch the configuration again.
    Configuration,
    /// The list of pass keys and revocations: fetch the configuration again.
    PassKeys,
    /// Somebody of the staff, or what a role may do.
    Staff,
    /// A device was paired or revoked.
    Device,
    /// A fan got another id, or was deleted.
    Fan,
}

/// A fan's figures at the time of reading: newer than the change itself, never older.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct ChangedBalance {
    user_id: String,
    pseudonym: String,
    fan_points: i64,
    status_points: i64,
    as_of: String,
    /// The program deleted this fan.
    deleted: bool,
    /// Whether partners may tell of what the fan does as engagement events.
    engagement_consent: bool,
}

/// One change.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Change {
    /// Opaque; later changes have later cursors, on every database and in every process.
    cursor: String,
    kind: ChangeKind,
    date: String,
    project_id: Option<String>,
    partner_id: Option<String>,
    /// The id of what changed: purchase, action, reservation, device, member of staff, rate label. Of a balance: none.
    subject: Option<String>,
    /// The type of a transaction, the category of an award, what was decided.
    detail: Option<String>,
    /// Points that an own transaction moved.
    amount: Option<i64>,
    balance: Option<ChangedBalance>,
}

#[derive(Default)]
pub struct FeedQueries;

const MOST: i32 = 1000;
/// Pages that one call may read to find changes that the caller may see.
const SCANS: usize = 20;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl FeedQueries {
    /// Changes since a cursor, oldest first. Without a cursor: none, and the cursor of the present.
    async fn changes(
        &self,
        context: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
        scope_id: String,
        scope_type: ScopeType,
    ) -> Result<ChangesResult> {
        let caller = Caller::of(context)?;
        let owner = scope(caller, &scope_id, scope_type)?;
        let first = usize::try_from(first.unwrap_or(MOST).clamp(0, MOST)).unwrap_or(0);
        let Some(after) = after else {
            let head = caller.read(changes::head).await?;
            return Ok(ChangesResult { result: Vec::new(), cursor: cursor(head), more: false });
        };
        let mut at = read_cursor(&after)?;
        let mut result = Vec::new();
        let mut more = true;
        for _ in 0..SCANS {
            let page = caller.read(move |connection| changes::after(connection, at, PAGE)).await?;
            more = !page.is_empty();
            for change in page {
                if result.len() >= first {
                    return Ok(ChangesResult { result, cursor: cursor(at), more: true });
                }
                at = change.date_us;
                result.extend(tell(&change, owner, &caller.catalogue));
            }
            if !more {
                break;
            }
        }
        Ok(ChangesResult { result, cursor: cursor(at), more })
    }
}

#[derive(Default)]
pub struct FeedSubscription;

#[Subscription(rename_fields = "snake_case", rename_args = "snake_case")]
impl FeedSubscription {
    /// Changes as they are committed. With a cursor, first what came after it; without, from now on.
    async fn changes(
        &self,
        context: &Context<'_>,
        after: Option<String>,
        scope_id: String,
        scope_type: ScopeType,
    ) -> Result<impl Stream<Item = Result<Change>> + use<>> {
        let caller = Arc::clone(Caller::of(context)?);
        let owner = scope(&caller, &scope_id, scope_type)?;
        let environment = &caller.environment;
        let receiver = environment.feed.follow();
        let at = match after {
            Some(after) => read_cursor(&after)?,
            None => *environment.store.last_commit().borrow(),
        };
        let until = context.data_opt::<GoodUntil>().copied().unwrap_or(GoodUntil(i64::MAX));
        let follower = Follower {
            caller,
            owner,
            receiver,
            at,
            behind: true,
            waiting: VecDeque::new(),
            until,
            over: false,
        };
        Ok(stream::unfold(follower, Follower::next))
    }
}

/// When the access token of a connection ends, microseconds since the Unix epoch.
#[derive(Clone, Copy)]
pub struct GoodUntil(pub i64);

/// How often a quiet follower looks whether it may still follow.
const LOOK: Duration = Duration::from_secs(5);
/// After a failed reading: the database may be gone for a while, and each follower would ask again and again.
const PAUSE: Duration = Duration::from_secs(1);

struct Follower {
    caller: Arc<Caller>,
    owner: Owner,
    receiver: Receiver<Arc<changes::Change>>,
    at: i64,
    /// There may be changes in the database that were not told.
    behind: bool,
    waiting: VecDeque<Change>,
    until: GoodUntil,
    /// The follower was told that it may not follow any more.
    over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Change>, Self)> {
        loop {
            if let Some(change) = self.waiting.pop_front() {
                return Some((Ok(change), self));
            }
            if self.over {
                return None;
            }
            // The configuration of the moment, not that of the sign-in: partnerships and credentials come and go.
            let catalogue = self.caller.environment.store.catalogue();
            let known = catalogue.credentials.get(&self.caller.client_id);
            if known.is_none_or(|known| known.expires_us <= now_us()) || self.until.0 <= now_us() {
                self.over = true;
                return Some((Err(coded("sign in again", "UNAUTHENTICATED")), self));
            }
            if self.behind {
                if let Err(error) = self.catch_up(&catalogue).await {
                    tracing::warn!(%error, "a follower was not told its changes; trying again");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
            match feed::next(&mut self.receiver, LOOK).await {
                Next::Quiet => {}
                Next::Behind => self.behind = true,
                Next::Stopped => return None,
                Next::Change(change) if change.date_us > self.at => {
                    self.at = change.date_us;
                    let catalogue = self.caller.environment.store.catalogue();
                    self.waiting.extend(tell(&change, self.owner, &catalogue));
                }
                Next::Change(_) => {}
            }
        }
    }

    async fn catch_up(&mut self, catalogue: &Catalogue) -> Result<(), StoreError> {
        let at = self.at;
        let page = self
            .caller
            .environment
            .store
            .read(move |connection| changes::after(connection, at, PAGE))
            .await?;
        self.behind = !page.is_empty();
        for change in page {
            self.at = change.date_us;
            self.waiting.extend(tell(&change, self.owner, catalogue));
        }
        Ok(())
    }
}

fn scope(caller: &Caller, scope_id: &str, scope_type: ScopeType) -> Result<Owner> {
    Ok(match scope_type {
        ScopeType::Partner => Owner::Partner(caller.own_partner(scope_id)?.no),
        ScopeType::Project => Owner::Program(caller.own_program(scope_id)?.no),
    })
}

fn cursor(date_us: i64) -> String {
    format!("{date_us:016x}")
}

fn read_cursor(text: &str) -> Result<i64> {
    let whole = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let date = if whole { i64::from_str_radix(text, 16).ok() } else { None };
    date.ok_or_else(|| bad_argument("this is no cursor of a change"))
}

/// A change as its owner may see it. None: it is not the owner's business.
fn tell(change: &changes::Change, owner: Owner, catalogue: &Catalogue) -> Option<Change> {
    let concerns = change.concerns;
    let of_fan = matches!(change.kind, Stored::Purchase | Stored::Award | Stored::Hold | Stored::Decision);
    let own = match owner {
        Owner::Partner(partner) => concerns.partner == Some(partner),
        Owner::Program(program) => {
            concerns.program == Some(program) && (of_fan || concerns.partner.is_none())
        }
    };
    let joined = match owner {
        Owner::Partner(partner) => {
            concerns.program.is_some_and(|program| catalogue.partnership(partner, program).is_some())
                && (of_fan || concerns.partner.is_none())
        }
        Owner::Program(_) => false,
    };
    if !own && !joined {
        return None;
    }
    // What another partner did is nobody else's business, what it did to a fan's balance is.
    let balance_only = !own && of_fan;
    let partner = concerns.partner.filter(|_| !balance_only);
    Some(Change {
        cursor: cursor(change.date_us),
        kind: if balance_only { ChangeKind::Balance } else { kind(change.kind) },
        date: dates::text(change.date_us),
        project_id: concerns
            .program
            .and_then(|no| catalogue.programs.get(&no).map(|program| program.project_id.clone())),
        partner_id: partner
            .and_then(|no| catalogue.partners.get(&no).map(|partner| partner.partner_id.clone())),
        subject: (!balance_only).then(|| change.subject.clone()),
        detail: change.detail.clone().filter(|_| !balance_only),
        amount: change.amount.filter(|_| !balance_only),
        balance: change.fan.as_ref().map(balance),
    })
}

const fn kind(stored: Stored) -> ChangeKind {
    match stored {
        Stored::Purchase | Stored::Award => ChangeKind::Operation,
        Stored::Hold => ChangeKind::Reservation,
        Stored::Decision => ChangeKind::Decision,
        Stored::Configuration => ChangeKind::Configuration,
        Stored::PassKeys => ChangeKind::PassKeys,
        Stored::Staff => ChangeKind::Staff,
        Stored::Device => ChangeKind::Device,
        Stored::Fan => ChangeKind::Fan,
    }
}

fn balance(fan: &ChangedFan) -> ChangedBalance {
    ChangedBalance {
        user_id: fan.id.to_string(),
        pseudonym: fan.pseudonym.to_string(),
        fan_points: fan.fan_points,
        status_points: fan.status_points,
        as_of: dates::text(now_us()),
        deleted: fan.deleted,
        engagement_consent: fan.consent,
    }
}
