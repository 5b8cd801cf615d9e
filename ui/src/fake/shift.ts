// Shifts and figures of the sample shop, and the codes of a hand-over.
import type { CountedView, Figures, OperationView, QueueCounts, ShiftCount, ShiftDesk, ShiftView, Totals } from '../ipc/bindings';
import type { Commands } from '../ipc/port';

interface Shop {
  operations: OperationView[];
  status: { queue: QueueCounts };
  call: (command: string, ...parts: unknown[]) => void;
}

type Mine = 'shift' | 'openShift' | 'handOverShift' | 'closeShift' | 'shifts' | 'shiftReport' | 'shiftFile' | 'saveDiagnostics' | 'figures' | 'handoverCodes';

const HOUR_MS = 3_600_000;
const no = (code: 'shiftOpen' | 'shiftNotOpen' | 'samePerson' | 'unknownOperation' | 'noCodeFound') => ({ code, retry: false, needed: null, available: null, detail: null });

function totalsOf(rows: OperationView[]): Totals {
  const of = (kind: OperationView['kind']) => rows.filter((one) => one.kind === kind && one.state !== 'refused');
  const sum = (kind: OperationView['kind'], what: 'fanPoints' | 'statusPoints') => of(kind).reduce((total, one) => total + Math.abs(one[what]), 0);
  return {
    given: sum('give', 'fanPoints'), redeemed: sum('redeem', 'fanPoints'), statusAwarded: sum('award', 'statusPoints'),
    givenCount: of('give').length, redeemedCount: of('redeem').length, awardedCount: of('award').length, undoneCount: of('undo').length,
    refusedCount: rows.filter((one) => one.state === 'refused').length, waitingCount: rows.filter((one) => one.state === 'waiting').length,
  };
}

let open: { id: string; openedAt: number; watches: ShiftView['watches'] } | null = null;
let closed: ShiftView[] = [];

/** A device on which no shift was ever opened. */
export function forgetShifts(): void {
  open = null;
  closed = [];
}

export function shiftCommands(shop: Shop): Pick<Commands, Mine> {
  const view = (): ShiftView | null => {
    if (!open) return null;
    const since = open.openedAt;
    const rows = shop.operations.filter((one) => one.madeAt >= since);
    const totals = totalsOf(rows);
    const undone = rows.filter((one) => one.kind === 'undo').reduce((sum, one) => sum + one.fanPoints, 0);
    const waiting = rows.filter((one) => one.state === 'waiting');
    return {
      ...open, closed: null, totals, undone, undoneStatus: 0,
      people: rows.length === 0 ? [] : [{ name: open.watches[0]?.name ?? null, totals, undone }],
      rates: totals.givenCount === 0 ? [] : [{ label: null, items: totals.givenCount, priceMinor: rows.reduce((sum, one) => sum + (one.priceMinor ?? 0), 0), given: totals.given, redeemed: totals.redeemed, undone }],
      waiting: { operations: waiting.length, held: 0, gives: 0, redeems: 0 }, exposure: 0, exposureCap: 200_000,
    };
  };
  const suggested = (): CountedView[] => open?.watches.at(-1)?.counted ?? closed[0]?.closed?.counted ?? [];
  const desk = (): ShiftDesk => ({ open: view(), suggested: suggested(), person: null });
  const watch = (count: ShiftCount) => ({ name: count.name ?? 'Noa', at: Date.now(), counted: count.counted });

  return {
    shift: async () => (shop.call('shift'), desk()),
    openShift: async (count) => {
      shop.call('openShift', count);
      if (open) throw no('shiftOpen');
      open = { id: `shift-${closed.length + 1}`, openedAt: Date.now() - 4 * HOUR_MS, watches: [watch(count)] };
      return desk();
    },
    handOverShift: async (count) => {
      shop.call('handOverShift', count);
      if (!open) throw no('shiftNotOpen');
      if (open.watches.at(-1)?.name === count.name) throw no('samePerson');
      open = { ...open, watches: [...open.watches, watch(count)] };
      return desk();
    },
    closeShift: async (count) => {
      shop.call('closeShift', count);
      const now = view();
      if (!now) throw no('shiftNotOpen');
      const end = {
        at: Date.now(), by: count.name ?? 'Noa', counted: count.counted, number: closed.length + 1, currency: 'CHF', delivery: 'delivered' as const,
        root: '9f2c7b1de04a5586c3b19a7e6d5540128cc9be37f1a2044d6e0b9a51c7d38e64', code: '4VQD-KX2M-9TBA-71RE', firstEntry: 1201, lastEntry: 1284, holds: true,
      };
      open = null;
      const report = { ...now, closed: end };
      closed = [report, ...closed];
      return report;
    },
    shifts: async () => (shop.call('shifts'), closed),
    shiftReport: async (id) => {
      shop.call('shiftReport', id);
      const found = closed.find((one) => one.id === id);
      if (!found) throw no('unknownOperation');
      return found;
    },
    shiftFile: async (id, format, words) => (shop.call('shiftFile', id, format, words), { name: `shift.${format}`, path: `Downloads/shift.${format}` }),
    saveDiagnostics: async () => (shop.call('saveDiagnostics'), { name: 'support.json', path: 'Downloads/support.json' }),
    figures: async ({ bounds }): Promise<Figures> => {
      shop.call('figures', bounds.length);
      const stretches = bounds.slice(0, -1).map((from, at) => {
        const rows = shop.operations.filter((one) => one.madeAt >= from && one.madeAt < (bounds[at + 1] ?? from));
        const settled = rows.filter((one) => one.settledAt !== null);
        const waits = settled.map((one) => (one.settledAt ?? 0) - one.madeAt);
        return { from, totals: totalsOf(rows), booked: settled.length, meanWait: waits.length === 0 ? null : Math.round(waits.reduce((sum, one) => sum + one, 0) / waits.length), longestWait: waits.length === 0 ? null : Math.max(...waits) };
      });
      const given = stretches.reduce((sum, one) => sum + one.totals.given, 0);
      const first = Math.floor((Date.now() - HOUR_MS) / 60_000) * 60_000;
      return {
        stretches,
        rates: given === 0 ? [] : [{ label: 'merchandise', items: 8, priceMinor: 90_000, given, redeemed: 700, undone: 0 }, { label: null, items: 3, priceMinor: 4_000, given: Math.round(given / 3), redeemed: 0, undone: 0 }],
        passages: given === 0 ? [] : [3, 18, 34, 52, 47, 21].map((passed, at) => ({ at: first + at * 120_000, passed, refused: at % 3, unknown: at % 2 })),
      };
    },
    handoverCodes: async (data) => {
      shop.call('handoverCodes', data.length);
      const text = atob(data);
      if (!text.startsWith('FPE1:')) throw no('noCodeFound');
      return [text];
    },
  };
}
