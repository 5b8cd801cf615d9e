//! What a program's owner sets: what an action is worth, badges, tiers, and the threshold rules of gates and counters.

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::{StatusPoints, ThresholdRule, Tier};

use super::{AppAction, AppThresholdRule, AppTier, actions, threshold_rules, tiers};
use crate::api::inputs::{MOST_COUNTED, is_custom_id};
use crate::auth::access::{Caller, bad_argument};
use crate::store::catalogue::{Action, NamedRule};
use crate::store::events::BadgeRule;
use crate::store::program_rules::{self, ProgramRule, RuleKind};

/// A badge for whoever has done something so often.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AppBadgeRule {
    badge_id: String,
    title: String,
    /// What is counted: an engagement event's action.
    action: String,
    number: i64,
}

/// The rules of a program.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct ProgramRules {
    actions: Vec<AppAction>,
    /// Those that can be earned.
    badges: Vec<AppBadgeRule>,
    tiers: Vec<AppTier>,
    threshold_rules: Vec<AppThresholdRule>,
}

#[derive(SimpleObject)]
pub struct GetProgramRulesResult {
    result: ProgramRules,
}

/// Whether anything was changed. False: there was no such rule to delete.
#[derive(SimpleObject)]
pub struct ProgramRuleResult {
    result: bool,
}

#[derive(Default)]
pub struct ProgramRuleQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ProgramRuleQueries {
    /// What earns Status Points and badges, where tiers begin, and what gates and counters can ask for.
    async fn get_program_rules(
        &self,
        context: &Context<'_>,
        project_id: String,
    ) -> Result<GetProgramRulesResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?;
        let no = program.no;
        let badges = caller.read(move |connection| program_rules::badges(connection, no)).await?;
        let badge = |rule: BadgeRule| AppBadgeRule {
            badge_id: rule.badge_id,
            title: rule.title,
            action: rule.action,
            number: rule.number,
        };
        let result = ProgramRules {
            actions: actions(program),
            badges: badges.into_iter().map(badge).collect(),
            tiers: tiers(program),
            threshold_rules: threshold_rules(program)?,
        };
        Ok(GetProgramRulesResult { result })
    }
}

#[derive(Default)]
pub struct ProgramRuleMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ProgramRuleMutations {
    /// Sets how many Status Points an action earns, from now on.
    async fn set_program_action(
        &self,
        context: &Context<'_>,
        action_category: String,
        project_id: String,
        status_points: i64,
        title: String,
    ) -> Result<ProgramRuleResult> {
        texts(&[&action_category, &title])?;
        let status_points = StatusPoints(counted(status_points, 0)?);
        set(
            context,
            &project_id,
            ProgramRule::Action(Action { category: action_category, title, status_points }),
        )
        .await
    }

    /// Ends an action: nobody earns anything by it any more.
    async fn delete_program_action(
        &self,
        context: &Context<'_>,
        action_category: String,
        project_id: String,
    ) -> Result<ProgramRuleResult> {
        delete(context, &project_id, RuleKind::Action, action_category).await
    }

    /// Sets a badge for whoever has done something `number` times. Who has done it so often already gets it with the
    /// next time.
    async fn set_program_badge(
        &self,
        context: &Context<'_>,
        action: String,
        badge_id: String,
        number: i64,
        project_id: String,
        title: String,
    ) -> Result<ProgramRuleResult> {
        texts(&[&action, &badge_id, &title])?;
        let number = counted(number, 1)?;
        set(context, &project_id, ProgramRule::Badge(BadgeRule { badge_id, title, action, number })).await
    }

    /// Ends a badge: nobody earns it any more, whoever has it keeps it.
    async fn delete_program_badge(
        &self,
        context: &Context<'_>,
        badge_id: String,
        project_id: String,
    ) -> Result<ProgramRuleResult> {
        delete(context, &project_id, RuleKind::Badge, badge_id).await
    }

    /// Sets where a tier begins.
    async fn set_program_tier(
        &self,
        context: &Context<'_>,
        from_status_points: i64,
        name: String,
        project_id: String,
    ) -> Result<ProgramRuleResult> {
        texts(&[&name])?;
        let from = StatusPoints(counted(from_status_points, 0)?);
        set(context, &project_id, ProgramRule::Tier(Tier { name, from })).await
    }

    /// Takes a tier away: its fans are in the one below.
    async fn delete_program_tier(
        &self,
        context: &Context<'_>,
        name: String,
        project_id: String,
    ) -> Result<ProgramRuleResult> {
        delete(context, &project_id, RuleKind::Tier, name).await
    }

    /// Sets a rule that gates and counters can ask for. `rule` is the ledger's JSON, such as
    /// `{"rule": "at_least", "status_points": 1000}`; a tier that it names must be one of the program's.
    async fn set_threshold_rule(
        &self,
        context: &Context<'_>,
        project_id: String,
        rule: String,
        rule_id: String,
        title: String,
    ) -> Result<ProgramRuleResult> {
        texts(&[&rule_id, &title])?;
        let tiers = &Caller::of(context)?.own_program(&project_id)?.tiers;
        let parsed = (rule.len() <= LONGEST_RULE).then(|| serde_json::from_str(&rule).ok()).flatten();
        let rule = parsed.filter(|rule| names_tiers_of(rule, tiers));
        let rule = rule.ok_or_else(|| bad_argument("this is no rule that the program's tiers can answer"))?;
        set(context, &project_id, ProgramRule::Threshold(NamedRule { rule_id, title, rule })).await
    }

    /// Takes a threshold rule away.
    async fn delete_threshold_rule(
        &self,
        context: &Context<'_>,
        project_id: String,
        rule_id: String,
    ) -> Result<ProgramRuleResult> {
        delete(context, &project_id, RuleKind::Threshold, rule_id).await
    }
}

/// A rule is a handful of conditions.
const LONGEST_RULE: usize = 4096;

async fn set(context: &Context<'_>, project_id: &str, rule: ProgramRule) -> Result<ProgramRuleResult> {
    let caller = Caller::of(context)?;
    let program = caller.own_program(project_id)?.no;
    caller.write(move |turn| program_rules::set(turn, program, &rule)).await?;
    Ok(ProgramRuleResult { result: true })
}

async fn delete(
    context: &Context<'_>,
    project_id: &str,
    kind: RuleKind,
    id: String,
) -> Result<ProgramRuleResult> {
    let caller = Caller::of(context)?;
    let program = caller.own_program(project_id)?.no;
    let result = caller.write(move |turn| program_rules::delete(turn, program, kind, &id)).await?;
    Ok(ProgramRuleResult { result })
}

fn texts(texts: &[&String]) -> Result<()> {
    if texts.iter().all(|text| is_custom_id(text)) {
        Ok(())
    } else {
        Err(bad_argument("each text has 1 to 128 characters, none of them a control character"))
    }
}

fn counted(number: i64, least: i64) -> Result<i64> {
    if (least..=MOST_COUNTED).contains(&number) {
        Ok(number)
    } else {
        Err(bad_argument(&format!("a number from {least} to {MOST_COUNTED} is wanted")))
    }
}

/// Whether every tier in a rule is one of these: one that is not would never let anybody in.
fn names_tiers_of(rule: &ThresholdRule, tiers: &[Tier]) -> bool {
    match rule {
        ThresholdRule::AtLeast { status_points } => status_points.0 >= 0,
        ThresholdRule::Tier { name } => tiers.iter().any(|tier| tier.name == *name),
        ThresholdRule::All { rules } | ThresholdRule::Any { rules } => {
            rules.iter().all(|rule| names_tiers_of(rule, tiers))
        }
    }
}
