// What the frame shows: the app's status, followed for as long as the window lives.
import { commands, on, type AppError, type OperationView, type Preferences, type Right, type Status } from '$ipc';
import { setLanguage } from '../i18n/index.svelte';
import { recallChoices } from './choices.svelte';
import { asAppError } from './errors';

export type Screen = 'counter' | 'gate' | 'queue' | 'review' | 'shift' | 'figures' | 'settings' | 'components';

/** Between two words that somebody is there. */
const TOUCH_MS = 2000;
export type ReviewTab = 'list' | 'inbox' | 'signals' | 'reconcile';

class Session {
  status = $state.raw<Status | null>(null);
  /** Why the status could not be had at all. */
  failed = $state.raw<AppError | null>(null);
  screen = $state<Screen>('counter');
  /** Where the review opens. */
  reviewAt = $state<ReviewTab>('list');
  /** Signing in again with other credentials, over a connection that stands. */
  reconnecting = $state(false);
  /** A handheld scanner is being taught: what it writes is no fan's code. */
  teaching = $state(false);
  sending = $state(false);
  sendError = $state.raw<AppError | null>(null);

  private wishes: Promise<void> = Promise.resolve();
  private hearers = new Set<(operation: OperationView) => void>();

  get connection() {
    return this.status?.connection ?? null;
  }

  /** Somebody has to sign in or unlock before anything else. */
  get shut() {
    const work = this.status?.session;
    return work !== undefined && work.knowsPeople && (work.person === null || work.locked);
  }

  /** Whether the one at work may do this; on a device that knows no people everybody may. */
  can(right: Right): boolean {
    return this.status?.session.rights.includes(right) === true;
  }

  /** Tells that somebody touches the device, so that it does not lock, until the returned function is called. */
  watchInput(page: Window): () => void {
    let told = 0;
    const touched = (event: Event) => {
      if (this.shut || !this.status?.session.person || event.timeStamp - told < TOUCH_MS) return;
      told = event.timeStamp;
      void commands.noteInput().catch(() => {});
    };
    const kinds = ['pointerdown', 'pointermove', 'keydown', 'wheel'];
    kinds.forEach((kind) => page.addEventListener(kind, touched, { capture: true, passive: true }));
    return () => kinds.forEach((kind) => page.removeEventListener(kind, touched, { capture: true }));
  }

  /** Locks the device: the same person unlocks it, or another one signs in. */
  async lock(): Promise<void> {
    await this.take(await commands.lock());
  }

  get currency() {
    return (this.connection?.currency ?? 'chf').toUpperCase();
  }

  async start(): Promise<void> {
    await Promise.all([
      on.status((status) => void this.take(status)),
      on.operation((operation) => this.hearers.forEach((hear) => hear(operation))),
    ]);
    await this.load();
  }

  async load(): Promise<void> {
    try {
      this.failed = null;
      await recallChoices();
      await this.take(await commands.status());
    } catch (thrown) {
      this.failed = asAppError(thrown);
    }
  }

  /** An answer may be overtaken by news, also while a language is loaded: the newest status counts. */
  async take(status: Status): Promise<void> {
    if (this.isPast(status)) return;
    await setLanguage(status.preferences.language);
    if (this.isPast(status)) return;
    applyTheme(status.preferences.theme);
    this.status = status;
  }

  private isPast(status: Status): boolean {
    return status.edition < (this.status?.edition ?? 0);
  }

  /** One wish after the other: the second must not take back the first that is still on its way. */
  prefer(change: Partial<Preferences>): Promise<void> {
    const done = this.wishes.then(async () => {
      if (!this.status) return;
      await this.take(await commands.setPreferences({ ...this.status.preferences, ...change }));
    });
    this.wishes = done.catch(() => {});
    return done;
  }

  async sendNow(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    this.sendError = null;
    try {
      await this.take(await commands.sendNow());
    } catch (thrown) {
      this.sendError = asAppError(thrown);
    } finally {
      this.sending = false;
    }
  }

  /** Opens the review at one of its parts. */
  look(at: ReviewTab): void {
    this.reviewAt = at;
    this.screen = 'review';
  }

  /** Hears of every change of an operation until the returned function is called. */
  hear(listener: (operation: OperationView) => void): () => void {
    this.hearers.add(listener);
    return () => this.hearers.delete(listener);
  }
}

const dark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;
let wanted: Preferences['theme'] = 'system';

export function applyTheme(theme: Preferences['theme']): void {
  wanted = theme;
  const resolved = theme === 'system' ? (dark?.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset['theme'] = resolved;
}

dark?.addEventListener?.('change', () => applyTheme(wanted));

export const session = new Session();
