import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(svelte|ts|css)$/.test(path)).map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(SOURCE, path), 'utf8') }));

test('one folder alone speaks to Tauri', () => {
  const others = files.filter(({ path, text }) => !path.startsWith('ipc/') && text.includes('@tauri-apps'));
  expect(others.map(({ path }) => path)).toEqual([]);
});

test('nothing of the app names the sample border', () => {
  const others = files.filter(({ path, text }) => !path.startsWith('fake/') && /from ['"][^'"]*fake\//.test(text));
  expect(others.map(({ path }) => path)).toEqual([]);
});

test('the content security policy holds: no inline style, no markup from strings', () => {
  const offenders = files.filter(({ path, text }) => path.endsWith('.svelte') && (/\sstyle="/.test(text) || text.includes('{@html')));
  expect(offenders.map(({ path }) => path)).toEqual([]);
});

test('colours are named in the tokens alone', () => {
  const styles = files.filter(({ path }) => path.endsWith('.svelte') || path === 'styles/base.css');
  const offenders = styles.filter(({ text }) => /#[0-9a-f]{6,8}\b|rgba?\(/i.test(text.slice(Math.max(0, text.lastIndexOf('<style')))));
  expect(offenders.map(({ path }) => path)).toEqual([]);
});

test('every part is on the page of parts, where its looks are compared', () => {
  // The frame stands around every screen; a phone's lens shows nothing but a way out; who reads codes holds the camera.
  const elsewhere = ['parts/CodeReader.svelte', 'parts/Frame.svelte', 'parts/PhoneLens.svelte'];
  const met = new Set<string>();
  const follow = (path: string): void => {
    const file = files.find((one) => one.path === path);
    if (!file || met.has(path)) return;
    met.add(path);
    for (const [, named] of file.text.matchAll(/from '(\.[^']*\.svelte)'/g)) follow(normalize(join(path, '..', named ?? '')));
  };
  follow('screens/Components.svelte');
  const parts = files.map(({ path }) => path).filter((path) => /^parts\/.*\.svelte$/.test(path));
  expect(parts.filter((path) => !met.has(path) && !elsewhere.includes(path))).toEqual([]);
});
