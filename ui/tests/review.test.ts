import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ExportView } from '../src/ipc/bindings';
import App from '../src/App.svelte';
import { commands, shop } from '../src/fake/ipc';
import { kept } from '../src/fake/review';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { session } from '../src/lib/session.svelte';
import { ANYTHING, PAGE, Rows } from '../src/review/rows.svelte';
import { all, eventually, find, press, see, type } from './screen';

let app: Record<string, unknown> | undefined;

const called = (command: string) => shop.calls.findLast((call) => call.command === command)?.arguments;

beforeEach(async () => {
  shop.reset(true);
  choose({ toured: true });
  await setLanguage('en');
  [session.screen, session.reviewAt] = ['counter', 'list'];
  await session.start();
  app = mount(App, { target: document.body });
  flushSync();
  session.look('list');
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.innerHTML = '';
});

describe('the comparison', () => {
  test('what differs is settled one by one and all at once, with a note', async () => {
    kept.missing = ['p-1', 'p-2', 'p-3'];
    await press('review-tab-reconcile');
    await press('reconcile-go');
    await eventually(() => expect(all('reconcile-row').length).toBe(3));
    all('reconcile-row')[0]?.querySelector('input')?.click();
    await press('reconcile-settle');
    await press('settle-go');
    expect(called('settleDifferences')).toBeUndefined();
    await type('settle-note', 'the north till');
    await press('settle-go');
    await eventually(() => expect(called('settleDifferences')).toEqual([1, 'the north till']));
    await eventually(() => expect(find('reconcile-group-settled')?.dataset['count']).toBe('1'));
    expect(all('reconcile-row').length).toBe(2);
    await press('reconcile-pick-all');
    await press('reconcile-settle');
    await type('settle-note', 'all seen');
    await press('settle-go');
    await eventually(() => expect(called('settleDifferences')).toEqual([2, 'all seen']));
    await eventually(() => expect(find('reconcile-group-settled')?.dataset['count']).toBe('3'));
    expect(find('reconcile-settle'), 'what is settled stays so').toBeNull();
  });

  test('what only waits is sent, not settled', async () => {
    shop.operations = shop.operations.slice(0, 1).map((one) => ({ ...one, state: 'waiting' as const }));
    await press('review-tab-reconcile');
    await press('reconcile-go');
    await see('reconcile-row');
    expect(find('reconcile-settle')).toBeNull();
  });
});

describe('the list', () => {
  test('a hundred thousand rows are fetched where somebody looks', async () => {
    kept.behind = 100_000 - shop.operations.length;
    const rows = new Rows();
    await rows.load(ANYTHING);
    expect(rows.count).toBe(100_000);
    const asked = () => shop.calls.filter((call) => call.command === 'reviewList').length;
    const before = asked();
    rows.need(73_412, 73_440);
    await eventually(() => expect(rows.at(73_412)?.title).toMatch(/^Scarf/));
    expect(asked()).toBe(before + 1);
    expect(rows.at(50_000)).toBeNull();
    rows.need(PAGE - 1, PAGE);
    await eventually(() => expect(rows.at(PAGE)).not.toBeNull());
    expect(rows.at(PAGE)?.id).not.toBe(rows.at(PAGE - 1)?.id);
  });

  test('the page stays small, and the arrows go from row to row', async () => {
    kept.behind = 100_000;
    await press('review-days-0');
    const grid = await eventually(() => {
      const grid = find('review-rows');
      if (Number(grid?.dataset['count']) < 100_000 || !grid) throw new Error('not counted yet');
      return grid;
    });
    expect(all('operation-row').length).toBeLessThan(60);
    const first = await see('operation-row');
    first.focus();
    grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
    await eventually(() => expect(document.activeElement?.getAttribute('data-index')).toBe('1'));
    grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    expect((await see('operation-detail')).dataset['id']).toBe(document.activeElement?.getAttribute('data-id'));
    await see('review-postings');
  });

  test('a search narrows the list, and a view of it is kept', async () => {
    await press('review-days-0');
    await type('review-search', 'scarf');
    await eventually(() => expect((called('reviewList')?.[0] as { text: string }).text).toBe('scarf'));
    await press('review-narrow');
    await type('review-view-name', 'Scarves');
    await press('review-view-save');
    expect((await see('review-view')).dataset['name']).toBe('Scarves');
    await eventually(() => expect(kept.views[0]?.filter.text).toBe('scarf'));
  });

  test('a view of the last days goes on with them, and one of days long ago stays', async () => {
    const asked = () => called('reviewList')?.[0] as { from: number | null; to: number | null; text: string | null };
    const saved = async (name: string) => {
      await type('review-view-name', name);
      await press('review-view-save');
      await eventually(() => expect(kept.views.some((one) => one.name === name)).toBe(true));
      return kept.views.find((one) => one.name === name);
    };
    const choose = async (name: string) => {
      await eventually(() => expect(document.querySelector(`[data-testid="review-view"][data-name="${name}"]`)).not.toBeNull());
      document.querySelector<HTMLElement>(`[data-testid="review-view"][data-name="${name}"]`)?.click();
    };
    await press('review-narrow');
    await press('review-days-7');
    const week = await eventually(() => {
      const { from, to } = asked();
      expect((to ?? 0) - (from ?? 0)).toBeGreaterThan(6 * 86_400_000);
      return asked();
    });
    expect(await saved('Week')).toMatchObject({ days: 7, filter: { from: null, to: null } });
    await press('review-days-1');
    await press('review-previous');
    await eventually(() => expect(asked().to).toBeLessThan(week.to ?? 0));
    const before = asked();
    expect(await saved('Yesterday')).toMatchObject({ days: null, filter: { from: before.from, to: before.to } });
    await press('review-days-0');
    expect(await saved('Ever')).toMatchObject({ days: 0, filter: { from: null, to: null } });

    await choose('Week');
    await eventually(() => expect(asked()).toMatchObject({ from: week.from, to: week.to }));
    await choose('Yesterday');
    await eventually(() => expect(asked()).toMatchObject({ from: before.from, to: before.to }));
    await choose('Ever');
    await eventually(() => expect(asked()).toMatchObject({ from: null, to: null }));
  });

  test('what is no number of points is told, and the list stays', async () => {
    await press('review-narrow');
    const bound = async (id: string, value: string) => {
      const field = await see<HTMLInputElement>(id);
      field.value = value;
      field.dispatchEvent(new Event('change', { bubbles: true }));
      flushSync();
    };
    await bound('review-least', '500');
    await eventually(() => expect(called('reviewList')?.[0]).toMatchObject({ least: 500 }));
    await bound('review-least', 'many');
    await see('review-least-wrong');
    expect(find('review-least')?.getAttribute('aria-invalid')).toBe('true');
    expect(called('reviewList')?.[0]).toMatchObject({ least: 500 });
    await bound('review-least', '');
    await eventually(() => expect(called('reviewList')?.[0]).toMatchObject({ least: null }));
    expect(find('review-least-wrong')).toBeNull();
  });

  test('a store and another device narrow the list', async () => {
    await press('review-narrow');
    const choose = async (id: string, value: string) => {
      const field = await see<HTMLSelectElement>(id);
      field.value = value;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    };
    await choose('review-store', 'North');
    await eventually(() => expect(called('reviewList')?.[0]).toMatchObject({ store: 'North', device: null }));
    await choose('review-devices', 'device Till 2');
    await eventually(() => expect(called('reviewList')?.[0]).toMatchObject({ store: 'North', devices: 'all', device: 'Till 2' }));
    expect(find('review-narrow')?.dataset['count'], 'both are counted').toBe('2');
    await choose('review-devices', 'this');
    await eventually(() => expect(called('reviewList')?.[0]).toMatchObject({ devices: 'this', device: null }));
  });

  test('an operation is taken back for a reason', async () => {
    await press('review-days-0');
    await press('operation-row');
    await press('reverse');
    await press('reverse-go');
    expect(called('reverseOperation')).toBeUndefined();
    await type('reverse-reason', 'wrong fan');
    await press('reverse-go');
    await eventually(() => expect(called('reverseOperation')?.[1]).toBe('wrong fan'));
  });

  test('what is shown is exported', async () => {
    await press('review-export');
    await press('export-csv');
    expect((await see('export-done')).dataset['path']).toMatch(/csv$/);
  });

  test('an export of more than is counted says how far it is', async () => {
    const running: ExportView = { state: 'running', rows: 250_000, total: null, path: '', error: null };
    const begins = vi.spyOn(commands, 'beginExport').mockResolvedValue(running);
    const looks = vi.spyOn(commands, 'exportState').mockResolvedValue({ ...running, total: 1_000_000 });
    await press('review-export');
    await press('export-csv');
    expect((await see('export-bar')).hasAttribute('value'), 'not counted yet').toBe(false);
    await eventually(() => {
      const bar = find<HTMLProgressElement>('export-bar');
      expect([bar?.value, bar?.max]).toEqual([250_000, 1_000_000]);
    });
    begins.mockRestore();
    looks.mockRestore();
  });
});

describe('the inbox', () => {
  test('a case says in a sentence who did what for whom, and what ends with a decision', async () => {
    const one = shop.operations.find((made) => made.kind === 'redeem');
    if (!one) throw new Error('the sample has a redemption');
    shop.operations = [{ ...one, state: 'held', title: 'Scarf', fanPoints: -700, fanLabel: '0084 0711 9295' }];
    shop.tellStatus();
    await press('review-tab-inbox');
    expect((await see('case-said')).textContent).toMatch(/: Noa took 700 points from 0084 0711 9295 for “Scarf”\.$/);
    expect((await see('case')).dataset['cost']).toBe('700');
    await press('case-forgive');
    await see('decide-ends');
    await press('decide-go');
    await see('inbox-empty');
    expect(called('decideCases')?.[0]).toMatchObject({ way: 'forgive', operations: [one.id] });
  });

  test('cases leave it by a decision alone, several at once', async () => {
    shop.operations = shop.operations.map((one, at) => (at < 2 ? { ...one, kind: 'give' as const, state: 'refused' as const, madeAt: Date.now() - 2 * 86_400_000 } : one));
    shop.tellStatus();
    await eventually(() => expect(find('nav-cases')?.dataset['overdue']).toBe('2'));
    await press('review-tab-inbox');
    await see('inbox-overdue');
    const before = all('case').length;
    expect(before).toBeGreaterThan(1);
    await press('inbox-all');
    await press('inbox-bulk-note');
    await press('decide-go');
    expect(called('decideCases')).toBeUndefined();
    await type('decide-note', 'looked at');
    await press('decide-go');
    await see('inbox-empty');
    expect((called('decideCases')?.[0] as { operations: string[] }).operations.length).toBe(before);
    await eventually(() => expect(find('nav-cases')).toBeNull());
  });
});
