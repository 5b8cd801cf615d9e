// How a row of the review is told: its figure, its name, and with which word each thing is filtered.
import type { CaseWay, OperationStateView, ReviewRow } from '$ipc';
import { signed, t, type Label } from '../i18n/index.svelte';

export const STATES: { state: OperationStateView; word: Label }[] = [
  { state: 'waiting', word: 'state.waiting' },
  { state: 'sending', word: 'state.sending' },
  { state: 'accepted', word: 'state.accepted' },
  { state: 'refused', word: 'state.refused' },
  { state: 'held', word: 'state.held' },
  { state: 'moved', word: 'state.moved' },
];

export const WAY_WORD: Record<CaseWay, Label> = {
  collect: 'resolve.collect', forgive: 'resolve.forgive', void: 'resolve.void', retry: 'case.retry', note: 'case.note',
};
export const WAY_MEANING: Record<CaseWay, Label> = {
  collect: 'resolve.collectMeaning', forgive: 'resolve.forgiveMeaning', void: 'resolve.voidMeaning', retry: 'case.retryMeaning', note: 'case.noteMeaning',
};

export const moved = (row: ReviewRow) => signed(row.fanPoints === 0 ? row.statusPoints : row.fanPoints);

export const unitOf = (row: ReviewRow) => {
  const status = row.fanPoints === 0 && row.statusPoints !== 0;
  return status ? t('unit.status', { count: Math.abs(row.statusPoints) }) : t('unit.points', { count: Math.abs(row.fanPoints) });
};
