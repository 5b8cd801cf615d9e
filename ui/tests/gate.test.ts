import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import App from '../src/App.svelte';
import { failure, shop } from '../src/fake/ipc';
import { gate, SHOWN_MS } from '../src/gate/gate.svelte';
import { setLanguage } from '../src/i18n/index.svelte';
import { session } from '../src/lib/session.svelte';
import { eventually, find, press, see, type } from './screen';

const GOLD = '008407119295';
const SILVER = '036000291452';
const NOBODY = '012345678905';

let app: ReturnType<typeof mount> | undefined;

const choose = async (id: string) => {
  (await see(id)).querySelector('input')?.click();
  flushSync();
};
async function show(fan: string) {
  await type('gate-code', fan);
  await press('gate-find');
}
const count = (id: string) => Number(find(id)?.dataset['value']);

beforeEach(async () => {
  shop.reset();
  gate.view = null;
  gate.clear();
  gate.error = null;
  session.screen = 'counter';
  await setLanguage('en', ['en-GB']);
  app = mount(App, { target: document.body });
  shop.status = { ...shop.status, preferences: { language: 'en', theme: 'light' } };
  await session.start();
  await gate.start();
  flushSync();
  await press('nav-gate');
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.replaceChildren();
  vi.useRealTimers();
});

async function openGate() {
  await press('plan-save');
  await press('gate-open');
  await see('gate-idle');
}

describe('a gate', () => {
  test('says yes, no and cannot tell with figure and distance, and counts them', async () => {
    await openGate();
    await show(GOLD);
    expect((await see('verdict')).dataset['verdict']).toBe('yes');
    await show(NOBODY);
    await eventually(() => expect(find('verdict')?.dataset['verdict']).toBe('no'));
    expect(find('verdict-missing')?.dataset['value']).toBe('1000');
    shop.goOffline();
    await show(SILVER);
    await eventually(() => expect(find('verdict')?.dataset['verdict']).toBe('cannotTell'));
    expect(find('verdict-points')?.textContent).toBe('Silver · 940 of 1,000 Status Points');
    expect(find('verdict-reason')?.textContent).toContain('3 hr old');
    expect([count('gate-passed'), count('gate-refused'), count('gate-unknown')]).toEqual([1, 1, 1]);
    expect(count('gate-per-minute')).toBe(3);
    await press('decide-admit');
    await eventually(() => expect([count('gate-passed'), count('gate-unknown')]).toEqual([2, 0]));
    expect(find('verdict')?.dataset['by']).toBe('person');
  });

  test('makes room for the next fan, but not while it asks', async () => {
    await openGate();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    shop.pass(GOLD);
    flushSync();
    expect(find('verdict')?.dataset['verdict']).toBe('yes');
    await vi.advanceTimersByTimeAsync(SHOWN_MS);
    flushSync();
    expect(find('verdict')).toBeNull();
    shop.goOffline();
    shop.pass(SILVER);
    await vi.advanceTimersByTimeAsync(10 * SHOWN_MS);
    flushSync();
    expect(find('verdict')?.dataset['verdict']).toBe('cannotTell');
    shop.pass(GOLD);
    flushSync();
    expect(find('verdict')?.dataset['verdict']).toBe('yes');
  });

  test('is overruled with a reason only', async () => {
    await openGate();
    await show(NOBODY);
    await press('override');
    await press('override-admit');
    expect((await see('error-code')).dataset['code']).toBe('reasonMissing');
    await press('override.guest');
    await press('override-admit');
    await eventually(() => expect(count('gate-passed')).toBe(1));
    expect(shop.calls.findLast((call) => call.command === 'decidePassage')?.arguments).toEqual([1, true, 'On the guest list']);
    await eventually(() => expect(find('override-sheet')).toBeNull());
  });

  test('a refused code says why, and one of others is told only to who typed it', async () => {
    await openGate();
    shop.pass(GOLD, { answer: 'no', admitted: false, fan: null, label: null, statusPoints: null, tier: null, error: failure('passExpired') });
    expect((await see('verdict-reason')).dataset['code']).toBe('passExpired');
    await show('not a code');
    expect((await see('error-code')).dataset['code']).toBe('notOurCode');
    expect(count('gate-refused')).toBe(1);
  });

  test('a scanner is heard by the gate while it is open', async () => {
    await openGate();
    for (const key of GOLD) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    expect((await see('verdict')).dataset['verdict']).toBe('yes');
    expect(session.screen).toBe('gate');
    expect(shop.calls.findLast((call) => call.command === 'gateText')?.arguments).toEqual([GOLD, 'handheld']);
  });

  test('a bad number of points keeps what was typed', async () => {
    await choose('plan-rule-atLeast');
    await type('plan-points', '-5');
    await press('plan-save');
    expect((await see('error-code')).dataset['code']).toBe('invalidAmount');
    expect(find<HTMLInputElement>('plan-points')?.value).toBe('-5');
  });
});

describe('a kiosk', () => {
  async function lock() {
    await choose('plan-kiosk');
    find('plan-kiosk')?.click();
    flushSync();
    await press('plan-save');
    await type('pin-input', '135790');
    await type('pin-again', '135790');
    await press('pin-submit');
    await press('gate-open');
    await see('gate-idle');
  }

  test('has no way out without the PIN', async () => {
    await lock();
    await eventually(() => expect(find('nav-counter')).toBeNull());
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', ctrlKey: true, bubbles: true, cancelable: true }));
    await tick();
    expect(find('gate')?.dataset['locked']).toBe('true');
    await press('gate-close');
    await type('pin-input', '999999');
    await press('pin-submit');
    expect((await see('error-code')).dataset['code']).toBe('pinWrong');
    expect(find('gate')?.dataset['open']).toBe('true');
    await type('pin-input', '135790');
    await press('pin-submit');
    await see('gate-plan');
    await see('nav-counter');
  });

  test('shows nothing but the gate when the app starts again', async () => {
    await lock();
    session.screen = 'counter';
    await gate.load();
    await see('gate-idle');
    expect(find('counter')).toBeNull();
  });
});
