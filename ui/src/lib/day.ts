// Days as people mean them: from midnight to midnight where the device is, also when clocks change.

export interface Day {
  /** Inclusive, in milliseconds. */
  from: number;
  /** Exclusive. */
  to: number;
}

export function dayOf(at: number): Day {
  const date = new Date(at);
  const from = new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const to = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
  return { from, to };
}

export function shiftDay(day: Day, by: number): Day {
  const date = new Date(day.from);
  return dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() + by).getTime());
}

/** As a date field wants it: "2026-03-29". */
export function toField(day: Day): string {
  const date = new Date(day.from);
  return `${String(date.getFullYear()).padStart(4, '0')}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

/** null: the field holds no date. */
export function fromField(text: string): Day | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const at = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3])).getTime();
  return Number.isNaN(at) ? null : dayOf(at);
}
