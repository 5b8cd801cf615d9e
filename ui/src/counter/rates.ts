// Rate labels as staff reads them.
import type { RateView } from '$ipc';
import { percent, t } from '../i18n/index.svelte';

export const rateName = (rate: RateView) =>
  rate.label === null ? t('rate.default') : rate.label.charAt(0).toUpperCase() + rate.label.slice(1);

export const rateWorth = (rate: RateView) => {
  const value = Number(rate.rate);
  if (!Number.isFinite(value)) return '';
  return rate.relative ? percent(value) : t('rate.perItem', { count: value });
};
