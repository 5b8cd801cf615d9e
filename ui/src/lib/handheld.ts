// Handheld scanners are keyboards: they type a code in a few milliseconds and end with Enter. This tells
// them from a person by speed alone, wherever the focus is. Nothing is held back while it is undecided, so
// a person's typing is never swallowed; when Enter proves a scan, whatever reached the screen is put back.

/** A code is at least this long. */
const SHORTEST = 6;
/** Mean time between two characters of a scan, in milliseconds; a fast typist needs 70 and more. */
const MEAN_MS = 45;
/** The longest pause inside a scan: wireless scanners stutter. */
const PAUSE_MS = 120;
/** A person may have typed what came before a pause as long as this, but hardly more than so many keys. Not stricter than
    `find_scan` in Rust: whatever it says was typed before a scan has to be remembered here. */
const BREATH_MS = 10;
const MOST_TYPED = 8;
/** After more characters than these at a person's pace, the next one begins anew. */
const FEW = 3;
/** From this many fast characters on, keys that would press a button are kept from it. */
const SUSPECT = 3;

/** A key as it came; what it means under another layout is worked out elsewhere. */
export interface Press {
  key: string;
  code: string;
  shift: boolean;
  capsLock: boolean;
  atMs: number;
}

/** How the scanner in use writes, as far as it was taught. */
export interface Habits {
  meanMs: number;
  longestPauseMs: number;
  ending: 'enter' | 'tab' | 'none';
}

export interface HandheldOptions {
  /** A scan was recognised. Should its first presses turn out to be a person's, `giveBack` types them again. */
  scanned: (presses: Press[], giveBack: (typed: number) => void) => void;
  habits?: () => Habits | null;
  /** Called before the first key of every run; the closure it returns undoes what the run typed. */
  remember?: () => () => void;
  /** When it was pressed, in milliseconds: a page that was busy hears late what was typed slowly. */
  when?: (event: Event) => number;
}

interface Run {
  /** Characters, with those that only a layout of its own would show. */
  size: number;
  presses: Press[];
  first: number;
  last: number;
  /** What undoes the run; and, after so many presses, what came to be by them. */
  putBack: Map<number, () => void>;
}

/** Listens on `target` until the returned function is called. */
export function listenForHandheld(target: Window | HTMLElement, options: HandheldOptions): () => void {
  const when = options.when ?? ((event) => event.timeStamp);
  let run: Run | null = null;
  let heard = 0;

  let silence: ReturnType<typeof setTimeout> | undefined;
  const habits = () => options.habits?.() ?? null;
  const mean = () => Math.max(MEAN_MS, 2 * (habits()?.meanMs ?? 0));
  const pause = () => Math.max(PAUSE_MS, 2 * (habits()?.longestPauseMs ?? 0));
  const fast = (size: number, span: number) => span <= mean() * size;

  const pressOf = (event: KeyboardEvent, after: number): Press => ({ key: event.key, code: event.code, shift: event.shiftKey, capsLock: event.getModifierState?.('CapsLock') ?? false, atMs: Math.max(0, Math.round(after)) });

  function remembered(): () => void {
    const field = rememberFocused();
    const more = options.remember?.();
    return () => {
      field();
      more?.();
    };
  }

  function start(at: number, event: KeyboardEvent): Run {
    return { size: 1, presses: [pressOf(event, 0)], first: at, last: at, putBack: new Map([[0, remembered()]]) };
  }

  function goOn(run: Run, at: number, event: KeyboardEvent) {
    if (at - run.last >= BREATH_MS && run.presses.length <= MOST_TYPED) run.putBack.set(run.presses.length, remembered());
    run.presses.push(pressOf(event, at - run.first));
    if (isModifier(event.key)) return;
    run.size++;
    run.last = at;
  }

  /** A person may be typing when a scanner goes off: no more than the last keys can be mistaken for its own. */
  function isTyping(run: Run, at: number): boolean {
    return run.size > FEW && at - run.last >= BREATH_MS && !fast(run.size - 1, run.last - run.first);
  }

  function scanned(done: Run, presses: Press[]) {
    done.putBack.get(0)?.();
    const then = heard;
    // What was pressed since then counts for more.
    options.scanned(presses, (typed) => typed > 0 && heard === then && done.putBack.get(typed)?.());
  }

  function isScan(done: Run | null, at: number): done is Run {
    if (!done || done.size < SHORTEST || at - done.last > pause()) return false;
    return fast(done.size - 1, done.last - done.first);
  }

  function finish(event: KeyboardEvent, at: number) {
    const done = run;
    run = null;
    if (!isScan(done, at)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    scanned(done, [...done.presses, pressOf(event, at - done.first)]);
  }

  /** A scanner that ends with nothing: its silence is the end. */
  function waitForSilence() {
    clearTimeout(silence);
    const known = habits();
    if (known?.ending !== 'none') return;
    silence = setTimeout(() => {
      const done = run;
      run = null;
      if (!isScan(done, done?.last ?? 0)) return;
      scanned(done, done.presses);
    }, Math.max(80, 2 * known.longestPauseMs));
  }

  function onKeydown(raw: Event) {
    const event = raw as KeyboardEvent;
    const at = when(event);
    heard++;
    if ((event.isComposing && event.code === '') || event.repeat || event.ctrlKey || event.metaKey) {
      run = null;
      return;
    }
    if (event.key === 'Enter' || event.key === 'Tab') return finish(event, at);
    // Shift and the like come between the characters of a scan. A dead key is a character of another layout.
    if (event.key.length !== 1 && event.key !== 'Dead' && !event.isComposing) {
      if (!isModifier(event.key)) run = null;
      else if (run) goOn(run, at, event);
      return;
    }
    if (!run || at - run.last > pause() || isTyping(run, at)) run = start(at, event);
    else goOn(run, at, event);
    waitForSilence();
    if (event.key === ' ' && run.size > SUSPECT && fast(run.size - 1, at - run.first) && pressable(event.target)) {
      event.preventDefault();
    }
  }

  function onKeyup(raw: Event) {
    const event = raw as KeyboardEvent;
    // A button is pressed when the space bar is let go.
    if (event.key === ' ' && run && run.size > SUSPECT && when(event) - run.last < pause() && pressable(event.target)) {
      if (fast(run.size - 1, run.last - run.first)) event.preventDefault();
    }
  }

  target.addEventListener('keydown', onKeydown, true);
  target.addEventListener('keyup', onKeyup, true);
  return () => {
    clearTimeout(silence);
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
