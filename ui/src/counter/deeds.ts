// What a confirmation asks for, so that it can be asked for once more with a manager; and how its end is told.
import { commands, type OperationView, type RaisedDeed, type Receipt } from '$ipc';
import type { Label } from '../i18n/index.svelte';
import type { Sound } from '../lib/sound';

export type Busy = 'identify' | 'give' | 'redeem' | 'award' | 'undo' | 'threshold';

/** What takes a manager: done with the manager's PIN where one is needed. */
export interface Managed {
  what: Busy;
  /** What the sheet that asks for the PIN is called. */
  title: Label;
  ask: (pin: string | null) => Promise<Receipt>;
}

export function done(fan: string, deed: RaisedDeed): Promise<Receipt> {
  switch (deed.kind) {
    case 'give':
      return deed.discount === null ? commands.give(fan, deed.items) : commands.giveDiscounted(fan, deed.items, deed.discount);
    case 'redeem':
      return commands.redeem(fan, deed.items);
    case 'pay':
      return commands.pay(fan, deed.items, deed.points);
    case 'award':
      return commands.award(fan, deed.action);
  }
}

/** What was done long ago, or by somebody else, may take a manager. */
export const undoing = (ask: Managed['ask']): Managed => ({ what: 'undo', title: 'undo.pin', ask });

export const isSettled = (operation: OperationView) => operation.state === 'accepted' || operation.state === 'refused';

export function standingOf(operation: OperationView, otherwise: Receipt['standing']): Receipt['standing'] {
  return operation.state === 'accepted' ? 'booked' : operation.state === 'refused' ? 'refused' : otherwise;
}

export function soundOf(receipt: Receipt): Sound {
  if (receipt.standing === 'refused') return 'failure';
  return receipt.standing === 'unconfirmed' ? 'attention' : 'success';
}
