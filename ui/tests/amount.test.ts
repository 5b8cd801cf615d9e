import { describe, expect, test } from 'vitest';
import { EMPTY, entryOf, LARGEST_MINOR, minor, parseAmount, press, type Key } from '../src/lib/amount';

const typed = (...keys: Key[]) => minor(keys.reduce(press, EMPTY));
const spelled = (text: string) => typed(...[...text].map((c) => (c === '.' ? 'separator' : c === '<' ? 'back' : (c as Key))));

describe('keying an amount', () => {
  test.each([
    ['', 0],
    ['5', 5],
    ['2500', 2500],
    ['0025', 25],
    ['25.5', 2550],
    ['25.', 2500],
    ['25.50', 2550],
    ['25.509', 2550],
    ['.5', 50],
    ['1.2.3', 123],
    ['2500<', 250],
    ['25.5<', 2500],
    ['25.<', 25],
    ['<', 0],
    ['999999999', LARGEST_MINOR],
    ['9999999991', LARGEST_MINOR],
  ])('%s is %i', (text, expected) => expect(spelled(text)).toBe(expected));

  test('the double zero adds two zeros, and none to nothing', () => {
    expect(typed('2', '5', '00')).toBe(2500);
    expect(typed('00')).toBe(0);
  });

  test('a separator is refused where the whole part would not fit', () => {
    expect(spelled('99999999.')).toBe(99_999_999);
    expect(spelled('9999999.99')).toBe(LARGEST_MINOR);
  });

  test('clearing forgets all of it', () => expect(typed('2', 'separator', '5', 'clear', '7')).toBe(7));

  test('an amount and its entry are the same', () => {
    for (const price of [0, 1, 99, 100, 2500, 123_456, LARGEST_MINOR]) expect(minor(entryOf(price))).toBe(price);
  });

  test('no sequence of keys leaves the range or invents a digit', () => {
    const keys: Key[] = ['0', '1', '9', '00', 'back', 'separator', '5', '7'];
    let seed = 7;
    let entry = EMPTY;
    for (let step = 0; step < 20_000; step++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      entry = press(entry, keys[seed % keys.length] ?? '0');
      const price = minor(entry);
      expect(Number.isSafeInteger(price) && price >= 0 && price <= LARGEST_MINOR).toBe(true);
    }
  });
});

describe('reading a pasted amount', () => {
  test.each([
    ['25', 2500],
    ['25.00', 2500],
    ['25,00', 2500],
    ['25.5', 2550],
    ['CHF 25.00', 2500],
    ['25,00 €', 2500],
    ["1'234.50", 123_450],
    ['1’234.50', 123_450],
    ['1.234,50', 123_450],
    ['1,234.50', 123_450],
    ['1\u00a0234,50', 123_450],
    ['1.234.567', 123_456_700],
    ['0.10', 10],
    ['25.500', 2550],
  ])('%s is %i', (text, expected) => expect(parseAmount(text, '’')).toEqual({ minor: expected }));

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['-5', 'negative'],
    ['−5.00', 'negative'],
    ['25.005', 'decimals'],
    ['12345678', 'large'],
    ['abc', 'malformed'],
    ['1.2.3', 'malformed'],
    ['12,34.56', 'malformed'],
    ['1.234,5,0', 'malformed'],
    ['25e3', 'malformed'],
    ['.', 'malformed'],
  ])('%s is refused as %s', (text, problem) => expect(parseAmount(text, ',')).toEqual({ problem }));

  test('three digits after a lone separator are thousands only where the language groups that way', () => {
    expect(parseAmount('1,234', ',')).toEqual({ minor: 123_400 });
    expect(parseAmount('1.234', '.')).toEqual({ minor: 123_400 });
    expect(parseAmount('1.234', ',')).toEqual({ problem: 'decimals' });
  });
});
