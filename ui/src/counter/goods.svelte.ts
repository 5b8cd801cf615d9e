// What a fan holds beside an own code: a voucher, a discount code, a product to be handed over. It is looked at first,
// and used by one tap.
import { commands, type AppError, type FanCard, type GoodsView } from '$ipc';
import { asAppError } from '../lib/errors';

export class Goods {
  /** What was shown last, until somebody puts it away. */
  shown = $state.raw<GoodsView | null>(null);
  /** It was used just now. */
  done = $state(false);
  busy = $state(false);
  error = $state.raw<AppError | null>(null);
  /** The discount code that the next gift uses. */
  discount = $state.raw<GoodsView | null>(null);
  /** When it was used: the counter is ready for the next fan some time after. */
  at = 0;

  private attempt = 0;

  get usable(): boolean {
    const state = this.shown?.state;
    return !this.done && this.shown?.rateKnown === true && (state === 'open' || state === 'untold');
  }

  show(goods: GoodsView): void {
    this.attempt++;
    this.shown = goods;
    this.done = false;
    this.busy = false;
    this.error = null;
  }

  /** Puts it away unused. */
  dismiss(): void {
    this.attempt++;
    this.shown = null;
    this.done = false;
    this.busy = false;
    this.error = null;
  }

  clear(): void {
    this.dismiss();
    this.discount = null;
  }

  /** Asks again how it stands. */
  async lookAgain(): Promise<void> {
    await this.run(async (goods) => {
      this.shown = await commands.lookUpGoods(goods.goods);
      return null;
    });
  }

  /** Redeems a voucher for the fan, or hands a product over. True: it happened now. */
  async use(fan: string | null): Promise<FanCard | boolean> {
    if (!this.usable) return false;
    const answer = await this.run(async (goods) => {
      const used = await commands.useGoods(goods.goods, fan);
      this.shown = used.goods;
      this.done = used.done;
      if (used.done) this.at = Date.now();
      return used;
    });
    return answer?.done ? (answer.card ?? true) : false;
  }

  /** Puts a discount code to the purchase; it is used when the points are given. */
  apply(): void {
    if (!this.usable) return;
    this.discount = this.shown;
    this.dismiss();
  }

  private async run<T>(ask: (goods: GoodsView) => Promise<T>): Promise<T | null> {
    const goods = this.shown;
    if (!goods || this.busy) return null;
    const mine = ++this.attempt;
    this.busy = true;
    this.error = null;
    try {
      return await ask(goods);
    } catch (thrown) {
      if (mine === this.attempt) this.error = asAppError(thrown);
      return null;
    } finally {
      if (mine === this.attempt) this.busy = false;
    }
  }
}

export const goods = new Goods();
