//! The offline policy as the platform signed it, and the stricter limits that a manager sets for this device.

use std::collections::BTreeMap;

use ledger::Limit;

use crate::rights::Right;
use crate::view::{LimitInput, LimitUnit, LimitView, OfflineLimits};
use crate::{AppError, ErrorCode, Terminal};

impl Terminal {
    /// Every limit: the platform's, this device's, and what is in force.
    ///
    /// # Errors
    /// As [`Terminal::require`], and before the device was connected.
    pub async fn offline_limits(&self) -> Result<OfflineLimits, AppError> {
        self.require(Right::Settings).await?;
        let (config, own, policy) =
            self.store(|store| Ok((store.config(), store.limits()?, store.policy()))).await?;
        let (config, policy) = config.zip(policy).ok_or(ErrorCode::NotConnected)?;
        let view = |limit: Limit| LimitView {
            name: name_of(limit),
            unit: unit_of(limit),
            grows: limit.stricter(0, 1) == 1,
            platform: config.offline_policy.limit(limit),
            own: own.get(&limit).copied(),
            effective: policy.limit(limit),
        };
        Ok(OfflineLimits {
            limits: Limit::ALL.map(view).into(),
            signed: config.pass_root_key.is_some(),
            fetched_at: config.fetched_at.0,
        })
    }

    /// Sets the limits of this device anew, all of them: none given, and the platform's are in force again.
    ///
    /// # Errors
    /// `LimitLaxer` (with the limit) for one that the platform's would have to be loosened for, `MissingField` for a
    /// limit that does not exist; as [`Terminal::require`], and for a missing or wrong PIN as
    /// [`Terminal::prepare_gate`].
    pub async fn set_offline_limits(
        &self,
        limits: Vec<LimitInput>,
        pin: Option<String>,
    ) -> Result<OfflineLimits, AppError> {
        self.as_manager(Right::Settings, pin).await?;
        let platform = self.config().await?.offline_policy;
        let mut own = BTreeMap::new();
        for input in limits {
            let unknown = || AppError::new(ErrorCode::MissingField).detail(input.name.clone());
            let limit = limit_of(&input.name).ok_or_else(unknown)?;
            let stands = platform.limit(limit);
            if input.value < 0 || limit.stricter(stands, input.value) != input.value {
                return Err(AppError::new(ErrorCode::LimitLaxer).detail(input.name));
            }
            if input.value != stands {
                own.insert(limit, input.value);
            }
        }
        let (now, staff) = (self.now(), self.acting_id());
        self.store(move |store| store.set_limits(own, staff.as_deref(), now)).await?;
        self.ring();
        self.offline_limits().await
    }
}

fn name_of(limit: Limit) -> String {
    serde_json::to_value(limit).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn limit_of(name: &str) -> Option<Limit> {
    serde_json::from_value(name.into()).ok()
}

fn unit_of(limit: Limit) -> LimitUnit {
    match limit {
        Limit::MaxPurchaseMinor => LimitUnit::Money,
        Limit::MaxRedeemPurchase
        | Limit::MaxFanUnsynced
        | Limit::MaxDeviceUnsynced
        | Limit::MaxCardRedeem => LimitUnit::Points,
        Limit::SplitWindow
        | Limit::PassFullUntil
        | Limit::PassHalfUntil
        | Limit::SyncWarnAfter
        | Limit::SyncStopRedeemAfter
        | Limit::SyncStopGrantAfter => LimitUnit::Time,
        Limit::MaxFanSharePercent | Limit::WarnSharePercent => LimitUnit::Percent,
        Limit::MaxGrantsPerHour
        | Limit::FanTryOnlineFrom
        | Limit::FanRefuseFrom
        | Limit::MaxDeviceRedemptions => LimitUnit::Count,
    }
}
