// A list of operations that is fetched while they change.
import { expect, test } from 'vitest';
import { shop } from '../src/fake/ipc';
import { Pages } from '../src/lib/pages.svelte';

test('a change that is told while the page is fetched is not lost', async () => {
  shop.reset(true);
  const pages = new Pages();
  const loading = pages.load({ states: ['accepted'], kinds: [], from: null, to: null });
  const other = shop.operations.find((operation) => operation.state !== 'accepted')!;
  pages.hear({ ...other, id: 'settled-meanwhile', seq: 99_999, state: 'accepted' });
  await loading;
  expect(pages.rows.map((row) => row.id)).toContain('settled-meanwhile');
});
