import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { crew, failure, shop } from '../src/fake/ipc';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { session } from '../src/lib/session.svelte';
import { eventually, find, press, see, type } from './screen';

let app: Record<string, unknown> | undefined;

async function choosePerson(name: string) {
  await eventually(() => expect(document.querySelector(`[data-testid="sign-in-person"][data-name="${name}"]`)).not.toBeNull());
  document.querySelector<HTMLElement>(`[data-testid="sign-in-person"][data-name="${name}"]`)?.click();
  flushSync();
}

const saysError = (code: string) => eventually(() => expect(find('error')?.dataset['code']).toBe(code));

beforeEach(async () => {
  shop.reset();
  crew.reset();
  choose({ toured: true });
  session.screen = 'counter';
  await setLanguage('en', ['en-GB']);
  shop.status = { ...shop.status, preferences: { language: 'en', theme: 'light' } };
  app = mount(App, { target: document.body });
  await session.start();
  flushSync();
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.innerHTML = '';
});

test('the first person is a manager with a PIN, and is at work at once', async () => {
  await press('nav-settings');
  await press('people-open');
  await type('person-name', 'Kim');
  await type('person-pin-new', '271828');
  await type('person-pin-again', '271829');
  await press('person-add');
  await saysError('pinTooWeak');
  await type('person-pin-again', '271828');
  await press('person-add');
  await eventually(() => expect(find('person-at-work')?.dataset['name']).toBe('Kim'));
  await see('right-staff-give');
  await press('right-staff-give');
  await eventually(() => expect(crew.rights.get('staff')).not.toContain('give'));
  expect(find<HTMLInputElement>('right-manager-staff')?.disabled).toBe(true);
});

test('people switch by name and PIN, and see what their role may do', async () => {
  crew.add('Kim', 'manager', '271828');
  crew.add('Noa', 'staff');
  await see('sign-in');
  expect(find('nav-counter'), 'nothing else before somebody is there').toBeNull();
  await choosePerson('Kim');
  await type('sign-in-pin', '000000');
  await press('sign-in-submit');
  await saysError('pinWrong');
  await type('sign-in-pin', '271828');
  await press('sign-in-submit');
  await see('nav-review');

  await press('person-at-work');
  await eventually(() => expect(find('sign-in')?.dataset['locked']).toBe('true'));
  await press('sign-in-other');
  await choosePerson('Noa');
  await type('first-pin-new', '314159');
  await type('first-pin-again', '314159');
  await type('first-pin-proof', '271828');
  await press('first-pin-submit');
  await eventually(() => expect(find('person-at-work')?.dataset['name']).toBe('Noa'));
  expect(find('nav-review'), 'not for staff').toBeNull();
  await press('nav-settings');
  await see('settings');
  expect(find('people-open')).toBeNull();
});

test('everybody changes the own PIN, knowing the old one', async () => {
  crew.add('Kim', 'manager', '271828');
  crew.add('Noa', 'staff', '314159');
  await choosePerson('Noa');
  await type('sign-in-pin', '314159');
  await press('sign-in-submit');
  await press('nav-settings');
  await press('own-pin-open');
  await type('own-pin-old', '000000');
  await type('own-pin-new', '161803');
  await type('own-pin-again', '161804');
  await press('own-pin-submit');
  await saysError('pinTooWeak');
  await type('own-pin-again', '161803');
  await press('own-pin-submit');
  await saysError('pinWrong');
  expect(find<HTMLInputElement>('own-pin-old')?.value, 'typed anew').toBe('');
  expect(find<HTMLInputElement>('own-pin-new')?.value, 'not typed again').toBe('161803');
  await type('own-pin-old', '314159');
  await press('own-pin-submit');
  await see('own-pin-done');
  await press('own-pin-close');

  await press('person-at-work');
  await type('sign-in-pin', '314159');
  await press('sign-in-submit');
  await saysError('pinWrong');
  await type('sign-in-pin', '161803');
  await press('sign-in-submit');
  await see('nav-counter');
});

test('somebody who types is told of, and a locked device is not kept awake', async () => {
  crew.add('Kim', 'manager', '271828');
  await choosePerson('Kim');
  await type('sign-in-pin', '271828');
  await press('sign-in-submit');
  await see('nav-counter');
  const touches = () => shop.calls.filter((call) => call.command === 'noteInput').length;
  const key = (at: number) => {
    const event = new KeyboardEvent('keydown', { key: 'Tab' });
    Object.defineProperty(event, 'timeStamp', { value: at });
    window.dispatchEvent(event);
  };
  key(10_000);
  key(10_500);
  expect(touches()).toBe(1);
  key(12_100);
  expect(touches()).toBe(2);
  await press('person-at-work');
  await see('sign-in');
  key(20_000);
  expect(touches()).toBe(2);
});

test('devices are listed, invited and revoked', async () => {
  await press('nav-settings');
  await press('devices-open');
  await eventually(() => expect(document.querySelectorAll('[data-testid="device"]')).toHaveLength(2));
  expect(find('devices')?.textContent).toMatch(/3 waiting/);
  expect(find('devices')?.textContent).toMatch(/Clock 6 sec ahead/);
  shop.failures.set('inviteDevice', failure('noAccess'));
  await press('invite');
  await saysError('noAccess');
  await type('invite-name', 'Till 3');
  await type('invite-store', 'North');
  await press('invite');
  await see('invite-code');
  await press('device-revoke');
  await press('device-revoke-yes');
  await eventually(() => expect(crew.devices.every((one) => one.revoked)).toBe(true));
});

test('a new device pairs by a pasted code', async () => {
  shop.status = { ...shop.status, connection: null };
  shop.tellStatus();
  await type('pair-code', 'something else');
  await press('pair-submit');
  await saysError('notOurCode');
  await type('pair-code', 'fanpoints-partner://pair?server=https%3A%2F%2Fexample.org&token=t');
  await press('pair-submit');
  await eventually(() => expect(shop.calls.some((call) => call.command === 'pair' && String(call.arguments[0]).includes('token=t'))).toBe(true));
});
