import { describe, expect, test } from 'vitest';
import { dayOf, fromField, shiftDay, toField } from '../src/lib/day';

describe('a day', () => {
  test('runs from midnight to midnight', () => {
    const day = dayOf(new Date(2026, 10, 20, 13, 16).getTime());
    expect(new Date(day.from)).toEqual(new Date(2026, 10, 20));
    expect(new Date(day.to)).toEqual(new Date(2026, 10, 21));
  });

  test('goes to its neighbours across months, years and changed clocks', () => {
    const changed = dayOf(new Date(2026, 2, 29, 5).getTime());
    expect(toField(shiftDay(changed, 1))).toBe('2026-03-30');
    expect(shiftDay(shiftDay(changed, 1), -1)).toEqual(changed);
    expect(shiftDay(changed, 1).from).toBe(changed.to);
    expect(toField(shiftDay(dayOf(new Date(2026, 0, 1).getTime()), -1))).toBe('2025-12-31');
  });

  test('survives the date field', () => {
    const day = dayOf(new Date(2026, 1, 3, 12).getTime());
    expect(toField(day)).toBe('2026-02-03');
    expect(fromField(toField(day))).toEqual(day);
    expect(fromField('')).toBeNull();
  });
});
