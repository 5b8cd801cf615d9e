//! What a manager's device asks of the platform: people, their rights, and devices.

use serde_json::Value;

use crate::devices::{self, DeviceInvitation, Heartbeat, Invited, PairedDevice};
use crate::staff::{self, StaffChange, StaffList};
use crate::wire::Request;
use crate::{ClientError, PlatformClient};

impl PlatformClient {
    /// The partner's people and their rights.
    ///
    /// # Errors
    /// Where the platform could not be asked; `Unsupported` where it knows nothing of people.
    pub async fn staff(&self) -> Result<StaffList, ClientError> {
        staff::read(&self.ask_once(&staff::request(self.partner_id())).await?)
    }

    /// Changes the partner's people. False: there is nobody or no right of this name, or somebody has the id.
    ///
    /// # Errors
    /// Where the platform could not be asked; `Forbidden` on a device that is not a manager's.
    pub async fn change_staff(&self, change: &StaffChange) -> Result<bool, ClientError> {
        self.administer(&change.request(self.partner_id()), change.field(), done).await
    }

    /// The partner's devices, revoked ones last.
    ///
    /// # Errors
    /// As [`Self::change_staff`].
    pub async fn devices(&self) -> Result<Vec<PairedDevice>, ClientError> {
        self.administer(&devices::list(self.partner_id()), "get_devices", devices::read_list).await
    }

    /// Invites one device.
    ///
    /// # Errors
    /// As [`Self::change_staff`]; `Rejected` for a text that is empty or too long.
    pub async fn invite_device(&self, device: &DeviceInvitation) -> Result<Invited, ClientError> {
        let request = devices::invite(self.partner_id(), device);
        self.administer(&request, "create_device_pairing", devices::read_invited).await
    }

    /// Ends a device's access. False: no such device is in use.
    ///
    /// # Errors
    /// As [`Self::change_staff`].
    pub async fn revoke_device(&self, device_id: &str) -> Result<bool, ClientError> {
        self.administer(&devices::revoke(self.partner_id(), device_id), "revoke_device", done).await
    }

    /// Tells that this device is there; the answer is its clock less the platform's, in milliseconds.
    ///
    /// # Errors
    /// Where the platform could not be asked; `Forbidden` where this is no paired device.
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<i64, ClientError> {
        let offset = |field: &Value| field.get("clock_offset_ms")?.as_i64();
        self.administer(&devices::heartbeat(self.partner_id(), beat), "device_heartbeat", offset).await
    }

    async fn administer<T>(
        &self,
        request: &Request,
        field: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, ClientError> {
        let reply = self.ask_once(request).await?;
        if reply.lacks(field) {
            return Err(ClientError::Unsupported);
        }
        let told = reply.field(field).ok_or_else(|| staff::failure(&reply))?;
        read(told).ok_or(ClientError::Malformed)
    }
}

fn done(field: &Value) -> Option<bool> {
    field.get("result")?.as_bool()
}
