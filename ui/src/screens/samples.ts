// What the page of all parts shows. Nothing in it depends on the day, the place or the clock, so that two pictures of
// it can be compared.
import type { FanCard, GoodsView, Health, OperationStateView, OperationView, Passage, PinView, Receipt, ReceiptStanding, Status } from '$ipc';
import { Goods } from '../counter/goods.svelte';
import { appError } from '../lib/errors';

/** Noon where the device is: it reads the same everywhere. */
const AT = new Date(2026, 2, 29, 12).getTime();
const FAN = '0084 0711 9295';

const still = { count: 0, fanPoints: 0, statusPoints: 0 };

/** `now`: ages are counted from it. */
export const card = (trust: FanCard['trust'], now: number): FanCard => ({
  edition: 0,
  fan: `sample-${trust}`,
  label: FAN,
  trust,
  tier: 'Gold',
  badges: ['Quizzer', 'Regular'],
  redeem: trust === 'unsigned' ? 'onlineOnly' : 'here',
  balance: { fanPoints: 3465, valueMinor: 3465, statusPoints: 1240, asOf: now - 40_000, source: trust === 'live' ? 'livePass' : trust === 'card' ? 'cardPass' : 'platform' },
  pending: trust === 'live' ? { count: 2, fanPoints: -500, statusPoints: 0 } : still,
});

export const unknownCard = (): FanCard => ({ ...card('unsigned', 0), tier: null, badges: [], balance: null });

/** As much of everything as there can be. */
export const fullCard = (now: number): FanCard => ({
  ...card('card', now),
  tier: 'Ehrenmitgliedschaft Platin',
  badges: ['Seit der ersten Stunde dabei', 'Quizzer', 'Regular'],
  balance: { fanPoints: 999_999_999, valueMinor: 999_999_999, statusPoints: 999_999_999, asOf: now - 3 * 3_600_000, source: 'platform' },
  pending: { count: 12, fanPoints: -1_000_000, statusPoints: 250_000 },
});

const STATES: OperationStateView[] = ['waiting', 'sending', 'accepted', 'refused', 'held', 'moved'];

const redemption: OperationView = {
  id: 'sample', seq: 1, kind: 'redeem', state: 'accepted', fan: 'sample-live', fanLabel: FAN, fanPoints: -500, statusPoints: 0, priceMinor: 500, title: '',
  madeAt: AT, settledAt: null, tries: 1, reason: null, nextTry: null, undoOf: null, undone: false, canUndo: false, trust: 'live',
};

export const rows: OperationView[] = [
  ...STATES.map((state, seq): OperationView => ({ ...redemption, id: state, seq, state, canUndo: state === 'accepted' })),
  { ...redemption, id: 'give', kind: 'give', fanPoints: 50, title: 'Scarf', undone: true },
  { ...redemption, id: 'award', kind: 'award', fanPoints: 0, statusPoints: 1250, priceMinor: null, title: 'A match visited, in the second row behind the goal, with all of the family' },
];

/** Made a moment ahead, so that no countdown begins. */
export const outcome = (standing: ReceiptStanding, now: number) => {
  const operation: OperationView = { ...redemption, state: standing === 'refused' ? 'refused' : 'accepted', canUndo: standing === 'booked', reason: standing === 'refused' ? { ...appError('tooFewPoints'), needed: 500, available: 120 } : null };
  const receipt: Receipt = { standing, operation, also: standing === 'booked' ? { ...redemption, kind: 'give', fanPoints: 30, priceMinor: 1500 } : null, alsoFailed: null, card: card('live', now) };
  return { receipt, at: now + 60_000, undo: false };
};

const voucher: GoodsView = {
  goods: { kind: 'voucher', id: 'sample', nr: 1 }, state: 'open', fanPoints: 50, valueMinor: 50, rateLabel: null, rateKnown: true, title: null, description: null,
  pieces: null, fanLabel: null, usedAt: null, validUntil: null,
};

function shown(view: GoodsView, done = false): Goods {
  const goods = new Goods();
  goods.show(view);
  goods.done = done;
  goods.at = Infinity;
  return goods;
}

export const open: Goods[] = [
  shown(voucher),
  shown({ ...voucher, goods: { kind: 'discount', id: 'SPRING', nr: 1 }, fanPoints: null, valueMinor: null, rateKnown: false, rateLabel: 'merchandise', fanLabel: FAN, validUntil: AT }),
  shown({ ...voucher, goods: { kind: 'product', id: 'order-7', nr: 2 }, fanPoints: null, valueMinor: null, title: 'Home shirt', description: 'Size M', pieces: 3, fanLabel: FAN }, true),
];

export const stopped: Goods[] = [
  shown({ ...voucher, state: 'used', fanLabel: FAN, usedAt: AT }),
  shown({ ...voucher, state: 'offline', fanPoints: null, valueMinor: null }),
  shown({ ...voucher, state: 'unknown', fanPoints: null, valueMinor: null }),
];

export const passage = (admitted: boolean | null): Passage => ({
  number: 1204, at: AT, fan: 'sample', label: FAN, tier: admitted ? 'Gold' : 'Silver', answer: admitted === null ? 'cannotTell' : admitted ? 'yes' : 'no', admitted,
  decidedBy: 'rule', statusPoints: admitted ? 1240 : 940, needed: 1000, missing: admitted ? null : 60, age: admitted === null ? 3 * 3_600_000 : 2000, again: admitted === false ? AT : null,
  awarded: admitted ? 50 : null, awardOperation: null, error: null,
});

type Strip = Pick<Status, 'link' | 'queue' | 'exposure'>;

const sent: Strip = {
  link: { state: 'online', since: AT, lastSuccess: AT, progress: null, nextTry: null },
  queue: { waiting: 0, accepted: 1204, refused: 0, held: 0, oldestWaiting: null },
  exposure: { points: 0, cap: 200_000, warn: false },
};

export const strips = (now: number): Strip[] => {
  const waiting = { ...sent.queue, waiting: 17, oldestWaiting: now - 9 * 60_000 };
  return [
    sent,
    { ...sent, link: { ...sent.link, state: 'connecting' } },
    { link: { ...sent.link, progress: { done: 412, total: 10_000 } }, queue: waiting, exposure: sent.exposure },
    { link: { ...sent.link, state: 'offline', nextTry: now + 20_000 }, queue: waiting, exposure: { points: 3400, cap: 200_000, warn: false } },
    { link: { ...sent.link, state: 'offline', lastSuccess: null, since: null }, queue: waiting, exposure: { points: 180_000, cap: 200_000, warn: true } },
    { ...sent, link: { ...sent.link, state: 'signInRefused' } },
  ];
};

/** Everything that can be wrong with a device, at once. */
export const unwell: Health = {
  audit: { state: 'broken', entries: 4711, checkedAt: AT, brokenEntry: 1204, fault: 'operationEdited' },
  setAside: { file: 'partner.db.damaged', export: 'partner.damaged.jsonl', operations: 12, at: AT },
  readOnly: true,
  clock: 'setBack',
  moved: 0,
  archived: 0,
  retentionDays: null,
};

export const PINS = {
  first: { set: false, waitUntil: null, locked: false },
  ask: { set: true, waitUntil: null, locked: false },
  locked: { set: true, waitUntil: null, locked: true },
} satisfies Record<string, PinView>;
