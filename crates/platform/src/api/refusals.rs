//! Refusals on the wire: an object per operation in which exactly the refusals that apply are not null.

use async_graphql::SimpleObject;

/// Refusals that say nothing but their name.
macro_rules! plain_refusals {
    ($($name:ident),* $(,)?) => {$(
        #[derive(SimpleObject, Clone, Debug, Default)]
        pub struct $name {
            #[graphql(name = "_empty")]
            empty: Option<String>,
        }
    )*};
}

plain_refusals!(
    AlreadyExecutedError,
    InvalidActionCategoryError,
    InvalidMailAddressError,
    InvalidModuleIdError,
    InvalidRateError,
    InvalidRateLabelError,
    InvalidRewardAmountError,
    InvalidTransactionIdError,
    ModuleCannotBeDeactivatedError,
    NonUniquePurchaseItemIdsError,
    NotConfiguredError,
    SessionExpiredError,
    TooFewAvailableError,
    TransactionNotFoundError,
    UnknownDiscountCodeError,
    UnknownProductError,
    UnknownSessionError,
    UnknownUserError,
    UnknownVoucherError,
    UserAlreadyExistsError,
);

#[derive(SimpleObject, Clone, Debug)]
pub struct InvalidExpirationTimeError {
    pub reason: String,
}

#[derive(SimpleObject, Clone, Debug)]
pub struct InvalidUserIdError {
    pub reason: String,
}

/// The refusals of one operation, with `of` to name the one that applies.
macro_rules! refusal_set {
    ($set:ident { $($field:ident: $name:ident),* $(,)? }) => {
        #[derive(SimpleObject, Clone, Debug, Default)]
        #[graphql(rename_fields = "snake_case")]
        pub struct $set {
            $(pub $field: Option<$name>,)*
        }

        impl $set {
            /// The set that holds the refusal with this wire name. None: the operation does not know it.
            #[allow(dead_code, reason = "not every operation names its refusals by text")]
            pub fn of(name: &str) -> Option<Self> {
                let known = [$(stringify!($field)),*].contains(&name);
                known.then(|| Self { $($field: (name == stringify!($field)).then($name::default),)* })
            }
        }
    };
}

refusal_set!(GetUserErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetQrCodeResultErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetFanPointsBalanceErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetStatusPointsErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetFanPointsTransactionsErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetStatusPointsTransactionsErrors { unknown_user_error: UnknownUserError });
refusal_set!(GetPriceInFanPointsErrors { invalid_reward_amount_error: InvalidRewardAmountError });
refusal_set!(EstimateGivenOutFanPointsResultErrors { invalid_rate_label_error: InvalidRateLabelError });
refusal_set!(GetNumStatusPointsForActionErrors { invalid_action_category_error: InvalidActionCategoryError });
refusal_set!(GetFanPointsTransactionErrors {
    transaction_not_found_error: TransactionNotFoundError,
    unknown_user_error: UnknownUserError,
});
refusal_set!(ExecuteTransactionErrors {
    already_executed_error: AlreadyExecutedError,
    invalid_action_category_error: InvalidActionCategoryError,
    invalid_rate_label_error: InvalidRateLabelError,
    invalid_reward_amount_error: InvalidRewardAmountError,
    invalid_transaction_id_error: InvalidTransactionIdError,
    non_unique_purchase_item_ids_error: NonUniquePurchaseItemIdsError,
    session_expired_error: SessionExpiredError,
    too_few_available_error: TooFewAvailableError,
    transaction_not_found_error: TransactionNotFoundError,
    unknown_session_error: UnknownSessionError,
    unknown_user_error: UnknownUserError,
});

refusal_set!(ChangeUserMailAddressErrors {
    invalid_mail_address_error: InvalidMailAddressError,
    unknown_user_error: UnknownUserError,
});
refusal_set!(DeleteUserErrors { unknown_user_error: UnknownUserError });
refusal_set!(SetFanPointsRateErrors {
    invalid_rate_error: InvalidRateError,
    invalid_rate_label_error: InvalidRateLabelError,
});
refusal_set!(ToggleModuleErrors {
    invalid_module_id_error: InvalidModuleIdError,
    module_cannot_be_deactivated_error: ModuleCannotBeDeactivatedError,
});
refusal_set!(GeneratePartnerFanPointsVoucherErrors {
    invalid_reward_amount_error: InvalidRewardAmountError,
    unknown_voucher_error: UnknownVoucherError,
});
refusal_set!(RedeemFanPointsVoucherErrors {
    unknown_user_error: UnknownUserError,
    unknown_voucher_error: UnknownVoucherError,
});
refusal_set!(GetDiscountCodeErrors { unknown_discount_code_error: UnknownDiscountCodeError });
refusal_set!(UseDiscountCodeErrors { unknown_discount_code_error: UnknownDiscountCodeError });
refusal_set!(GetBoughtProductsErrors { unknown_user_error: UnknownUserError });
refusal_set!(MarkProductAsDeliveredErrors { unknown_product_error: UnknownProductError });
refusal_set!(CreateFanPointsPaymentSessionErrors {
    invalid_reward_amount_error: InvalidRewardAmountError,
    invalid_transaction_id_error: InvalidTransactionIdError,
    not_configured_error: NotConfiguredError,
});
refusal_set!(GetFanPointsPaymentSessionErrors { unknown_session_error: UnknownSessionError });

#[derive(SimpleObject, Clone, Debug, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct CreateTokenErrors {
    pub invalid_expiration_time_error: Option<InvalidExpirationTimeError>,
}

/// Not a `refusal_set`: one of its refusals carries a reason.
#[derive(SimpleObject, Clone, Debug, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct ChangeUserIdErrors {
    pub invalid_user_id_error: Option<InvalidUserIdError>,
    pub unknown_user_error: Option<UnknownUserError>,
    pub user_already_exists_error: Option<UserAlreadyExistsError>,
}

/// Not a `refusal_set`: one of its refusals carries a reason.
#[derive(SimpleObject, Clone, Debug, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct AddUserErrors {
    pub invalid_mail_address_error: Option<InvalidMailAddressError>,
    pub invalid_user_id_error: Option<InvalidUserIdError>,
    pub user_already_exists_error: Option<UserAlreadyExistsError>,
}
