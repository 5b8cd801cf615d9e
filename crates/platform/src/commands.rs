//! The commands beside serving: what they are told, and what they print.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use platform::EnvironmentName;
use platform::operator::{self, Desk, Holder, OperatorError};
use platform::settings::Place;
use serde_json::{Value, json};

use super::{FAILED, NOT_UNDERSTOOD, fail};

/// Whose data.
#[derive(Args)]
pub struct Within {
    #[command(flatten)]
    place: Place,
    /// Whose data
    #[arg(long, value_enum)]
    environment: Named,
}

#[derive(Clone, Copy, ValueEnum)]
enum Named {
    Development,
    Production,
}

impl From<Named> for EnvironmentName {
    fn from(named: Named) -> Self {
        match named {
            Named::Development => Self::Development,
            Named::Production => Self::Production,
        }
    }
}

#[derive(Args)]
pub struct Token {
    #[command(flatten)]
    within: Within,
    /// The partner that it is for
    #[arg(long, value_name = "ID", required_unless_present = "project", conflicts_with = "project")]
    partner: Option<String>,
    /// The program that it is for
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// Days for which it is good
    #[arg(long, value_name = "NUMBER", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

#[derive(Args)]
pub struct User {
    #[command(flatten)]
    within: Within,
    /// The fan's program
    #[arg(long, value_name = "ID")]
    project: String,
    /// The fan: the program's own id, the FanPoints id or the pseudonym of a pass
    #[arg(long, value_name = "ID")]
    user: String,
}

#[derive(Args)]
pub struct Erase {
    #[command(flatten)]
    user: User,
    /// Yes, for ever
    #[arg(long, required = true)]
    yes: bool,
}

#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    within: Within,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

#[derive(Args)]
pub struct Copy {
    #[command(flatten)]
    within: Within,
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Copy {
    pub async fn backup(self) -> ExitCode {
        match self.within.place.storage() {
            Ok(config) => {
                let told = operator::backup(&config, self.within.environment.into(), self.file).await;
                end(told.map_err(Failure::from))
            }
            Err(error) => fail(NOT_UNDERSTOOD, &error),
        }
    }

    pub async fn restore(self) -> ExitCode {
        match self.within.place.storage() {
            Ok(config) => {
                let told = operator::restore(&config, self.within.environment.into(), self.file).await;
                end(told.map_err(Failure::from))
            }
            Err(error) => fail(NOT_UNDERSTOOD, &error),
        }
    }
}

pub async fn verify(within: &Within) -> ExitCode {
    let told = async {
        let desk = within.open().await?;
        let told = desk.verify().await?;
        desk.close();
        Ok(told)
    };
    end(told.await)
}

/// Why there is nothing to print.
enum Failure {
    NotUnderstood(String),
    Failed(OperatorError),
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        Self::Failed(error)
    }
}

impl Within {
    async fn open(&self) -> Result<Desk, Failure> {
        let config = self.place.storage().map_err(|error| Failure::NotUnderstood(error.to_string()))?;
        Ok(Desk::open(&config, self.environment.into()).await?)
    }
}

/// Prints what a command tells, or says why there is nothing.
fn end(told: Result<Value, Failure>) -> ExitCode {
    match told {
        Ok(value) => match writeln!(std::io::stdout(), "{value:#}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(FAILED, &error),
        },
        Err(Failure::NotUnderstood(why)) => fail(NOT_UNDERSTOOD, &why),
        Err(Failure::Failed(error)) => fail(FAILED, &error),
    }
}

pub async fn seed(place: &Place) -> ExitCode {
    match place.storage() {
        Ok(config) => end(operator::seed(&config).await.map_err(Failure::from)),
        Err(error) => fail(NOT_UNDERSTOOD, &error),
    }
}

pub async fn rotate_keys(within: &Within) -> ExitCode {
    let told = async {
        let desk = within.open().await?;
        let told = desk.rotate_keys().await?;
        desk.close();
        Ok(told)
    };
    end(told.await)
}

pub async fn export_user(user: &User) -> ExitCode {
    let told = async {
        let desk = user.within.open().await?;
        let told = desk.export_user(&user.project, &user.user).await?;
        desk.close();
        Ok(told)
    };
    end(told.await)
}

impl Token {
    pub async fn run(&self) -> ExitCode {
        let holder = match (&self.partner, &self.project) {
            (Some(partner), _) => Holder::Partner(partner.clone()),
            (None, Some(project)) => Holder::Program(project.clone()),
            (None, None) => return fail(NOT_UNDERSTOOD, &"say --partner or --project"),
        };
        let told = async {
            let desk = self.within.open().await?;
            let told = desk.new_credential(&holder, &self.name, self.days).await?;
            desk.close();
            Ok(told)
        };
        end(told.await)
    }
}

impl Erase {
    pub async fn run(&self) -> ExitCode {
        if !self.yes {
            return fail(NOT_UNDERSTOOD, &"say --yes: it can not be taken back");
        }
        let user = &self.user;
        let told = async {
            user.within.open().await?.erase_user(&user.project, &user.user).await?;
            Ok(json!({ "erased": true }))
        };
        end(told.await)
    }
}

impl Audit {
    pub async fn run(&self) -> ExitCode {
        let told = async {
            let desk = self.within.open().await?;
            let changes = desk.admin_changes(self.limit).await?;
            desk.close();
            Ok(Value::Array(changes.iter().map(platform::AdminChange::told).collect()))
        };
        end(told.await)
    }
}
