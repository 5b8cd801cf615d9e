// Vouchers, discount codes and products at the counter: looked at first, used by one tap, and never by a scan alone.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Counter } from '../src/counter/counter.svelte';
import { goods } from '../src/counter/goods.svelte';
import { shop } from '../src/fake/ipc';
import { shelf } from '../src/fake/goods';

const FAN = '008407119295';
const OTHER = '036000291452';

let counter: Counter;

const settle = () => vi.advanceTimersByTimeAsync(100);
const called = (command: string) => shop.calls.filter((call) => call.command === command).map((call) => call.arguments);

beforeEach(() => {
  vi.useFakeTimers();
  shop.reset();
  counter = new Counter();
  goods.clear();
});
afterEach(() => vi.useRealTimers());

describe('a voucher', () => {
  test('is looked at, and redeemed once for the fan who is there', async () => {
    await counter.identifyText('V-300', 'typed');
    expect(goods.shown?.fanPoints).toBe(300);
    expect(counter.fan).toBeNull();
    await counter.identifyText(FAN, 'typed');
    expect(goods.shown?.goods.id).toBe('V-300');
    expect(called('useGoods')).toEqual([]);
    counter.noteGoods(await goods.use(FAN));
    expect(goods.done).toBe(true);
    expect(counter.fan?.balance?.fanPoints).toBe(3765);
    counter.noteGoods(await goods.use(FAN));
    expect(called('useGoods')).toHaveLength(1);
    counter.next();
    await counter.identifyText('V-300', 'typed');
    expect(goods.shown?.state).toBe('used');
    expect(goods.usable).toBe(false);
  });

  test('keeps the fan and the amount that were there', async () => {
    await counter.identifyText(FAN, 'typed');
    counter.press('5');
    await counter.identifyText('V-300', 'typed');
    goods.dismiss();
    expect(counter.fan?.fan).toBe(FAN);
    expect(counter.total).toBe(5);
  });

  test('offline is not used, and is asked about again', async () => {
    shop.goOffline();
    await counter.identifyText('V-300', 'typed');
    expect(goods.shown?.state).toBe('offline');
    expect(goods.usable).toBe(false);
    shop.status = { ...shop.status, link: { ...shop.status.link, state: 'online' } };
    await goods.lookAgain();
    expect(goods.shown?.state).toBe('open');
  });

  test('that lies under the camera after it was used stays used', async () => {
    await counter.identifyText('V-300', 'typed');
    await goods.use(FAN);
    const seen = shelf.find('V-300');
    if (seen) counter.hearScan({ kind: 'goods', goods: seen });
    expect(goods.done).toBe(true);
  });

  test('whose answer was lost can be tried again', async () => {
    await counter.identifyText('V-300', 'typed');
    shop.failures.set('useGoods', { code: 'timedOut', retry: true, needed: null, available: null, detail: null });
    expect(await goods.use(FAN)).toBe(false);
    expect(goods.error?.code).toBe('timedOut');
    expect(goods.usable).toBe(true);
  });
});

describe('a discount code', () => {
  test('changes what the purchase earns, and is used with the gift', async () => {
    await counter.identifyText(FAN, 'typed');
    [...'2000'].forEach((key) => counter.press(key as '2' | '0'));
    await settle();
    expect(counter.quote?.earns).toBe(40);
    await counter.identifyText('SPRING', 'typed');
    goods.apply();
    counter.changed();
    await settle();
    expect(counter.quote?.earns).toBe(100);
    expect(called('giveDiscounted')).toEqual([]);
    await counter.give();
    expect(called('giveDiscounted')).toEqual([[FAN, [{ title: '', priceMinor: 2000, rateLabel: null }], 'SPRING']]);
    expect(counter.outcome?.receipt.operation.fanPoints).toBe(100);
    expect(goods.discount).toBeNull();
  });

  test('of another fan gives nothing and keeps the purchase', async () => {
    await counter.identifyText('SPRING', 'typed');
    goods.apply();
    await counter.identifyText(OTHER, 'typed');
    [...'2000'].forEach((key) => counter.press(key as '2' | '0'));
    await settle();
    await counter.give();
    expect(counter.actionError?.code).toBe('goodsOtherFan');
    expect(counter.total).toBe(2000);
    expect(counter.outcome).toBeNull();
  });

  test.each([['OLD', 'expired'], ['ELSEWHERE', 'foreign'], ['V-NONE', 'unknown'], ['V-USED', 'used']])('%s is %s and can not be used', async (code, state) => {
    await counter.identifyText(code, 'typed');
    expect(goods.shown?.state).toBe(state);
    goods.apply();
    expect(goods.discount).toBeNull();
    expect(await goods.use(FAN)).toBe(false);
    expect(called('useGoods')).toEqual([]);
  });

  test('goes with its fan', async () => {
    await counter.identifyText('SPRING', 'typed');
    goods.apply();
    counter.next();
    expect(goods.discount).toBeNull();
  });
});

test('a product is handed over once, without a fan in front of staff', async () => {
  await counter.identifyText('order-7', 'typed');
  expect(goods.shown?.title).toBe('Home shirt');
  expect(await goods.use(null)).toBe(true);
  expect(called('useGoods')).toEqual([[{ kind: 'product', id: 'order-7', nr: 1 }, null]]);
});

describe('an undo from the history', () => {
  test('of something long done takes the manager’s PIN', async () => {
    shop.setPin('135790');
    await counter.identifyText(FAN, 'typed');
    [...'2000'].forEach((key) => counter.press(key as '2' | '0'));
    await settle();
    await counter.give();
    const id = counter.recent.rows[0]?.id ?? '';
    await vi.advanceTimersByTimeAsync(60_000);
    await counter.undo(id);
    expect(counter.pinFor).not.toBeNull();
    expect(counter.actionError).toBeNull();
    expect((await counter.withPin('111222'))?.code).toBe('pinWrong');
    expect(shop.operations.find((one) => one.id === id)?.undone).toBe(false);
    expect(await counter.withPin('135790')).toBeNull();
    expect(counter.pinFor).toBeNull();
    expect(shop.operations.find((one) => one.id === id)?.undone).toBe(true);
  });
});

describe('what is gone meanwhile', () => {
  test.each([['unknownFan', 'give'], ['unknownRateLabel', 'give'], ['unknownFan', 'redeem']] as const)('%s at the tap says so and keeps fan and amount', async (code, what) => {
    await counter.identifyText(FAN, 'typed');
    [...'2000'].forEach((key) => counter.press(key as '2' | '0'));
    await settle();
    shop.failures.set(what, { code, retry: false, needed: null, available: null, detail: null });
    await counter[what]();
    expect(counter.actionError?.code).toBe(code);
    expect(counter.outcome).toBeNull();
    expect(counter.total).toBe(2000);
    expect(counter.fan?.fan).toBe(FAN);
    await counter[what]();
    expect(counter.outcome).not.toBeNull();
  });

  test('a rate that has gone is said before anything is given, and another one serves', async () => {
    await counter.identifyText(FAN, 'typed');
    [...'2000'].forEach((key) => counter.press(key as '2' | '0'));
    counter.rateLabel = 'gone';
    shop.failures.set('quote', { code: 'unknownRateLabel', retry: false, needed: null, available: null, detail: null });
    counter.changed();
    await settle();
    expect(counter.actionError?.code).toBe('unknownRateLabel');
    expect(counter.quote).toBeNull();
    counter.rateLabel = null;
    counter.setEntry(counter.entry);
    await settle();
    expect(counter.actionError).toBeNull();
    expect(counter.quote?.earns).toBe(40);
  });

  test('a discount code whose rate has gone is not applied to a purchase by its word alone', async () => {
    await counter.identifyText('GONE', 'typed');
    expect(goods.shown?.rateKnown).toBe(false);
    goods.apply();
    expect(goods.discount).toBeNull();
  });
});
