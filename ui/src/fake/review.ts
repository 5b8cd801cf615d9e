// The sample border's part for those who look back.
import type {
  CaseView, CaseWay, DifferenceInput, ExportView, OperationView, ReconcileRow, ReviewChoices, ReviewDetail, ReviewFilter, ReviewRow, SavedView, SignalRules,
} from '../ipc/bindings';
import type { Port } from '../ipc/port';
import { failure, shop } from './ipc';

const RULES: SignalRules = { sameFanADay: 5, nearLimitCount: 3, nearLimitPercent: 5, undosADay: 5, opens: 6, closes: 24, velocityAMinute: 15, ownCards: [] };

/** What the sample keeps beside its operations. */
export const kept = {
  views: [] as SavedView[],
  handled: new Map<string, CaseWay>(),
  rules: { ...RULES },
  export: null as ExportView | null,
  settled: new Set<string>(),
  /** Ids of what only the platform has. */
  missing: [] as string[],
  /** So many rows stand behind those of the shop, for a list that is long. */
  behind: 0,
};

export function resetReview(): void {
  Object.assign(kept, { views: [], handled: new Map(), rules: { ...RULES }, export: null, settled: new Set(), missing: [], behind: 0 });
}

const rowOf = (one: OperationView): ReviewRow => ({
  place: { at: one.madeAt, number: one.seq }, id: one.id, here: true, archived: false, kind: one.kind, of: one.kind, state: one.state, fan: one.fan, fanLabel: one.fanLabel,
  fanPoints: one.fanPoints, statusPoints: one.statusPoints, priceMinor: one.priceMinor, title: one.title, rateLabels: [], staff: 'Noa', device: null, store: null, reason: one.state === 'accepted' ? null : one.reason,
  undone: one.undone, handled: kept.handled.has(one.id),
});

const old = (at: number): ReviewRow => ({
  ...rowOf({ id: `old-${at}`, seq: -at, kind: 'give', state: 'accepted', fan: '008407119295', fanLabel: '0084 0711 9295', fanPoints: 50, statusPoints: 0, priceMinor: 2500, title: `Scarf ${at}`, madeAt: 1_700_000_000_000 - at * 1000, settledAt: null, tries: 1, reason: null, nextTry: null, undoOf: null, undone: false, canUndo: false, trust: 'live' }),
  here: at % 3 !== 0, place: { at: 1_700_000_000_000 - at * 1000, number: -at },
});

function found(filter: ReviewFilter): ReviewRow[] {
  const size = (row: ReviewRow) => Math.max(Math.abs(row.fanPoints), Math.abs(row.statusPoints));
  const text = filter.text?.toLowerCase() ?? '';
  return shop.operations
    .map(rowOf)
    .toSorted((a, b) => b.place.at - a.place.at || b.place.number - a.place.number)
    .filter((row) => (filter.states.length === 0 || filter.states.includes(row.state)) && (filter.kinds.length === 0 || filter.kinds.includes(row.kind)))
    .filter((row) => (filter.from === null || row.place.at >= filter.from) && (filter.to === null || row.place.at < filter.to))
    .filter((row) => (filter.least === null || size(row) >= filter.least) && (filter.most === null || size(row) <= filter.most))
    .filter((row) => filter.devices !== 'others' && (filter.fan === null || row.fan === filter.fan))
    .filter((row) => text === '' || row.title.toLowerCase().includes(text) || row.fanLabel.includes(text));
}

/** A transaction that only the platform has. */
export const missing = (id: string): ReconcileRow => ({
  verdict: 'missingHere', action: 'findDevice', operation: null, id, isUndo: false, settled: kept.settled.has(id),
  there: { id, kind: 'give', fanLabel: '0084 0711 9295', fanPoints: 50, statusPoints: 0, at: Date.now() - 60_000 },
});

const choices = (): ReviewChoices => ({ people: [{ id: 'noa', name: 'Noa' }, { id: 'kim', name: 'Kim' }], views: kept.views, devices: ['Till 2'], stores: ['North', 'South'] });

const waysOf = (one: OperationView): CaseWay[] =>
  one.kind === 'redeem' ? ['collect', 'forgive', 'void', 'retry', 'note'] : ['retry', 'note'];

export const openCases = (operations: OperationView[]) => operations.filter((one) => (one.state === 'refused' || one.state === 'held') && !kept.handled.has(one.id));

const caseOf = (one: OperationView): CaseView => ({
  operation: one, staff: 'Noa', cost: one.kind === 'redeem' ? -one.fanPoints : 0, overdue: Date.now() - one.madeAt > 86_400_000, ways: waysOf(one),
});

type Names =
  | 'reviewList' | 'reviewCount' | 'reviewChoices' | 'saveView' | 'forgetView' | 'reviewDetail' | 'fetchOthers' | 'reverseOperation' | 'cases' | 'decideCases'
  | 'beginExport' | 'exportState' | 'cancelExport' | 'showExport' | 'signalRules' | 'setSignalRules' | 'signals' | 'settleDifferences';

export const review: Pick<Port['commands'], Names> = {
  reviewList: async ({ filter, after, skip, limit }) => {
    shop.call('reviewList', filter, skip);
    const rows = found(filter);
    const all = rows.length + kept.behind;
    const from = (after ? [...rows.keys()].find((at) => rows[at]?.place.number === after.number) ?? rows.length - after.number : -1) + 1 + skip;
    return Array.from({ length: Math.max(0, Math.min(limit, all - from)) }, (_, at) => rows[from + at] ?? old(from + at - rows.length));
  },
  reviewCount: async (filter) => ({ rows: found(filter).length + kept.behind, more: false }),
  reviewChoices: async () => choices(),
  saveView: async (view) => {
    shop.call('saveView', view.name);
    kept.views = [...kept.views.filter((one) => one.name !== view.name), view];
    return choices();
  },
  forgetView: async (name) => {
    kept.views = kept.views.filter((one) => one.name !== name);
    return choices();
  },
  reviewDetail: async (place): Promise<ReviewDetail> => {
    const operation = shop.operations.find((one) => one.seq === place.number) ?? null;
    const row = operation ? rowOf(operation) : old(-place.number);
    const way = kept.handled.get(row.id);
    return {
      row, operation, items: [], requestId: row.id, raisedBy: null,
      postings: [{ account: 'funding', amount: -row.fanPoints }, { account: 'wallet', amount: row.fanPoints }],
      audit: { entry: 42, hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
      platform: { code: operation?.reason?.code ?? null, bookedAt: operation?.settledAt ?? null, bookedFanPoints: row.fanPoints, bookedStatusPoints: null, reference: row.id },
      handling: way ? { way, note: '', staff: 'Lea', at: Date.now(), told: true, again: null } : null,
    };
  },
  fetchOthers: async () => 0,
  reverseOperation: async (id, reason, pin) => {
    shop.call('reverseOperation', id, reason);
    shop.checkPin(pin);
    const done = shop.operations.find((one) => one.id === id);
    if (!done) throw failure('unknownOperation');
    shop.operations = shop.operations.map((one) => (one.id === id ? { ...one, undone: true, canUndo: false } : one));
    return shop.book('undo', done.fan, { points: -done.fanPoints, status: -done.statusPoints, title: done.title, undoOf: id });
  },
  cases: async () => ({ cases: openCases(shop.operations).map(caseOf), next: null }),
  decideCases: async (decision, pin) => {
    shop.call('decideCases', decision);
    shop.checkPin(pin);
    for (const id of decision.operations) kept.handled.set(id, decision.way);
    shop.tellStatus();
    return decision.operations.map((operation) => ({ operation, error: null }));
  },
  beginExport: async (filter, form) => {
    shop.call('beginExport', form);
    const rows = found(filter).length;
    kept.export = { state: 'done', rows, total: rows, path: `Downloads/fanpoints.${form === 'csv' ? 'csv' : 'jsonl'}`, error: null };
    return { ...kept.export, state: 'running', rows: 0 };
  },
  exportState: async () => kept.export,
  cancelExport: async () => {
    kept.export = kept.export && { ...kept.export, state: 'cancelled' };
    return null;
  },
  showExport: async () => (shop.call('showExport'), null),
  signalRules: async () => kept.rules,
  setSignalRules: async (rules, pin) => {
    shop.checkPin(pin);
    return (kept.rules = rules);
  },
  signals: async (from, to) => {
    const evidence = shop.operations.filter((one) => one.madeAt >= from && one.madeAt < to && one.kind === 'give').map(rowOf).slice(0, 5);
    if (evidence.length < 3) return [];
    return [{ kind: 'sameFan', staff: 'Noa', staffId: 'noa', fanLabel: evidence[0]?.fanLabel ?? '', count: evidence.length, threshold: kept.rules.sameFanADay, from, to, evidence }];
  },
  settleDifferences: async (differences: DifferenceInput[], note, pin) => {
    shop.call('settleDifferences', differences.length, note);
    shop.checkPin(pin);
    for (const one of differences) kept.settled.add(one.id);
    return null;
  },
};
