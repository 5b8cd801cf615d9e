// A gate's rule in words.
import type { GatePlan } from '$ipc';
import { session } from '../lib/session.svelte';
import { t } from '../i18n/index.svelte';

export function ruleWords(plan: GatePlan): string {
  const rule = plan.rule;
  switch (rule.kind) {
    case 'everyone':
      return t('gate.everyone');
    case 'threshold':
      return session.connection?.thresholdRules.find((one) => one.id === rule.id)?.title ?? rule.id;
    case 'atLeast':
      return t('gate.atLeast', { count: rule.statusPoints });
    case 'tier':
      return t('gate.tier', { tier: rule.name });
  }
}

export function awardWords(plan: GatePlan): string | null {
  if (plan.award === null) return null;
  const action = session.connection?.actions.find((one) => one.category === plan.award);
  return action ? t('gate.awards', { title: action.title, points: action.statusPoints }) : plan.award;
}
