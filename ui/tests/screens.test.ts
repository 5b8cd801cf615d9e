import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import App from '../src/App.svelte';
import { counter } from '../src/counter/counter.svelte';
import { failure, shop } from '../src/fake/ipc';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { clock } from '../src/lib/clock.svelte';
import { health } from '../src/lib/health.svelte';
import { camera } from '../src/lib/camera.svelte';
import { session } from '../src/lib/session.svelte';
import { eventually, find, press, see, type } from './screen';

const FAN = '008407119295';
let app: Record<string, unknown> | undefined;

async function identify(fan = FAN) {
  await type('code-input', fan);
  await press('code-submit');
  await see('fan-card');
}

beforeEach(async () => {
  shop.reset();
  counter.last = null;
  counter.recent.rows = [];
  counter.quick = [];
  health.view = null;
  choose({ toured: true });
  counter.next();
  camera.error = null;
  counter.show('amount');
  session.screen = 'counter';
  session.reconnecting = false;
  await setLanguage('en', ['en-GB']);
  app = mount(App, { target: document.body });
  shop.status = { ...shop.status, preferences: { language: 'en', theme: 'light' } };
  await session.start();
  flushSync();
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.replaceChildren();
});

describe('the counter', () => {
  test('identifies a typed fan, gives points, and takes them back', async () => {
    await identify();
    expect(find('fan-label')?.textContent).toBe('0084 0711 9295');
    expect(find('fan-balance')?.dataset['value']).toBe('3465');
    expect(find('fan-value')?.textContent.replace(/\s/g, ' ')).toBe('CHF 34.65');
    for (const key of ['2', '5', '00']) await press(`key-${key}`);
    expect((await see<HTMLInputElement>('amount')).value).toBe('25.00');
    await eventually(() => expect(find('quote-earns')?.dataset['value']).toBe('50'));
    expect(find('give')?.textContent.trim()).toBe('Give 50 points');
    await press('give');
    expect((await see('success')).dataset['standing']).toBe('booked');
    expect(find('success-figure')?.textContent).toBe('+50');
    await press('undo');
    await eventually(() => expect(find('success')?.dataset['kind']).toBe('undo'));
    expect(find('fan-balance')?.dataset['value']).toBe('3465');
  });

  test('says of an undo what is known: to be undone, then what the platform undid', async () => {
    await identify();
    for (const key of ['2', '5', '00']) await press(`key-${key}`);
    await press('give');
    await see('success');
    shop.goOffline();
    await press('undo');
    await eventually(() => expect(find('success')?.dataset['kind']).toBe('undo'));
    expect(find('success')?.textContent).toContain('To be undone');
    const undo = counter.outcome?.receipt.operation;
    if (!undo) throw new Error('no undo');
    counter.hear({ ...undo, state: 'accepted', fanPoints: -30 });
    await eventually(() => expect(find('success')?.textContent).toContain('Undone'));
    expect(find('success-figure')?.textContent).toMatch(/30/);
    counter.hear({ ...undo, state: 'refused' });
    await eventually(() => expect(find('success')?.textContent).toContain('Not undone'));
  });

  test('says in words why a redemption is refused', async () => {
    await identify();
    for (const key of ['5', '0', '00', '00']) await press(`key-${key}`);
    await eventually(() => expect(find('quote-costs')?.dataset['value']).toBe('500000'));
    await press('redeem');
    expect((await see('error-code')).dataset['code']).toBe('tooFewPoints');
    // The wording of errors is in the half of a language that comes later.
    await eventually(() => expect(find('error-meaning')?.textContent).toBe('This takes 500,000 points; the fan can use 3,465. Nothing was taken.'));
    await press('key-back');
    expect(find('error')).toBeNull();
  });

  test('a keyboard fills the amount wherever the focus is, and Enter gives', async () => {
    await identify();
    find<HTMLInputElement>('code-input')?.blur();
    for (const key of ['2', '5', '.', '5']) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    }
    flushSync();
    expect(find<HTMLInputElement>('amount')?.value).toBe('25.50');
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    expect((await see('success')).dataset['kind']).toBe('give');
  });

  test('a scanner identifies a fan while the amount has the focus, and the amount stays', async () => {
    for (const key of ['2', '5', '00']) await press(`key-${key}`);
    const amount = await see<HTMLInputElement>('amount');
    amount.focus();
    for (const key of FAN) {
      const down = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
      if (amount.dispatchEvent(down)) amount.dispatchEvent(new InputEvent('beforeinput', { inputType: 'insertText', data: key, bubbles: true, cancelable: true }));
    }
    amount.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await see('fan-card');
    expect(amount.value).toBe('25.00');
    expect(find('success')).toBeNull();
    expect(shop.calls.find((call) => call.command === 'identifyText')?.arguments).toEqual([FAN, 'handheld']);
  });

  test('a pasted amount is read; one that is none says why', async () => {
    const amount = await see<HTMLInputElement>('amount');
    await type('amount', '1,234.50');
    expect(amount.value).toBe('1,234.50');
    expect(amount.dataset['value']).toBe('123450');
    await type('amount', '-5');
    expect(amount.value).toBe('1,234.50');
    expect((await see('amount-problem')).textContent).toBe('An amount can not be negative.');
  });

  test('without a fan the button asks for one', async () => {
    await press('key-5');
    await press('key-00');
    await eventually(() => expect(find('give')?.textContent.trim()).toBe('Scan a fan to give 10 points'));
    await press('give');
    expect(document.activeElement).toBe(find('code-input'));
  });

  test('awards an action and checks a rule', async () => {
    await identify();
    await press('tab-status');
    await press('threshold-gold-lounge');
    expect((await see('threshold-answer')).dataset['answer']).toBe('yes');
    find('award-action-quiz')?.querySelector('input')?.click();
    flushSync();
    await press('award');
    expect((await see('success-figure')).textContent).toBe('+10');
  });

  test('unconfirmed is shown as goods to hold, until it is booked', async () => {
    await identify();
    shop.standing = 'unconfirmed';
    for (const key of ['5', '00']) await press(`key-${key}`);
    await press('redeem');
    expect((await see('success')).dataset['standing']).toBe('unconfirmed');
    expect(find('success-standing')?.textContent).toBe('Hold the goods');
    shop.settle(find('success')?.dataset['operation'] ?? '', 'accepted');
    await eventually(() => expect(find('success')?.dataset['standing']).toBe('booked'));
  });
});

describe('the camera', () => {
  const count = (command: string) => shop.calls.filter((call) => call.command === command).length;

  test('starts once, stops when the counter is left, and comes back with it', async () => {
    await press('camera-start');
    await see('camera-preview');
    await tick();
    expect([count('cameraStart'), count('cameraStop')]).toEqual([1, 0]);
    await press('nav-queue');
    await see('queue');
    expect([count('cameraStart'), count('cameraStop')]).toEqual([1, 1]);
    await press('nav-counter');
    await see('camera-preview');
    expect([count('cameraStart'), count('cameraStop')]).toEqual([2, 1]);
    shop.tell.scan({ kind: 'identified', card: shop.card(FAN) });
    await see('fan-card');
    shop.tell.camera({ kind: 'fault', error: failure('cameraUnplugged', { retry: true }) });
    expect((await see('camera-error')).querySelector<HTMLElement>('[data-testid="error-code"]')?.dataset['code']).toBe('cameraUnplugged');
    shop.tell.camera({ kind: 'running' });
    flushSync();
    expect(find('camera-error')).toBeNull();
    await press('camera-stop');
    await see('camera-start');
    await press('nav-queue');
    await press('nav-counter');
    await see('camera-start');
    expect(find('camera-preview')).toBeNull();
  });

  test('that is missing says so', async () => {
    shop.failures.set('cameraStart', failure('noCamera'));
    await press('camera-start');
    expect((await see('error-code')).dataset['code']).toBe('noCamera');
  });
});

describe('the frame', () => {
  test('an answer that was overtaken by news changes nothing', async () => {
    const { status } = shop;
    await session.take({ ...status, edition: 2, link: { ...status.link, state: 'offline' } });
    await session.take({ ...status, edition: 1 });
    expect(session.status?.link.state).toBe('offline');
    session.status = null;
  });

  test('tells the truth when the line breaks, and sends on demand', async () => {
    expect((await see('strip')).dataset['state']).toBe('online');
    expect(find('send-now')).toBeNull();
    shop.goOffline();
    await identify();
    for (const key of ['5', '00']) await press(`key-${key}`);
    await press('redeem');
    await see('success');
    await eventually(() => expect(find('strip-waiting')?.dataset['count']).toBe('1'));
    expect(find('strip')?.dataset['state']).toBe('offline');
    expect(find('strip-risk')?.textContent.trim()).toBe('At risk: 500 of 200,000 points');
    await press('send-now');
    expect((await see('strip-send-error')).dataset['code']).toBe('offline');
    shop.status = { ...shop.status, link: { ...shop.status.link, state: 'online' } };
    await press('send-now');
    await eventually(() => expect(find('strip-waiting')?.dataset['count']).toBe('0'));
  });

  test('marks the environment', async () => {
    expect((await see('environment')).textContent.trim()).toBe('Development');
  });

  test('stops for what stands in the way of all work', async () => {
    shop.status = { ...shop.status, trouble: failure('storageNewer') };
    shop.tellStatus();
    expect((await see('error-code')).dataset['code']).toBe('storageNewer');
    expect(find('counter')).toBeNull();
  });

  test('opens the help with a question mark, not with one inside a scan', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (const key of 'https://fanpoints.app/distribute?user_id=008407119295') document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    await see('fan-card');
    expect(find('help')).toBeNull();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true, cancelable: true }));
    await see('help');
  });
});

describe('quickly', () => {
  const keys = async (...typed: string[]) => {
    for (const key of typed) await press(`key-${key}`);
  };

  test('a part is paid with points, and one undo takes both back', async () => {
    await identify();
    expect(find('split-open')?.getAttribute('aria-disabled')).toBe('true');
    await keys('2', '0', '00');
    await eventually(() => expect(find('split-open')?.getAttribute('aria-disabled')).toBe('false'));
    await press('split-open');
    expect(find('split')?.dataset['points']).toBe('1000');
    // The slider stands where the keypad was, and typing brings that back.
    await eventually(() => expect(find('key-7')).toBeNull());
    const slider = await see<HTMLInputElement>('split-slider');
    slider.value = '600';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await eventually(() => expect(find('split-rest')?.dataset['value']).toBe('1400'));
    await press('pay-split');
    expect((await see('success-figure')).textContent).toBe('−600');
    expect(find('success-also')?.dataset['points']).toBe('28');
    await press('undo');
    await eventually(() => expect(find('fan-balance')?.dataset['value']).toBe('3465'));
  });

  test('the same for the same fan is asked for first', async () => {
    await identify();
    await keys('5', '00');
    await press('give');
    await press('same-fan');
    await keys('5', '00');
    await press('give');
    await see('repeat');
    expect(shop.calls.filter((call) => call.command === 'give').length).toBe(1);
    await press('repeat-yes');
    await see('success');
    expect(shop.calls.filter((call) => call.command === 'give').length).toBe(2);
    await press('same-fan');
    await keys('6', '00');
    await press('give');
    await see('success');
  });

  test('what was done can be undone after the next fan is there', async () => {
    await identify();
    await keys('5', '00');
    await press('give');
    await see('success');
    await identify('036000291452');
    await eventually(() => expect(find('fan-label')?.textContent).toBe('0360 0029 1452'));
    await press('undo');
    await eventually(() => expect(shop.calls.some((call) => call.command === 'undo')).toBe(true));
    await eventually(() => expect(find('undo-bar')).toBeNull());
  });

  test('the counter is ready by itself, and what was done can still be undone', async () => {
    choose({ readyAfter: 3 });
    await identify();
    await keys('5', '00');
    await press('give');
    await see('success');
    clock.now = Date.now() + 3000;
    await eventually(() => expect(find('success')).toBeNull());
    expect(find('fan-card')).toBeNull();
    await press('undo');
    await eventually(() => expect(shop.calls.some((call) => call.command === 'undo')).toBe(true));
    choose({ readyAfter: 15 });
  });

  test('quick buttons put things on the list, twice makes two', async () => {
    shop.quick = [{ title: 'Scarf', priceMinor: 2500, rateLabel: 'merchandise' }];
    await counter.loadQuick();
    await press('tab-items');
    await press('quick-0');
    await press('quick-0');
    expect(find('item-quantity')?.dataset['value']).toBe('2');
    expect(find('items-total')?.dataset['value']).toBe('5000');
    await identify();
    await eventually(() => expect(find('quote-earns')?.dataset['value']).toBe('250'));
    await press('give');
    await see('success');
    expect(shop.calls.findLast((call) => call.command === 'give')?.arguments[1]).toEqual(Array(2).fill({ title: 'Scarf', priceMinor: 2500, rateLabel: 'merchandise' }));
  });

  test('a link from another program brings its fan to the counter', async () => {
    await press('nav-queue');
    shop.link = FAN;
    shop.tell.link();
    await see('fan-card');
    expect(find('fan-label')?.textContent).toBe('0084 0711 9295');
  });
});

describe('the device', () => {
  test('a broken chain is told and stays', async () => {
    shop.health = { ...shop.health, audit: { ...shop.health.audit, state: 'broken', brokenEntry: 12, fault: 'operationEdited' } };
    shop.tellStatus();
    expect((await see('health-audit')).dataset['entry']).toBe('12');
    await press('nav-queue');
    await see('health-audit');
  });

  test('data that was set aside is told until it is read', async () => {
    shop.health = { ...shop.health, setAside: { file: 'partner.db.damaged', export: 'partner.jsonl', operations: 3, at: 0 } };
    shop.tellStatus();
    expect((await see('health-set-aside')).dataset['operations']).toBe('3');
    await press('health-dismiss');
    await eventually(() => expect(find('health-set-aside')).toBeNull());
  });

  test('what was refused leads to the inbox, but for those who may not decide', async () => {
    shop.reset(true);
    shop.tellStatus();
    await press('nav-queue');
    await press('queue-tab-refused');
    expect(Number((await see('queue-cases')).dataset['count'])).toBeGreaterThan(0);
    shop.status = { ...shop.status, session: { ...shop.status.session, rights: ['identify', 'give'] } };
    shop.tellStatus();
    await eventually(() => expect(find('queue-decide')).toBeNull());
    shop.status = { ...shop.status, session: { ...shop.status.session, rights: ['identify', 'review'] } };
    shop.tellStatus();
    await press('queue-decide');
    await see('inbox-list');
    session.reviewAt = 'list';
  });

  test('what waits is handed over once the receipt is there', async () => {
    shop.goOffline();
    await identify();
    for (const key of ['5', '00']) await press(`key-${key}`);
    await press('give');
    await press('nav-settings');
    await press('care-move');
    await type('move-passphrase', 'short');
    await press('move-seal');
    expect((await see('error-code')).dataset['code']).toBe('passphraseTooShort');
    await type('move-passphrase', 'four words of ours');
    await press('move-seal');
    expect((await see('move-sealed')).dataset['operations']).toBe('1');
    await type('move-receipt-input', 'FPR1-sample');
    await press('move-confirm');
    await see('move-done');
    await eventually(() => expect(find('strip-waiting')?.dataset['count']).toBe('0'));
  });
});

test('an operation is settled on the screen even if it was booked while another one was shown', async () => {
  await identify();
  shop.standing = 'unconfirmed';
  for (const key of ['5', '00']) await press(`key-${key}`);
  await press('redeem');
  const id = (await see('success')).dataset['operation'] ?? '';
  await press('nav-queue');
  await see('queue');
  shop.settle(id, 'accepted');
  await press('nav-counter');
  expect((await see('success')).dataset['standing']).toBe('booked');
});

describe('connecting', () => {
  beforeEach(() => {
    shop.status = { ...shop.status, connection: null };
    shop.tellStatus();
  });

  test('asks for what is missing and for nothing else', async () => {
    await type('connect-endpoint', 'https://platform.example.org');
    await press('connect-submit');
    expect((await see('error-code')).dataset['code']).toBe('missingField');
    expect(document.activeElement).toBe(find('connect-partner'));
    expect(shop.calls.some((call) => call.command === 'connect')).toBe(false);
  });

  test('says that the secret is wrong, then lets in', async () => {
    for (const [id, text] of [['endpoint', ' https://platform.example.org '], ['partner', 'club-shop'], ['client', 'abc'], ['secret', 'xyz']] as const) await type(`connect-${id}`, text);
    (await see('connect-environment-production')).querySelector('input')?.click();
    shop.failures.set('connect', failure('signInRefused', { detail: '401' }));
    await press('connect-submit');
    expect((await see('error-code')).textContent.trim()).toBe('Code: signInRefused (401)');
    await press('connect-submit');
    await see('counter');
    expect(shop.calls.findLast((call) => call.command === 'connect')?.arguments[0]).toEqual({
      endpoint: 'https://platform.example.org', tokenEndpoint: null, partnerId: 'club-shop', clientId: 'abc', clientSecret: 'xyz', environment: 'production',
    });
    expect(find('environment')?.dataset['environment']).toBe('production');
  });
});

describe('queue, review and settings', () => {
  test('the queue shows each state with its reason', async () => {
    shop.reset(true);
    shop.goOffline();
    await press('nav-queue');
    await see('queue-empty');
    await press('queue-tab-refused');
    const row = await see('operation-row');
    expect([row.dataset['state'], row.dataset['kind']]).toEqual(['refused', 'redeem']);
    expect(find('operation-reason')?.dataset['code']).toBe('tooFewPoints');
    expect(find('queue-tab-accepted')?.dataset['count']).toBe('9');
  });

  test('what is sent leaves the waiting list by itself', async () => {
    shop.goOffline();
    await counter.identifyText(FAN, 'typed');
    for (const key of ['5', '00'] as const) counter.press(key);
    await counter.give();
    await press('nav-queue');
    const row = await see('operation-row');
    shop.settle(row.dataset['id'] ?? '', 'accepted');
    await see('queue-empty');
  });

  test('the review adds up the day and filters by kind', async () => {
    shop.reset(true);
    vi.setSystemTime(new Date(2026, 10, 20, 18));
    shop.reset(true);
    await press('nav-review');
    await eventually(() => {
      expect(find('review-total-given')?.dataset['value']).toBe('649');
    });
    expect(find('review-total-redeemed')?.dataset['value']).toBe('1700');
    expect(find('review-total-status')?.dataset['value']).toBe('550');
    await press('review-filter-award');
    await eventually(() => {
      const kinds = [...document.querySelectorAll<HTMLElement>('[data-testid="operation-row"]')].map((row) => row.dataset['kind']);
      expect(kinds).toEqual(['award', 'award']);
    });
    await press('review-previous');
    await see('review-empty');
    vi.useRealTimers();
  });

  test('two wishes in a row are both heard', async () => {
    await press('nav-settings');
    await press('language-it');
    await press('theme-dark');
    await eventually(() => expect(shop.status.preferences).toEqual({ language: 'it', theme: 'dark' }));
    await eventually(() => expect(find('nav-counter')?.textContent.trim()).toBe('Cassa'));
  });

  test('what a scanner writes while it is taught is no fan’s code', async () => {
    const write = (text: string) => [...text, 'Tab'].forEach((key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
    await press('nav-settings');
    await press('teach-open');
    for (const step of ['1', '2', '3']) {
      await eventually(() => expect(find('teach-step')?.dataset['step']).toBe(step));
      write('FANPOINTS');
    }
    await see('teach-done');
    expect(shop.calls.filter((call) => call.command === 'handheldScan' || call.command === 'identifyText')).toEqual([]);
    await press('teach-close');
    choose({ scanner: null });
  });

  test('settings switch the language, and refuse to disconnect while something waits', async () => {
    await press('nav-settings');
    await press('language-de');
    await eventually(() => expect(find('nav-counter')?.textContent.trim()).toBe('Kasse'));
    await press('diagnostics-open');
    expect((await see('diagnostics-audit')).dataset['intact']).toBe('true');
    shop.failures.set('disconnect', failure('queueNotEmpty'));
    await press('disconnect');
    await press('disconnect-confirm');
    expect((await see('error-code')).dataset['code']).toBe('queueNotEmpty');
  });
});

test('a database that takes long to open is explained, and not before', () => {
  vi.useFakeTimers();
  try {
    const { status } = session;
    session.status = null;
    flushSync();
    vi.advanceTimersByTime(2900);
    flushSync();
    expect(find('loading')?.textContent).toMatch(/Loading/);
    expect(find('loading-long')).toBeNull();
    vi.advanceTimersByTime(200);
    flushSync();
    expect(find('loading-long')?.textContent).toMatch(/After an update/);
    session.status = status;
    flushSync();
    expect(find('loading')).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
