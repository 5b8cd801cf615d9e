// A price as it is typed. Digits fill from the right, as on a till ("2500" is 25.00); a decimal separator
// fixes the whole part, as on a keyboard ("25.5" is 25.50). Amounts are integers: minor units, hundredths.

/** The largest price that one field takes, in minor units: 9,999,999.99. */
export const LARGEST_MINOR = 999_999_999;

const DIGITS = 9;

export interface Entry {
  readonly digits: string;
  /** Digits after a typed separator; null while none was typed. */
  readonly fraction: string | null;
}

export const EMPTY: Entry = { digits: '', fraction: null };

export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '00' | 'back' | 'separator' | 'clear';

/** The entry after a key; an entry that is full, or a key that changes nothing, stays as it is. */
export function press(entry: Entry, key: Key): Entry {
  switch (key) {
    case 'clear':
      return EMPTY;
    case 'back':
      return back(entry);
    case 'separator':
      return entry.fraction === null && entry.digits.length <= DIGITS - 2 ? { ...entry, fraction: '' } : entry;
    case '00':
      return press(press(entry, '0'), '0');
    default:
      return digit(entry, key);
  }
}

function digit(entry: Entry, key: string): Entry {
  if (entry.fraction !== null) {
    return entry.fraction.length < 2 ? { ...entry, fraction: entry.fraction + key } : entry;
  }
  if (entry.digits === '' && key === '0') return entry;
  return entry.digits.length < DIGITS ? { ...entry, digits: entry.digits + key } : entry;
}

function back(entry: Entry): Entry {
  if (entry.fraction === null) return { ...entry, digits: entry.digits.slice(0, -1) };
  if (entry.fraction === '') return { ...entry, fraction: null };
  return { ...entry, fraction: entry.fraction.slice(0, -1) };
}

/** The price in minor units. */
export function minor(entry: Entry): number {
  const whole = entry.digits === '' ? 0 : Number(entry.digits);
  return entry.fraction === null ? whole : whole * 100 + Number(entry.fraction.padEnd(2, '0'));
}

/** The entry that shows a price, as if it had been keyed in. */
export function entryOf(price: number): Entry {
  return price > 0 ? { digits: String(Math.min(price, LARGEST_MINOR)), fraction: null } : EMPTY;
}

export type AmountProblem = 'empty' | 'malformed' | 'negative' | 'decimals' | 'large';

export type Parsed = { minor: number } | { problem: AmountProblem };

/**
 * Reads a pasted price, with the separators of any locale: "1'234.50", "1.234,50", "CHF 25".
 * One separator followed by three digits groups thousands only where `group` says so; otherwise it would
 * be guessing at a thousandfold price, and the text is refused.
 */
export function parseAmount(text: string, group: string): Parsed {
  const plain = text.replace(/[\s\u00a0\u202f\u2009]/g, '').replace(/[’´`]/g, "'").replace(/^([a-z]{3}|[€$£])|([a-z]{3}|[€$£])$/gi, '');
  if (plain === '') return { problem: text.trim() === '' ? 'empty' : 'malformed' };
  if (/^[-−–]/.test(plain)) return { problem: 'negative' };
  if (!/^[0-9.,']+$/.test(plain) || !/[0-9]/.test(plain)) return { problem: 'malformed' };
  const cut = decimalAt(plain, group);
  const whole = (cut < 0 ? plain : plain.slice(0, cut)).replace(/[.,']/g, '');
  const fraction = cut < 0 ? '' : plain.slice(cut + 1);
  if (!wellGrouped(cut < 0 ? plain : plain.slice(0, cut)) || /[.,']/.test(fraction)) return { problem: 'malformed' };
  if (fraction.replace(/0+$/, '').length > 2) return { problem: 'decimals' };
  if (whole.replace(/^0+/, '').length > DIGITS - 2) return { problem: 'large' };
  return { minor: Number(whole || '0') * 100 + Number(fraction.slice(0, 2).padEnd(2, '0')) };
}

/** Where the decimal separator stands; -1: there is none. */
function decimalAt(plain: string, group: string): number {
  const at = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','));
  if (at < 0) return -1;
  const mark = plain[at];
  if (plain.indexOf(mark ?? '') !== at) return -1;
  const other = mark === '.' ? ',' : '.';
  const alone = !plain.includes(other) && !plain.includes("'");
  if (alone && plain.length - at - 1 === 3 && mark === group) return -1;
  return at;
}

function wellGrouped(whole: string): boolean {
  const groups = whole.split(/[.,']/);
  return groups.length === 1 || groups.every((part, at) => (at === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(part));
}
