//! Above a limit: what the offline policy asks a manager for is done once all the same, and the journal says who raised
//! the limit. What the policy refuses outright (see [`ledger::PolicyRule`]) nobody raises.

use outbox::Raiser;

use crate::pin::Holder;
use crate::rights::Right;
use crate::view::{RaisedDeed, Receipt};
use crate::{AppError, ErrorCode, Terminal};

impl Terminal {
    /// Does what was refused with `AskManager`, this once.
    ///
    /// # Errors
    /// `NotAllowed` for whoever has not the right where nobody knows a manager's PIN, `ManagerPinUnset` on a device that
    /// has neither people nor a PIN, for a missing or wrong PIN as [`Terminal::prepare_gate`]; and every refusal that no
    /// manager can lift.
    pub async fn raise_limit(
        &self,
        fan: &str,
        deed: RaisedDeed,
        pin: Option<String>,
    ) -> Result<Receipt, AppError> {
        let by = Some(self.raiser(pin).await?);
        match deed {
            RaisedDeed::Give { items, discount: None } => self.give_by(fan, items, by).await,
            RaisedDeed::Give { items, discount: Some(code) } => {
                self.give_discounted_by(fan, items, code, by).await
            }
            RaisedDeed::Redeem { items } => self.redeem_by(fan, items, by).await,
            RaisedDeed::Pay { items, points } => self.pay_by(fan, items, points, by).await,
            RaisedDeed::Award { action } => self.award_by(fan, &action, by).await,
        }
    }

    /// Somebody at work with the right to, or whoever knows the manager's PIN. A device without either has nobody: else
    /// its limits would be none.
    async fn raiser(&self, pin: Option<String>) -> Result<Raiser, AppError> {
        let may = self.require(Right::RaiseLimit).await;
        if let (Ok(()), Some(person)) = (&may, self.acting()) {
            return Ok(Raiser::Person(person.staff_id));
        }
        if !self.pin_view(&Holder::Manager).await?.set {
            may?;
            return Err(ErrorCode::ManagerPinUnset.into());
        }
        self.as_manager(Right::RaiseLimit, pin).await?;
        Ok(Raiser::ManagersPin)
    }
}
