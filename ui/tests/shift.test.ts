import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { everyMinute, fortnightOf, hoursOf } from '../src/figures/periods';
import { counter } from '../src/counter/counter.svelte';
import { shop } from '../src/fake/ipc';
import { forgetShifts } from '../src/fake/shift';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { collect, missing, type Series } from '../src/lib/handover';
import { session } from '../src/lib/session.svelte';
import { eventually, find, press, see, type } from './screen';

let app: Record<string, unknown> | undefined;

const calls = (command: string) => shop.calls.filter((call) => call.command === command).map((call) => call.arguments);

/** A morning's work, of which one operation still waits. */
function busy() {
  shop.reset(true);
  shop.operations = shop.operations.map((one, at) => (at === 0 ? { ...one, state: 'waiting', settledAt: null, madeAt: Date.now() } : one));
}

beforeEach(async () => {
  shop.reset();
  forgetShifts();
  choose({ toured: true });
  counter.next();
  session.screen = 'counter';
  session.reconnecting = false;
  await setLanguage('en', ['en-GB']);
  app = mount(App, { target: document.body });
  await session.start();
  flushSync();
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.replaceChildren();
});

async function count(name: string, thing: string, number: string) {
  await type('shift-name', name);
  await type('shift-thing-0', thing);
  await type('shift-number-0', number);
  await press('shift-take');
}

describe('a shift', () => {
  test('is opened, handed over and closed with a report and its files', async () => {
    busy();
    await press('nav-shift');
    await press('shift-open');
    await count('Noa', 'Vouchers', '40');
    await eventually(() => expect(find('shift')?.dataset['open']).toBe('true'));
    expect(find('shift-holder')?.textContent).toBe('Noa has it');

    await press('shift-hand-over');
    await type('shift-name', 'Noa');
    await press('shift-take');
    await eventually(() => expect(find('error-code')?.dataset['code']).toBe('samePerson'));
    await type('shift-name', 'Kim');
    await press('shift-take');
    await eventually(() => expect(find('shift-holder')?.textContent).toBe('Kim has it'));

    await press('shift-close');
    const waits = (await see('shift-close-waits')).dataset['value'];
    expect(Number(waits)).toBeGreaterThan(0);
    expect(find<HTMLInputElement>('shift-number-0')?.value, 'the count begins with the last one').toBe('40');
    await type('shift-number-0', '38');
    await press('shift-take');
    await see('shift-report');
    expect(find('shift-waits')?.dataset['value']).toBe(waits);
    expect(find('shift-counts')?.textContent.replace(/\s+/g, ' ')).toContain('Vouchers4038−2');
    await press('shift-pdf');
    await eventually(() => expect(find('shift-saved')?.dataset['path']).toMatch(/\.pdf$/));
    const [, format, words] = calls('shiftFile')[0] ?? [];
    expect([format, (words as { title: string }).title]).toEqual(['pdf', 'Shift report']);
    for (const word of Object.values(words as Record<string, string>)) expect(word).not.toBe('');
    await press('shift-back');
    await see('shift-entry');
  });

  test('can not be counted in anything but whole numbers', async () => {
    await press('nav-shift');
    await press('shift-open');
    await count('Noa', 'Vouchers', '4.5');
    expect(calls('openShift')).toEqual([]);
    expect(find('shift-number-0')?.getAttribute('aria-invalid')).toBe('true');
  });
});

describe('figures', () => {
  test('each picture has its table', async () => {
    shop.reset(true);
    await press('nav-figures');
    const chart = await see('chart-points');
    expect(chart.querySelectorAll('tbody tr').length).toBeGreaterThanOrEqual(23);
    const given = [...chart.querySelectorAll('tbody tr td:nth-of-type(1)')].map((cell) => Number((cell as HTMLElement).dataset['value']));
    expect(given.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    expect((await see('chart-passages')).querySelectorAll('tbody tr').length, 'minutes without a passage are in it').toBe(11);
    await press('figures-fortnight');
    await eventually(() => expect(find('chart-weeks')?.querySelectorAll('tbody tr').length).toBe(7));
    for (const figure of document.querySelectorAll('figure')) expect(figure.querySelector('table')).not.toBeNull();
  });

  test('hours and days follow the calendar', () => {
    const day = { from: new Date(2026, 10, 20).getTime(), to: new Date(2026, 10, 21).getTime() };
    expect(hoursOf(day)).toHaveLength(25);
    const days = fortnightOf(new Date(2026, 10, 20, 15).getTime());
    expect(days).toHaveLength(15);
    expect(new Date(days[0] ?? 0).toDateString()).toBe('Mon Nov 09 2026');
    expect(new Date(days[14] ?? 0).toDateString()).toBe('Mon Nov 23 2026');
    const filled = everyMinute([{ at: 0 }, { at: 180_000 }], (at) => ({ at }));
    expect(filled.map(({ at }) => at)).toEqual([0, 60_000, 120_000, 180_000]);
    expect(everyMinute([], (at) => ({ at }))).toEqual([]);
  });
});

describe('a series of codes', () => {
  const codes = ['FPE1:abc:1:3:QUJD', 'FPE1:abc:2:3:REVG', 'FPE1:abc:3:3:R0hJ'];

  test('is complete whatever the order', () => {
    let series: Series | null = null;
    for (const code of [codes[2], codes[0], codes[0]]) {
      const next = collect(series, ` ${code} `);
      if (typeof next === 'string') throw new Error(next);
      series = next;
    }
    expect(series && missing(series)).toEqual([2]);
    expect(collect(series, 'FPE1:other:2:3:AAAA')).toBe('otherSeries');
    expect(collect(series, 'FPE1:abc:2:4:AAAA')).toBe('otherSeries');
    for (const bad of ['', 'FPE1:abc:0:3:AAAA', 'FPE1:abc:4:3:AAAA', 'FPE1:abc:1:3:', '008407119295']) expect(collect(series, bad), bad).toBe('notACode');
  });

  test('is stepped through on one device and collected on the other', async () => {
    busy();
    await press('nav-settings');
    await press('care-move');
    await type('move-passphrase', 'four words are long');
    await press('move-as-codes');
    await press('move-seal');
    const shown = await see('move-codes');
    expect([shown.dataset['at'], shown.dataset['of']]).toEqual(['1', '3']);
    const first = (await see('move-code')).dataset['text'];
    await press('move-code-after');
    await eventually(() => expect(find('move-code')?.dataset['text']).not.toBe(first));
    expect(find('move-codes')?.dataset['at']).toBe('2');

    await press('move-take');
    for (const [at, code] of ['nonsense', codes[1], codes[0]].entries()) {
      await type('move-code-text', code ?? '');
      await press('move-code-add');
      await eventually(() => expect(find('move-collect')?.dataset['have']).toBe(String(at)));
    }
    expect(find('move-take-codes')?.getAttribute('aria-disabled')).toBe('true');
    shop.tell.scan({ kind: 'handover', text: codes[2] ?? '' });
    await eventually(() => expect(find('move-take-codes')?.getAttribute('aria-disabled')).toBe('false'));
    await press('move-take-codes');
    await see('move-imported');
    const [request] = calls('importCodes')[0] ?? [];
    expect((request as string[]).toSorted()).toEqual(codes);
  });
});

describe('settings', () => {
  test('say how long operations stay at hand, and what support gets', async () => {
    await press('nav-settings');
    await see('retention');
    await press('retention-90');
    await eventually(() => expect(find('retention')?.dataset['value']).toBe('90'));
    await press('retention-always');
    await eventually(() => expect(find('retention')?.dataset['value']).toBe('always'));
    await press('diagnostics-save');
    await eventually(() => expect(find('diagnostics-saved')?.dataset['path']).toMatch(/support/));
    await press('settings-gate');
    await see('gate');
  });
});
