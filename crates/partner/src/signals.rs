//! Hints that somebody should look at what was done on this device: found by counting, with thresholds that a manager
//! sets, and told with their evidence. A hint is no verdict: a fan who comes often and a person who works fast are
//! mostly just that.

use std::collections::BTreeMap;

use fanpass::FanRef;
use ledger::{OfflinePolicy, Timestamp};
use outbox::{Deed, OperationKind, OperationState, Place};

use crate::history::{fan_of, review_row};
use crate::rights::Right;
use crate::view::{SignalKind, SignalRules, SignalView};
use crate::{AppError, ErrorCode, Terminal};

const RULES: &str = "signal rules";
/// The newest so many operations of a period are looked at.
const MOST: u32 = 200_000;
/// So many operations are shown with a signal.
const EVIDENCE: usize = 20;
const MOST_CARDS: usize = 200;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const MINUTE_MS: i64 = 60 * 1000;

impl Default for SignalRules {
    fn default() -> Self {
        Self {
            same_fan_a_day: 5,
            near_limit_count: 3,
            near_limit_percent: 5,
            undos_a_day: 5,
            opens: 6,
            closes: 24,
            velocity_a_minute: 15,
            own_cards: Vec::new(),
        }
    }
}

impl Terminal {
    /// The thresholds.
    ///
    /// # Errors
    /// Without the right to review, and when the database can not be read.
    pub async fn signal_rules(&self) -> Result<SignalRules, AppError> {
        self.require(Right::Review).await?;
        let text = self.store(|store| store.setting(RULES)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Sets the thresholds.
    ///
    /// # Errors
    /// For hours that are none, and a card whose number is none.
    pub async fn set_signal_rules(
        &self,
        rules: SignalRules,
        pin: Option<String>,
    ) -> Result<SignalRules, AppError> {
        self.as_manager(Right::Settings, pin).await?;
        let hours = rules.opens < rules.closes && rules.closes <= 24;
        if !hours || rules.near_limit_percent > 100 || rules.own_cards.len() > MOST_CARDS {
            return Err(AppError::new(ErrorCode::MissingField).detail("rules"));
        }
        for card in &rules.own_cards {
            fan_of(&card.fan)?;
        }
        let text = serde_json::to_string(&rules).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(RULES, &text)).await?;
        self.note_device("the thresholds of signals were changed").await?;
        Ok(rules)
    }

    /// What in a period a manager may want to look at.
    ///
    /// # Errors
    /// Without the right to review, and when the database can not be read.
    pub async fn signals(&self, from: i64, to: i64) -> Result<Vec<SignalView>, AppError> {
        let rules = self.signal_rules().await?;
        let mut cards: Vec<(String, FanRef)> = Vec::new();
        for card in &rules.own_cards {
            cards.push((card.staff.clone(), fan_of(&card.fan)?));
        }
        let found = self
            .store(move |store| {
                let deeds = store.deeds(Timestamp(from), Timestamp(to), MOST)?;
                let policy = store.policy().unwrap_or_default();
                let mut own = Vec::new();
                for (staff, fan) in cards {
                    own.extend(store.fan_number(fan)?.map(|fan| (staff, fan)));
                }
                let zone = jiff::tz::TimeZone::system();
                let local = |at: Timestamp| {
                    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
                    i64::from(zone.to_offset(instant).seconds()) * 1000
                };
                let mut found = Vec::new();
                for signal in find(&deeds, &rules, &own, &limits(&policy), local) {
                    let rows = store.review_at(&signal.evidence)?;
                    found.push((signal, rows));
                }
                Ok(found)
            })
            .await?;
        Ok(found.iter().map(|(signal, rows)| self.signal_view(signal, rows)).collect())
    }

    fn signal_view(&self, signal: &Signal, rows: &[outbox::Listed]) -> SignalView {
        let evidence: Vec<_> = rows.iter().map(|row| self.named(review_row(row))).collect();
        SignalView {
            kind: signal.kind,
            staff: signal.staff.as_deref().map(|staff| self.0.people.name_of(staff)),
            staff_id: signal.staff.clone(),
            fan_label: evidence.first().filter(|_| signal.one_fan).map(|row| row.fan_label.clone()),
            count: signal.count,
            threshold: signal.threshold,
            from: signal.from.0,
            to: signal.to.0,
            evidence,
        }
    }
}

/// Points above which the policy asks for more: where somebody would stay just below.
fn limits(policy: &OfflinePolicy) -> Vec<(OperationKind, i64)> {
    vec![(OperationKind::Redeem, policy.max_redeem_purchase.0)]
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signal {
    kind: SignalKind,
    staff: Option<String>,
    one_fan: bool,
    count: u32,
    threshold: u32,
    from: Timestamp,
    to: Timestamp,
    evidence: Vec<Place>,
}

/// Deeds that may be a signal together: by kind, person, fan and day.
#[derive(Default)]
struct Groups<'a>(BTreeMap<(SignalKind, Option<&'a str>, i64, i64), Vec<&'a Deed>>);

impl<'a> Groups<'a> {
    fn add(&mut self, kind: SignalKind, deed: &'a Deed, fan: Option<i64>, day: i64) {
        let key = (kind, deed.staff.as_deref(), fan.unwrap_or(0), day);
        self.0.entry(key).or_default().push(deed);
    }
}

/// The deeds come newest first. `own`: whose card is whose. `local`: what the clock on the wall is ahead by.
fn find(
    deeds: &[Deed],
    rules: &SignalRules,
    own: &[(String, i64)],
    limits: &[(OperationKind, i64)],
    local: impl Fn(Timestamp) -> i64,
) -> Vec<Signal> {
    let mut groups = Groups::default();
    for deed in deeds.iter().filter(|deed| deed.state != OperationState::Refused) {
        let wall = deed.place.at.0.saturating_add(local(deed.place.at));
        let (day, hour) = (wall.div_euclid(DAY_MS), wall.rem_euclid(DAY_MS) / (60 * MINUTE_MS));
        let moves = deed.kind != OperationKind::Undo;
        if moves {
            groups.add(SignalKind::SameFan, deed, Some(deed.fan), day);
        } else {
            groups.add(SignalKind::Undos, deed, None, day);
        }
        if own.iter().any(|(staff, fan)| deed.staff.as_deref() == Some(staff) && *fan == deed.fan) {
            groups.add(SignalKind::OwnCard, deed, Some(deed.fan), 0);
        }
        if limits.iter().any(|(kind, limit)| *kind == deed.kind && is_near(deed.size, *limit, rules)) {
            groups.add(SignalKind::NearLimit, deed, None, 0);
        }
        if hour < i64::from(rules.opens) || hour >= i64::from(rules.closes) {
            groups.add(SignalKind::OddHours, deed, None, day);
        }
        groups.add(SignalKind::Velocity, deed, None, 0);
    }
    let mut found: Vec<Signal> =
        groups.0.iter().filter_map(|((kind, ..), group)| signal(*kind, group, rules)).collect();
    found.sort_by_key(|signal| (signal.kind, std::cmp::Reverse(signal.count)));
    found
}

fn is_near(size: i64, limit: i64, rules: &SignalRules) -> bool {
    let least = limit.saturating_sub(limit.saturating_mul(i64::from(rules.near_limit_percent)) / 100);
    limit > 0 && size >= least && size <= limit
}

fn signal(kind: SignalKind, group: &[&Deed], rules: &SignalRules) -> Option<Signal> {
    let threshold = match kind {
        SignalKind::OwnCard | SignalKind::OddHours => 1,
        SignalKind::SameFan => rules.same_fan_a_day,
        SignalKind::NearLimit => rules.near_limit_count,
        SignalKind::Undos => rules.undos_a_day,
        SignalKind::Velocity => rules.velocity_a_minute,
    };
    // A threshold of zero is one that is switched off.
    if threshold == 0 {
        return None;
    }
    let group = if kind == SignalKind::Velocity { fastest_minute(group) } else { group };
    let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
    let (newest, oldest) = (group.first()?, group.last()?);
    (count >= threshold).then(|| Signal {
        kind,
        staff: newest.staff.clone(),
        one_fan: matches!(kind, SignalKind::OwnCard | SignalKind::SameFan),
        count,
        threshold,
        from: oldest.place.at,
        to: newest.place.at,
        evidence: group.iter().take(EVIDENCE).map(|deed| deed.place).collect(),
    })
}

/// The most that happened within a minute; the newest comes first.
fn fastest_minute<'a, 'd>(group: &'a [&'d Deed]) -> &'a [&'d Deed] {
    let (mut best, mut first) = (0..0, 0);
    for (last, deed) in group.iter().enumerate() {
        while group.get(first).is_some_and(|new| new.place.at.0 - deed.place.at.0 >= MINUTE_MS) {
            first += 1;
        }
        if last + 1 - first > best.len() {
            best = first..last + 1;
        }
    }
    group.get(best).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, noon in Greenwich.
    const NOON: i64 = 1_790_000_000_000 - 1_790_000_000_000 % DAY_MS + DAY_MS / 2;

    fn deed(n: i64, at: i64, staff: &str, fan: i64, kind: OperationKind, size: i64) -> Deed {
        let place = Place { at: Timestamp(NOON + at), number: n };
        Deed { place, kind, state: OperationState::Accepted, staff: Some(staff.into()), fan, size }
    }

    fn found(
        mut deeds: Vec<Deed>,
        rules: &SignalRules,
        own: &[(String, i64)],
    ) -> Vec<(SignalKind, String, u32)> {
        deeds.sort_by_key(|deed| std::cmp::Reverse(deed.place));
        let limits = [(OperationKind::Redeem, 2_000)];
        find(&deeds, rules, own, &limits, |_| 0)
            .into_iter()
            .map(|signal| (signal.kind, signal.staff.unwrap_or_default(), signal.count))
            .collect()
    }

    fn times(count: i64, apart: i64, staff: &str, kind: OperationKind, size: i64) -> Vec<Deed> {
        (0..count).map(|n| deed(n, n * apart, staff, n, kind, size)).collect()
    }

    #[test]
    fn each_threshold_speaks_at_its_number_and_not_before() {
        let rules = SignalRules::default();
        let same_fan = |count: i64| {
            (0..count).map(|n| deed(n, n * 600_000, "Kim", 7, OperationKind::Give, 50)).collect()
        };
        assert_eq!(found(same_fan(4), &rules, &[]), []);
        assert_eq!(found(same_fan(5), &rules, &[]), [(SignalKind::SameFan, "Kim".into(), 5)]);
        let undos = |count| times(count, 600_000, "Kim", OperationKind::Undo, 50);
        assert_eq!(found(undos(4), &rules, &[]), []);
        assert_eq!(found(undos(5), &rules, &[]), [(SignalKind::Undos, "Kim".into(), 5)]);
        let near = |size| times(3, 600_000, "Kim", OperationKind::Redeem, size);
        assert_eq!(found(near(1_899), &rules, &[]), []);
        assert_eq!(found(near(1_900), &rules, &[]), [(SignalKind::NearLimit, "Kim".into(), 3)]);
        assert_eq!(found(near(2_000), &rules, &[]), [(SignalKind::NearLimit, "Kim".into(), 3)]);
        assert_eq!(found(near(2_001), &rules, &[]), []);
    }

    #[test]
    fn the_minute_slides_and_people_are_counted_apart() {
        let rules = SignalRules::default();
        let fast = times(20, 4_200, "Kim", OperationKind::Give, 50);
        assert_eq!(found(fast, &rules, &[]), [(SignalKind::Velocity, "Kim".into(), 15)]);
        assert_eq!(found(times(20, 4_300, "Kim", OperationKind::Give, 50), &rules, &[]), []);
        let two = (0..20)
            .map(|n| deed(n, n * 3_000, if n % 2 == 0 { "Kim" } else { "Noa" }, n, OperationKind::Give, 50));
        assert_eq!(found(two.collect(), &rules, &[]), []);
    }

    #[test]
    fn hours_and_own_cards_speak_at_once() {
        let rules = SignalRules { opens: 8, closes: 20, ..SignalRules::default() };
        let early = deed(1, -5 * 3_600_000, "Kim", 1, OperationKind::Give, 50);
        let late = deed(2, 8 * 3_600_000, "Noa", 2, OperationKind::Give, 50);
        let inside = deed(3, 8 * 3_600_000 - 1, "Noa", 3, OperationKind::Give, 50);
        let told = found(vec![early, late, inside], &rules, &[]);
        assert_eq!(told, [(SignalKind::OddHours, "Kim".into(), 1), (SignalKind::OddHours, "Noa".into(), 1)]);
        let own = [("Kim".to_owned(), 7)];
        let deeds =
            vec![deed(1, 0, "Kim", 7, OperationKind::Give, 50), deed(2, 1, "Noa", 7, OperationKind::Give, 5)];
        assert_eq!(found(deeds, &rules, &own), [(SignalKind::OwnCard, "Kim".into(), 1)]);
    }

    #[test]
    fn a_threshold_of_zero_is_off_and_refusals_do_not_count() {
        let rules = SignalRules { undos_a_day: 0, ..SignalRules::default() };
        assert_eq!(found(times(9, 600_000, "Kim", OperationKind::Undo, 50), &rules, &[]), []);
        let mut refused = times(9, 600_000, "Kim", OperationKind::Redeem, 1_950);
        refused.iter_mut().for_each(|deed| deed.state = OperationState::Refused);
        assert_eq!(found(refused, &rules, &[]), []);
    }
}
