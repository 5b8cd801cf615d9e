// Sample data for the demonstration and for tests: the example program, as the platform would tell it.
import type { ConnectionView, Environment, OperationView, Right, Status } from '../ipc/bindings';

export const RIGHTS: readonly Right[] = [
  'identify', 'give', 'redeem', 'award', 'undo_own', 'undo_any', 'raise_limit', 'override_gate', 'prepare_gate', 'close_shift', 'review', 'decide', 'export', 'settings', 'staff', 'devices',
];

export interface SampleFan {
  id: string;
  points: number;
  status: number;
}

export const FANS: SampleFan[] = [
  { id: '008407119295', points: 3465, status: 1240 },
  { id: '012345678905', points: 0, status: 0 },
  { id: '036000291452', points: 820, status: 940 },
  { id: '042100005264', points: 12_950, status: 5310 },
];

export const grouped = (id: string) => id.replace(/(\d{4})(?=\d)/g, '$1 ');

export const tierOf = (status: number) => (status >= 5000 ? 'Platinum' : status >= 1000 ? 'Gold' : status >= 500 ? 'Silver' : 'Bronze');

export const sampleConnection = (environment: Environment): ConnectionView => ({
  endpoint: 'https://platform.fc-example.org',
  tokenEndpoint: 'https://platform.fc-example.org/oauth2/token',
  environment,
  programName: 'FC Example Loyalty Program',
  partnerId: 'club-shop',
  partnerName: 'Club Shop',
  currency: 'chf',
  rates: [
    { label: null, rate: '0.02', relative: true },
    { label: 'ticket', rate: '0.01', relative: true },
    { label: 'merchandise', rate: '0.05', relative: true },
  ],
  actions: [
    { category: 'match_visit', title: 'Match visit', statusPoints: 50 },
    { category: 'quiz', title: 'Quiz', statusPoints: 10 },
    { category: 'season_ticket', title: 'Season ticket', statusPoints: 500 },
  ],
  thresholdRules: [{ id: 'gold-lounge', title: 'Gold lounge', atLeast: 1000 }],
  fanPoints: true,
  statusPoints: true,
});

export const sampleStatus = (now: number): Status => ({
  edition: 0,
  connection: sampleConnection('development'),
  link: { state: 'online', since: now - 3_600_000, lastSuccess: now - 4000, progress: null, nextTry: null },
  queue: { waiting: 0, accepted: 0, refused: 0, held: 0, oldestWaiting: null },
  cases: { open: 0, overdue: 0, oldest: null },
  exposure: { points: 0, cap: 200_000, warn: false },
  preferences: { language: 'system', theme: 'system' },
  session: { knowsPeople: false, person: null, locked: false, rights: [...RIGHTS], provider: null },
  device: null,
  trouble: null,
  phone: null,
});

const NOTHING = { priceMinor: null, settledAt: null, tries: 0, reason: null, nextTry: null, undoOf: null, undone: false, canUndo: true, trust: 'live' } as const;

/** A morning at the counter, oldest first. */
export function sampleOperations(now: number): OperationView[] {
  const make = (minutes: number, part: Partial<OperationView> & Pick<OperationView, 'kind'>, fan = 0): OperationView => {
    const id = FANS[fan]?.id ?? '';
    const madeAt = now - minutes * 60_000;
    return {
      ...NOTHING, id: `0198-${String(10_000 - minutes)}`, seq: 10_000 - minutes, state: 'accepted', fan: id, fanLabel: grouped(id),
      fanPoints: 0, statusPoints: 0, title: '', madeAt, ...(part.state === 'waiting' ? {} : { settledAt: madeAt + 900, tries: 1 }), ...part,
    };
  };
  return [
    make(196, { kind: 'give', fanPoints: 120, priceMinor: 6000 }, 2),
    make(171, { kind: 'award', statusPoints: 50, title: 'Match visit' }, 2),
    make(148, { kind: 'redeem', fanPoints: -1200, priceMinor: 1200, title: 'Scarf' }, 3),
    make(127, { kind: 'give', fanPoints: 445, priceMinor: 8900, title: 'Home shirt' }, 3),
    make(96, { kind: 'redeem', fanPoints: -2000, priceMinor: 2000, title: 'Cap', state: 'refused', canUndo: false, trust: 'card', reason: { code: 'tooFewPoints', retry: false, needed: 2000, available: 1200, detail: null } }, 2),
    make(64, { kind: 'award', statusPoints: 500, title: 'Season ticket' }),
    make(31, { kind: 'give', fanPoints: 50, priceMinor: 2500, undone: true, canUndo: false }, 1),
    make(30, { kind: 'undo', fanPoints: -50, canUndo: false, trust: 'unsigned' }, 1),
    make(9, { kind: 'redeem', fanPoints: -500, priceMinor: 500, title: 'Coffee and cake' }),
    make(4, { kind: 'give', fanPoints: 84, priceMinor: 4200 }, 3),
  ];
}
