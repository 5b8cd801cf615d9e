//! Looking back: every operation of the partner, this device's and what the platform tells of the others.

use std::collections::BTreeSet;

use fanpass::FanRef;
use ledger::{FanAccount, StatusAccount, Timestamp};
use outbox::{Devices, Handling, Listed, OperationRow, Origin, Place, Raiser, Wanted, Way};
use uuid::Uuid;

use crate::identify::label;
use crate::review::{kind_view, operation_view, reason_of, state_of, state_view, stored_kind};
use crate::rights::Right;
use crate::view::{
    AccountView, AuditLink, CaseWay, DevicesView, HandlingView, ItemLine, PersonChoice, PlatformWord,
    PostingView, RaiserView, Receipt, ReviewChoices, ReviewCount, ReviewDetail, ReviewFilter, ReviewPlace,
    ReviewQuery, ReviewRow, SavedView,
};
use crate::{AppError, ErrorCode, Terminal};

const LARGEST_PAGE: u32 = 500;
const VIEWS: &str = "review views";
const MOST_VIEWS: usize = 50;
const LONGEST_NAME: usize = 60;
/// No more is asked of the platform at once.
const LONGEST_PERIOD_MS: i64 = 92 * 24 * 60 * 60 * 1000;

impl Terminal {
    /// A page of the list, newest first.
    ///
    /// # Errors
    /// When the filter names a fan that can be none, or the database can not be read.
    pub async fn review(&self, query: ReviewQuery) -> Result<Vec<ReviewRow>, AppError> {
        self.require(Right::Review).await?;
        let wanted = self.wanted(&query.filter).await?;
        let (after, limit) = (query.after.map(place), query.limit.clamp(1, LARGEST_PAGE));
        let rows = self.store(move |store| store.review(&wanted, after, query.skip, limit)).await?;
        Ok(rows.iter().map(|row| self.named(review_row(row))).collect())
    }

    /// The filter as the database wants it, which does not know what this device is called.
    ///
    /// # Errors
    /// For a fan that can be none, and when the database can not be read.
    pub(crate) async fn wanted(&self, filter: &ReviewFilter) -> Result<Wanted, AppError> {
        let own = self.own_device().await?.map(|own| Origin { device: own.name, store: own.store });
        wanted(filter, own)
    }

    /// With the person's name in place of the id.
    pub(crate) fn named(&self, row: ReviewRow) -> ReviewRow {
        let staff = row.staff.as_deref().map(|staff| self.0.people.name_of(staff));
        ReviewRow { staff, ..row }
    }

    /// How many rows the list has; more than 100,000 are not counted.
    ///
    /// # Errors
    /// As [`Terminal::review`].
    pub async fn review_count(&self, filter: ReviewFilter) -> Result<ReviewCount, AppError> {
        self.require(Right::Review).await?;
        let wanted = self.wanted(&filter).await?;
        let rows = self.store(move |store| store.review_count(&wanted)).await?;
        let counted = u32::try_from(rows.min(outbox::COUNTED)).unwrap_or(u32::MAX);
        Ok(ReviewCount { rows: counted, more: rows > outbox::COUNTED })
    }

    /// What can be filtered by: people, and the views that were saved.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn review_choices(&self) -> Result<ReviewChoices, AppError> {
        self.require(Right::Review).await?;
        let (people, origins, views) =
            self.store(|store| Ok((store.people()?, store.origins()?, store.setting(VIEWS)?))).await?;
        let named = |id: String| PersonChoice { name: self.0.people.name_of(&id), id };
        let own = self.own_device().await?.map(|own| own.store);
        let stores: BTreeSet<String> = origins.iter().map(|origin| origin.store.clone()).chain(own).collect();
        let devices: BTreeSet<String> = origins.into_iter().map(|origin| origin.device).collect();
        Ok(ReviewChoices {
            people: people.into_iter().map(named).collect(),
            devices: devices.into_iter().collect(),
            stores: stores.into_iter().collect(),
            views: views_of(views.as_deref()),
        })
    }

    /// Keeps a filter under a name; the same name again replaces it.
    ///
    /// # Errors
    /// For a name that is empty or too long, and beside fifty others.
    pub async fn save_view(&self, view: SavedView) -> Result<ReviewChoices, AppError> {
        self.require(Right::Review).await?;
        let name = view.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(AppError::new(ErrorCode::MissingField).detail("name"));
        }
        self.wanted(&view.filter).await?;
        self.change_views(move |views| {
            views.retain(|known| known.name != name);
            views.push(SavedView { name, days: view.days.filter(|days| *days <= LONGEST_PERIOD), ..view });
        })
        .await
    }

    /// Forgets a view.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn forget_view(&self, name: String) -> Result<ReviewChoices, AppError> {
        self.change_views(move |views| views.retain(|known| known.name != name)).await
    }

    async fn change_views(
        &self,
        change: impl FnOnce(&mut Vec<SavedView>) + Send,
    ) -> Result<ReviewChoices, AppError> {
        let mut views = self.review_choices().await?.views;
        change(&mut views);
        if views.len() > MOST_VIEWS {
            return Err(ErrorCode::TooManyItems.into());
        }
        views.sort_by(|a, b| a.name.cmp(&b.name));
        let text = serde_json::to_string(&views).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(VIEWS, &text)).await?;
        self.review_choices().await
    }

    /// All that is known of an operation.
    ///
    /// # Errors
    /// When there is none at this place any more.
    pub async fn review_detail(&self, at: ReviewPlace) -> Result<ReviewDetail, AppError> {
        self.require(Right::Review).await?;
        let found = self
            .store(move |store| {
                let Some(listed) = store.review_at(&[place(at)])?.pop() else { return Ok(None) };
                let id = Uuid::try_parse(&listed.id).ok().filter(|_| listed.here);
                let Some(id) = id else { return Ok(Some((listed, None))) };
                let own =
                    (store.operation(id)?, store.entry(id)?, store.audit_link(id)?, store.handling(id)?);
                Ok(Some((listed, Some(own))))
            })
            .await?;
        let (listed, own) = found.ok_or(ErrorCode::UnknownOperation)?;
        let row = self.named(review_row(&listed));
        let Some((Some(operation), entry, audit, handling)) = own else {
            return Ok(of_another(row, &listed));
        };
        Ok(ReviewDetail {
            items: operation.items.iter().map(item_line).collect(),
            postings: entry.as_ref().map(postings).unwrap_or_default(),
            audit: audit.map(|(entry, hash)| AuditLink { entry, hash: hex(&hash) }),
            request_id: operation.wire_id().to_string(),
            platform: word_of(&operation),
            handling: handling.map(|handling| self.handling_view(handling)),
            raised_by: operation.raised_by.as_ref().map(|raiser| match raiser {
                Raiser::Person(person) => RaiserView::Person { name: self.0.people.name_of(person) },
                Raiser::ManagersPin => RaiserView::ManagersPin,
            }),
            operation: Some(operation_view(&operation)),
            row,
        })
    }

    /// Asks the platform for what the partner's other devices did in a period; how many operations are new.
    ///
    /// # Errors
    /// Without a line, when the platform can not be asked, and for a period of more than three months.
    pub async fn fetch_others(&self, from: i64, to: i64) -> Result<u32, AppError> {
        self.require(Right::Review).await?;
        if to <= from || to.saturating_sub(from) > LONGEST_PERIOD_MS {
            return Err(AppError::new(ErrorCode::MissingField).detail("period"));
        }
        let line = self.opened().await?.line.ok_or(ErrorCode::NotConnected)?;
        let listed = line.client.transactions(Timestamp(from), Timestamp(to)).await?;
        let told = listed.transactions.into_iter().map(outbox::Foreign::from).collect();
        let added = self.store(move |store| store.note_foreign(told)).await?;
        Ok(u32::try_from(added).unwrap_or(u32::MAX))
    }

    /// Takes back an operation of this device, for a reason that is kept in the audit chain.
    ///
    /// # Errors
    /// Without a reason, and where the rules do not allow it.
    pub async fn reverse(&self, id: &str, reason: &str, pin: Option<String>) -> Result<Receipt, AppError> {
        self.as_manager(Right::Decide, pin).await?;
        let reason = checked_note(reason)?;
        if reason.is_empty() {
            return Err(ErrorCode::ReasonMissing.into());
        }
        let receipt = self.undo_row(self.kept(id).await?).await?;
        self.note_device(&format!("{id} was taken back: {reason}")).await?;
        Ok(receipt)
    }

    fn handling_view(&self, handling: Handling) -> HandlingView {
        let (way, again) = match handling.way {
            Way::Collect => (CaseWay::Collect, None),
            Way::Forgive => (CaseWay::Forgive, None),
            Way::Void => (CaseWay::Void, None),
            Way::Retry(again) => (CaseWay::Retry, Some(again.to_string())),
            Way::Note => (CaseWay::Note, None),
        };
        HandlingView {
            way,
            note: handling.note,
            staff: handling.staff.as_deref().map(|staff| self.0.people.name_of(staff)),
            at: handling.at.0,
            told: handling.told_at.is_some(),
            again,
        }
    }
}

const LONGEST_NOTE: usize = 500;
/// Days of a saved view.
const LONGEST_PERIOD: u32 = 366;

/// A note as it can be kept and told: no control characters, not too long.
pub(crate) fn checked_note(note: &str) -> Result<String, AppError> {
    let note = note.trim();
    if note.len() > LONGEST_NOTE || note.chars().any(|char| char.is_control() && char != '\n') {
        return Err(AppError::new(ErrorCode::MissingField).detail("note"));
    }
    Ok(note.to_owned())
}

pub(crate) fn place(at: ReviewPlace) -> Place {
    Place { at: Timestamp(at.at), number: at.number }
}

fn views_of(text: Option<&str>) -> Vec<SavedView> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A fan's number is typed in groups.
pub(crate) fn fan_of(text: &str) -> Result<FanRef, AppError> {
    let close: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    close.parse().map_err(|_| AppError::new(ErrorCode::CheckDigitWrong))
}

fn wanted(filter: &ReviewFilter, own: Option<Origin>) -> Result<Wanted, AppError> {
    let said = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Ok(Wanted {
        device: said(&filter.device),
        store: said(&filter.store),
        own,
        states: filter.states.iter().map(|state| state_of(*state)).collect(),
        kinds: filter.kinds.iter().map(|kind| stored_kind(*kind)).collect(),
        from: filter.from.map(Timestamp),
        to: filter.to.map(Timestamp),
        devices: match filter.devices {
            DevicesView::All => Devices::All,
            DevicesView::This => Devices::This,
            DevicesView::Others => Devices::Others,
        },
        staff: said(&filter.staff),
        fan: said(&filter.fan).map(|fan| fan_of(&fan)).transpose()?,
        least: filter.least,
        most: filter.most,
        rate_label: said(&filter.rate_label),
        text: said(&filter.text),
    })
}

pub(crate) fn review_row(row: &Listed) -> ReviewRow {
    ReviewRow {
        place: ReviewPlace { at: row.place.at.0, number: row.place.number },
        id: row.id.clone(),
        here: row.here,
        archived: row.archived,
        kind: kind_view(row.kind),
        of: kind_view(row.of),
        state: state_view(row.state),
        fan: row.fan.map(|fan| fan.to_string()),
        fan_label: row.fan.map(|fan| label(row.user_id, fan)).unwrap_or_default(),
        fan_points: row.fan_points,
        status_points: row.status_points,
        price_minor: row.price,
        title: row.title.clone(),
        rate_labels: row.rate_labels.clone(),
        staff: row.staff.clone(),
        device: row.origin.as_ref().map(|origin| origin.device.clone()),
        store: row.origin.as_ref().map(|origin| origin.store.clone()),
        reason: row
            .code
            .as_deref()
            .filter(|_| row.state != outbox::OperationState::Accepted)
            .map(|code| reason_of(code, row.fan_points)),
        undone: row.undone,
        handled: row.handled_at.is_some(),
    }
}

fn of_another(row: ReviewRow, listed: &Listed) -> ReviewDetail {
    ReviewDetail {
        operation: None,
        items: Vec::new(),
        postings: Vec::new(),
        audit: None,
        request_id: listed.id.clone(),
        platform: PlatformWord {
            booked_at: listed.server_time.map(|at| at.0),
            booked_fan_points: Some(listed.fan_points),
            booked_status_points: Some(listed.status_points),
            ..PlatformWord::default()
        },
        handling: None,
        raised_by: None,
        row,
    }
}

fn word_of(row: &OperationRow) -> PlatformWord {
    PlatformWord {
        code: row.refusal.clone().or_else(|| row.last_error.clone()),
        booked_at: row.server_time.map(|at| at.0),
        booked_fan_points: row.booked_fan_points.map(|points| points.0),
        booked_status_points: row.booked_status_points.map(|points| points.0),
        reference: row.reference.clone(),
    }
}

fn item_line(item: &outbox::ItemRow) -> ItemLine {
    ItemLine {
        title: item.title.clone(),
        price_minor: item.price.minor,
        rate_label: item.rate_label.clone(),
        points: item.points.0,
        booked: item.booked.map(|points| points.0),
    }
}

fn postings(entry: &ledger::Entry) -> Vec<PostingView> {
    let of_fan = entry.fan_postings.iter().map(|posting| PostingView {
        account: match posting.account {
            FanAccount::Wallet(_) => AccountView::Wallet,
            FanAccount::Receivable(_) => AccountView::Receivable,
            FanAccount::Funding(_) => AccountView::Funding,
            FanAccount::Settlement(_) => AccountView::Settlement,
            FanAccount::Issuer => AccountView::Issuer,
            FanAccount::OfflineLoss => AccountView::OfflineLoss,
            FanAccount::Expired => AccountView::Expired,
        },
        amount: posting.amount.0,
    });
    let of_status = entry.status_postings.iter().map(|posting| PostingView {
        account: match posting.account {
            StatusAccount::Standing(_) => AccountView::Standing,
            StatusAccount::Issuer => AccountView::StatusIssuer,
        },
        amount: posting.amount.0,
    });
    of_fan.chain(of_status).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
