// The border without Rust: a small shop that keeps its books in memory. For the demonstration and for
// tests alone; the build of the app never contains it.
import type {
  AppError, CameraSignal, ErrorCode, FanCard, GateSignal, GateView, Health, ItemInput, Passage, OperationKindView, OperationView, Outline, QuickButton, Receipt, ReceiptStanding, ScanSignal,
  Shown, Status, TrustView,
} from '../ipc/bindings';
import type { Port } from '../ipc/port';
import { goodsCommands, shelf } from './goods';
import { limitsOf } from './limits';
import { shiftCommands } from './shift';
import { FakePeople } from './people';
import { missing, kept, openCases, resetReview, review } from './review';
import { FANS, grouped, sampleConnection, sampleOperations, sampleStatus, tierOf, type SampleFan } from './sample';

export type * from '../ipc/bindings';

type Hear<T> = (payload: T) => void;

class Channel<T> {
  private hearers = new Set<Hear<T>>();
  listen = async (hear: Hear<T>) => {
    this.hearers.add(hear);
    return () => void this.hearers.delete(hear);
  };
  tell = (payload: T) => this.hearers.forEach((hear) => hear(payload));
}

const channels = { status: new Channel<Status>(), operation: new Channel<OperationView>(), camera: new Channel<CameraSignal>(), scan: new Channel<ScanSignal>(), fan: new Channel<FanCard>(), gate: new Channel<GateSignal>(), link: new Channel<void>() };

export const failure = (code: ErrorCode, more: Partial<AppError> = {}): AppError => ({ code, retry: false, needed: null, available: null, detail: null, ...more });

const SOUND: Health = {
  audit: { state: 'sound', entries: 1284, checkedAt: 0, brokenEntry: null, fault: null }, setAside: null, readOnly: false, clock: 'steady', moved: 0, archived: 0, retentionDays: null,
};

class Shop {
  status = sampleStatus(Date.now());
  fans: SampleFan[] = [];
  operations: OperationView[] = [];
  /** How the next operations end. */
  standing: ReceiptStanding | null = null;
  /** What the next call of a command throws. */
  failures = new Map<string, AppError>();
  calls: { command: string; arguments: unknown[] }[] = [];
  trust: TrustView = 'live';
  gate: GateView = { plan: null, tiers: ['Bronze', 'Silver', 'Gold', 'Platinum'], pin: { set: false, waitUntil: null, locked: false }, run: null };
  pin = '';
  link: string | null = null;
  quick: QuickButton[] = [];
  health: Health = { ...SOUND };
  private timer: ReturnType<typeof setInterval> | undefined;
  private seq = 20_000;
  /** How many cards were made. */
  private cards = 0;

  constructor() {
    this.reset();
  }

  /** The shop as it opens; `busy` with a morning's operations already made. */
  reset(busy = false): void {
    this.status = sampleStatus(Date.now());
    this.fans = FANS.map((fan) => ({ ...fan }));
    this.operations = busy ? sampleOperations(Date.now()) : [];
    this.standing = null;
    shelf.reset();
    this.failures.clear();
    this.calls = [];
    this.trust = 'live';
    this.gate = { ...this.gate, plan: null, run: null, pin: { set: false, waitUntil: null, locked: false } };
    this.pin = '';
    this.link = null;
    this.choices = null;
    this.health = { ...SOUND };
    resetReview();
    this.quick = busy ? [{ title: 'Scarf', priceMinor: 2500, rateLabel: 'merchandise' }, { title: 'Coffee', priceMinor: 450, rateLabel: null }] : [];
    this.count();
  }

  get online() {
    return this.status.link.state === 'online';
  }

  goOffline(since = Date.now()): void {
    this.status = { ...this.status, link: { ...this.status.link, state: 'offline', since, nextTry: Date.now() + 40_000 } };
    this.tellStatus();
  }

  tellStatus(): void {
    this.count();
    channels.status.tell(this.status);
  }

  count(): void {
    const of = (...states: string[]) => this.operations.filter((one) => states.includes(one.state));
    const waiting = of('waiting', 'sending');
    const cases = openCases(this.operations);
    const points = waiting.filter((one) => one.kind === 'redeem').reduce((sum, one) => sum - one.fanPoints, 0);
    this.status = {
      ...this.status,
      queue: { waiting: waiting.length, accepted: of('accepted').length, refused: of('refused').length, held: of('held').length, oldestWaiting: waiting[0]?.madeAt ?? null },
      cases: { open: cases.length, overdue: cases.filter((one) => Date.now() - one.madeAt > 86_400_000).length, oldest: cases[0]?.madeAt ?? null },
      exposure: { ...this.status.exposure, points },
    };
  }

  call(command: string, ...parts: unknown[]): void {
    this.calls.push({ command, arguments: parts });
    const error = this.failures.get(command);
    if (!error) return;
    this.failures.delete(command);
    throw error;
  }

  card(id: string, trust: TrustView = this.trust): FanCard {
    const fan = this.fans.find((one) => one.id === id);
    if (!fan) throw failure('unknownFan');
    const waiting = this.operations.filter((one) => one.fan === id && (one.state === 'waiting' || one.state === 'sending'));
    return {
      edition: ++this.cards,
      fan: id,
      label: grouped(id),
      trust,
      balance: {
        fanPoints: fan.points, valueMinor: fan.points, statusPoints: fan.status, asOf: Date.now() - 40_000,
        source: this.online ? 'platform' : trust === 'card' ? 'cardPass' : 'livePass',
      },
      tier: tierOf(fan.status),
      badges: fan.status >= 1000 ? ['Quizzer', 'Regular'] : [],
      pending: {
        count: waiting.length,
        fanPoints: waiting.reduce((sum, one) => sum + one.fanPoints, 0),
        statusPoints: waiting.reduce((sum, one) => sum + one.statusPoints, 0),
      },
      redeem: trust === 'unsigned' ? 'onlineOnly' : 'here',
    };
  }

  quote(items: ItemInput[]) {
    if (items.length === 0) throw failure('noItems');
    if (items.some((item) => item.priceMinor <= 0)) throw failure('invalidAmount');
    const rateOf = (label: string | null) => Number(this.status.connection?.rates.find((rate) => rate.label === label)?.rate ?? 0.02);
    const totalMinor = items.reduce((sum, item) => sum + item.priceMinor, 0);
    return { totalMinor, costs: totalMinor, earns: items.reduce((sum, item) => sum + Math.round(item.priceMinor * rateOf(item.rateLabel)), 0) };
  }

  book(kind: OperationKindView, id: string, change: { points?: number; status?: number; price?: number; title?: string; undoOf?: string }): Receipt {
    const fan = this.fans.find((one) => one.id === id);
    if (!fan) throw failure('unknownFan');
    const points = change.points ?? 0;
    if (fan.points + points < 0) throw failure('tooFewPoints', { needed: -points, available: fan.points });
    fan.points += points;
    fan.status += change.status ?? 0;
    const standing = this.standing ?? (this.online ? 'booked' : 'waiting');
    const now = Date.now();
    const operation: OperationView = {
      id: `0199-${++this.seq}`, seq: this.seq, kind, state: standing === 'booked' ? 'accepted' : standing === 'refused' ? 'refused' : 'waiting',
      fan: id, fanLabel: grouped(id), fanPoints: points, statusPoints: change.status ?? 0, priceMinor: change.price ?? null, title: change.title ?? '',
      madeAt: now, settledAt: standing === 'booked' ? now : null, tries: standing === 'booked' ? 1 : 0,
      reason: this.online ? null : failure('offline', { retry: true }), nextTry: null, undoOf: change.undoOf ?? null, undone: false,
      canUndo: kind !== 'undo', trust: this.trust,
    };
    this.operations.push(operation);
    this.tellStatus();
    return { standing, operation, also: null, alsoFailed: null, card: this.card(id) };
  }

  checkPin(pin: string | null): void {
    if (!this.gate.pin.set) return;
    if (!pin) throw failure('pinNeeded');
    if (pin !== this.pin) throw failure('pinWrong', { detail: '9' });
  }

  setPin(pin: string) {
    if (!/^\d{6,}$/.test(pin)) throw failure('pinTooWeak');
    this.pin = pin;
    this.gate = { ...this.gate, pin: { set: true, waitUntil: null, locked: false } };
    return this.gate.pin;
  }

  changeGate(change: Partial<GateView>): GateView {
    this.gate = { ...this.gate, ...change };
    channels.gate.tell({ kind: 'changed', gate: this.gate });
    return this.gate;
  }

  /** Judges a fan as the gate's plan says. */
  pass(id: string, more: Partial<Passage> = {}): Passage {
    const { plan, run } = this.gate;
    if (!plan || !run) throw failure('gateClosed');
    const card = this.card(id);
    const points = card.balance?.statusPoints ?? 0;
    const rule = plan.rule;
    const needed = rule.kind === 'atLeast' ? rule.statusPoints : rule.kind === 'tier' ? { Bronze: 0, Silver: 500, Gold: 1000, Platinum: 5000 }[rule.name] ?? 0 : rule.kind === 'threshold' ? 1000 : null;
    const missing = Math.max(0, (needed ?? 0) - points);
    const near = !this.online && missing > 0 && missing < 100;
    const answer = missing === 0 ? 'yes' : near ? 'cannotTell' : 'no';
    const admitted = answer === 'yes' ? true : answer === 'no' ? false : plan.unsure === 'ask' ? null : plan.unsure === 'admit';
    const action = this.status.connection?.actions.find((one) => one.category === plan.award);
    const passage: Passage = {
      number: run.passed + run.refused + run.unknown + 1, at: Date.now(), fan: id, label: card.label, tier: card.tier, answer, admitted,
      decidedBy: answer === 'cannotTell' && admitted !== null ? 'plan' : 'rule', statusPoints: points, needed, missing: missing > 0 ? missing : null,
      age: this.online ? 2000 : 3 * 3_600_000, again: null, awarded: admitted && action ? action.statusPoints : null, awardOperation: null, error: null, ...more,
    };
    return this.note(passage);
  }

  note(passage: Passage, before?: Passage): Passage {
    const run = { ...(this.gate.run ?? { openedAt: 0, passed: 0, refused: 0, unknown: 0, last: [], minute: [] }) };
    const of = (one: Passage) => (one.admitted === null ? 'unknown' : one.admitted ? 'passed' : 'refused');
    if (before) run[of(before)]--;
    run[of(passage)]++;
    run.last = before ? run.last.map((one) => (one.number === passage.number ? passage : one)) : [passage, ...run.last].slice(0, 10);
    if (!before) run.minute = [...run.minute, passage.at];
    this.gate = { ...this.gate, run };
    channels.gate.tell({ kind: 'passage', passage, run });
    return passage;
  }

  settle(id: string, state: 'accepted' | 'refused'): void {
    this.operations = this.operations.map((one) => (one.id === id ? { ...one, state, settledAt: Date.now(), reason: null } : one));
    const operation = this.operations.find((one) => one.id === id);
    if (operation) channels.operation.tell(operation);
    this.tellStatus();
  }

  tell = { gate: channels.gate.tell, link: channels.link.tell, scan: channels.scan.tell, fan: channels.fan.tell, camera: channels.camera.tell, operation: channels.operation.tell };

  /** What the screens have kept. */
  choices: string | null = null;
  /** What the phone's scanner does next: sees this text, is given up, or fails. */
  phone: { settle: (text: string | null) => void; fail: (error: AppError) => void } | null = null;

  film(on: boolean): void {
    clearInterval(this.timer);
    if (!on) return;
    let sequence = 0;
    const outlines: Outline[] = [[[402, 288], [598, 288], [598, 636], [402, 636]]];
    this.timer = setInterval(() => channels.camera.tell({ kind: 'frame', sequence: ++sequence, width: 1280, height: 720, outlines }), 100);
  }
}

export const shop = new Shop();
export const crew = new FakePeople(shop, failure);

const digits = (text: string) => text.replace(/[\s-]/g, '');

function identify(text: string): FanCard {
  const id = /user_id"?[=:]"?(\d{12})/.exec(text)?.[1] ?? digits(text);
  if (text.startsWith('FP1:')) return shop.card(FANS[0]?.id ?? '');
  if (!/^\d{12}$/.test(id)) throw failure('notOurCode');
  const sum = [...id].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  if (sum % 10 !== 0) throw failure('checkDigitWrong');
  return shop.card(id, shop.trust === 'live' ? 'unsigned' : shop.trust);
}

const fanShown = (card: FanCard): Shown => ({ kind: 'fan', card });

function show(text: string): Shown {
  const goods = shelf.find(text);
  return goods ? { kind: 'goods', goods: shop.online ? goods : { ...goods, state: 'offline' } } : fanShown(identify(text));
}

export const commands: Port['commands'] = {
  ...goodsCommands(() => shop),
  ...crew.commands,
  ...review,
  status: async () => (shop.call('status'), shop.status),
  connect: async (request) => {
    shop.call('connect', request);
    shop.status = { ...shop.status, connection: { ...sampleConnection(request.environment), endpoint: request.endpoint, partnerId: request.partnerId }, link: { ...shop.status.link, state: 'online' } };
    return shop.status;
  },
  disconnect: async () => {
    shop.call('disconnect');
    if (shop.status.queue.waiting > 0) throw failure('queueNotEmpty');
    shop.status = { ...shop.status, connection: null, link: { ...shop.status.link, state: 'notConnected' } };
    return shop.status;
  },
  setPreferences: async (preferences) => (shop.call('setPreferences', preferences), (shop.status = { ...shop.status, preferences })),
  choices: async () => shop.choices,
  keepChoices: async (text) => ((shop.choices = text), null),
  identifyText: async (text, source) => (shop.call('identifyText', text, source), show(text)),
  identifyClipboard: async () => (shop.call('identifyClipboard'), fanShown(shop.card(FANS[0]?.id ?? ''))),
  identifyPicture: async (data) => (shop.call('identifyPicture', data.length), fanShown(shop.card(FANS[0]?.id ?? ''))),
  fanCard: async (fan) => (shop.call('fanCard', fan), shop.card(fan)),
  quote: async (items) => (shop.call('quote', items), shop.quote(items)),
  give: async (fan, items) => {
    shop.call('give', fan, items);
    const { earns, totalMinor } = shop.quote(items);
    return shop.book('give', fan, { points: earns, price: totalMinor, title: items[0]?.title ?? '' });
  },
  redeem: async (fan, items) => {
    shop.call('redeem', fan, items);
    const { costs, totalMinor } = shop.quote(items);
    return shop.book('redeem', fan, { points: -costs, price: totalMinor, title: items[0]?.title ?? '' });
  },
  award: async (fan, action) => {
    shop.call('award', fan, action);
    const known = shop.status.connection?.actions.find((one) => one.category === action);
    if (!known) throw failure('unknownAction');
    return shop.book('award', fan, { status: known.statusPoints, title: known.title });
  },
  raiseLimit: async (fan, deed, pin) => {
    shop.call('raiseLimit', fan, deed);
    if (!shop.gate.pin.set && !shop.status.session.person) throw failure('managerPinUnset');
    if (!shop.status.session.person || !shop.status.session.rights.includes('raise_limit')) shop.checkPin(pin);
    if (deed.kind === 'award') return commands.award(fan, deed.action);
    return deed.kind === 'give' ? commands.give(fan, deed.items) : commands.redeem(fan, deed.items);
  },
  offlineLimits: async () => limitsOf(),
  setOfflineLimits: async (values, pin) => {
    shop.call('setOfflineLimits', values);
    shop.checkPin(pin);
    return limitsOf(values);
  },
  undo: async (id, pin) => {
    shop.call('undo', id);
    const done = shop.operations.find((one) => one.id === id);
    if (!done) throw failure('unknownOperation');
    if (done.undone) throw failure('alreadyReversed');
    if (Date.now() - done.madeAt > 45_000) shop.checkPin(pin);
    shop.operations = shop.operations.map((one) => (one.id === id ? { ...one, undone: true, canUndo: false } : one));
    return shop.book('undo', done.fan, { points: -done.fanPoints, status: -done.statusPoints, title: done.title, undoOf: id });
  },
  checkThreshold: async (fan, id) => {
    shop.call('checkThreshold', fan, id);
    const rule = shop.status.connection?.thresholdRules.find((one) => one.id === id);
    if (!rule) throw failure('unknownRule');
    const statusPoints = shop.card(fan).balance?.statusPoints ?? 0;
    const missing = Math.max(0, (rule.atLeast ?? 0) - statusPoints);
    const near = !shop.online && missing > 0 && missing < 100;
    return { rule, answer: missing === 0 ? 'yes' : near ? 'cannotTell' : 'no', statusPoints, missing, age: shop.online ? 2000 : 3 * 3_600_000 };
  },
  operations: async (filter) => {
    shop.call('operations', filter);
    const rows = shop.operations
      .filter((one) => (filter.states.length === 0 || filter.states.includes(one.state)) && (filter.kinds.length === 0 || filter.kinds.includes(one.kind)))
      .filter((one) => (filter.from === null || one.madeAt >= filter.from) && (filter.to === null || one.madeAt < filter.to))
      .filter((one) => filter.after === null || one.seq < filter.after)
      .toSorted((a, b) => b.seq - a.seq);
    const page = rows.slice(0, filter.limit);
    return { rows: page, next: rows.length > page.length ? (page.at(-1)?.seq ?? null) : null };
  },
  totals: async (from, to) => {
    shop.call('totals', from, to);
    const of = shop.operations.filter((one) => one.madeAt >= from && one.madeAt < to);
    const valid = (kind: OperationKindView) => of.filter((one) => one.kind === kind && one.state !== 'refused' && !one.undone);
    const sum = (rows: OperationView[], what: 'fanPoints' | 'statusPoints') => rows.reduce((total, one) => total + Math.abs(one[what]), 0);
    return {
      given: sum(valid('give'), 'fanPoints'), redeemed: sum(valid('redeem'), 'fanPoints'), statusAwarded: sum(valid('award'), 'statusPoints'),
      givenCount: valid('give').length, redeemedCount: valid('redeem').length, awardedCount: valid('award').length,
      undoneCount: of.filter((one) => one.undone).length, refusedCount: of.filter((one) => one.state === 'refused').length,
      waitingCount: of.filter((one) => one.state === 'waiting').length,
    };
  },
  sendNow: async () => {
    shop.call('sendNow');
    if (!shop.online) throw failure('offline', { retry: true });
    for (const one of shop.operations.filter((row) => row.state === 'waiting')) shop.settle(one.id, 'accepted');
    return shop.status;
  },
  cameras: async () => (shop.call('cameras'), [{ id: '0', name: 'Integrated camera' }, { id: '1', name: 'Counter camera' }]),
  cameraStart: async (camera) => (shop.call('cameraStart', camera), shop.film(true), null),
  cameraStop: async () => (shop.call('cameraStop'), shop.film(false), null),
  diagnostics: async () => {
    shop.call('diagnostics');
    return {
      appVersion: '0.1.0', platform: 'Linux x86_64', databaseVersion: 3, databaseBytes: 3_481_600, databasePath: '~/.local/share/app.fanpoints.partner/device.db',
      auditEntries: 1284, auditIntact: true, queue: shop.status.queue, link: shop.status.link, logPath: '~/.local/share/app.fanpoints.partner/logs',
      eventsWaiting: 0, lastErrors: [{ at: Date.now() - 5_400_000, text: 'sending a batch: connection refused, next try in 4 s' }], processId: 4711,
    };
  },
  gate: async () => (shop.call('gate'), shop.gate),
  prepareGate: async (plan, pin) => {
    shop.call('prepareGate', plan);
    if (plan.kiosk && !shop.gate.pin.set) throw failure('pinNeeded');
    shop.checkPin(pin);
    if (plan.rule.kind === 'atLeast' && plan.rule.statusPoints <= 0) throw failure('invalidAmount');
    return shop.changeGate({ plan });
  },
  openGate: async () => (shop.call('openGate'), shop.changeGate({ run: { openedAt: Date.now(), passed: 0, refused: 0, unknown: 0, last: [], minute: [] } })),
  closeGate: async (pin) => {
    shop.call('closeGate');
    if (shop.gate.plan?.kiosk) shop.checkPin(pin);
    return shop.changeGate({ run: null });
  },
  attendGate: async (attended) => (shop.call('attendGate', attended), null),
  gateText: async (text, source) => (shop.call('gateText', text, source), shop.pass(identify(text).fan)),
  decidePassage: async (number, admit, reason) => {
    shop.call('decidePassage', number, admit, reason);
    const before = shop.gate.run?.last.find((one) => one.number === number);
    if (!before) throw failure('unknownPassage');
    if (before.answer !== 'cannotTell' && reason === '') throw failure('reasonMissing');
    return shop.note({ ...before, admitted: admit, decidedBy: 'person' }, before);
  },
  setManagerPin: async (old, pin) => (shop.call('setManagerPin'), shop.checkPin(old), shop.setPin(pin)),
  resetManagerPin: async (_secret, pin) => (shop.call('resetManagerPin'), shop.setPin(pin)),
  quoteSplit: async (items, points) => {
    shop.call('quoteSplit', items, points);
    const { totalMinor, earns } = shop.quote(items);
    if (points < 0 || points > totalMinor) throw failure('invalidAmount');
    return { points, restMinor: totalMinor - points, earns: Math.round((earns * (totalMinor - points)) / totalMinor) };
  },
  pay: async (fan, items, points) => {
    shop.call('pay', fan, items, points);
    const { totalMinor, earns } = shop.quote(items);
    const receipt = shop.book('redeem', fan, { points: -points, price: points, title: items[0]?.title ?? '' });
    const gift = shop.book('give', fan, { points: Math.round((earns * (totalMinor - points)) / totalMinor), price: totalMinor - points, title: items[0]?.title ?? '' });
    return { ...receipt, also: gift.operation, card: gift.card };
  },
  quickButtons: async () => (shop.call('quickButtons'), shop.quick),
  setQuickButtons: async (buttons, pin) => {
    shop.call('setQuickButtons', buttons);
    shop.checkPin(pin);
    if (buttons.some((one) => one.title.trim() === '')) throw failure('missingField');
    if (buttons.some((one) => one.priceMinor <= 0)) throw failure('invalidAmount');
    return (shop.quick = buttons);
  },
  setZoom: async () => null,
  qrCode: async (text) => (shop.call('qrCode', text), "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 21 21'><path d='M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 9h5v5H9z'/></svg>"),
  scanStart: async (source) => (shop.call('cameraStart', source), shop.film(true), null),
  screens: async () => [{ id: '0', name: 'Screen 1', width: 1920, height: 1080 }],
  cameraFacts: async () => ({
    name: 'Counter camera', width: 1280, height: 720, framesPerSecond: 30,
    sizes: [{ width: 1920, height: 1080, framesPerSecond: 30 }, { width: 1280, height: 720, framesPerSecond: 30 }],
    controls: [
      { knob: 'focus', min: 0, max: 250, step: 5, value: 30, automatic: true },
      { knob: 'exposure', min: 3, max: 2047, step: 1, value: 250, automatic: true },
      { knob: 'torch', min: 0, max: 1, step: 1, value: 0, automatic: null },
    ],
  }),
  cameraSet: async (knob, setting) => (shop.call('cameraSet', knob, setting), null),
  serialPorts: async () => [{ id: '/dev/ttyUSB0', name: 'USB scanner' }],
  serialStart: async (port, baud) => (shop.call('serialStart', port, baud), null),
  serialStop: async () => (shop.call('serialStop'), null),
  serialState: async () => null,
  handheldScan: async (presses, profile) => {
    shop.call('handheldScan', presses.length, profile);
    return { text: presses.map((press) => (press.key.length === 1 ? press.key : '')).join(''), typedBefore: 0 };
  },
  teachCodes: async () => ['FANPOINTS-1', 'FANPOINTS-2', 'FANPOINTS-3'].map((text) => ({ text, svg: "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v3H0z'/></svg>" })),
  teach: async (scans) => {
    shop.call('teach', scans.length);
    if (scans.length < 3 || scans.some((scan) => scan.length === 0)) throw failure('teachUnread', { retry: true });
    return { prefix: '', suffix: '', ending: 'enter', meanMs: 4, longestPauseMs: 12, reading: 'typed' };
  },
  health: async () => shop.health,
  dismissSetAside: async () => (shop.health = { ...shop.health, setAside: null }),
  verifyAudit: async () => (shop.call('verifyAudit'), (shop.health = { ...shop.health, audit: { ...shop.health.audit, state: shop.health.audit.state === 'broken' ? 'broken' : 'sound', checkedAt: Date.now() } }), shop.health.audit),
  reconcile: async (from, to) => {
    shop.call('reconcile', from, to);
    if (!shop.online) throw failure('offline', { retry: true });
    const waiting = shop.operations.filter((one) => one.state === 'waiting');
    const rows = waiting.map((operation) => ({ verdict: 'waiting' as const, action: 'send' as const, operation, there: null, id: operation.id, isUndo: false, settled: false }));
    return { rows: [...rows, ...kept.missing.map(missing)], matched: shop.operations.length - waiting.length, complete: true };
  },
  setRetention: async (days) => (shop.health = { ...shop.health, retentionDays: days }),
  deviceKey: async () => ({ text: 'age1sample', fingerprint: '0123 4567 8901 2345 6789' }),
  evacuate: async (request, pin) => {
    shop.call('evacuate', request.recipient.kind);
    shop.checkPin(pin);
    if (request.recipient.kind === 'passphrase' && request.recipient.passphrase.length < 12) throw failure('passphraseTooShort');
    const waiting = shop.operations.filter((one) => one.state === 'waiting').length;
    if (waiting === 0) throw failure('nothingToMove');
    return { fileName: 'fanpoints-queue.fpe', bytes: btoa('sample'), codes: request.asCodes ? ['QUJD', 'REVG', 'R0hJ'].map((part, at) => `FPE1:abc:${at + 1}:3:${part}`) : [], operations: waiting, fingerprint: '0123 4567 8901 2345 6789' };
  },
  importEvacuation: async (request, pin) => {
    shop.call('importEvacuation', request.bytes?.length ?? 0);
    shop.call('importCodes', request.codes);
    shop.checkPin(pin);
    return { operations: 3, already: 0, receipt: 'FPR1-sample', fingerprint: '0123 4567 8901 2345 6789' };
  },
  confirmMoved: async (receipt) => {
    shop.call('confirmMoved', receipt);
    if (!receipt.startsWith('FPR1')) throw failure('evacuationDamaged');
    shop.operations = shop.operations.map((one) => (one.state === 'waiting' ? { ...one, state: 'moved' as const } : one));
    shop.tellStatus();
    return shop.status;
  },
  ...shiftCommands(shop),
  takeLink: async () => {
    const link = shop.link;
    shop.link = null;
    return link;
  },
};

export const on: Port['on'] = {
  status: channels.status.listen,
  operation: channels.operation.listen,
  camera: channels.camera.listen,
  scan: channels.scan.listen,
  gate: channels.gate.listen,
  link: channels.link.listen,
  fan: channels.fan.listen,
};

export const phone: Port['phone'] = {
  read: (system) => {
    shop.call('phoneRead', system);
    return new Promise((settle, fail) => (shop.phone = { settle, fail }));
  },
  giveUp: async () => {
    shop.call('phoneGiveUp');
    shop.phone?.settle(null);
  },
};

export const previewAddress: Port['previewAddress'] = (sequence) => picture(sequence);

/** A phone with a code on it, held before a blurred shop. */
function picture(sequence: number): string {
  const cells = Array.from({ length: 21 * 21 }, (_, at) => {
    const x = at % 21;
    const y = Math.floor(at / 21);
    const corner = (left: number, top: number) => {
      const far = Math.max(Math.abs(x - left - 3), Math.abs(y - top - 3));
      return far > 3 ? null : far !== 2;
    };
    const dark = corner(0, 0) ?? corner(14, 0) ?? corner(0, 14) ?? (x * 7 + y * 11 + ((x * y) % 5)) % 3 === 0;
    return dark ? `<rect x='${x}' y='${y}' width='1.02' height='1.02'/>` : '';
  }).join('');
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' width='1280' height='720'><defs><linearGradient id='g' x2='1' y2='1'><stop stop-color='#55657d'/><stop offset='1' stop-color='#232c3a'/></linearGradient></defs><rect width='1280' height='720' fill='url(#g)'/><circle cx='240' cy='170' r='130' fill='#d8b98c' opacity='.35'/><rect x='860' y='80' width='300' height='420' rx='20' fill='#8fa3bd' opacity='.3'/><rect x='470' y='90' width='340' height='700' rx='46' fill='#0b0f18'/><rect x='486' y='108' width='308' height='660' rx='32' fill='#fff'/><g transform='translate(514 207) scale(12)' fill='#0b0f18'>${cells}</g><rect x='540' y='520' width='200' height='18' rx='9' fill='#c6cfdd'/><!--${sequence}--></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

// The demonstration starts with a morning's work done; its state can be driven from the console.
if (import.meta.env.MODE === 'demo') {
  shop.reset(true);
  (globalThis as Record<string, unknown>)['shop'] = shop;
}
