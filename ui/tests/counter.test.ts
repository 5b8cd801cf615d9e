import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Counter, UNDO_MS } from '../src/counter/counter.svelte';
import { commands, failure, shop } from '../src/fake/ipc';
import { grouped } from '../src/fake/sample';
import type { Key } from '../src/lib/amount';

const FAN = '008407119295';
const OTHER = '036000291452';

let counter: Counter;

const keys = (text: string) => [...text].forEach((key) => counter.press(key as Key));
const settle = () => vi.advanceTimersByTimeAsync(100);
const called = (command: string) => shop.calls.filter((call) => call.command === command).map((call) => call.arguments);

async function ready(fan = FAN, price = '2500'): Promise<void> {
  await counter.identifyText(fan, 'typed');
  keys(price);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  shop.reset();
  counter = new Counter();
});
afterEach(() => vi.useRealTimers());

describe('giving', () => {
  test('shows the points before, and the new balance after', async () => {
    await ready();
    expect(counter.quote).toEqual({ totalMinor: 2500, earns: 50, costs: 2500 });
    await counter.give();
    expect(called('give')).toEqual([[FAN, [{ title: '', priceMinor: 2500, rateLabel: null }]]]);
    expect(counter.outcome?.receipt.standing).toBe('booked');
    expect(counter.fan?.balance?.fanPoints).toBe(3515);
    expect(counter.recent.rows[0]?.fanPoints).toBe(50);
    expect(counter.total).toBe(0);
  });

  test('uses the chosen rate', async () => {
    await ready();
    counter.rateLabel = 'merchandise';
    counter.changed();
    await settle();
    expect(counter.quote?.earns).toBe(125);
  });

  test('asks for the points of the last amount only', async () => {
    await counter.identifyText(FAN, 'typed');
    keys('2');
    keys('5');
    keys('00');
    await settle();
    expect(called('quote')).toHaveLength(1);
    expect(counter.quote?.totalMinor).toBe(2500);
  });

  test('an answer that comes late does not replace a newer one', async () => {
    await counter.identifyText(FAN, 'typed');
    keys('1');
    await vi.advanceTimersByTimeAsync(30);
    keys('00');
    expect(counter.quote?.totalMinor ?? 1).toBe(1);
    await settle();
    expect(counter.quote?.totalMinor).toBe(100);
    counter.press('clear');
    await settle();
    expect(counter.quote).toBeNull();
  });

  test('confirms once, however often it is pressed', async () => {
    await ready();
    await Promise.all([counter.give(), counter.give(), counter.redeem()]);
    await counter.give();
    expect(called('give')).toHaveLength(1);
    expect(called('redeem')).toHaveLength(0);
  });

  test('an answer at once is not preceded by a sign of waiting; a slow one is', async () => {
    await ready();
    const give = commands.give;
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    vi.spyOn(commands, 'give').mockImplementationOnce((fan, items) => held.then(() => give(fan, items)));
    const giving = counter.give();
    expect(counter.busy).toBe('give');
    expect(counter.waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(149);
    expect(counter.waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect(counter.waiting).toBe('give');
    answer();
    await giving;
    expect(counter.waiting).toBeNull();
    expect(counter.outcome?.receipt.standing).toBe('booked');
  });

  test('a booking that is heard of before the answer to the tap is not forgotten', async () => {
    await ready();
    const give = commands.give;
    vi.spyOn(commands, 'give').mockImplementationOnce(async (fan, items) => {
      const receipt = await give(fan, items);
      counter.hear({ ...receipt.operation, state: 'accepted' });
      return { ...receipt, standing: 'waiting', operation: { ...receipt.operation, state: 'waiting' } };
    });
    await counter.give();
    expect(counter.outcome?.receipt.standing).toBe('booked');
    expect(counter.recent.rows[0]?.state).toBe('accepted');
  });

  test('nobody gets points without a fan', async () => {
    keys('2500');
    await counter.give();
    expect(called('give')).toHaveLength(0);
  });
});

describe('items', () => {
  test('are sent with title, price and rate; an untouched row is not', async () => {
    await counter.identifyText(FAN, 'typed');
    counter.show('items');
    const first = counter.items[0];
    if (!first) throw new Error('the list starts with a row');
    first.title = ' Home shirt ';
    first.price = { digits: '8900', fraction: null };
    first.rateLabel = 'merchandise';
    counter.addItem();
    counter.changed();
    await settle();
    expect(counter.quote).toEqual({ totalMinor: 8900, earns: 445, costs: 8900 });
    await counter.give();
    expect(called('give')[0]?.[1]).toEqual([{ title: 'Home shirt', priceMinor: 8900, rateLabel: 'merchandise' }]);
  });

  test('a name without a price is refused, not dropped', async () => {
    await counter.identifyText(FAN, 'typed');
    counter.show('items');
    if (counter.items[0]) counter.items[0].title = 'Scarf';
    await counter.give();
    expect(counter.actionError?.code).toBe('invalidAmount');
  });
});

describe('redeeming', () => {
  test('beyond the balance says how much is missing and keeps fan and amount', async () => {
    await ready(FAN, '500000');
    await counter.redeem();
    expect(counter.actionError).toMatchObject({ code: 'tooFewPoints', needed: 500_000, available: 3465 });
    expect(counter.outcome).toBeNull();
    expect(counter.fan?.fan).toBe(FAN);
    expect(counter.total).toBe(500_000);
  });

  test('offline waits, and is booked in place once it is sent', async () => {
    shop.goOffline();
    await ready(FAN, '500');
    await counter.redeem();
    expect(counter.outcome?.receipt.standing).toBe('waiting');
    const id = counter.outcome?.receipt.operation.id ?? '';
    counter.hear({ ...(counter.outcome?.receipt.operation ?? shopOperation(id)), state: 'accepted', settledAt: Date.now() });
    expect(counter.outcome?.receipt.standing).toBe('booked');
    expect(counter.recent.rows[0]?.state).toBe('accepted');
  });

  test('unconfirmed holds the goods until the platform has answered', async () => {
    shop.standing = 'unconfirmed';
    await ready(FAN, '500');
    await counter.redeem();
    expect(counter.outcome?.receipt.standing).toBe('unconfirmed');
    const operation = counter.outcome?.receipt.operation ?? shopOperation('');
    counter.hear({ ...operation, state: 'sending' });
    expect(counter.outcome?.receipt.standing).toBe('unconfirmed');
    counter.hear({ ...operation, state: 'refused', reason: failure('tooFewPoints') });
    expect(counter.outcome?.receipt.standing).toBe('refused');
  });

  test('refused by the platform keeps the purchase, to be paid another way', async () => {
    shop.standing = 'refused';
    await ready(FAN, '500');
    await counter.redeem();
    expect(counter.outcome?.receipt.standing).toBe('refused');
    expect(counter.total).toBe(500);
  });
});

const shopOperation = (id: string) => {
  const found = shop.operations.find((one) => one.id === id);
  if (!found) throw new Error(`no operation ${id}`);
  return found;
};

describe('undoing', () => {
  test('puts the balance back, in place', async () => {
    await ready();
    await counter.give();
    const id = counter.outcome?.receipt.operation.id ?? '';
    await counter.undo(id);
    await settle();
    expect(counter.outcome?.undo).toBe(true);
    expect(counter.fan?.balance?.fanPoints).toBe(3465);
    expect(counter.recent.rows.find((row) => row.id === id)?.undone).toBe(true);
  });

  test('twice is refused', async () => {
    await ready();
    await counter.give();
    const id = counter.outcome?.receipt.operation.id ?? '';
    await counter.undo(id);
    await counter.undo(id);
    expect(counter.actionError?.code).toBe('alreadyReversed');
  });

  test('is offered for half a minute', () => expect(UNDO_MS).toBe(30_000));
});

describe('scanning', () => {
  test('newer figures of the fan who is here replace the older ones, those of another fan do not', async () => {
    await counter.identifyText(FAN, 'typed');
    const card = counter.fan;
    if (!card) throw new Error('no fan');
    counter.hearFan({ ...card, edition: card.edition + 1, label: 'newer' });
    expect(counter.fan?.label).toBe('newer');
    counter.hearFan({ ...card, edition: card.edition + 2, fan: 'somebody else', label: 'other' });
    expect(counter.fan?.label).toBe('newer');
  });

  test('an invalid code leaves nobody in front of staff', async () => {
    await ready();
    await counter.identifyText('008407119294', 'handheld');
    expect(counter.fan).toBeNull();
    expect(counter.identifyError?.code).toBe('checkDigitWrong');
    expect(counter.total).toBe(2500);
    await counter.give();
    expect(called('give')).toHaveLength(0);
  });

  test('the last of two scans wins, whichever is answered first', async () => {
    await Promise.all([counter.identifyText(FAN, 'handheld'), counter.identifyText(OTHER, 'handheld')]);
    expect(counter.fan?.label).toBe(grouped(OTHER));
  });

  test('figures that come before the answer that names the fan are shown with it', async () => {
    const before = shop.card(FAN);
    counter.hearFan({ ...shop.card(FAN), label: 'newer' });
    counter.hearScan({ kind: 'identified', card: before });
    expect(counter.fan?.label).toBe('newer');
    counter.hearFan({ ...before, label: 'late' });
    expect(counter.fan?.label).toBe('newer');
    counter.hearScan({ kind: 'identified', card: shop.card(OTHER) });
    expect(counter.fan?.fan).toBe(OTHER);
    counter.hearScan({ kind: 'identified', card: { ...shop.card(FAN), label: 'again' } });
    expect(counter.fan?.label).toBe('again');
  });

  test('the camera seeing the same fan again does not end the success', async () => {
    await ready();
    await counter.give();
    counter.hearScan({ kind: 'identified', card: shop.card(FAN) });
    expect(counter.outcome).not.toBeNull();
    counter.hearScan({ kind: 'identified', card: shop.card(OTHER) });
    expect(counter.outcome).toBeNull();
    expect(counter.fan?.fan).toBe(OTHER);
  });

  test('a fan scanned during a confirmation steps forward after the success was seen', async () => {
    await ready();
    const confirming = counter.give();
    counter.hearScan({ kind: 'identified', card: shop.card(OTHER) });
    expect(counter.fan?.fan).toBe(FAN);
    await confirming;
    expect(counter.outcome?.receipt.operation.fan).toBe(FAN);
    expect(counter.fan?.fan).toBe(FAN);
    await vi.advanceTimersByTimeAsync(2000);
    expect(counter.fan?.fan).toBe(OTHER);
    expect(counter.outcome).toBeNull();
  });

  test('a refused pass of the camera says why', () => {
    counter.hearScan({ kind: 'refused', error: failure('passReplayed') });
    expect(counter.identifyError?.code).toBe('passReplayed');
  });

  test('what a scanner typed into the amount is taken back', () => {
    keys('2500');
    const putBack = counter.remember();
    keys('0084');
    expect(counter.total).toBe(25_000_084);
    putBack();
    expect(counter.total).toBe(2500);
  });

  test('a picture that is far too large is not even read', async () => {
    await counter.identifyPicture({ size: 65 * 1024 * 1024 } as Blob);
    expect(counter.identifyError?.code).toBe('pictureTooLarge');
    expect(called('identifyPicture')).toHaveLength(0);
  });

  test('a picture reaches the app', async () => {
    vi.useRealTimers();
    expect(await counter.identifyPicture(new Blob(['picture'], { type: 'image/png' }))).toBe(true);
    expect(counter.fan?.fan).toBe(FAN);
  });
});

describe('the last operations', () => {
  test('what changes while the list is on its way is shown as it changed', async () => {
    await ready();
    await counter.give();
    const [row] = counter.recent.rows;
    if (!row) throw new Error('no operation');
    const listed = counter.recent.load();
    counter.hear({ ...row, title: 'changed' });
    await listed;
    expect(counter.recent.rows.map((one) => one.title)).toEqual(['changed']);
    await counter.recent.load();
    expect(counter.recent.rows.map((one) => one.title)).toEqual([row.title]);
  });
});

describe('status', () => {
  test('an award moves Status Points', async () => {
    await counter.identifyText(FAN, 'typed');
    counter.show('status');
    counter.action = 'match_visit';
    await counter.award();
    expect(counter.outcome?.receipt.operation.statusPoints).toBe(50);
    expect(counter.fan?.balance?.statusPoints).toBe(1290);
  });

  test.each([
    [FAN, false, 'yes'],
    [OTHER, false, 'no'],
    [OTHER, true, 'cannotTell'],
  ])('the rule answers %s (offline: %s) with %s', async (fan, offline, answer) => {
    if (offline) shop.goOffline();
    await counter.identifyText(fan, 'typed');
    await counter.check('gold-lounge');
    expect(counter.threshold?.answer).toBe(answer);
    await counter.identifyText('012345678905', 'typed');
    expect(counter.threshold).toBeNull();
  });

  test('a rule that has gone is said', async () => {
    await counter.identifyText(FAN, 'typed');
    await counter.check('gone');
    expect(counter.actionError?.code).toBe('unknownRule');
  });
});

describe('trouble', () => {
  test('a full disk books nothing and loses nothing', async () => {
    await ready();
    shop.failures.set('give', failure('storageFull'));
    await counter.give();
    expect(counter.actionError?.code).toBe('storageFull');
    expect(counter.total).toBe(2500);
    await counter.give();
    expect(counter.outcome?.receipt.standing).toBe('booked');
  });

  test('whatever is thrown becomes an error for a person', async () => {
    await ready();
    shop.failures.set('give', new Error('boom') as never);
    await counter.give();
    expect(counter.actionError).toMatchObject({ code: 'internal', detail: 'boom' });
  });

  test('next clears the counter for the next fan', async () => {
    await ready();
    await counter.give();
    counter.next();
    expect([counter.fan, counter.outcome, counter.identifyError, counter.actionError, counter.total]).toEqual([null, null, null, null, 0]);
  });
});
