//! What a credential may see: its own partner or program, and what a partnership opens to it. Every operation of the
//! API reaches data through one of these doors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Error, ErrorExtensions as _};
use ledger::Refusal;

use super::audit;
use crate::environment::Environment;
use crate::store::catalogue::{Device, Owner};
use crate::store::origins::{self, Booked};
use crate::store::staff::StaffRole;
use crate::store::{
    Ahead, Catalogue, Connection, Durable, More, Partner, Partnership, Program, ProgramNo, StoreError, Turn,
};

/// The signed-in caller of one request.
pub struct Caller {
    pub environment: Arc<Environment>,
    /// The configuration as it was when the request came in.
    pub catalogue: Arc<Catalogue>,
    pub owner: Owner,
    pub client_id: String,
    /// What the request is called in the logs.
    pub request_id: String,
    /// Changes that this request will still make.
    pending: AtomicUsize,
    /// What they are going to ask the database.
    foreseen: Mutex<Vec<Ahead>>,
    /// Changes whose commit the answer has to wait for.
    durables: Mutex<Vec<Durable>>,
}

impl Caller {
    pub fn new(
        environment: Arc<Environment>,
        catalogue: Arc<Catalogue>,
        owner: Owner,
        client_id: String,
    ) -> Self {
        Self {
            environment,
            catalogue,
            owner,
            client_id,
            request_id: String::new(),
            pending: AtomicUsize::new(0),
            foreseen: Mutex::default(),
            durables: Mutex::new(Vec::new()),
        }
    }

    /// The same, for a request of this name.
    #[must_use]
    pub fn in_request(self, request_id: String) -> Self {
        Self { request_id, ..self }
    }

    pub fn of<'c>(context: &Context<'c>) -> Result<&'c Arc<Self>, Error> {
        context.data::<Arc<Self>>()
    }

    /// Announces how many changes the request holds, so that one commit can carry them, and what is known of what they
    /// are going to ask, so that the database is asked once.
    pub fn announce(&self, changes: usize, foreseen: Vec<Ahead>) {
        self.pending.store(changes, Ordering::Relaxed);
        *self.foreseen.lock().unwrap_or_else(PoisonError::into_inner) = foreseen;
    }

    /// Changes the books or the configuration. The answer leaves the server only once it is on disk.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_asking(Vec::new(), work).await
    }

    /// As [`Self::write`], for work of which is known what it will ask the database.
    pub async fn write_asking<T, F>(&self, mut ahead: Vec<Ahead>, work: F) -> Result<T, Error>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let before = self.pending.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        let more = if before.unwrap_or(0) > 1 { More::Coming } else { More::No };
        ahead.append(&mut self.foreseen.lock().unwrap_or_else(PoisonError::into_inner));
        let act = audit::present(self);
        let work = move |turn: &mut Turn<'_>| match &act {
            Some(act) => act.witness(turn, &work),
            None => work(turn),
        };
        let written = self.environment.store.write_asking(more, ahead, work).await;
        let (answer, durable) = written.map_err(|error| internal(&error))?;
        self.durables.lock().unwrap_or_else(PoisonError::into_inner).push(durable);
        Ok(answer)
    }

    /// Books an operation, with the device behind the credential.
    pub async fn book<T, F>(&self, ahead: Vec<Ahead>, work: F) -> Result<Result<T, Refusal>, Error>
    where
        T: Booked + Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<Result<T, Refusal>, StoreError> + Send + 'static,
    {
        let device = self.device().map(|device| device.device_id.clone());
        let work = move |turn: &mut Turn<'_>| {
            let outcome = work(turn)?;
            if let (Ok(booked), Some(device)) = (&outcome, &device) {
                origins::note(turn, booked.date_us(), device)?;
            }
            Ok(outcome)
        };
        self.write_asking(ahead, work).await
    }

    /// Waits until all changes of the request are on disk.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let durables = std::mem::take(&mut *self.durables.lock().unwrap_or_else(PoisonError::into_inner));
        for durable in durables {
            durable.wait().await?;
        }
        Ok(())
    }

    /// Reads from one consistent view.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.environment.store.read(work).await.map_err(|error| internal(&error))
    }

    /// The caller's own partner.
    pub fn own_partner(&self, partner_id: &str) -> Result<&Arc<Partner>, Error> {
        let partner = self.catalogue.partner(partner_id).ok_or_else(outside)?;
        match self.owner {
            Owner::Partner(no) if no == partner.no => Ok(partner),
            Owner::Partner(_) | Owner::Program(_) => Err(outside()),
        }
    }

    /// The caller's own partner, to change its configuration, its people or its devices: not with the credential of a
    /// device, unless it was paired as a manager's.
    pub fn administered_partner(&self, partner_id: &str) -> Result<&Arc<Partner>, Error> {
        let partner = self.own_partner(partner_id)?;
        match self.device() {
            Some(device) if device.role != StaffRole::Manager => {
                Err(coded("this device may not administer the partner", "NOT_AUTHORIZED"))
            }
            _ => Ok(partner),
        }
    }

    /// The paired device behind the credential.
    pub fn device(&self) -> Option<&Arc<Device>> {
        self.catalogue.devices.get(&self.client_id)
    }

    /// The caller's own program.
    pub fn own_program(&self, project_id: &str) -> Result<&Arc<Program>, Error> {
        let program = self.catalogue.program(project_id).ok_or_else(outside)?;
        match self.owner {
            Owner::Program(no) if no == program.no => Ok(program),
            Owner::Partner(_) | Owner::Program(_) => Err(outside()),
        }
    }

    /// The caller's own program, or one that the caller has a partnership with.
    pub fn joined_program(&self, project_id: &str) -> Result<&Arc<Program>, Error> {
        let program = self.catalogue.program(project_id).ok_or_else(outside)?;
        if self.programs(None)?.contains(&program.no) { Ok(program) } else { Err(outside()) }
    }

    /// The caller's own partner, or one that the caller's program has a partnership with.
    pub fn joined_partner(&self, partner_id: &str) -> Result<&Arc<Partner>, Error> {
        let partner = self.catalogue.partner(partner_id).ok_or_else(outside)?;
        let joined = match self.owner {
            Owner::Partner(no) => no == partner.no,
            Owner::Program(program) => self.catalogue.partnership(partner.no, program).is_some(),
        };
        if joined { Ok(partner) } else { Err(outside()) }
    }

    /// The programs that the caller works in; with an id, that one alone.
    pub fn programs(&self, project_id: Option<&str>) -> Result<Vec<ProgramNo>, Error> {
        let all: Vec<ProgramNo> = match self.owner {
            Owner::Program(no) => vec![no],
            Owner::Partner(no) => {
                self.catalogue.partnerships_of(no).map(|partnership| partnership.program.no).collect()
            }
        };
        match project_id {
            None => Ok(all),
            Some(id) => {
                let program = self.catalogue.program(id).ok_or_else(outside)?;
                if all.contains(&program.no) { Ok(vec![program.no]) } else { Err(outside()) }
            }
        }
    }

    /// The rules for a calculation without a fan: those of the partner's first partnership.
    pub fn first_partnership(&self, partner: &Partner) -> Result<&Arc<Partnership>, Error> {
        self.catalogue.partnerships_of(partner.no).next().ok_or_else(outside)
    }
}

/// A call outside the credential's partner or program. It does not tell whether the thing exists.
pub fn outside() -> Error {
    coded("this credential does not reach that partner or program", "NOT_AUTHORIZED")
}

/// An argument that no rule of the API has a refusal for.
pub fn bad_argument(message: &str) -> Error {
    coded(message, "BAD_ARGUMENT")
}

/// A GraphQL error with a code for programs.
pub fn coded(message: &str, code: &str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// The storage failed: the reason goes to the log, not to the caller.
pub fn internal(error: &StoreError) -> Error {
    if let StoreError::Nul = error {
        return bad_argument(&error.to_string());
    }
    tracing::error!(%error, "a request failed in the storage");
    coded("the server could not do this now; try again", "INTERNAL")
}
