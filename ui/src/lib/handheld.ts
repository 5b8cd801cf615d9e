// Handheld scanners are keyboards: they type a code in a few milliseconds and end with Enter. This tells
// them from a person by speed alone, wherever the focus is. Nothing is held back while it is undecided, so
// a person's typing is never swallowed; when Enter proves a scan, whatever reached the screen is put back.

/** A code is at least this long. */
const SHORTEST = 6;
/** Mean time between two characters of a scan, in milliseconds; a fast typist needs 70 and more. */
const MEAN_MS = 45;
/** The longest pause inside a scan: wireless scanners stutter. */
const PAUSE_MS = 120;
/** From this many fast characters on, keys that would press a button are kept from it. */
const SUSPECT = 3;

export interface HandheldOptions {
  /** A scan was recognised. */
  scanned: (text: string) => void;
  /** Called before the first key of every run; the closure it returns undoes what the run typed. */
  remember?: () => () => void;
  now?: () => number;
}

interface Run {
  text: string;
  first: number;
  last: number;
  putBack: () => void;
}

/** Listens on `target` until the returned function is called. */
export function listenForHandheld(target: Window | HTMLElement, options: HandheldOptions): () => void {
  const now = options.now ?? (() => performance.now());
  let run: Run | null = null;

  const fast = (size: number, span: number) => span <= MEAN_MS * size;

  function start(at: number, key: string): Run {
    const field = rememberFocused();
    const more = options.remember?.();
    return {
      text: key,
      first: at,
      last: at,
      putBack: () => {
        field();
        more?.();
      },
    };
  }

  function finish(event: KeyboardEvent, at: number) {
    const done = run;
    run = null;
    if (!done || done.text.length < SHORTEST || at - done.last > PAUSE_MS) return;
    if (!fast(done.text.length - 1, done.last - done.first)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    done.putBack();
    options.scanned(done.text);
  }

  function onKeydown(raw: Event) {
    const event = raw as KeyboardEvent;
    const at = now();
    if (event.isComposing || event.repeat || event.ctrlKey || event.metaKey) {
      run = null;
      return;
    }
    if (event.key === 'Enter') return finish(event, at);
    // Shift and the like come between the characters of a scan.
    if (event.key.length !== 1) {
      if (!isModifier(event.key)) run = null;
      return;
    }
    if (!run || at - run.last > PAUSE_MS) {
      run = start(at, event.key);
      return;
    }
    run = { ...run, text: run.text + event.key, last: at };
    const typed = run.text.length;
    if (event.key === ' ' && typed > SUSPECT && fast(typed - 1, at - run.first) && pressable(event.target)) {
      event.preventDefault();
    }
  }

  function onKeyup(raw: Event) {
    const event = raw as KeyboardEvent;
    // A button is pressed when the space bar is let go.
    if (event.key === ' ' && run && run.text.length > SUSPECT && now() - run.last < PAUSE_MS && pressable(event.target)) {
      if (fast(run.text.length - 1, run.last - run.first)) event.preventDefault();
    }
  }

  target.addEventListener('keydown', onKeydown, true);
  target.addEventListener('keyup', onKeyup, true);
  return () => {
    target.removeEventListener('keydown', onKeydown, true);
    target.removeEventListener('keyup', onKeyup, true);
  };
}

function isModifier(key: string): boolean {
  return key === 'Shift' || key === 'Alt' || key === 'AltGraph' || key === 'CapsLock' || key === 'Process';
}

function pressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && !isTextField(target);
}

/** Whether typing goes into this element. */
export function isTextField(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !/^(button|checkbox|radio|file|range|submit|reset|color|image)$/.test(target.type);
}

function rememberFocused(): () => void {
  const field = document.activeElement;
  if (field instanceof HTMLSelectElement) {
    const chosen = field.selectedIndex;
    return () => {
      if (field.selectedIndex === chosen) return;
      field.selectedIndex = chosen;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    };
  }
  if (!isTextField(field)) return () => {};
  const { value, selectionStart, selectionEnd } = field;
  return () => {
    if (field.value !== value) {
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    // Number, date and mail fields have no caret to put back.
    if (selectionStart !== null) field.setSelectionRange(selectionStart, selectionEnd);
  };
}
