// Who vouches for somebody, and how they prove it.
import type { Approval, PersonView } from '$ipc';

export const MANAGER = ':manager';
export const SECRET = ':secret';
export const CONNECTED = ':connected';

export class Vouching {
  /** Typed by whoever vouches. */
  proof = $state('');
  #by = $state<string | null>(null);

  /** `own`: the person's own PIN is enough. */
  constructor(
    private person: () => PersonView,
    private people: () => PersonView[],
    readonly own = false,
  ) {}

  get mine(): boolean {
    return this.own && this.person().pin.set;
  }

  get vouchers(): PersonView[] {
    return this.people().filter((one) => one.vouches && one.pin.set && one.staffId !== this.person().staffId);
  }

  /** Whoever has connected the device starts the first person on it. */
  get byConnection(): boolean {
    return this.person().vouches && this.people().every((one) => !one.pin.set);
  }

  get by(): string {
    const first = this.mine ? this.person().staffId : this.vouchers[0]?.staffId;
    return this.#by ?? first ?? (this.byConnection ? CONNECTED : MANAGER);
  }

  set by(choice: string) {
    this.#by = choice;
  }

  get approval(): Approval {
    const by = this.by;
    if (by === CONNECTED) return { kind: 'connected' };
    if (by === MANAGER) return { kind: 'manager', pin: this.proof };
    if (by === SECRET) return { kind: 'secret', secret: this.proof };
    return { kind: 'person', staffId: by, pin: this.proof };
  }
}
