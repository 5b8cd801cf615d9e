// What takes a manager: done at once where nobody has to be asked, else after the manager's PIN.
import { commands, type AppError, type PinView } from '$ipc';
import { asAppError } from './errors';

type Work = (pin: string | null) => Promise<void>;

export class Managed {
  /** The PIN to ask for. */
  pin = $state.raw<PinView | null>(null);
  error = $state.raw<AppError | null>(null);
  private work: Work | null = null;

  async run(work: Work): Promise<void> {
    try {
      this.error = null;
      const { pin } = await commands.gate();
      if (!pin.set) return await work(null);
      this.work = work;
      this.pin = pin;
    } catch (thrown) {
      this.error = asAppError(thrown);
    }
  }

  /** For the sheet that asks: an error about the PIN stays there, any other closes it. */
  readonly withPin = async (typed: string): Promise<AppError | null> => {
    try {
      await this.work?.(typed);
    } catch (thrown) {
      const reason = asAppError(thrown);
      if (reason.code.startsWith('pin')) return reason;
      this.error = reason;
    }
    this.pin = null;
    return null;
  };
}
