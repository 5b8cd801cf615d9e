//! Operations as they could come: mostly sound, often about the same few fans, now and then wrong in every way there is.

use rust_decimal::Decimal;

use super::Dice;
use crate::{
    Adjustment, Currency, FanId, FanPoints, Item, LimitedRate, MAX_ITEMS, MAX_PRICE_MINOR, MAX_REASON_BYTES,
    Millis, Money, OpId, Operation, OperationKind, Outcome, PartnerId, PartnerRules, Rate, RateRule, Rules,
    Scope, StatusPoints, Tender, Timestamp,
};

const FANS: u64 = 12;
const REMEMBERED: usize = 400;

/// One operation, and what it is to be decided with.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is asked.
    pub operation: Operation,
    /// The program's settings at this moment.
    pub rules: Rules,
    /// This moment.
    pub now: Timestamp,
}

/// A sequence of operations that follows from a seed.
#[derive(Clone, Debug)]
pub struct Workload {
    dice: Dice,
    rules: Rules,
    fans: Vec<FanId>,
    /// The latest operations, asked for whatever their answer was.
    past: Vec<Operation>,
    now: Timestamp,
}

impl Workload {
    /// The sequence of a seed. With an odd seed, points expire.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rules = example_rules();
        if seed % 2 == 1 {
            rules.lot_lifetime = Some(Millis::hours(24 * 30));
        }
        Self {
            dice: Dice::new(seed),
            rules,
            fans: (1..=FANS).map(FanId).collect(),
            past: Vec::new(),
            now: Timestamp(1_700_000_000_000),
        }
    }

    /// The fans that are registered.
    #[must_use]
    pub fn fans(&self) -> &[FanId] {
        &self.fans
    }

    /// The settings as they are now. Only modules are switched while the sequence goes on.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The ids of the latest operations.
    pub fn recent_ids(&self) -> impl Iterator<Item = OpId> {
        self.past.iter().map(|operation| operation.id)
    }

    /// The next operation.
    pub fn next_step(&mut self) -> Step {
        self.pass_time();
        self.switch_modules();
        let operation = match self.dice.below(100) {
            0..6 => self.sent_again(),
            6..8 => self.same_id_other_content(),
            _ => self.fresh(),
        };
        if self.past.len() >= REMEMBERED {
            let gone = self.dice.below(u64::try_from(self.past.len()).unwrap_or_default());
            self.past.swap_remove(usize::try_from(gone).unwrap_or_default());
        }
        self.past.push(operation.clone());
        Step { operation, rules: self.rules.clone(), now: self.now }
    }

    fn pass_time(&mut self) {
        let step = match self.dice.below(200) {
            0 => self.dice.between(0, Millis::hours(24 * 9).0),
            1 => self.dice.between(Millis::minutes(10).0.saturating_neg(), 0),
            _ => self.dice.between(0, Millis::minutes(2).0),
        };
        self.now = self.now.checked_add(Millis(step)).unwrap_or(self.now);
    }

    fn switch_modules(&mut self) {
        let modules = &mut self.rules.modules;
        if !(modules.fan_points && modules.status_points) {
            if self.dice.one_in(10) {
                modules.fan_points = true;
                modules.status_points = true;
            }
        } else if self.dice.one_in(1_000) {
            modules.fan_points = self.dice.one_in(2);
            modules.status_points = !modules.fan_points || self.dice.one_in(2);
        }
    }

    fn sent_again(&mut self) -> Operation {
        let Some(past) = self.dice.pick(&self.past).cloned() else {
            return self.fresh();
        };
        Operation { at: self.now, ..past }
    }

    fn same_id_other_content(&mut self) -> Operation {
        let operation = self.fresh();
        match self.dice.pick(&self.past) {
            Some(past) => Operation { id: past.id, ..operation },
            None => operation,
        }
    }

    fn fresh(&mut self) -> Operation {
        let mut id = [0; 16];
        for (byte, random) in id.iter_mut().zip(self.dice.roll().to_be_bytes().into_iter().cycle()) {
            *byte = random;
        }
        let wrong = self.dice.one_in(60);
        let (fan, partner) = if wrong { self.stranger() } else { (self.fan(), self.partner()) };
        let mut operation = Operation {
            id: OpId(id),
            partner,
            fan,
            at: Timestamp(self.now.0.saturating_sub(self.dice.between(-1_000, 100_000))),
            kind: OperationKind::Expire,
        };
        match self.dice.below(100) {
            0..30 => operation.kind = OperationKind::Distribute { items: self.items() },
            30..55 => self.redeem(&mut operation),
            55..62 => operation.kind = self.award(),
            62..69 => operation.kind = self.reserve(),
            69..73 => self.release(&mut operation),
            73..86 => self.reverse(&mut operation),
            86..92 => operation.kind = self.adjust(),
            92..96 => {}
            _ => self.resolve(&mut operation),
        }
        operation
    }

    fn fan(&mut self) -> FanId {
        self.dice.pick(&self.fans).copied().unwrap_or(FanId(1))
    }

    fn partner(&mut self) -> PartnerId {
        if self.dice.one_in(3) { PartnerId(2) } else { PartnerId(1) }
    }

    fn stranger(&mut self) -> (FanId, PartnerId) {
        match self.dice.below(3) {
            0 => (FanId(u64::MAX), self.partner()),
            1 => (self.fan(), PartnerId(99)),
            _ => (FanId(0), PartnerId(0)),
        }
    }

    fn items(&mut self) -> Vec<Item> {
        let count = match self.dice.below(1_200) {
            0 => 0,
            1 => MAX_ITEMS.saturating_add(1),
            2 => MAX_ITEMS,
            _ => usize::try_from(self.dice.between(1, 4)).unwrap_or(1),
        };
        (0..count).map(|_| self.item()).collect()
    }

    fn item(&mut self) -> Item {
        let currency = match self.dice.below(10) {
            0 => Currency::Fp,
            1 | 2 => Currency::Eur,
            3 if self.dice.one_in(10) => Currency::Usd,
            _ => Currency::Chf,
        };
        let minor = match self.dice.below(400) {
            0 => 0,
            1 => self.dice.between(-100, 0),
            2 => MAX_PRICE_MINOR,
            3 => MAX_PRICE_MINOR.saturating_add(1),
            4 => i64::MIN,
            5..100 => self.dice.between(1, 60),
            _ => self.dice.between(1, 20_000),
        };
        let labels =
            [None, None, Some("ticket"), Some("merchandise"), Some("opening"), Some("gift"), Some("last")];
        let label =
            if self.dice.one_in(150) { Some("nobody's") } else { self.dice.pick(&labels).copied().flatten() };
        Item { price: Money::new(minor, currency), rate_label: label.map(str::to_owned) }
    }

    fn redeem(&mut self, operation: &mut Operation) {
        let mut items = self.items();
        if !self.dice.one_in(4) {
            // Prices that a fan can mostly pay.
            items.truncate(2);
            for item in &mut items {
                item.price.minor = item.price.minor.min(self.dice.between(1, 400));
            }
        }
        let tender = if self.dice.one_in(3) {
            Tender::Points(FanPoints(self.dice.between(-1, 500)))
        } else {
            Tender::Whole
        };
        let mut reservation = None;
        if self.dice.one_in(8) {
            reservation = self.past_of(operation, |kind| matches!(kind, OperationKind::Reserve { .. }));
        }
        operation.kind = OperationKind::Redeem { items, tender, reservation };
    }

    fn award(&mut self) -> OperationKind {
        let actions = ["match_visit", "quiz", "season_ticket", "nothing", "no such action"];
        let action = self.dice.pick(&actions).copied().unwrap_or_default();
        OperationKind::Award { action: action.to_owned() }
    }

    fn reserve(&mut self) -> OperationKind {
        let points = FanPoints(self.dice.between(-2, 600));
        let lasts = Millis(self.dice.between(-1_000, Millis::hours(2).0));
        OperationKind::Reserve { points, until: self.now.checked_add(lasts).unwrap_or(self.now) }
    }

    fn release(&mut self, operation: &mut Operation) {
        let reservation = self.past_of(operation, |kind| matches!(kind, OperationKind::Reserve { .. }));
        let reservation = reservation.unwrap_or(OpId([9; 16]));
        operation.kind = OperationKind::Release { reservation };
    }

    fn reverse(&mut self, operation: &mut Operation) {
        let any = self.dice.one_in(12);
        let of = self.past_of(operation, |kind| {
            let usual = matches!(
                kind,
                OperationKind::Distribute { .. } | OperationKind::Redeem { .. } | OperationKind::Award { .. }
            );
            usual || any
        });
        let item = u16::try_from(self.dice.between(0, 4)).unwrap_or_default();
        let scope = if self.dice.one_in(2) { Scope::Whole } else { Scope::Item(item) };
        operation.kind = OperationKind::Reverse { of: of.unwrap_or(OpId([8; 16])), scope };
    }

    fn adjust(&mut self) -> OperationKind {
        let amount = match self.dice.below(40) {
            0 => i64::MIN,
            1 if self.dice.one_in(30) => i64::MAX,
            // Taken twice, it makes room again in a wallet that is as full as can be.
            2 | 3 => -(i64::MAX / 2),
            4 => 0,
            _ => self.dice.between(-300, 400),
        };
        let amount = if self.dice.one_in(3) {
            Adjustment::StatusPoints(StatusPoints(amount))
        } else {
            Adjustment::FanPoints(FanPoints(amount))
        };
        let reason = match self.dice.below(30) {
            0 => String::new(),
            1 => " \t\n".to_owned(),
            2 => "x".repeat(MAX_REASON_BYTES.saturating_add(1)),
            3 => "é".repeat(MAX_REASON_BYTES / 2),
            _ => "counted wrong at the till".to_owned(),
        };
        OperationKind::Adjust { amount, reason }
    }

    fn resolve(&mut self, operation: &mut Operation) {
        let refused = self.past_of(operation, |kind| matches!(kind, OperationKind::Redeem { .. }));
        let outcomes = [Outcome::CollectLater, Outcome::CollectLater, Outcome::Forgive, Outcome::Void];
        operation.kind = OperationKind::Resolve {
            refused: refused.unwrap_or(OpId([7; 16])),
            points: FanPoints(self.dice.between(0, 300)),
            outcome: self.dice.pick(&outcomes).copied().unwrap_or(Outcome::Void),
        };
    }

    /// A past operation of such a kind; mostly, the new one is made by the same partner for the same fan.
    fn past_of(&mut self, operation: &mut Operation, fits: impl Fn(&OperationKind) -> bool) -> Option<OpId> {
        let fitting: Vec<&Operation> = self.past.iter().filter(|past| fits(&past.kind)).collect();
        let past = self.dice.pick(&fitting).copied()?;
        let id = past.id;
        if !self.dice.one_in(20) {
            operation.fan = past.fan;
            operation.partner = past.partner;
        }
        Some(id)
    }
}

fn example_rules() -> Rules {
    let limited = |limited, points, then| RateRule {
        rate: then,
        limited: Some(LimitedRate { rate: limited, points: FanPoints(points) }),
    };
    let labels = [
        ("ticket", RateRule::flat(Rate::percent(1))),
        ("merchandise", RateRule::flat(Rate::percent(5))),
        ("opening", limited(Rate::percent(10), 20_000, Rate::percent(2))),
        ("gift", RateRule::flat(Rate::Absolute(FanPoints(10)))),
        ("last", limited(Rate::Absolute(FanPoints(25)), 9_990, Rate::Relative(Decimal::new(125, 4)))),
    ];
    let rates = labels.map(|(label, rule)| (label.to_owned(), rule));
    let shop = PartnerRules { default_rate: RateRule::flat(Rate::percent(2)), rates: rates.clone().into() };
    let kiosk = PartnerRules {
        default_rate: limited(Rate::percent(7), 3_333, Rate::percent(3)),
        rates: rates.into(),
    };
    let actions = [("match_visit", 50), ("quiz", 10), ("season_ticket", 500), ("nothing", 0)];
    let mut rules = Rules::new(Currency::Chf);
    rules.partners = [(PartnerId(1), shop), (PartnerId(2), kiosk)].into();
    rules.actions = actions.map(|(action, points)| (action.to_owned(), StatusPoints(points))).into();
    rules.conversions = [(Currency::Eur, Decimal::new(93_457, 5))].into();
    rules
}
