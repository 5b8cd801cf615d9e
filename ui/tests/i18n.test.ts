import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AppError, ErrorCode } from '$ipc';
import { de as deWords } from '../src/i18n/de';
import { later as deLater } from '../src/i18n/de.later';
import { en as enWords } from '../src/i18n/en';
import { later as enLater } from '../src/i18n/en.later';
import { fr as frWords } from '../src/i18n/fr';
import { later as frLater } from '../src/i18n/fr.later';
import { it as itWords } from '../src/i18n/it';
import { later as itLater } from '../src/i18n/it.later';
import { amount, day, errorWords, groupMark, money, number, percent, resolve, setLanguage, signed, span, t, when } from '../src/i18n/index.svelte';
import type { Catalogue, Key } from '../src/i18n/types';

const SOURCE = join(import.meta.dirname, '../src');
const whole = <M, L, E>(first: { messages: M }, later: { messages: L; errors: E }) => ({
  messages: { ...first.messages, ...later.messages },
  errors: later.errors,
});
const en = whole(enWords, enLater);
const de = whole(deWords, deLater);
const fr = whole(frWords, frLater);
const it = whole(itWords, itLater);
const catalogues: Record<string, Catalogue> = { en, de, fr, it };

function sources(folder = SOURCE): { path: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(entry.name) ? [{ path, text: readFileSync(path, 'utf8') }] : [];
  });
}

const screens = sources().filter(({ path }) => !/\/(i18n\/(en|de|fr|it)|fake|ipc)/.test(path));
const codes = [...(/export type ErrorCode = ([^;]+);/.exec(readFileSync(join(SOURCE, 'ipc/bindings.ts'), 'utf8'))?.[1] ?? '').matchAll(/"(\w+)"/g)].map((match) => match[1] as ErrorCode);
const texts = (message: Catalogue['messages'][Key]): string[] => (typeof message === 'string' ? [message] : Object.values(message));
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

describe.each(Object.entries(catalogues))('the catalogue %s', (language, catalogue) => {
  test('has the keys of English, all of them and no other', () => {
    expect(Object.keys(catalogue.messages).sort()).toEqual(Object.keys(en.messages).sort());
  });

  test('has no empty sentence', () => {
    for (const [key, message] of Object.entries(catalogue.messages)) {
      for (const text of texts(message)) expect(text.trim(), key).not.toBe('');
    }
  });

  test('takes the same values as English', () => {
    for (const key of Object.keys(en.messages) as Key[]) {
      const wanted = new Set(texts(en.messages[key]).flatMap(placeholders));
      const given = new Set(texts(catalogue.messages[key]).flatMap(placeholders));
      expect(given, key).toEqual(wanted);
    }
  });

  test('has every plural form of its language, and no other', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    for (const [key, message] of Object.entries(catalogue.messages)) {
      if (typeof message !== 'string') expect(Object.keys(message).sort(), key).toEqual(forms);
    }
  });

  test('has words for every error: what happened, what it means, what to do', () => {
    expect(codes.length).toBeGreaterThan(60);
    expect(Object.keys(catalogue.errors).sort()).toEqual(codes.toSorted());
    for (const code of codes) {
      const wording = catalogue.errors[code];
      expect(wording.title, code).toMatch(/^\S.*[^.!]$/);
      expect(wording.meaning, code).toMatch(/^\S.*[.!]$/);
      expect(wording.action, code).toMatch(/^\S.*[.!]$/);
      if (wording.figures) expect(placeholders(wording.figures), code).toEqual(['available', 'needed']);
      for (const text of [wording.title, wording.meaning, wording.action]) expect(placeholders(text), code).toEqual([]);
    }
  });

  test('says something different about every error', () => {
    const titles = codes.map((code) => catalogue.errors[code].title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

test('French sets its double punctuation off by a space at which no line breaks', () => {
  const sentences = [...Object.values(fr.messages).flatMap(texts), ...Object.values(fr.errors).flatMap((error) => Object.values(error) as string[])];
  const narrow = sentences.filter((text) => /[^\u00a0\u202f\s][;?!»]|[^\u00a0\u202f\s\d]:(?!\/\/)| [:;?!»]|«[^\u00a0\u202f]/.test(text));
  expect(narrow).toEqual([]);
});

test('every key is used by a screen', () => {
  const all = screens.map(({ text }) => text).join('\n');
  const unused = Object.keys(en.messages).filter((key) => !all.includes(`'${key}'`));
  expect(unused).toEqual([]);
});

test('no screen asks for a key that is missing', () => {
  const known = new Set<string>(Object.keys(en.messages));
  for (const { path, text } of screens) {
    for (const match of text.matchAll(/\bt\('([^']+)'/g)) expect(known.has(match[1] ?? ''), `${path}: ${match[1]}`).toBe(true);
  }
});

test('no screen carries words of its own', () => {
  for (const { path, text } of screens.filter((source) => source.path.endsWith('.svelte'))) {
    const markup = text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style[\s\S]*?<\/style>/g, '').replace(/<!--[\s\S]*?-->/g, '');
    // Text between tags, without what is computed.
    const words = [...markup.replace(/\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '').matchAll(/>([^<>]*\p{L}{3,}[^<>]*)</gu)].map((match) => (match[1] ?? '').trim());
    expect(words.filter((word) => word !== 'FanPoints Partner' && !word.includes('=')), path).toEqual([]);
  }
});

const error = (code: ErrorCode, more: Partial<AppError> = {}): AppError => ({ code, retry: false, needed: null, available: null, detail: null, ...more });

describe('in English of Switzerland', () => {
  beforeAll(() => setLanguage('en', ['de-CH']));

  test('plurals', () => {
    expect(t('give.give', { count: 1 })).toBe('Give 1 point');
    expect(t('give.give', { count: 50 })).toBe('Give 50 points');
    expect(t('give.give', { count: 0 })).toBe('Give 0 points');
  });
  test('the region keeps its numbers', () => expect(number(3465)).toMatch(/^3[’']465$/));
  test('values are filled in', () => expect(t('strip.progress', { done: 412, total: 10_000 })).toMatch(/^412 of 10[’']000 sent$/));
});

describe('in German of Germany', () => {
  beforeAll(() => setLanguage('de', ['de-DE']));

  test('money', () => {
    expect(money(3465, 'CHF').replace(/\s/g, ' ')).toBe('34,65 CHF');
    expect(money(123_456_789, 'EUR').replace(/\s/g, ' ')).toBe('1.234.567,89 EUR');
    expect(money(500, '??').replace(/\s/g, ' ')).toBe('5,00 ??');
    expect(amount(5)).toBe('0,05');
    expect(groupMark()).toBe('.');
  });
  test('signs', () => expect([signed(50), signed(-700), signed(0)]).toEqual(['+50', '−700', '0']));
  test('rates', () => expect(percent(0.02).replace(/\s/g, ' ')).toBe('2 %'));
  test('ages', () => expect([span(40_000), span(540_000), span(3 * 3_600_000), span(-5)]).toEqual(['40 Sek.', '9 Min.', '3 Std.', '0 Sek.']));
  test('plurals', () => expect(t('review.operations', { count: 1 })).toBe('1 Buchung'));
  test('sharp s', () => expect(t('amount.large')).toContain('groß'));
  test('days', () => {
    const noon = new Date(2026, 2, 29, 12).getTime();
    expect(day(noon)).toContain('29. März 2026');
    expect(when(noon, noon + 60_000)).toBe('12:00');
    expect(when(noon, noon + 86_400_000)).toBe('29. März, 12:00');
  });
  test('the figures of an error are told where both are known', () => {
    expect(errorWords(error('tooFewPoints', { needed: 2500, available: 1200 })).meaning).toBe('Nötig sind 2.500 Punkte, verfügbar sind 1.200. Es wurde nichts abgezogen.');
    expect(errorWords(error('tooFewPoints', { needed: 2500 })).meaning).toBe(de.errors.tooFewPoints.meaning);
  });
});

test('Switzerland writes no sharp s', async () => {
  await setLanguage('de', ['de-CH']);
  expect(t('amount.large')).toContain('gross');
  expect(errorWords(error('pictureTooLarge')).title).toBe('Das Bild ist zu gross');
});

test('an error of a newer app is still told as an error', async () => {
  await setLanguage('en', ['en']);
  expect(errorWords(error('fromTheFuture' as ErrorCode)).title).toBe(en.errors.internal.title);
});

test('the system’s language is taken where it is shipped', () => {
  expect(resolve('system', ['rm-CH', 'fr-CH', 'en'])).toBe('fr');
  expect(resolve('system', ['ja'])).toBe('en');
  expect(resolve('en', ['de'])).toBe('en');
});
