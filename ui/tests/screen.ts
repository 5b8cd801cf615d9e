// What a test sees and presses on the screen: by the mark of an element, and patiently, for screens are loaded
// when they are opened, which a busy machine does slowly.
import { flushSync } from 'svelte';
import { vi } from 'vitest';

const PATIENCE = { timeout: 15_000, interval: 10 };

export const find = <E extends HTMLElement = HTMLElement>(id: string) => document.querySelector<E>(`[data-testid="${id}"]`);

export const all = (id: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)];

/** Waits until the check no longer throws. */
export const eventually = <T>(check: () => T): Promise<T> =>
  vi.waitFor(() => {
    flushSync();
    return check();
  }, PATIENCE);

export const see = <E extends HTMLElement = HTMLElement>(id: string): Promise<E> =>
  eventually(() => {
    const element = find<E>(id);
    if (!element) throw new Error(`${id} is not on the screen`);
    return element;
  });

export async function press(id: string): Promise<void> {
  (await see(id)).click();
  flushSync();
}

export async function type(id: string, text: string): Promise<void> {
  const field = await see<HTMLInputElement>(id);
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
}
