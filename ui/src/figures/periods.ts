// The times that bound the bars of a picture: hours of a day, days of two weeks.
import { dayOf, shiftDay, type Day } from '../lib/day';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The hours of a day, its end included: 24 of them, one less or more when clocks change. */
export function hoursOf(day: Day): number[] {
  const bounds: number[] = [];
  for (let at = day.from; at < day.to; at += HOUR_MS) bounds.push(at);
  return [...bounds, day.to];
}

/** The days of the week of `at` and of the one before, from Monday on, the end included. */
export function fortnightOf(at: number): number[] {
  const today = dayOf(at);
  const sinceMonday = (new Date(today.from).getDay() + 6) % 7;
  return Array.from({ length: 15 }, (_, n) => shiftDay(today, n - sinceMonday - 7).from);
}

/** Every minute from the first to the last, those in which nothing happened included. */
export function everyMinute<T extends { at: number }>(found: T[], nothing: (at: number) => T): T[] {
  const first = found[0];
  const last = found.at(-1);
  if (!first || !last) return [];
  const known = new Map(found.map((one) => [one.at, one]));
  const all: T[] = [];
  for (let at = first.at; at <= last.at; at += MINUTE_MS) all.push(known.get(at) ?? nothing(at));
  return all;
}
