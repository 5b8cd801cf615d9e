// Words, numbers, money and times in the language of the person. Only the language in use is loaded.
import type { Language } from '$ipc';
import type { Catalogue, ErrorWording, Key, Later, Plural, Rest, Words } from './types';
import type { AppError } from '$ipc';

export type { Label } from './types';

const LANGUAGES = {
  en: async (): Promise<Words> => (await import('./en')).en,
  de: async (): Promise<Words> => (await import('./de')).de,
  fr: async (): Promise<Words> => (await import('./fr')).fr,
  it: async (): Promise<Words> => (await import('./it')).it,
};

/** What the first screen does without comes a moment later. */
const LATER = {
  en: async (): Promise<Later> => (await import('./en.later')).later,
  de: async (): Promise<Later> => (await import('./de.later')).later,
  fr: async (): Promise<Later> => (await import('./fr.later')).later,
  it: async (): Promise<Later> => (await import('./it.later')).later,
} satisfies Record<keyof typeof LANGUAGES, unknown>;

export type Shipped = keyof typeof LANGUAGES;

class Tongue {
  language = $state<Shipped>('en');
  locale = $state('en');
  catalogue = $state.raw<Words | null>(null);
  later = $state.raw<Later | null>(null);
}

const tongue = new Tongue();

/** The language that a choice means on this device. */
export function resolve(choice: Language, wanted: readonly string[]): Shipped {
  if (choice !== 'system') return choice;
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language in LANGUAGES) return language as Shipped;
  }
  return 'en';
}

/** The device's region with the chosen language: English words in Switzerland keep Swiss numbers and dates. */
function withRegion(language: Shipped, wanted: readonly string[]): string {
  for (const tag of wanted) {
    try {
      const region = new Intl.Locale(tag).region;
      if (region) return `${language}-${region}`;
    } catch {
      // Not a tag that Intl knows; the next one may be.
    }
  }
  return language;
}

export async function setLanguage(choice: Language, wanted = navigator.languages): Promise<void> {
  const language = resolve(choice, wanted);
  const locale = withRegion(language, wanted);
  if (tongue.catalogue && tongue.language === language && tongue.locale === locale) return;
  const rest = LATER[language]();
  // Another language comes as a whole.
  const [catalogue, later] = await Promise.all([LANGUAGES[language](), tongue.later === null ? null : rest]);
  if (later) tongue.later = later;
  else void rest.then((late) => (tongue.language === language ? (tongue.later = late) : undefined));
  tongue.language = language;
  tongue.locale = locale;
  tongue.catalogue = catalogue;
  document.documentElement.lang = language;
}

export const locale = () => tongue.locale;

type Values = Readonly<Record<string, string | number>>;

function said(key: Key): string | Plural | undefined {
  const first: Partial<Catalogue['messages']> | undefined = tongue.catalogue?.messages;
  const later: Partial<Catalogue['messages']> | undefined = tongue.later?.messages;
  return first?.[key] ?? later?.[key];
}

/** A sentence in the person's language; numbers among the values are written in its way. */
export function t<K extends Key>(key: K, ...rest: Rest<K>): string {
  const message = said(key);
  if (message === undefined) return '';
  const values = (rest[0] ?? {}) as Values;
  if (typeof message === 'string') return fill(message, values);
  const category = plurals(tongue.locale).select(Number(values['count']));
  return fill(message[category] ?? message.other, values);
}

export interface ErrorWords {
  title: string;
  meaning: string;
  action: string;
}

export function errorWords(error: AppError): ErrorWords {
  const wording: ErrorWording | undefined = tongue.later?.errors[error.code] ?? tongue.later?.errors.internal;
  if (!wording) return { title: error.code, meaning: '', action: '' };
  const { needed, available } = error;
  const figures = wording.figures !== undefined && needed !== null && available !== null;
  return {
    title: spelled(wording.title),
    meaning: figures ? fill(wording.figures ?? '', { needed, available }) : spelled(wording.meaning),
    action: spelled(wording.action),
  };
}

/** Switzerland and Liechtenstein write "ss" where Germany and Austria write "ß". */
function spelled(text: string): string {
  return tongue.language === 'de' && /-(CH|LI)$/.test(tongue.locale) ? text.replaceAll('ß', 'ss') : text;
}

function fill(text: string, values: Values): string {
  return spelled(text).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

const made = new Map<string, unknown>();

function kept<T>(key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

const plurals = (tag: string) => kept(`plural ${tag}`, () => new Intl.PluralRules(tag));

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const tag = tongue.locale;
  return kept(`number ${tag} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(tag, options));
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const tag = tongue.locale;
  return kept(`date ${tag} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(tag, options));
}

export const number = (value: number) => numberFormat({}).format(value);

/** With its sign, as a change: "+50", "−700". */
export const signed = (value: number) =>
  numberFormat({ signDisplay: 'exceptZero' }).format(value).replace('-', '\u2212');

/** Minor units as an amount without its currency: "25.00". */
export const amount = (minor: number) =>
  numberFormat({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(minor / 100);

export const money = (minor: number, currency: string) => {
  try {
    return numberFormat({ style: 'currency', currency, currencyDisplay: 'code' }).format(minor / 100);
  } catch {
    return `${amount(minor)}\u00a0${currency}`;
  }
};

/** A rate such as "0.02" as "2 %". */
export const percent = (rate: number) => numberFormat({ style: 'percent', maximumFractionDigits: 2 }).format(rate);

export const groupMark = () =>
  numberFormat({}).formatToParts(1_000_000).find((part) => part.type === 'group')?.value ?? '';

/** The decimal separator that the keypad of the language shows. */
export const decimalMark = () =>
  numberFormat({ minimumFractionDigits: 1 }).formatToParts(0.5).find((part) => part.type === 'decimal')?.value ?? '.';

export const time = (at: number) => dateFormat({ hour: '2-digit', minute: '2-digit' }).format(at);
export const timeWithSeconds = (at: number) => dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
export const day = (at: number) => dateFormat({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(at);
export const shortDay = (at: number) => dateFormat({ day: 'numeric', month: 'short' }).format(at);
export const dateTime = (at: number) => dateFormat({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(at);

/** The time alone for today, with its day before that. */
export const when = (at: number, now: number) =>
  new Date(at).toDateString() === new Date(now).toDateString() ? time(at) : t('time.onDay', { day: shortDay(at), time: time(at) });

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** A length of time in its largest unit: "40 sec", "9 min", "3 hr". */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  const [unit, size] = UNITS.find(([, one]) => length >= one) ?? (['second', 1000] as const);
  return numberFormat({ style: 'unit', unit, unitDisplay: 'short' }).format(Math.floor(length / size));
}

export const bytes = (size: number) =>
  numberFormat({ style: 'unit', unit: size < 1_000_000 ? 'kilobyte' : 'megabyte', maximumFractionDigits: 1 })
    .format(size / (size < 1_000_000 ? 1000 : 1_000_000));
