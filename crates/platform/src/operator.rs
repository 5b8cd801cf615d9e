//! What the operator does to a platform's data by command: credentials, keys, and what the law asks for about a fan.
//! Each command leaves a row in the log of administrative changes.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::auth::rotation::Rotation;
use crate::auth::secrets::{SecretError, Secrets, fresh_client_id, fresh_secret};
use crate::config::Config;
use crate::environment::{Environment, EnvironmentName};
use crate::example::{self, ExampleError};
use crate::files::private_dir;
use crate::store::admin::{self, AdminChange, OPERATOR};
use crate::store::catalogue::{Credential, Owner};
use crate::store::keys::TokenKey;
use crate::store::verify::verify;
use crate::store::{
    Catalogue, Connection, Database, Store, StoreError, backup, credentials, now_us, personal,
};

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the example program: {0}")]
    Example(#[from] ExampleError),
    #[error("there is no data in {0}")]
    NoData(String),
    #[error("the folder can not be used: {0}")]
    Folder(std::io::Error),
    #[error("there is no {0}")]
    Unknown(String),
    #[error("the books do not hold: {0}")]
    Broken(String),
}

/// Who a new credential is for.
#[derive(Clone, Debug)]
pub enum Holder {
    Partner(String),
    Program(String),
}

/// The data of one environment, open for a command.
pub struct Desk {
    config: Config,
    environment: Environment,
}

impl Desk {
    /// Opens data that is there.
    ///
    /// # Errors
    /// [`OperatorError::NoData`] where there is none, and those of the database.
    pub async fn open(config: &Config, name: EnvironmentName) -> Result<Self, OperatorError> {
        if config.database.is_none() && !config.data_dir.join(format!("{name}.sqlite3")).is_file() {
            return Err(OperatorError::NoData(config.data_dir.display().to_string()));
        }
        let environment = open(config, name).await?;
        Ok(Self { config: config.clone(), environment })
    }

    fn store(&self) -> &Store {
        &self.environment.store
    }

    fn act(action: &str, detail: &Value) -> AdminChange {
        AdminChange {
            date_us: now_us(),
            actor: OPERATOR.to_owned(),
            action: action.to_owned(),
            fan: None,
            detail: detail.to_string(),
            request_id: String::new(),
        }
    }

    /// Makes a credential; its secret is told here and never again.
    ///
    /// # Errors
    /// Where the holder is unknown or the database refuses.
    pub async fn new_credential(
        &self,
        holder: &Holder,
        name: &str,
        days: u32,
    ) -> Result<Value, OperatorError> {
        const DAY_US: i64 = 86_400 * 1_000_000;
        let owner = owner(&self.store().catalogue(), holder)?;
        let secret = fresh_secret()?;
        let now = now_us();
        let credential = Credential {
            client_id: fresh_client_id()?,
            owner,
            name: name.to_owned(),
            secret_hash: Secrets::new(self.config.hash_cost)?.hash(secret.clone()).await?,
            created_us: now,
            expires_us: now.saturating_add(i64::from(days).saturating_mul(DAY_US)),
        };
        let told = json!({ "client_id": credential.client_id, "client_secret": *secret, "days": days });
        let act = Self::act("token", &json!({ "client_id": credential.client_id, "days": days }));
        self.store()
            .commit(move |turn| {
                credentials::insert(turn, &credential)?;
                admin::insert(turn.connection, &act)
            })
            .await?;
        Ok(told)
    }

    /// Makes the next token key, unless there is one that does not sign yet.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn rotate_keys(&self) -> Result<Value, OperatorError> {
        let rotation = Rotation { interval: self.config.key_rotation, lead: self.config.key_lead };
        let fresh = TokenKey::fresh(now_us())?;
        let act = Self::act("rotate-keys", &json!({ "kid": fresh.kid }));
        let kid = fresh.kid.clone();
        let keys = self
            .store()
            .commit(move |turn| {
                let keys = rotation.apply(turn.connection, &fresh, true)?;
                admin::insert(turn.connection, &act)?;
                Ok(keys)
            })
            .await?;
        let kids: Vec<&str> = keys.iter().map(|key| key.kid.as_str()).collect();
        Ok(json!({ "made": keys.iter().any(|key| key.kid == kid), "keys": kids }))
    }

    /// All that is known of a fan.
    ///
    /// # Errors
    /// Where program or fan are unknown, or the database refuses.
    pub async fn export_user(&self, project_id: &str, user: &str) -> Result<Value, OperatorError> {
        let program = self.program(project_id)?;
        let name = user.to_owned();
        let found = self.store().read(move |connection| personal::export(connection, program, &name)).await?;
        let found = found.ok_or_else(|| OperatorError::Unknown("such user".to_owned()))?;
        let act = Self::act("export-user", &json!({ "project_id": project_id }));
        self.store().commit(move |turn| admin::insert(turn.connection, &act)).await?;
        Ok(found)
    }

    /// Empties every personal field of a fan, and leaves nothing of it in the files.
    ///
    /// # Errors
    /// Where program or fan are unknown, or the database refuses.
    pub async fn erase_user(self, project_id: &str, user: &str) -> Result<(), OperatorError> {
        let program = self.program(project_id)?;
        let act = Self::act("erase-user", &json!({ "project_id": project_id }));
        let name = user.to_owned();
        let erased = self
            .store()
            .commit(move |turn| {
                let erased = personal::erase(turn, program, &name)?;
                if erased {
                    admin::insert(turn.connection, &act)?;
                }
                Ok(erased)
            })
            .await?;
        if !erased {
            return Err(OperatorError::Unknown("such user".to_owned()));
        }
        let database = database(&self.config, self.environment.name)?;
        self.close();
        apart(move || Store::sweep(&database)).await
    }

    /// The newest changes that administrators made, newest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn admin_changes(&self, limit: u32) -> Result<Vec<AdminChange>, OperatorError> {
        Ok(self.store().read(move |connection: &Connection| admin::list(connection, limit)).await?)
    }

    fn program(&self, project_id: &str) -> Result<crate::store::ProgramNo, OperatorError> {
        let catalogue = self.store().catalogue();
        let program = catalogue.program(project_id);
        Ok(program.ok_or_else(|| OperatorError::Unknown(format!("program {project_id}")))?.no)
    }

    pub fn close(self) {
        self.environment.store.close();
    }
}

fn owner(catalogue: &Catalogue, holder: &Holder) -> Result<Owner, OperatorError> {
    let (found, called) = match holder {
        Holder::Partner(id) => {
            (catalogue.partner(id).map(|partner| Owner::Partner(partner.no)), format!("partner {id}"))
        }
        Holder::Program(id) => {
            (catalogue.program(id).map(|program| Owner::Program(program.no)), format!("program {id}"))
        }
    };
    found.ok_or(OperatorError::Unknown(called))
}

/// Makes the example program in both environments, where it is missing, and tells its credentials.
///
/// # Errors
/// Where a database refuses.
pub async fn seed(config: &Config) -> Result<Value, OperatorError> {
    private_dir(&config.data_dir).map_err(OperatorError::Folder)?;
    let mut environments = Vec::new();
    for name in EnvironmentName::ALL {
        let environment = open(config, name).await?;
        example::seed(&environment).await?;
        environments.push(std::sync::Arc::new(environment));
    }
    let secrets = Secrets::new(config.hash_cost)?;
    let credentials = example::credentials(&config.data_dir, &environments, &secrets).await?;
    for environment in &environments {
        environment.store.close();
    }
    Ok(json!({ "credentials": credentials }))
}

fn database(config: &Config, name: EnvironmentName) -> Result<Database, StoreError> {
    Environment::database(&config.data_dir, config.database.as_ref().map(|url| url.0.as_str()), name)
}

async fn open(config: &Config, name: EnvironmentName) -> Result<Environment, OperatorError> {
    let (dir, database) = (config.data_dir.clone(), config.database.clone());
    apart(move || Environment::open(&dir, database.as_ref().map(|url| url.0.as_str()), name)).await
}

/// Runs where waiting is allowed: a connection to a server waits for it on its own thread.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, OperatorError> {
    Ok(tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Stopped))?)
}

/// Copies an environment to a new file while servers use it.
///
/// # Errors
/// Where the file exists, and those of the database.
pub async fn backup(config: &Config, name: EnvironmentName, file: PathBuf) -> Result<Value, OperatorError> {
    let database = database(config, name)?;
    let rows = apart(move || backup::backup(&database, &file)).await?;
    Ok(json!({ "rows": rows }))
}

/// Fills an empty environment with a backup.
///
/// # Errors
/// Where the environment holds data, and those of the databases.
pub async fn restore(config: &Config, name: EnvironmentName, file: PathBuf) -> Result<Value, OperatorError> {
    private_dir(&config.data_dir).map_err(OperatorError::Folder)?;
    let database = database(config, name)?;
    let rows = apart(move || backup::restore(&file, &database)).await?;
    Ok(json!({ "rows": rows }))
}

impl Desk {
    /// Replays the whole journal.
    ///
    /// # Errors
    /// [`OperatorError::Broken`] with the first place where it does not hold, and those of the database.
    pub async fn verify(&self) -> Result<Value, OperatorError> {
        let verdict = self.environment.store.read(verify).await?;
        match verdict.first_break {
            Some(what) => Err(OperatorError::Broken(what)),
            None => Ok(json!({ "entries": verdict.entries, "fans": verdict.fans, "holds": true })),
        }
    }
}
