// The gate: prepared once, then fan after fan without a tap. It lives as long as the window, so that a look at the
// queue loses no count.
import { commands, on, type AppError, type CodeSource, type GatePlan, type GateSignal, type GateView, type Passage, type SoundSet } from '$ipc';
import { asAppError } from '../lib/errors';
import { clock } from '../lib/clock.svelte';
import { play, vibrate } from '../lib/sound';

/** A verdict that nobody has to act on makes room for the next fan. */
export const SHOWN_MS = 4000;
const MINUTE_MS = 60_000;

export type Verdict = 'yes' | 'no' | 'cannotTell';

/** What a passage comes to in the end: the answer, unless the plan or a person decided otherwise. */
export function verdictOf(passage: Passage): Verdict {
  if (passage.admitted === null) return 'cannotTell';
  return passage.admitted ? 'yes' : 'no';
}

class Gate {
  view = $state.raw<GateView | null>(null);
  /** The newest verdict, as long as it is shown. */
  shown = $state.raw<Passage | null>(null);
  /** Why the gate itself could not do something. */
  error = $state.raw<AppError | null>(null);
  busy = $state(false);

  private timer: ReturnType<typeof setTimeout> | undefined;

  get plan() {
    return this.view?.plan ?? null;
  }

  get run() {
    return this.view?.run ?? null;
  }

  /** Whether there is no way out but a manager's PIN. */
  get locked() {
    return this.run !== null && this.plan?.kiosk === true;
  }

  perMinute = $derived((this.view?.run?.minute ?? []).filter((at) => clock.now - at < MINUTE_MS).length);

  async start(): Promise<void> {
    await on.gate((signal) => this.hear(signal));
    await this.load();
  }

  async load(): Promise<void> {
    try {
      this.view = await commands.gate();
      this.error = null;
    } catch (thrown) {
      this.error = asAppError(thrown);
    }
  }

  hear(signal: GateSignal): void {
    if (signal.kind === 'changed') {
      this.view = signal.gate;
      if (!signal.gate.run) this.clear();
      return;
    }
    if (this.view) this.view = { ...this.view, run: signal.run };
    this.show(signal.passage);
  }

  private show(passage: Passage): void {
    const decided = passage.decidedBy === 'person';
    if (decided && this.shown?.number !== passage.number) return;
    this.shown = passage;
    this.error = null;
    clearTimeout(this.timer);
    // What asks for a decision stays until it got one, or until the next fan is there.
    if (passage.admitted !== null) this.timer = setTimeout(() => this.clear(), SHOWN_MS);
    const verdict = verdictOf(passage);
    vibrate(verdict);
    playFor(verdict, this.plan?.sounds ?? 'standard');
  }

  clear(): void {
    clearTimeout(this.timer);
    this.shown = null;
  }

  /** What a handheld scanner or a person typed. False: it was none of ours. */
  async text(text: string, source: CodeSource): Promise<boolean> {
    try {
      this.error = null;
      await commands.gateText(text, source);
      return true;
    } catch (thrown) {
      this.error = asAppError(thrown);
      return false;
    }
  }

  prepare(plan: GatePlan, pin: string | null): Promise<AppError | null> {
    return this.change(() => commands.prepareGate(plan, pin));
  }

  open(): Promise<AppError | null> {
    return this.change(() => commands.openGate());
  }

  close(pin: string | null): Promise<AppError | null> {
    return this.change(() => commands.closeGate(pin));
  }

  private async change(ask: () => Promise<GateView>): Promise<AppError | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      this.view = await ask();
      this.error = null;
      return null;
    } catch (thrown) {
      const error = asAppError(thrown);
      // A wrong PIN changes how long the next one has to wait.
      if (error.code.startsWith('pin')) void this.load();
      return error;
    } finally {
      this.busy = false;
    }
  }

  async decide(passage: Passage, admit: boolean, reason: string): Promise<AppError | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      const decided = await commands.decidePassage(passage.number, admit, reason);
      if (this.shown?.number === decided.number) this.shown = decided;
      return null;
    } catch (thrown) {
      return asAppError(thrown);
    } finally {
      this.busy = false;
    }
  }
}

function playFor(verdict: Verdict, sounds: SoundSet): void {
  if (sounds === 'silent') return;
  play(verdict === 'yes' ? 'success' : verdict === 'no' ? 'failure' : 'attention', sounds === 'loud');
}

export const gate = new Gate();
