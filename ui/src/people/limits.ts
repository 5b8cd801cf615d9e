// Limits of the offline policy in the units that people think in.
import type { LimitView } from '$ipc';
import { groupMark, money, number, span, t, type Label } from '../i18n/index.svelte';
import { parseAmount } from '../lib/amount';

export const LIMIT_WORDS: Record<string, Label> = {
  max_purchase_minor: 'limit.max_purchase_minor', max_grants_per_hour: 'limit.max_grants_per_hour', max_redeem_purchase: 'limit.max_redeem_purchase', split_window: 'limit.split_window',
  fan_try_online_from: 'limit.fan_try_online_from', fan_refuse_from: 'limit.fan_refuse_from', max_fan_unsynced: 'limit.max_fan_unsynced', max_fan_share_percent: 'limit.max_fan_share_percent',
  max_device_redemptions: 'limit.max_device_redemptions', max_device_unsynced: 'limit.max_device_unsynced', warn_share_percent: 'limit.warn_share_percent', pass_full_until: 'limit.pass_full_until',
  pass_half_until: 'limit.pass_half_until', sync_warn_after: 'limit.sync_warn_after', sync_stop_redeem_after: 'limit.sync_stop_redeem_after', sync_stop_grant_after: 'limit.sync_stop_grant_after',
  max_card_redeem: 'limit.max_card_redeem',
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Long times are typed in hours, short ones in minutes. */
const step = (one: LimitView) => (one.platform >= HOUR ? HOUR : MINUTE);

/** The value as it is typed. */
export function written(one: LimitView, value: number): string {
  if (one.unit === 'money') return (value / 100).toFixed(2);
  return String(one.unit === 'time' ? value / step(one) : value);
}

/** What was typed, in the policy's unit; null: no number. */
export function read(one: LimitView, text: string): number | null {
  if (one.unit === 'money') {
    const parsed = parseAmount(text, groupMark());
    return 'minor' in parsed ? parsed.minor : null;
  }
  if (!/^\d{1,9}([.,]\d{1,3})?$/.test(text)) return null;
  const value = Number(text.replace(',', '.')) * (one.unit === 'time' ? step(one) : 1);
  return Number.isInteger(value) || one.unit === 'time' ? Math.round(value) : null;
}

/** The value in words. */
export function say(one: LimitView, value: number, currency: string): string {
  if (one.unit === 'money') return money(value, currency);
  if (one.unit === 'time') return span(value);
  if (one.unit === 'percent') return `${number(value)} %`;
  return number(value);
}

export function unitWord(one: LimitView, currency: string): string {
  if (one.unit === 'money') return currency;
  if (one.unit === 'time') return step(one) === HOUR ? t('limit.inHours') : t('limit.inMinutes');
  if (one.unit === 'percent') return t('limit.inPercent');
  return one.unit === 'points' ? t('limit.inPoints') : '';
}
