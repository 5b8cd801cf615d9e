//! The schema against the facts of the public API: nothing missing, nothing changed, additions listed.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition};

const FACTS: &str = include_str!("fixtures/fanpoints-api.txt");

/// What this server has beyond the public API.
const ADDITIONS: &[&str] = &[
    "FanPointsTransaction.device",
    "Mutation.add_staff_member",
    "Mutation.change_staff_member",
    "Mutation.create_device_pairing",
    "Mutation.decide_refused_redemption",
    "Mutation.delete_program_action",
    "Mutation.delete_program_badge",
    "Mutation.delete_program_tier",
    "Mutation.delete_project_token",
    "Mutation.delete_threshold_rule",
    "Mutation.device_heartbeat",
    "Mutation.hand_over_product",
    "Mutation.issue_card_pass",
    "Mutation.issue_discount_code",
    "Mutation.issue_live_pass",
    "Mutation.link_staff_member",
    "Mutation.pay_purchase_with_reserved_fan_points",
    "Mutation.register_bought_product",
    "Mutation.release_fan_points_reservation",
    "Mutation.remove_staff_member",
    "Mutation.remove_staff_provider",
    "Mutation.reserve_fan_points",
    "Mutation.revoke_device",
    "Mutation.revoke_fan_passes",
    "Mutation.set_engagement_consent",
    "Mutation.set_program_action",
    "Mutation.set_program_badge",
    "Mutation.set_program_tier",
    "Mutation.set_staff_provider",
    "Mutation.set_staff_right",
    "Mutation.set_threshold_rule",
    "Mutation.store_shift_report",
    "Query.changes",
    "Query.get_devices",
    "Query.get_fan",
    "Query.get_fan_by_pass",
    "Query.get_fan_points_payment_session",
    "Query.get_partner_fan_points_transactions(earlier_than: String)",
    "Query.get_pass_keys",
    "Query.get_program_rules",
    "Query.get_project_tokens",
    "Query.get_review_decisions",
    "Query.get_shift_reports",
    "Query.get_staff",
    "Query.get_webhook_key",
    "Query.look_up_goods",
    "Query.partner_app_config",
    "StatusPointsTransaction.device",
    "Subscription.changes",
];
/// Types that only the additions use.
const ADDED_TYPES: &[&str] = &[
    "AppAction",
    "AppBadgeRule",
    "AppEnvironment",
    "AppRole",
    "AppThresholdRule",
    "AppTier",
    "BoughtPiece",
    "Change",
    "ChangeKind",
    "ChangedBalance",
    "ChangesResult",
    "CreateDevicePairingResult",
    "DecideRefusedRedemptionResult",
    "DecisionOutcome",
    "DeviceHeartbeatResult",
    "DevicePairing",
    "DeviceState",
    "Fan",
    "FanPointsReservation",
    "FanPointsReservationResult",
    "GetDevicesResult",
    "GetFanByPassResult",
    "GetFanPointsPaymentSessionErrors",
    "GetFanPointsPaymentSessionResult",
    "GetFanResult",
    "GetPassKeysResult",
    "GetProgramRulesResult",
    "GetReviewDecisionsResult",
    "GetShiftReportsResult",
    "GetStaffResult",
    "GetWebhookKeyResult",
    "Goods",
    "GoodsKind",
    "GoodsState",
    "HandOverProductErrors",
    "HandOverProductResult",
    "IssueDiscountCodeErrors",
    "IssueDiscountCodeResult",
    "IssuePassResult",
    "IssuedPass",
    "LookUpGoodsResult",
    "PairedDevice",
    "PartnerAppConfig",
    "PartnerAppConfigResult",
    "PassKeyList",
    "ProgramRuleResult",
    "ProgramRules",
    "RegisterBoughtProductErrors",
    "RegisterBoughtProductResult",
    "ReviewDecision",
    "RevokeDeviceResult",
    "RevokePassesResult",
    "SetEngagementConsentResult",
    "SignedDocument",
    "StaffChangeResult",
    "StaffMember",
    "StaffProvider",
    "StaffRight",
    "StoreShiftReportResult",
    "StoredShiftReport",
    "TransactionDevice",
];

/// Operations of the public API that this server does not have yet.
const NOT_YET: &[&str] = &[];

/// A field with its arguments, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    arguments: BTreeMap<String, String>,
    result: String,
}

/// `Type.field(argument: Type, ...): Type`, or `enum Name: values`, or `union Name: members`.
#[derive(Default)]
struct Facts {
    fields: BTreeMap<String, Field>,
    lists: BTreeMap<String, BTreeSet<String>>,
}

impl Facts {
    fn of_text(text: &str) -> Self {
        let mut facts = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with("enum ") || line.starts_with("union ") {
                let (name, values) = line.split_once(": ").unwrap();
                facts.lists.insert(name.to_owned(), values.split(' ').map(str::to_owned).collect());
                continue;
            }
            let (head, result) = line.rsplit_once(": ").unwrap();
            let (name, arguments) = match head.split_once('(') {
                Some((name, rest)) => (name, rest.strip_suffix(')').unwrap()),
                None => (head, ""),
            };
            let arguments = arguments.split(", ").filter_map(|one| one.split_once(": "));
            let arguments = arguments.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
            facts.fields.insert(name.to_owned(), Field { arguments, result: result.to_owned() });
        }
        facts
    }

    fn of_sdl(sdl: &str) -> Self {
        let mut facts = Self::default();
        for definition in parse_schema(sdl).unwrap().definitions {
            let TypeSystemDefinition::Type(kind) = definition else { continue };
            let name = kind.node.name.node.to_string();
            match kind.node.kind {
                TypeKind::Object(object) => {
                    for field in object.fields {
                        facts.add_field(&name, &field.node);
                    }
                }
                TypeKind::InputObject(input) => {
                    for field in input.fields {
                        facts.add_input(&name, &field.node);
                    }
                }
                TypeKind::Enum(list) => {
                    let values = list.values.iter().map(|value| value.node.value.to_string()).collect();
                    facts.lists.insert(format!("enum {name}"), values);
                }
                TypeKind::Union(union) => {
                    let members = union.members.iter().map(|member| member.node.to_string()).collect();
                    facts.lists.insert(format!("union {name}"), members);
                }
                TypeKind::Scalar | TypeKind::Interface(_) => {}
            }
        }
        facts
    }

    /// The facts that the operations of this server can touch: all but those that only [`NOT_YET`] needs.
    fn within_reach(self) -> Self {
        let mut types = BTreeSet::from(["Query".to_owned(), "Mutation".to_owned()]);
        let kept = |name: &str| !NOT_YET.contains(&name);
        loop {
            let mut found = BTreeSet::new();
            for (_, field) in self.fields.iter().filter(|(name, _)| kept(name) && types.contains(owner(name)))
            {
                let touched = field.arguments.values().chain([&field.result]);
                found.extend(touched.map(|kind| kind.replace(['[', ']', '!'], "")));
            }
            for (name, members) in &self.lists {
                if name.strip_prefix("union ").is_some_and(|name| types.contains(name)) {
                    found.extend(members.iter().cloned());
                }
            }
            if found.is_subset(&types) {
                break;
            }
            types.extend(found);
        }
        let fields = self.fields.into_iter().filter(|(name, _)| kept(name) && types.contains(owner(name)));
        let lists =
            self.lists.into_iter().filter(|(name, _)| name.split(' ').any(|name| types.contains(name)));
        Self { fields: fields.collect(), lists: lists.collect() }
    }

    fn add_field(&mut self, object: &str, field: &FieldDefinition) {
        let argument = |one: &InputValueDefinition| (one.name.node.to_string(), one.ty.node.to_string());
        let arguments = field.arguments.iter().map(|one| argument(&one.node)).collect();
        let result = field.ty.node.to_string();
        self.fields.insert(format!("{object}.{}", field.name.node), Field { arguments, result });
    }

    fn add_input(&mut self, object: &str, field: &InputValueDefinition) {
        let result = field.ty.node.to_string();
        let field = format!("{object}.{}", field.name.node);
        self.fields.insert(field, Field { arguments: BTreeMap::new(), result });
    }
}

/// `Type` of `Type.field`.
fn owner(name: &str) -> &str {
    name.split_once('.').map_or(name, |(owner, _)| owner)
}

#[test]
fn the_schema_is_the_exported_one() {
    const EXPORTED: &str = include_str!("../../schema.graphql");
    let sdl = platform::sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql"), &sdl).unwrap();
    } else {
        assert_eq!(sdl, EXPORTED, "run this test again with UPDATE_SCHEMA=1 if that is meant");
    }
}

#[test]
fn every_name_argument_and_nullability_of_the_public_api_is_kept() {
    let (expected, actual) = (Facts::of_text(FACTS).within_reach(), Facts::of_sdl(&platform::sdl()));
    for name in NOT_YET {
        assert!(!actual.fields.contains_key(*name), "{name} is there: compare it");
    }
    let mut differences = Vec::new();
    for (name, field) in &expected.fields {
        let Some(mut ours) = actual.fields.get(name).cloned() else {
            differences.push(format!("{name} is missing"));
            continue;
        };
        ours.arguments
            .retain(|argument, kind| !ADDITIONS.contains(&format!("{name}({argument}: {kind})").as_str()));
        if ours != *field {
            differences.push(format!("{name}: {field:?} became {ours:?}"));
        }
    }
    for (name, values) in &expected.lists {
        if actual.lists.get(name) != Some(values) {
            differences.push(format!("{name}: {values:?} became {:?}", actual.lists.get(name)));
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn nothing_is_added_that_is_not_listed() {
    let (expected, actual) = (Facts::of_text(FACTS), Facts::of_sdl(&platform::sdl()));
    for name in actual.fields.keys().filter(|name| !expected.fields.contains_key(*name)) {
        let of_added_type = name.split_once('.').is_some_and(|(object, _)| ADDED_TYPES.contains(&object));
        assert!(of_added_type || ADDITIONS.contains(&name.as_str()), "{name}");
    }
    for name in ADDITIONS.iter().filter(|name| !name.contains('(')) {
        assert!(actual.fields.contains_key(*name), "{name} is listed and not there");
    }
    for name in actual.lists.keys().filter(|name| !expected.lists.contains_key(*name)) {
        assert!(name.strip_prefix("enum ").is_some_and(|name| ADDED_TYPES.contains(&name)), "{name}");
    }
}
