// Codes that carry what another device hands over: a series in any order, and the receipt for it.

const SERIES = /^FPE1:([^:]{1,64}):(\d{1,4}):(\d{1,4}):[\w-]+$/;

/** Who takes such codes while a sheet waits for them; nobody else wants them. */
export const handover: { take: ((text: string) => void) | null } = { take: null };

/** A code of a hand-over, whatever becomes of it. */
export const isHandover = (text: string) => /^\s*FP(E1:|R1\.)/.test(text);

/** What another device answers when it has taken everything over. */
export const isReceipt = (text: string) => /^\s*FPR1\./.test(text);

/** Gives the text to whoever waits for it; false: it is no such code, or nobody does. */
export function taken(text: string): boolean {
  if (!handover.take || !isHandover(text)) return false;
  handover.take(text.trim());
  return true;
}

export interface Series {
  name: string;
  of: number;
  /** By number, from 1. */
  codes: ReadonlyMap<number, string>;
}

/** The series with one more code, or why it does not belong to it. */
export function collect(series: Series | null, text: string): Series | 'notACode' | 'otherSeries' {
  const match = SERIES.exec(text.trim());
  const [, name = '', at = '', of = ''] = match ?? [];
  if (!match || Number(at) < 1 || Number(at) > Number(of)) return 'notACode';
  if (series && (series.name !== name || series.of !== Number(of))) return 'otherSeries';
  const codes = new Map(series?.codes ?? []);
  codes.set(Number(at), text.trim());
  return { name, of: Number(of), codes };
}

/** The numbers that are not there yet. */
export function missing(series: Series): number[] {
  return Array.from({ length: series.of }, (_, at) => at + 1).filter((number) => !series.codes.has(number));
}
