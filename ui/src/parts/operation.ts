// How an operation is told in a row: its sign, its figure, its name.
import type { OperationKindView, OperationView } from '$ipc';
import { signed, t, type Label } from '../i18n/index.svelte';
import type { IconName } from './Icon.svelte';

export const KIND_ICON: Record<OperationKindView, IconName> = { give: 'gift', redeem: 'cart', award: 'medal', undo: 'undo' };
export const KIND_WORD: Record<OperationKindView, Label> = { give: 'kind.give', redeem: 'kind.redeem', award: 'kind.award', undo: 'kind.undo' };

/** Whether the operation moves Status Points rather than Fan Points. */
export const movesStatus = (operation: OperationView) => operation.fanPoints === 0 && operation.statusPoints !== 0;

export const figure = (operation: OperationView) =>
  signed(movesStatus(operation) ? operation.statusPoints : operation.fanPoints);

export const unit = (operation: OperationView) =>
  movesStatus(operation)
    ? t('unit.status', { count: Math.abs(operation.statusPoints) })
    : t('unit.points', { count: Math.abs(operation.fanPoints) });

export const kindOf = (operation: OperationView) => t(KIND_WORD[operation.kind]);
