import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { counter } from '../src/counter/counter.svelte';
import { failure, shop } from '../src/fake/ipc';
import { limitsOf } from '../src/fake/limits';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { session } from '../src/lib/session.svelte';
import { LIMIT_WORDS, read, written } from '../src/people/limits';
import { eventually, find, press, see, type } from './screen';

let app: Record<string, unknown> | undefined;
const called = (command: string) => shop.calls.findLast((call) => call.command === command)?.arguments;
const limit = (name: string) => document.querySelector<HTMLElement>(`[data-testid="limit"][data-name="${name}"]`);

beforeEach(async () => {
  shop.reset();
  choose({ toured: true });
  await setLanguage('en');
  session.screen = 'counter';
  counter.next();
  await session.start();
  app = mount(App, { target: document.body });
  flushSync();
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.innerHTML = '';
});

describe('the limits of a device', () => {
  test('each is shown, tightened, and never loosened', async () => {
    await press('nav-settings');
    await press('limits-open');
    await eventually(() => expect(document.querySelectorAll('[data-testid="limit"]').length).toBe(17));
    await type('limit-max_redeem_purchase', '2001');
    expect((await see('limit-fault')).textContent).toContain('2,000');
    await press('limits-save');
    expect(called('setOfflineLimits')).toBeUndefined();
    await type('limit-max_redeem_purchase', '500');
    await type('limit-max_purchase_minor', '100.50');
    await type('limit-split_window', '9');
    expect((await see('limit-fault')).textContent).toContain('10 min');
    await type('limit-split_window', '20');
    await type('limit-sync_stop_redeem_after', '1.5');
    await press('limits-save');
    await see('limits-set');
    expect(called('setOfflineLimits')?.[0]).toEqual([
      { name: 'max_purchase_minor', value: 10_050 },
      { name: 'max_redeem_purchase', value: 500 },
      { name: 'split_window', value: 1_200_000 },
      { name: 'sync_stop_redeem_after', value: 5_400_000 },
    ]);
    expect(limit('max_redeem_purchase')?.dataset['effective']).toBe('500');
    await press('limits-reset');
    await eventually(() => expect(limit('max_redeem_purchase')?.dataset['own']).toBe(''));
    expect(called('setOfflineLimits')?.[0]).toEqual([]);
  });

  test('every limit has words, and what is written is read again', () => {
    for (const one of limitsOf().limits) {
      expect(LIMIT_WORDS[one.name], one.name).toBeDefined();
      expect(read(one, written(one, one.platform)), one.name).toBe(one.platform);
    }
    const time = limitsOf().limits.find((one) => one.unit === 'time');
    expect(time && read(time, 'soon')).toBeNull();
  });
});

describe('above a limit', () => {
  async function refused() {
    await counter.identifyText('008407119295', 'typed');
    for (const key of ['9', '00']) await press(`key-${key}`);
    shop.failures.set('redeem', failure('askManager', { detail: 'purchase_limit' }));
    await press('redeem');
    expect((await see('above')).dataset['rule']).toBe('purchase_limit');
  }

  test('the manager’s PIN raises it once', async () => {
    shop.setPin('135790');
    await refused();
    await press('ask-manager');
    await type('pin-input', '111222');
    await press('pin-submit');
    await eventually(() => expect(find('pin-form')?.querySelector('[data-code]')?.getAttribute('data-code')).toBe('pinWrong'));
    await type('pin-input', '135790');
    await press('pin-submit');
    expect((await see('success')).dataset['kind']).toBe('redeem');
    expect(called('raiseLimit')?.[1]).toMatchObject({ kind: 'redeem', items: [{ priceMinor: 900 }] });
    expect(find('above')).toBeNull();
  });

  test('where nobody can raise it, that is said', async () => {
    await refused();
    await press('ask-manager');
    await eventually(() => expect(find('error')?.dataset['code']).toBe('managerPinUnset'));
    expect(find('above')).toBeNull();
  });

  test('whoever has the right raises it with one tap', async () => {
    shop.status = { ...shop.status, session: { ...shop.status.session, knowsPeople: true, person: { staffId: 'kim', name: 'Kim', role: 'manager' } } };
    shop.setPin('135790');
    shop.tellStatus();
    await refused();
    await press('ask-manager');
    await see('success');
    expect(find('pin-form')).toBeNull();
  });
});
