// Rate labels as staff reads them.
import type { RateView } from '$ipc';
import { percent, t } from '../i18n/index.svelte';

export const labelName = (label: string | null) => (label === null ? t('rate.default') : label.charAt(0).toUpperCase() + label.slice(1));

export const rateName = (rate: RateView) => labelName(rate.label);

export const rateWorth = (rate: RateView) => {
  const value = Number(rate.rate);
  if (!Number.isFinite(value)) return '';
  return rate.relative ? percent(value) : t('rate.perItem', { count: value });
};
