//! The configuration of one environment, held in memory: programs, partners, partnerships, rates, credentials.
//! Loaded whole after each change, so that a request sees one consistent state of it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use ledger::{
    Currency, FanPoints, LimitedRate, Millis, Modules, OfflinePolicy, PartnerId, PartnerRules, Rate,
    RateRule, Rules, StatusPoints, ThresholdRule, Tier,
};
use rust_decimal::Decimal;

use super::sql::params;
use super::staff::StaffRole;
use super::{Connection, Row, StoreError};

/// A program's row, also the program number in signed passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramNo(pub u32);

/// The rate label that means a partner's default rate.
pub const DEFAULT_LABEL: &str = "default";

/// A loyalty program.
#[derive(Clone, Debug)]
pub struct Program {
    pub no: ProgramNo,
    pub project_id: String,
    pub name: String,
    pub description: String,
    pub website: String,
    pub creator_id: String,
    pub currency: Currency,
    pub modules: Modules,
    pub lot_lifetime: Option<Millis>,
    pub offline_policy: OfflinePolicy,
    pub batch_limit: u32,
    pub actions: Vec<Action>,
    /// Lowest first.
    pub tiers: Vec<Tier>,
    pub threshold_rules: Vec<NamedRule>,
    pub conversions: BTreeMap<Currency, Decimal>,
}

/// What a fan can get Status Points for.
#[derive(Clone, Debug)]
pub struct Action {
    pub category: String,
    pub title: String,
    pub status_points: StatusPoints,
}

/// A threshold rule that the program made for its partners.
#[derive(Clone, Debug)]
pub struct NamedRule {
    pub rule_id: String,
    pub title: String,
    pub rule: ThresholdRule,
}

/// A business that takes part in programs.
#[derive(Clone, Debug)]
pub struct Partner {
    pub no: PartnerId,
    pub partner_id: String,
    pub name: String,
    pub description: String,
    pub website: String,
    pub creator_id: String,
    pub currency: Currency,
    pub rates: Vec<LabelledRate>,
}

/// One commission rate of a partner.
#[derive(Clone, Debug)]
pub struct LabelledRate {
    pub label: String,
    pub currency: Currency,
    pub rule: RateRule,
}

/// A partner in a program, with the rules that apply there.
#[derive(Clone, Debug)]
pub struct Partnership {
    pub partnership_id: String,
    pub program: Arc<Program>,
    pub partner: Arc<Partner>,
    /// What the program's modules and the partnership allow together.
    pub rules: Rules,
}

/// Who a credential belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Partner(PartnerId),
    Program(ProgramNo),
}

/// A client id with its hashed secret.
#[derive(Clone, Debug)]
pub struct Credential {
    pub client_id: String,
    pub owner: Owner,
    pub name: String,
    pub secret_hash: String,
    pub created_us: i64,
    pub expires_us: i64,
}

/// A paired device, as far as its credential needs it.
#[derive(Clone, Debug)]
pub struct Device {
    pub device_id: String,
    pub role: StaffRole,
}

/// All configuration of one environment.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub programs: BTreeMap<ProgramNo, Arc<Program>>,
    pub partners: BTreeMap<PartnerId, Arc<Partner>>,
    pub partnerships: Vec<Arc<Partnership>>,
    pub credentials: BTreeMap<String, Arc<Credential>>,
    /// By the client id of their credentials.
    pub devices: BTreeMap<String, Arc<Device>>,
}

impl Catalogue {
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let programs = load_programs(connection)?;
        let partners = load_partners(connection)?;
        let partnerships = load_partnerships(connection, &programs, &partners)?;
        let credentials = load_credentials(connection)?;
        let devices = super::devices::in_use(connection)?;
        Ok(Self { programs, partners, partnerships, credentials, devices })
    }

    /// Whether a client id is that of a paired device.
    pub fn is_device(&self, client_id: &str) -> bool {
        self.devices.contains_key(client_id)
    }

    pub fn program(&self, project_id: &str) -> Option<&Arc<Program>> {
        self.programs.values().find(|program| program.project_id == project_id)
    }

    pub fn partner(&self, partner_id: &str) -> Option<&Arc<Partner>> {
        self.partners.values().find(|partner| partner.partner_id == partner_id)
    }

    pub fn partnership(&self, partner: PartnerId, program: ProgramNo) -> Option<&Arc<Partnership>> {
        self.partnerships_of(partner).find(|partnership| partnership.program.no == program)
    }

    pub fn partnerships_of(&self, partner: PartnerId) -> impl Iterator<Item = &Arc<Partnership>> {
        self.partnerships.iter().filter(move |partnership| partnership.partner.no == partner)
    }
}

impl Partner {
    /// The rate that applies to an item, None for an unknown label.
    pub fn rate(&self, label: Option<&str>) -> Option<&LabelledRate> {
        let label = label.unwrap_or(DEFAULT_LABEL);
        self.rates.iter().find(|rate| rate.label == label)
    }
}

/// The ledger's name of a wire label: the default rate has none.
pub fn ledger_label(label: Option<&str>) -> Option<&str> {
    label.filter(|label| *label != DEFAULT_LABEL)
}

fn load_programs(connection: &Connection) -> Result<BTreeMap<ProgramNo, Arc<Program>>, StoreError> {
    let programs = connection.query(
        "SELECT no, project_id, name, description, website, creator_id, currency, user_module, fan_points_module,
                status_points_module, lot_lifetime_ms, offline_policy, batch_limit
         FROM program ORDER BY no",
        params![],
        |row| read_program(connection, row),
    )?;
    Ok(programs.into_iter().map(|program| (program.no, Arc::new(program))).collect())
}

fn read_program(connection: &Connection, row: &Row<'_>) -> Result<Program, StoreError> {
    let no = ProgramNo(row.get(0)?);
    let policy: String = row.get(11)?;
    Ok(Program {
        no,
        project_id: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        website: row.get(4)?,
        creator_id: row.get(5)?,
        currency: parse_stored(&row.get::<String>(6)?)?,
        modules: Modules { user: row.get(7)?, fan_points: row.get(8)?, status_points: row.get(9)? },
        lot_lifetime: row.get::<Option<i64>>(10)?.map(Millis),
        offline_policy: serde_json::from_str(&policy)?,
        batch_limit: row.get(12)?,
        actions: load_actions(connection, no)?,
        tiers: load_tiers(connection, no)?,
        threshold_rules: load_threshold_rules(connection, no)?,
        conversions: load_conversions(connection, no)?,
    })
}

fn load_actions(connection: &Connection, program: ProgramNo) -> Result<Vec<Action>, StoreError> {
    connection.query(
        "SELECT action_category, title, status_points FROM action WHERE program_no = ?1 ORDER BY action_category",
        params![program.0],
        |row| {
            let status_points = StatusPoints(row.get(2)?);
            Ok(Action { category: row.get(0)?, title: row.get(1)?, status_points })
        },
    )
}

fn load_tiers(connection: &Connection, program: ProgramNo) -> Result<Vec<Tier>, StoreError> {
    connection.query(
        "SELECT name, from_status_points FROM tier WHERE program_no = ?1 ORDER BY from_status_points, name",
        params![program.0],
        |row| Ok(Tier { name: row.get(0)?, from: StatusPoints(row.get(1)?) }),
    )
}

fn load_threshold_rules(connection: &Connection, program: ProgramNo) -> Result<Vec<NamedRule>, StoreError> {
    connection.query(
        "SELECT rule_id, title, rule FROM threshold_rule WHERE program_no = ?1 ORDER BY rule_id",
        params![program.0],
        |row| {
            let rule = serde_json::from_str(&row.get::<String>(2)?)?;
            Ok(NamedRule { rule_id: row.get(0)?, title: row.get(1)?, rule })
        },
    )
}

fn load_conversions(
    connection: &Connection,
    program: ProgramNo,
) -> Result<BTreeMap<Currency, Decimal>, StoreError> {
    let conversions = connection.query(
        "SELECT currency, value FROM conversion WHERE program_no = ?1",
        params![program.0],
        |row| Ok((parse_stored(&row.get::<String>(0)?)?, parse_stored(&row.get::<String>(1)?)?)),
    )?;
    Ok(conversions.into_iter().collect())
}

fn load_partners(connection: &Connection) -> Result<BTreeMap<PartnerId, Arc<Partner>>, StoreError> {
    let partners = connection.query(
        "SELECT no, partner_id, name, description, website, creator_id, currency FROM partner ORDER BY no",
        params![],
        |row| {
            let no = PartnerId(row.get(0)?);
            Ok(Partner {
                no,
                partner_id: row.get(1)?,
                name: row.get(2)?,
                description: row.get(3)?,
                website: row.get(4)?,
                creator_id: row.get(5)?,
                currency: parse_stored(&row.get::<String>(6)?)?,
                rates: load_rates(connection, no)?,
            })
        },
    )?;
    Ok(partners.into_iter().map(|partner| (partner.no, Arc::new(partner))).collect())
}

fn load_rates(connection: &Connection, partner: PartnerId) -> Result<Vec<LabelledRate>, StoreError> {
    connection.query(
        "SELECT rate_label, currency, rate, rate_type, limited_rate, limited_points
         FROM rate WHERE partner_no = ?1 ORDER BY rate_label",
        params![partner.0],
        read_rate,
    )
}

fn read_rate(row: &Row<'_>) -> Result<LabelledRate, StoreError> {
    let kind: String = row.get(3)?;
    let limited_rate: Option<String> = row.get(4)?;
    let limited_points: Option<i64> = row.get(5)?;
    let limited = match (limited_rate, limited_points) {
        (Some(rate), Some(points)) => {
            Some(LimitedRate { rate: parse_rate(&kind, &rate)?, points: FanPoints(points) })
        }
        (_, _) => None,
    };
    let rate = parse_rate(&kind, &row.get::<String>(2)?)?;
    Ok(LabelledRate {
        label: row.get(0)?,
        currency: parse_stored(&row.get::<String>(1)?)?,
        rule: RateRule { rate, limited },
    })
}

fn parse_rate(kind: &str, value: &str) -> Result<Rate, StoreError> {
    if kind == "absolute" {
        Ok(Rate::Absolute(FanPoints(parse_stored(value)?)))
    } else {
        Ok(Rate::Relative(parse_stored(value)?))
    }
}

fn load_partnerships(
    connection: &Connection,
    programs: &BTreeMap<ProgramNo, Arc<Program>>,
    partners: &BTreeMap<PartnerId, Arc<Partner>>,
) -> Result<Vec<Arc<Partnership>>, StoreError> {
    connection.query(
        "SELECT partnership_id, program_no, partner_no, fan_points_module, status_points_module
         FROM partnership ORDER BY program_no, partner_no",
        params![],
        |row| {
            let dangling = || StoreError::Corrupt("a partnership of nobody".to_owned());
            let program = programs.get(&ProgramNo(row.get(1)?)).ok_or_else(dangling)?;
            let partner = partners.get(&PartnerId(row.get(2)?)).ok_or_else(dangling)?;
            let modules = Modules {
                user: program.modules.user,
                fan_points: program.modules.fan_points && row.get::<bool>(3)?,
                status_points: program.modules.status_points && row.get::<bool>(4)?,
            };
            Ok(Arc::new(Partnership {
                partnership_id: row.get(0)?,
                rules: rules(program, partner, modules)?,
                program: Arc::clone(program),
                partner: Arc::clone(partner),
            }))
        },
    )
}

fn rules(program: &Program, partner: &Partner, modules: Modules) -> Result<Rules, StoreError> {
    let default = partner
        .rate(None)
        .ok_or_else(|| StoreError::Corrupt(format!("partner {} has no default rate", partner.partner_id)))?;
    let labelled = partner.rates.iter().filter(|rate| rate.label != DEFAULT_LABEL);
    let partner_rules = PartnerRules {
        default_rate: default.rule,
        rates: labelled.map(|rate| (rate.label.clone(), rate.rule)).collect(),
    };
    Ok(Rules {
        currency: program.currency,
        modules,
        partners: BTreeMap::from([(partner.no, partner_rules)]),
        actions: program
            .actions
            .iter()
            .map(|action| (action.category.clone(), action.status_points))
            .collect(),
        conversions: program.conversions.clone(),
        lot_lifetime: program.lot_lifetime,
    })
}

fn load_credentials(connection: &Connection) -> Result<BTreeMap<String, Arc<Credential>>, StoreError> {
    let credentials = connection.query(
        "SELECT client_id, owner, owner_no, name, secret_hash, created_us, expires_us FROM credential",
        params![],
        |row| {
            let owner: String = row.get(1)?;
            let no: u32 = row.get(2)?;
            Ok(Credential {
                client_id: row.get(0)?,
                owner: if owner == "partner" {
                    Owner::Partner(PartnerId(no))
                } else {
                    Owner::Program(ProgramNo(no))
                },
                name: row.get(3)?,
                secret_hash: row.get(4)?,
                created_us: row.get(5)?,
                expires_us: row.get(6)?,
            })
        },
    )?;
    let by_client = |credential: Credential| (credential.client_id.clone(), Arc::new(credential));
    Ok(credentials.into_iter().map(by_client).collect())
}

/// Reads a value that this program wrote itself.
pub(super) fn parse_stored<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("{text:?} is no {}", std::any::type_name::<T>())))
}
