// What happens at the counter: a fan, a purchase, one confirmation, and half a minute to undo it. It lives
// as long as the window, so that a look at the queue loses neither fan nor amount.
import {
  commands,
  type AppError,
  type CodeSource,
  type FanCard,
  type GoodsView,
  type ItemInput,
  type OperationView,
  type QuickButton,
  type Quote,
  type RaisedDeed,
  type Receipt,
  type ScanSignal,
  type Shown,
  type SplitQuote,
  type ThresholdView,
} from '$ipc';
import { EMPTY, entryOf, minor, parseAmount, press, type AmountProblem, type Entry, type Key } from '../lib/amount';
import { choices } from '../lib/choices.svelte';
import { session } from '../lib/session.svelte';
import { appError, asAppError } from '../lib/errors';
import { asDataUrl } from '../lib/picture';
import { play, type Sound } from '../lib/sound';
import { groupMark } from '../i18n/index.svelte';
import { newest } from './cards';
import { done, isSettled, soundOf, standingOf, undoing, type Busy, type Managed } from './deeds';
import { goods } from './goods.svelte';
import { Recent } from './recent.svelte';

export const UNDO_MS = 30_000;
/** How long a success stays before the next scan that came meanwhile takes its place. */
const SUCCESS_MS = 1500;
/** A pause in typing before the points are asked for. */
const QUOTE_MS = 30;
/** An answer that comes sooner needs no sign of waiting: drawing it would only delay the answer. */
const PATIENCE_MS = 150;
/** The same again within this time is asked for once more. */
const REPEAT_MS = 60_000;
export const MOST_OF_ONE = 50;
const LARGEST_PICTURE = 64 * 1024 * 1024;

export type Tab = 'amount' | 'items' | 'status';

export interface ItemDraft {
  key: number;
  title: string;
  price: Entry;
  rateLabel: string | null;
  quantity: number;
}

export interface Outcome {
  receipt: Receipt;
  at: number;
  /** An undo of what was done before. */
  undo: boolean;
}

export class Counter {
  fan = $state.raw<FanCard | null>(null);
  tab = $state<Tab>('amount');
  entry = $state.raw<Entry>(EMPTY);
  amountProblem = $state<AmountProblem | null>(null);
  rateLabel = $state<string | null>(null);
  items = $state<ItemDraft[]>([]);
  action = $state<string | null>(null);
  quote = $state.raw<Quote | null>(null);
  busy = $state<Busy | null>(null);
  /** What staff has been waiting for long enough to be told. */
  waiting = $state<Busy | null>(null);
  /** Why the fan could not be identified. */
  identifyError = $state.raw<AppError | null>(null);
  /** Why the confirmed operation did not happen. */
  actionError = $state.raw<AppError | null>(null);
  outcome = $state.raw<Outcome | null>(null);
  /** What was done before this fan, as long as it can be undone in place. */
  last = $state.raw<Outcome | null>(null);
  /** Waits for a person to say that the same is meant once more. */
  repeat = $state.raw<{ what: Busy; since: number } | null>(null);
  quick = $state.raw<QuickButton[]>([]);
  /** Points that pay a part of the purchase; 0: none. */
  split = $state(0);
  /** The slider is shown, in the keypad's place where there is one. */
  splitting = $state(false);
  splitQuote = $state.raw<SplitQuote | null>(null);
  threshold = $state.raw<ThresholdView | null>(null);
  /** What waits for a manager's PIN. */
  pinFor = $state.raw<Managed | null>(null);
  /** What was refused because it is above a limit that a manager can raise once. */
  above = $state.raw<{ fan: string; what: Busy; deed: RaisedDeed } | null>(null);
  readonly recent = new Recent();

  private nextKey = 1;
  private attempt = 0;
  private quoting = 0;
  private splits = 0;
  private quoteTimer: ReturnType<typeof setTimeout> | undefined;
  private pending: FanCard | null = null;
  /** The last fan who was told of. */
  private heard: FanCard | null = null;
  private outcomeTimer: ReturnType<typeof setTimeout> | undefined;

  total = $derived.by(() => (this.tab === 'items' ? this.items.reduce((sum, item) => sum + minor(item.price) * item.quantity, 0) : minor(this.entry)));

  /** So many points can pay a part: no more than it costs, and no more than the fan has. */
  mostSplit = $derived.by(() => Math.min(this.total, this.fan?.balance?.fanPoints ?? 0));
  canSplit = $derived.by(() => this.fan !== null && this.quote !== null && this.mostSplit > 1);
  /** Points and money pay, each a part. */
  parted = $derived.by(() => this.canSplit && this.split > 0 && this.split < this.total);

  /** The purchase as the platform wants it; empty while there is nothing to sell. */
  purchase(): ItemInput[] {
    if (this.tab === 'status') return [];
    if (this.tab === 'amount') {
      const priceMinor = minor(this.entry);
      return priceMinor > 0 ? [{ title: '', priceMinor, rateLabel: this.rateLabel }] : [];
    }
    return this.items
      .filter((item) => minor(item.price) > 0 || item.title.trim() !== '')
      .flatMap((item) => Array.from({ length: item.quantity }, () => ({ title: item.title.trim(), priceMinor: minor(item.price), rateLabel: item.rateLabel })));
  }

  /** The same at the rate of the discount code that goes with it. */
  private discounted(): ItemInput[] {
    const discount = goods.discount;
    return discount ? this.purchase().map((item) => ({ ...item, rateLabel: discount.rateLabel })) : this.purchase();
  }

  // --- the fan ---

  identifyText(text: string, source: CodeSource): Promise<boolean> {
    return this.identify(() => commands.identifyText(text, source));
  }

  async identifyPicture(picture: Blob): Promise<boolean> {
    if (picture.size > LARGEST_PICTURE) {
      this.refuse(appError('pictureTooLarge'));
      return false;
    }
    return this.identify(async () => commands.identifyPicture(await asDataUrl(picture)));
  }

  identifyClipboard(): Promise<boolean> {
    return this.identify(() => commands.identifyClipboard());
  }

  private async identify(ask: () => Promise<Shown>): Promise<boolean> {
    const mine = ++this.attempt;
    if (this.busy === null) this.busy = 'identify';
    try {
      const shown = await ask();
      if (mine === this.attempt) {
        if (shown.kind === 'fan') this.meet(shown.card, true);
        else this.hold(shown.goods);
      }
      return true;
    } catch (thrown) {
      if (mine === this.attempt) this.refuse(asAppError(thrown));
      return false;
    } finally {
      if (mine === this.attempt && this.busy === 'identify') this.busy = null;
    }
  }

  /** A read of the camera. */
  hearScan(signal: ScanSignal): void {
    if (signal.kind === 'refused') {
      if (this.confirming()) return;
      this.refuse(signal.error);
    } else if (signal.kind === 'goods') this.hold(signal.goods);
    else if (signal.kind === 'identified') this.meet(signal.card, false);
  }

  /** Something that a fan holds: the fan who is here stays. */
  private hold(shown: GoodsView): void {
    if (this.confirming() || goods.busy) return;
    // The camera sees what was just used for as long as it lies there.
    if (goods.done && goods.shown?.goods.id === shown.goods.id && goods.shown.goods.nr === shown.goods.nr) return;
    this.dismissOutcome();
    this.identifyError = null;
    this.actionError = null;
    goods.show(shown);
    this.sound('identified');
  }

  /** What became of a voucher or a product. */
  noteGoods(used: FanCard | boolean): void {
    if (typeof used !== 'boolean') this.hearFan(used);
    this.sound(used === false ? 'failure' : 'success');
  }

  /** What is known of a fan has changed: who is here, or about to be. */
  hearFan(card: FanCard): void {
    this.heard = newest(card, this.heard);
    if (this.fan) this.fan = newest(this.fan, card);
  }

  private confirming(): boolean {
    return this.busy !== null && this.busy !== 'identify';
  }

  /** A fan is here. `asked`: staff did something for it, rather than the camera seeing a code again. */
  private meet(card: FanCard, asked: boolean): void {
    if (this.confirming()) {
      this.pending = card;
      return;
    }
    const same = this.fan?.fan === card.fan;
    this.fan = newest(card, this.heard, this.fan);
    this.identifyError = null;
    if (same && !asked) return;
    this.dismissOutcome();
    this.actionError = null;
    if (!same) this.threshold = null;
    this.sound('identified');
  }

  /** The code that was shown is not valid: nobody may go on with the fan who was here before. */
  private refuse(error: AppError): void {
    this.dismissOutcome();
    this.fan = null;
    this.threshold = null;
    this.actionError = null;
    this.identifyError = error;
    this.sound('failure');
  }

  /** Ready for the next fan; the purchase that was typed stays if `keepPurchase`. */
  next(keepPurchase = false): void {
    this.attempt++;
    if (this.busy === 'identify') this.busy = null;
    this.fan = null;
    this.threshold = null;
    this.identifyError = null;
    this.actionError = null;
    this.action = null;
    goods.clear();
    this.dismissOutcome();
    if (!keepPurchase) this.clearPurchase();
  }

  /** Another purchase for the same fan. */
  again(): void {
    this.dismissOutcome();
    this.actionError = null;
  }

  private dismissOutcome(): void {
    clearTimeout(this.outcomeTimer);
    if (this.outcome) this.last = this.outcome.undo || this.outcome.receipt.standing === 'refused' ? null : this.outcome;
    this.outcome = null;
    this.repeat = null;
  }

  // --- the purchase ---

  press(key: Key): void {
    if (this.outcome) return;
    this.tab = 'amount';
    this.amountProblem = null;
    this.setEntry(press(this.entry, key));
  }

  setEntry(entry: Entry): void {
    this.entry = entry;
    this.actionError = null;
    this.changed();
  }

  /** A pasted price; text that is no price changes nothing and says why. */
  paste(text: string): void {
    const parsed = parseAmount(text, groupMark());
    this.amountProblem = 'problem' in parsed ? parsed.problem : null;
    if ('minor' in parsed) this.setEntry(entryOf(parsed.minor));
  }

  addItem(): void {
    this.items.push({ key: this.nextKey++, title: '', price: EMPTY, rateLabel: null, quantity: 1 });
  }

  /** One tap for what is sold often; a second one makes it two. */
  addQuick(button: QuickButton): void {
    this.tab = 'items';
    const same = this.items.find((item) => item.title === button.title && minor(item.price) === button.priceMinor && item.rateLabel === button.rateLabel);
    if (same) same.quantity = Math.min(MOST_OF_ONE, same.quantity + 1);
    else {
      const kept = this.items.filter((item) => item.title.trim() !== '' || minor(item.price) > 0);
      this.items = [...kept, { key: this.nextKey++, title: button.title, price: entryOf(button.priceMinor), rateLabel: button.rateLabel, quantity: 1 }];
    }
    this.actionError = null;
    this.changed();
  }

  async loadQuick(): Promise<void> {
    try {
      this.quick = await commands.quickButtons();
    } catch {
      // The till sells without them.
      this.quick = [];
    }
  }

  removeItem(key: number): void {
    this.items = this.items.filter((item) => item.key !== key);
    this.changed();
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.amountProblem = null;
    this.actionError = null;
    if (tab === 'items' && this.items.length === 0) this.addItem();
    this.changed();
  }

  clearPurchase(): void {
    this.entry = EMPTY;
    this.amountProblem = null;
    this.rateLabel = null;
    this.items = [];
    if (this.tab === 'items') this.addItem();
    this.changed();
  }

  /** The purchase changed: ask what it earns and costs, and forget what an older one did. */
  changed(): void {
    clearTimeout(this.quoteTimer);
    const mine = ++this.quoting;
    this.repeat = null;
    this.splitting = false;
    this.setSplit(0);
    const items = this.discounted();
    if (items.length === 0 || items.some((item) => item.priceMinor <= 0)) {
      this.quote = null;
      return;
    }
    this.quoteTimer = setTimeout(() => void this.ask(mine, items), QUOTE_MS);
  }

  private async ask(mine: number, items: ItemInput[]): Promise<void> {
    try {
      const quote = await commands.quote(items);
      if (mine === this.quoting) this.quote = quote;
    } catch (thrown) {
      if (mine !== this.quoting) return;
      this.quote = null;
      this.actionError = asAppError(thrown);
    }
  }

  /** So many points are to pay a part; the rest is paid with money and earns. */
  setSplit(points: number): void {
    this.split = points;
    const mine = ++this.splits;
    if (points <= 0 || points >= this.total) {
      this.splitQuote = null;
      return;
    }
    void this.askSplit(mine, points);
  }

  private async askSplit(mine: number, points: number): Promise<void> {
    try {
      const quote = await commands.quoteSplit(this.purchase(), points);
      if (mine === this.splits) this.splitQuote = quote;
    } catch (thrown) {
      if (mine !== this.splits) return;
      this.splitQuote = null;
      this.actionError = asAppError(thrown);
    }
  }

  // --- the confirmation ---

  give(sure = false): Promise<void> {
    return this.confirm('give', sure, { kind: 'give', items: this.purchase(), discount: goods.discount?.goods.id ?? null });
  }

  redeem(sure = false): Promise<void> {
    const [points, items] = [this.split, this.purchase()];
    return this.confirm('redeem', sure, this.parted ? { kind: 'pay', items, points } : { kind: 'redeem', items });
  }

  /** The person says that the same is meant once more. */
  async sure(): Promise<void> {
    const what = this.repeat?.what;
    this.repeat = null;
    if (what === 'give') await this.give(true);
    else if (what === 'redeem') await this.redeem(true);
    else if (what === 'award') await this.award(true);
  }

  /** When this fan got the very same within the last minute; null: not at all. */
  private repeated(what: Busy): number | null {
    const fan = this.fan;
    if (!fan) return null;
    const points = this.parted ? this.split : this.total;
    const before = this.recent.rows.find((row) => {
      if (row.kind !== what || row.undone || row.state === 'refused' || Date.now() - row.madeAt >= REPEAT_MS) return false;
      if (row.fan !== fan.fan && row.fanLabel !== fan.label) return false;
      return what === 'award' ? this.isAction(row) : row.priceMinor === (what === 'redeem' ? points : this.total);
    });
    return before?.madeAt ?? null;
  }

  private isAction(row: OperationView): boolean {
    const action = session.connection?.actions.find((one) => one.category === this.action);
    return action !== undefined && row.title === action.title && row.statusPoints === action.statusPoints;
  }

  async award(sure = false): Promise<void> {
    const action = this.action;
    if (action === null) return;
    await this.confirm('award', sure, { kind: 'award', action });
  }

  /** What was refused for a limit once more, with somebody who may raise the limit. */
  async raise(): Promise<void> {
    const above = this.above;
    if (above) await this.manage({ what: above.what, title: 'raise.pin', ask: (pin) => commands.raiseLimit(above.fan, above.deed, pin) });
  }

  undo(operation: string): Promise<void> {
    return this.manage(undoing((pin) => commands.undo(operation, pin)));
  }

  /** Undoes all that one confirmation did: the gift for the rest first, then what points paid. */
  undoAll({ receipt }: Outcome): Promise<void> {
    return this.manage(undoing(async (pin) => {
      if (receipt.also && !receipt.also.undone) await commands.undo(receipt.also.id, pin);
      return commands.undo(receipt.operation.id, pin);
    }));
  }

  private async manage(managed: Managed): Promise<void> {
    await this.run(managed.what, () => managed.ask(null));
    if (this.takePinProblem()) this.pinFor = managed;
  }

  /** Null: it is over, one way or the other. */
  async withPin(pin: string): Promise<AppError | null> {
    const managed = this.pinFor;
    if (!managed) return null;
    await this.run(managed.what, () => managed.ask(pin));
    const problem = this.takePinProblem();
    if (!problem) this.pinFor = null;
    return problem;
  }

  private takePinProblem(): AppError | null {
    const error = this.actionError;
    if (!error?.code.startsWith('pin')) return null;
    this.actionError = null;
    return error;
  }

  private async confirm(what: Busy, sure: boolean, deed: RaisedDeed): Promise<void> {
    const fan = this.fan?.fan;
    if (fan === undefined || this.outcome || this.confirming()) return;
    const since = sure ? null : this.repeated(what);
    this.repeat = since === null ? null : { what, since };
    if (since !== null) {
      this.sound('attention');
      return;
    }
    await this.run(what, () => done(fan, deed));
    this.above = this.actionError?.code === 'askManager' ? { fan, what, deed } : null;
  }

  private async run(what: Busy, ask: () => Promise<Receipt>): Promise<void> {
    if (this.confirming()) return;
    this.busy = what;
    this.actionError = null;
    const patience = setTimeout(() => (this.waiting = what), PATIENCE_MS);
    try {
      this.succeed(await ask(), what === 'undo');
    } catch (thrown) {
      this.actionError = asAppError(thrown);
      this.sound('failure');
      this.takePending(0);
    } finally {
      clearTimeout(patience);
      this.waiting = null;
      this.busy = null;
    }
  }

  private succeed(answer: Receipt, undo: boolean): void {
    // The platform may have booked it before the answer to the tap came through.
    const heard = this.recent.rows.find((row) => row.id === answer.operation.id);
    const receipt = heard && isSettled(heard) ? { ...answer, operation: heard, standing: standingOf(heard, answer.standing) } : answer;
    this.dismissOutcome();
    this.outcome = { receipt, at: Date.now(), undo };
    if (undo) this.last = null;
    if (receipt.operation.kind === 'give') goods.discount = null;
    if (receipt.also) this.recent.note(receipt.also);
    if (!this.fan || this.fan.fan === receipt.card.fan) this.fan = newest(receipt.card, this.heard, this.fan);
    this.threshold = null;
    this.recent.note(receipt.operation);
    if (undo) void this.recent.load();
    this.sound(soundOf(receipt));
    if (receipt.standing !== 'refused') {
      this.action = null;
      this.clearPurchase();
    }
    if (receipt.standing === 'booked' || receipt.standing === 'waiting') this.takePending(SUCCESS_MS);
    else this.pending = null;
  }

  /** Lets the fan who was scanned during a confirmation step forward. */
  private takePending(after: number): void {
    const card = this.pending;
    this.pending = null;
    if (!card || card.fan === this.fan?.fan) return;
    this.outcomeTimer = setTimeout(() => this.meet(card, true), after);
  }

  async check(rule: string): Promise<void> {
    const fan = this.fan?.fan;
    if (fan === undefined || this.confirming()) return;
    this.busy = 'threshold';
    this.actionError = null;
    this.threshold = null;
    try {
      const answer = await commands.checkThreshold(fan, rule);
      if (this.fan?.fan === fan) this.threshold = answer;
      this.sound(answer.answer === 'yes' ? 'success' : answer.answer === 'no' ? 'failure' : 'attention');
    } catch (thrown) {
      this.actionError = asAppError(thrown);
      this.sound('failure');
    } finally {
      this.busy = null;
      this.takePending(0);
    }
  }

  // --- what happened before ---

  /** An operation changed: the platform booked or refused it. */
  hear(operation: OperationView): void {
    this.recent.note(operation);
    const shown = this.outcome?.receipt;
    if (this.outcome && shown && shown.operation.id === operation.id) {
      const standing = standingOf(operation, shown.standing);
      if (standing !== shown.standing && shown.standing === 'unconfirmed') this.sound(standing === 'booked' ? 'success' : 'failure');
      this.outcome = { ...this.outcome, receipt: { ...shown, standing, operation } };
    }
    const fan = this.fan;
    // A fan may have been scanned by a pass before and be typed in now.
    const isHere = fan !== null && (operation.fan === fan.fan || operation.fanLabel === fan.label);
    if (isHere && operation.state !== 'sending') void this.refresh(fan.fan);
  }

  private async refresh(fan: string): Promise<void> {
    try {
      this.hearFan(await commands.fanCard(fan));
    } catch {
      // The card keeps its last figures; their age is on it.
    }
  }

  /** What a scanner types into the purchase is put back by the returned closure. */
  remember(): () => void {
    const { entry, tab } = this;
    return () => {
      if (this.entry !== entry) this.setEntry(entry);
      if (this.tab !== tab) this.tab = tab;
    };
  }

  private sound(sound: Sound): void {
    if (choices.sound) play(sound);
  }
}

export const counter = new Counter();
