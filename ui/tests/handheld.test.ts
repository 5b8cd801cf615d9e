import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listenForHandheld, type Press } from '../src/lib/handheld';

const ID = '008407119295';
const PASS = 'FP1:6BF+70 9DJ$4/.-*%QW:ER T';

let clock = 0;
let stop: () => void;
let typed = 0;
const heard = vi.fn<(presses: Press[]) => void>();
const scanned = vi.fn<(text: string) => void>();
const hear = (presses: Press[], giveBack: (typed: number) => void) => {
  scanned(presses.map(({ key }) => (key.length === 1 ? key : '')).join(''));
  heard(presses);
  giveBack(typed);
};

/** One key as the browser would deliver it: the field gets the character unless somebody prevents it. */
function key(text: string, target: HTMLElement, init: KeyboardEventInit = {}): boolean {
  const down = new KeyboardEvent('keydown', { key: text, bubbles: true, cancelable: true, ...init });
  const wanted = target.dispatchEvent(down);
  if (wanted && text.length === 1 && target instanceof HTMLInputElement) {
    const at = target.selectionStart ?? target.value.length;
    target.value = target.value.slice(0, at) + text + target.value.slice(target.selectionEnd ?? at);
    target.setSelectionRange(at + 1, at + 1);
    target.dispatchEvent(new Event('input', { bubbles: true }));
  }
  target.dispatchEvent(new KeyboardEvent('keyup', { key: text, bubbles: true, cancelable: true }));
  return wanted;
}

function type(text: string, pause: number, target: HTMLElement = document.body): void {
  for (const character of text) {
    clock += pause;
    key(character, target);
  }
}

function enter(pause: number, target: HTMLElement = document.body): boolean {
  clock += pause;
  return key('Enter', target);
}

function field(value = '', type = 'text'): HTMLInputElement {
  const input = document.createElement('input');
  input.type = type;
  input.value = value;
  document.body.append(input);
  input.focus();
  return input;
}

beforeEach(() => {
  clock = 1000;
  typed = 0;
  scanned.mockReset();
  heard.mockReset();
  document.body.replaceChildren();
  stop = listenForHandheld(window, { scanned: hear, when: () => clock });
});
afterEach(() => stop());

describe('a scan', () => {
  test.each([2, 8, 20, 40])('is recognised at %i ms a character', (pause) => {
    type(ID, pause);
    enter(pause);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
  });

  test('may stutter, as over the air', () => {
    type(ID.slice(0, 6), 10);
    clock += 80;
    type(ID.slice(6), 10);
    enter(20);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
  });

  test('carries capitals, spaces and signs, with Shift between them', () => {
    for (const character of PASS) {
      clock += 4;
      key('Shift', document.body);
      key(character, document.body);
    }
    enter(4);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(PASS);
  });

  test('leaves the field as it was, and its Enter confirms nothing', () => {
    const amount = field('25.00');
    amount.setSelectionRange(2, 4);
    const submitted = vi.fn();
    amount.addEventListener('keydown', (event) => event.key === 'Enter' && submitted());
    type(ID, 5, amount);
    expect(amount.value).not.toBe('25.00');
    expect(enter(5, amount)).toBe(false);
    expect(amount.value).toBe('25.00');
    expect([amount.selectionStart, amount.selectionEnd]).toEqual([2, 4]);
    expect(submitted).not.toHaveBeenCalled();
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
  });

  test('tells the field that its value is back', () => {
    const amount = field('3.00');
    const heard: string[] = [];
    amount.addEventListener('input', () => heard.push(amount.value));
    type(ID, 5, amount);
    enter(5, amount);
    expect(heard.at(-1)).toBe('3.00');
  });

  test('after something typed by hand is only the scan', () => {
    const note = field();
    type('Scarf', 150, note);
    clock += 400;
    type(ID, 5, note);
    enter(5, note);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
    expect(note.value).toBe('Scarf');
  });

  test('right after a key typed by hand gives that key back', () => {
    const amount = field('25.0');
    typed = 1;
    key('7', amount);
    clock += 60;
    type(ID, 2, amount);
    enter(2, amount);
    expect(heard.mock.calls[0]?.[0].slice(0, 3).map(({ key, atMs }) => [key, atMs])).toEqual([['7', 0], ['0', 62], ['0', 64]]);
    expect(amount.value).toBe('25.07');
    expect(amount.selectionStart).toBe(5);
  });

  test('of capitals, too: the pause is before Shift', () => {
    const amount = field();
    typed = 2;
    type('12', 60, amount);
    clock += 60;
    for (const character of PASS) {
      clock += 2;
      key('Shift', amount);
      key(character, amount);
    }
    enter(2, amount);
    expect(amount.value).toBe('12');
  });

  test.each([10, 60, 110])('in the midst of typing, %i ms after a key, is the scan alone', (pause) => {
    const title = field();
    stop();
    // What came before the code, as the app finds it.
    stop = listenForHandheld(window, { scanned: (presses, giveBack) => {
      const text = presses.map(({ key }) => (key.length === 1 ? key : '')).join('');
      scanned(text.slice(-ID.length));
      giveBack(text.length - ID.length);
    }, when: () => clock });
    type('A scarf in blue and white', 95, title);
    clock += pause;
    type(ID, 2, title);
    expect(enter(2, title)).toBe(false);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
    expect(title.value).toBe('A scarf in blue and white');
  });

  test('takes back nothing that was typed after it', () => {
    const amount = field();
    stop();
    let later = (_typed: number) => {};
    stop = listenForHandheld(window, { scanned: (_presses, giveBack) => (later = giveBack), when: () => clock });
    key('7', amount);
    clock += 60;
    type(ID, 2, amount);
    enter(2, amount);
    clock += 200;
    key('5', amount);
    later(1);
    expect(amount.value).toBe('5');
  });

  test('puts back what the screen took for its own', () => {
    stop();
    const putBack = vi.fn();
    stop = listenForHandheld(window, { scanned: hear, when: () => clock, remember: () => putBack });
    type(ID, 5);
    expect(putBack).not.toHaveBeenCalled();
    enter(5);
    expect(putBack).toHaveBeenCalledOnce();
  });

  test('does not press the button that has the focus', () => {
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    let prevented = false;
    button.addEventListener('keydown', (event) => (prevented ||= event.key === ' ' && event.defaultPrevented));
    type(PASS, 4, button);
    expect(enter(4, button)).toBe(false);
    expect(prevented).toBe(true);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(PASS);
  });

  test('puts a choice back that type-ahead had changed', () => {
    const select = document.createElement('select');
    select.innerHTML = '<option>Standard</option><option>Ticket</option>';
    document.body.append(select);
    select.focus();
    type('0084', 5, select);
    select.selectedIndex = 1;
    type('07119295', 5, select);
    enter(5, select);
    expect(select.selectedIndex).toBe(0);
  });

  test('two in a row are two', () => {
    type(ID, 5);
    enter(5);
    clock += 30;
    type('036000291452', 5);
    enter(5);
    expect(scanned.mock.calls).toEqual([[ID], ['036000291452']]);
  });
});

describe('a scanner of its own kind', () => {
  test('may end with Tab, and the focus stays', () => {
    type(ID, 5);
    clock += 5;
    expect(key('Tab', document.body)).toBe(false);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
  });

  test('may write dead keys on another layout: the presses carry them all', () => {
    for (const character of 'FP1') {
      clock += 5;
      key(character, document.body);
    }
    for (const [at, code] of ['Digit4', 'Minus', 'Equal'].entries()) {
      clock += 5;
      key(at === 1 ? 'Dead' : 'x', document.body, { code, shiftKey: true });
    }
    enter(5);
    expect(scanned).toHaveBeenCalledExactlyOnceWith('FP1xx');
    const presses = heard.mock.calls[0]?.[0] ?? [];
    expect(presses.map((press) => press.key)).toEqual(['F', 'P', '1', 'x', 'Dead', 'x', 'Enter']);
    expect(presses[4]).toEqual({ key: 'Dead', code: 'Minus', shift: true, capsLock: false, atMs: 20 });
  });

  test('may be slow, once it was taught so', () => {
    stop();
    stop = listenForHandheld(window, { scanned: hear, when: () => clock, habits: () => ({ meanMs: 60, longestPauseMs: 90, ending: 'enter' }) });
    type(ID, 70);
    enter(70);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
  });

  test('may end with nothing, once it was taught so', () => {
    stop();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stop = listenForHandheld(window, { scanned: hear, when: () => clock, habits: () => ({ meanMs: 5, longestPauseMs: 20, ending: 'none' }) });
    type(ID, 5);
    vi.advanceTimersByTime(79);
    expect(scanned).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(scanned).toHaveBeenCalledExactlyOnceWith(ID);
    vi.useRealTimers();
  });
});

describe('a person', () => {
  test.each([60, 90, 120, 250])('typing at %i ms a key is left alone', (pause) => {
    const code = field();
    type(ID, pause, code);
    expect(enter(pause, code)).toBe(true);
    expect(code.value).toBe(ID);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('rolling a few keys is left alone', () => {
    const amount = field();
    type('2500', 15, amount);
    expect(enter(30, amount)).toBe(true);
    expect(amount.value).toBe('2500');
    expect(scanned).not.toHaveBeenCalled();
  });

  test('pausing before Enter is left alone', () => {
    const code = field();
    type(ID, 10, code);
    expect(enter(500, code)).toBe(true);
    expect(code.value).toBe(ID);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('holding a key down is left alone', () => {
    const code = field();
    for (let at = 0; at < 12; at++) {
      clock += 30;
      key('0', code, { repeat: at > 0 });
    }
    expect(enter(30, code)).toBe(true);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('using a shortcut is left alone', () => {
    for (const character of 'abcdef') {
      clock += 5;
      key(character, document.body, { ctrlKey: true });
    }
    expect(enter(5)).toBe(true);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('going to the next field after a few keys is left alone', () => {
    type('00840', 5);
    clock += 5;
    expect(key('Tab', document.body)).toBe(true);
    type('71192', 5);
    expect(enter(5)).toBe(true);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('pressing the space bar on a button still presses it', () => {
    const button = document.createElement('button');
    document.body.append(button);
    clock += 300;
    expect(key(' ', button)).toBe(true);
  });
});

test('nothing is heard after the listener is gone', () => {
  stop();
  type(ID, 5);
  expect(enter(5)).toBe(true);
  expect(scanned).not.toHaveBeenCalled();
});
