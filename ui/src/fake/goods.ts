// What fans hold beside their codes, in the shop without Rust.
import type { FanCard, GoodsRef, GoodsView, ItemInput, OperationKindView, Receipt } from '../ipc/bindings';
import type { Port } from '../ipc/port';

type GoodsCommands = Pick<Port['commands'], 'lookUpGoods' | 'useGoods' | 'giveDiscounted' | 'voucherOffers' | 'makeVoucher'>;

/** What these commands need of the shop. */
interface Counter {
  online: boolean;
  call: (command: string, ...parts: unknown[]) => void;
  card: (id: string) => FanCard;
  quote: (items: ItemInput[]) => { totalMinor: number; earns: number };
  book: (kind: OperationKindView, id: string, change: { points?: number; price?: number; title?: string }) => Receipt;
}

const make = (goods: GoodsRef, more: Partial<GoodsView>): GoodsView => ({
  goods, state: 'open', fanPoints: null, valueMinor: null, rateLabel: null, rateKnown: true, title: null, description: null, pieces: null, fanLabel: null, usedAt: null, validUntil: null, ...more,
});

const OWNER = '0084 0711 9295';

class Shelf {
  all: GoodsView[] = [];

  reset(): void {
    this.all = [
      make({ kind: 'voucher', id: 'V-300', nr: 1 }, { fanPoints: 300, valueMinor: 300 }),
      make({ kind: 'voucher', id: 'V-USED', nr: 1 }, { fanPoints: 100, valueMinor: 100, state: 'used', fanLabel: OWNER, usedAt: Date.now() - 7_200_000 }),
      make({ kind: 'discount', id: 'SPRING', nr: 1 }, { rateLabel: 'merchandise', fanLabel: OWNER, validUntil: Date.now() + 10 * 86_400_000 }),
      make({ kind: 'discount', id: 'OLD', nr: 1 }, { rateLabel: 'merchandise', fanLabel: OWNER, state: 'expired', validUntil: Date.now() - 86_400_000 }),
      make({ kind: 'discount', id: 'ELSEWHERE', nr: 1 }, { state: 'foreign' }),
      make({ kind: 'discount', id: 'GONE', nr: 1 }, { rateLabel: 'gone', rateKnown: false, fanLabel: OWNER }),
      make({ kind: 'product', id: 'order-7', nr: 1 }, { title: 'Home shirt', description: 'Size M, number 10', pieces: 2, fanLabel: OWNER }),
      make({ kind: 'voucher', id: 'V-NONE', nr: 1 }, { state: 'unknown' }),
    ];
  }

  find(text: string): GoodsView | undefined {
    return this.all.find((one) => one.goods.id === text.trim());
  }

  use(goods: GoodsRef): GoodsView | null {
    const found = this.find(goods.id);
    if (found?.state !== 'open') return null;
    const used: GoodsView = { ...found, state: 'used', usedAt: Date.now() };
    this.all = this.all.map((one) => (one.goods.id === goods.id ? used : one));
    return used;
  }
}

export const shelf = new Shelf();

const refusal = (code: 'goodsOffline' | 'goodsNotOpen' | 'goodsOtherFan' | 'invalidAmount') => ({ code, retry: code === 'goodsOffline', needed: null, available: null, detail: null });

export const goodsCommands = (shop: () => Counter): GoodsCommands => ({
  lookUpGoods: async (goods) => {
    shop().call('lookUpGoods', goods);
    const found = shelf.find(goods.id) ?? make(goods, { state: 'unknown' });
    return shop().online ? found : { ...found, state: 'offline' };
  },
  useGoods: async (goods, fan) => {
    shop().call('useGoods', goods, fan);
    if (!shop().online) throw refusal('goodsOffline');
    const used = shelf.use(goods);
    if (!used) return { done: false, goods: shelf.find(goods.id) ?? make(goods, { state: 'unknown' }), card: null };
    const card = fan === null ? null : shop().book('give', fan, { points: used.fanPoints ?? 0 }).card;
    return { done: true, goods: used, card };
  },
  giveDiscounted: async (fan, items, code) => {
    shop().call('giveDiscounted', fan, items, code);
    if (!shop().online) throw refusal('goodsOffline');
    const found = shelf.find(code);
    if (found && found.fanLabel !== shop().card(fan).label) throw refusal('goodsOtherFan');
    if (!shelf.use({ kind: 'discount', id: code, nr: 1 })) throw refusal('goodsNotOpen');
    const { earns, totalMinor } = shop().quote(items.map((item) => ({ ...item, rateLabel: found?.rateLabel ?? null })));
    return shop().book('give', fan, { points: earns, price: totalMinor, title: items[0]?.title ?? '' });
  },
  voucherOffers: async () => {
    shop().call('voucherOffers');
    if (!shop().online) throw refusal('goodsOffline');
    return [1, 100, 500, 1000].map((points) => ({ rewardId: `voucher-${points}`, points }));
  },
  makeVoucher: async (rewardId, amount) => {
    shop().call('makeVoucher', rewardId, amount);
    if (!shop().online) throw refusal('goodsOffline');
    const points = Number(rewardId.replace('voucher-', '')) * amount;
    if (points <= 0) throw refusal('invalidAmount');
    const svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 21 21'><path d='M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 9h5v5H9z'/></svg>";
    return { voucherId: 'V-NEW', points, valueMinor: points, svg, madeAt: Date.now() };
  },
});
