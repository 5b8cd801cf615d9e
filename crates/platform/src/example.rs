//! The example program: what a newcomer sees, and what the tests of this project work with.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use fanpass::FanPointsId;
use ledger::{Currency, FanPoints, OfflinePolicy, Rate, RateRule, StatusPoints, ThresholdRule, Tier};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::auth::secrets::{SecretError, Secrets, fresh_client_id, fresh_secret};
use crate::environment::{Environment, EnvironmentName};
use crate::files::write_private;
use crate::store::catalogue::{Action, Credential, DEFAULT_LABEL, NamedRule, Owner};
use crate::store::events::{self, BadgeRule};
use crate::store::keys::{renew_pass_keys, unix_seconds};
use crate::store::seeding::{
    ExampleFan, NewPartner, NewProgram, insert_example_fan, insert_partner, insert_program,
};
use crate::store::{Catalogue, StoreError, credentials, now_us};

pub const PROJECT_ID: &str = "fc-example";
pub const PARTNER_IDS: [&str; 2] = ["club-shop", "stadium-kiosk"];

/// A credential of the example program with its secret, which nobody else is ever told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleCredential {
    pub environment: EnvironmentName,
    /// None: the program's own credential.
    pub partner_id: Option<String>,
    pub project_id: String,
    pub client_id: String,
    pub client_secret: String,
}

/// Why the example could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ExampleError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("{path} can not be used: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("{path} can not be read: {error}")]
    Document { path: PathBuf, error: serde_json::Error },
}

/// Fan Points and Status Points of the twelve fans, by the first eleven digits of their ids.
const FANS: [(u64, i64, i64); 12] = [
    (840_711_929, 3465, 1240),
    (7_120_334_451, 0, 0),
    (9_004_511_820, 120, 860),
    (10_441_005_733, 1200, 940),
    (12_773_390_164, 15_800, 5210),
    (15_018_024_621, 640, 1000),
    (18_901_633_078, 2000, 999),
    (21_552_087_440, 50, 300),
    (26_334_170_982, 7420, 2150),
    (30_807_715_295, 980, 505),
    (33_460_081_533, 25_000, 1700),
    (39_125_846_061, 310, 120),
];

/// Makes the example program in an environment where it is missing.
pub async fn seed(environment: &Environment) -> Result<(), StoreError> {
    if environment.store.catalogue().program(PROJECT_ID).is_none() {
        environment
            .store
            .commit(|turn| {
                let program = insert_program(turn, &program())?;
                for rule in badges() {
                    events::set_badge_rule(turn.connection, program, &rule)?;
                }
                for partner in partners() {
                    insert_partner(turn, program, Currency::Chf, &partner)?;
                }
                Ok(())
            })
            .await?;
    }
    environment
        .store
        .commit(|turn| {
            let Some((program, partner)) = example_of(turn.catalogue) else {
                return Err(StoreError::Corrupt("the example program is incomplete".to_owned()));
            };
            renew_pass_keys(turn.connection, program, unix_seconds())?;
            let partnership = turn.catalogue.partnership(partner, program).cloned();
            let partnership = partnership
                .ok_or_else(|| StoreError::Corrupt("the example has no partnership".to_owned()))?;
            for fan in fans() {
                insert_example_fan(turn, &partnership, &fan)?;
            }
            Ok(())
        })
        .await
}

fn example_of(catalogue: &Catalogue) -> Option<(crate::store::ProgramNo, ledger::PartnerId)> {
    let [first, _] = PARTNER_IDS;
    Some((catalogue.program(PROJECT_ID)?.no, catalogue.partner(first)?.no))
}

/// The FanPoints ids of the example fans, the first one first.
pub fn fan_ids() -> Vec<FanPointsId> {
    FANS.iter().filter_map(|(digits, _, _)| FanPointsId::from_first_eleven(*digits)).collect()
}

fn fans() -> Vec<ExampleFan> {
    let fan =
        |((number, id), (_, fan_points, status_points)): ((u32, FanPointsId), &(u64, i64, i64))| ExampleFan {
            id,
            external_user_id: format!("member-{number:04}"),
            mail_address: format!("fan{number:02}@example.org"),
            fan_points: FanPoints(*fan_points),
            status_points: StatusPoints(*status_points),
        };
    (1_u32..).zip(fan_ids()).zip(&FANS).map(fan).collect()
}

fn program() -> NewProgram {
    let action = |category: &str, title: &str, points| Action {
        category: category.to_owned(),
        title: title.to_owned(),
        status_points: StatusPoints(points),
    };
    let tier = |name: &str, from| Tier { name: name.to_owned(), from: StatusPoints(from) };
    NewProgram {
        project_id: PROJECT_ID.to_owned(),
        name: "FC Example Loyalty Program".to_owned(),
        description: "The loyalty program of a club that does not exist.".to_owned(),
        website: "https://fc.example.org".to_owned(),
        creator_id: "owner@example.org".to_owned(),
        currency: Currency::Chf,
        offline_policy: OfflinePolicy::default(),
        batch_limit: 50,
        actions: vec![
            action("match_visit", "Match visit", 50),
            action("quiz", "Quiz", 10),
            action("season_ticket", "Season ticket", 500),
        ],
        tiers: vec![tier("Bronze", 0), tier("Silver", 500), tier("Gold", 1000), tier("Platinum", 5000)],
        threshold_rules: vec![NamedRule {
            rule_id: "gold-lounge".to_owned(),
            title: "at least 1000 Status Points".to_owned(),
            rule: ThresholdRule::AtLeast { status_points: StatusPoints(1000) },
        }],
    }
}

fn badges() -> [BadgeRule; 2] {
    let badge = |badge_id: &str, title: &str, action: &str, number| BadgeRule {
        badge_id: badge_id.to_owned(),
        title: title.to_owned(),
        action: action.to_owned(),
        number,
    };
    [badge("regular", "Regular", "match_visit", 10), badge("quizzer", "Quizzer", "quiz", 3)]
}

fn partners() -> [NewPartner; 2] {
    let percent = |label: &str, percent| {
        let rate = Rate::Relative(Decimal::new(percent, 2));
        (label.to_owned(), RateRule { rate, limited: None })
    };
    let [shop, kiosk] = PARTNER_IDS;
    [
        NewPartner {
            partner_id: shop.to_owned(),
            name: "Club Shop".to_owned(),
            description: "Shirts, scarves and tickets.".to_owned(),
            website: "https://shop.example.org".to_owned(),
            rates: vec![percent(DEFAULT_LABEL, 2), percent("ticket", 1), percent("merchandise", 5)],
        },
        NewPartner {
            partner_id: kiosk.to_owned(),
            name: "Stadium Kiosk".to_owned(),
            description: "Food and drink on match days.".to_owned(),
            website: "https://kiosk.example.org".to_owned(),
            rates: vec![percent(DEFAULT_LABEL, 3)],
        },
    ]
}

/// The example's credentials with their secrets, from `example-credentials.json`; missing ones are made.
pub async fn credentials(
    data_dir: &Path,
    environments: &[std::sync::Arc<Environment>],
    secrets: &Secrets,
) -> Result<Vec<ExampleCredential>, ExampleError> {
    let path = data_dir.join("example-credentials.json");
    let kept = read_kept(&path)?;
    let mut all = Vec::new();
    let mut fresh = Vec::new();
    for environment in environments {
        let catalogue = environment.store.catalogue();
        for (owner, partner_id) in owners(&catalogue) {
            let key = (environment.name, partner_id.clone());
            let known = kept.get(&key).filter(|kept| catalogue.credentials.contains_key(&kept.client_id));
            let credential = match known {
                Some(known) => known.clone(),
                None => {
                    let made = make(environment.name, partner_id)?;
                    fresh.push((std::sync::Arc::clone(environment), owner, made.clone()));
                    made
                }
            };
            all.push(credential);
        }
    }
    if !fresh.is_empty() {
        // The file first: a secret whose hash is stored but that nobody knows would be of no use.
        let text = serde_json::to_vec_pretty(&all)
            .map_err(|error| ExampleError::Document { path: path.clone(), error })?;
        write_private(&path, &text).map_err(|error| ExampleError::File { path: path.clone(), error })?;
    }
    for (environment, owner, made) in fresh {
        store(&environment, owner, &made, secrets).await?;
    }
    Ok(all)
}

type Kept = BTreeMap<(EnvironmentName, Option<String>), ExampleCredential>;

fn read_kept(path: &Path) -> Result<Kept, ExampleError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::new()),
        Err(error) => return Err(ExampleError::File { path: path.to_owned(), error }),
    };
    let kept: Vec<ExampleCredential> = serde_json::from_slice(&text)
        .map_err(|error| ExampleError::Document { path: path.to_owned(), error })?;
    Ok(kept.into_iter().map(|one| ((one.environment, one.partner_id.clone()), one)).collect())
}

/// Who has a credential: both partners, and the program itself.
fn owners(catalogue: &Catalogue) -> Vec<(Owner, Option<String>)> {
    let partners = PARTNER_IDS.iter().filter_map(|id| catalogue.partner(id));
    let mut owners: Vec<_> =
        partners.map(|partner| (Owner::Partner(partner.no), Some(partner.partner_id.clone()))).collect();
    owners.extend(catalogue.program(PROJECT_ID).map(|program| (Owner::Program(program.no), None)));
    owners
}

fn make(environment: EnvironmentName, partner_id: Option<String>) -> Result<ExampleCredential, StoreError> {
    Ok(ExampleCredential {
        environment,
        partner_id,
        project_id: PROJECT_ID.to_owned(),
        client_id: fresh_client_id()?,
        client_secret: fresh_secret()?.to_string(),
    })
}

async fn store(
    environment: &Environment,
    owner: Owner,
    made: &ExampleCredential,
    secrets: &Secrets,
) -> Result<(), ExampleError> {
    const TEN_YEARS_US: i64 = 3650 * 86_400 * 1_000_000;
    let secret_hash = secrets.hash(Zeroizing::new(made.client_secret.clone())).await?;
    let now = now_us();
    let credential = Credential {
        client_id: made.client_id.clone(),
        owner,
        name: "example".to_owned(),
        secret_hash,
        created_us: now,
        expires_us: now.saturating_add(TEN_YEARS_US),
    };
    environment.store.commit(move |turn| credentials::insert(turn, &credential)).await?;
    Ok(())
}
