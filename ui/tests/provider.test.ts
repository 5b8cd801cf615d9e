import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { crew, shop } from '../src/fake/ipc';
import { setLanguage } from '../src/i18n/index.svelte';
import { choose } from '../src/lib/choices.svelte';
import { session } from '../src/lib/session.svelte';
import { eventually, find, press, see, type } from './screen';

const PROVIDER = { issuer: 'https://login.example.org/tenant', clientId: 'app', scopes: ['offline_access'], redirectUri: null, askConsent: false };

let app: Record<string, unknown> | undefined;

const saysError = (code: string) => eventually(() => expect(find('error')?.dataset['code']).toBe(code));
const atWork = (name: string) => eventually(() => expect(find('person-at-work')?.dataset['name']).toBe(name));
const calls = (command: string) => shop.calls.filter((call) => call.command === command);

async function pressNamed(id: string, name: string) {
  const found = await eventually(() => {
    const one = document.querySelector<HTMLElement>(`[data-testid="${id}"][data-name="${name}"]`);
    if (!one) throw new Error(`${name} is not offered`);
    return one;
  });
  found.click();
  flushSync();
}

beforeEach(async () => {
  shop.reset();
  crew.reset();
  choose({ toured: true });
  session.screen = 'counter';
  await setLanguage('en', ['en-GB']);
  shop.status = { ...shop.status, preferences: { language: 'en', theme: 'light' } };
  app = mount(App, { target: document.body });
  await session.start();
  crew.add('Kim', 'manager', '271828');
  crew.add('Noa', 'staff');
  flushSync();
});

afterEach(async () => {
  if (app) await unmount(app);
  document.body.innerHTML = '';
});

test('without a provider nobody is offered one', async () => {
  await see('sign-in-people');
  expect(find('sign-in-provider')).toBeNull();
});

test('the sign-in waits for the browser, can be cancelled, and says what went wrong', async () => {
  crew.useProvider(PROVIDER);
  await press('sign-in-provider');
  await eventually(() => expect(find('provider-waits')?.dataset['waiting']).toBe('true'));
  expect(find('provider-waits')?.textContent).toContain('login.example.org');
  expect(document.activeElement, 'one key cancels').toBe(find('provider-cancel'));
  await press('provider-cancel');
  await see('sign-in-people');
  await eventually(() => expect(calls('cancelProviderSignIn')).not.toHaveLength(0));

  crew.returns = 'providerUnreachable';
  await press('sign-in-provider');
  await saysError('providerUnreachable');
  crew.returns = { person: 'p-1' };
  await press('error-retry');
  await atWork('Kim');
});

test('a sign-in that is new here is linked once, with a voucher or the own PIN', async () => {
  crew.useProvider(PROVIDER);
  crew.returns = 'unknown';
  await press('sign-in-provider');
  await pressNamed('link-person', 'Noa');
  await type('link-pin', '314159');
  await type('link-proof', '000000');
  await press('link-submit');
  await saysError('pinWrong');
  await type('link-proof', '271828');
  await press('link-submit');
  await atWork('Noa');
  expect(calls('linkProviderSignIn').at(-1)?.arguments).toEqual(['p-2', 'person']);
  expect(crew.pins.get('p-2')).toBe('314159');

  await press('person-at-work');
  await press('sign-in-provider');
  await eventually(() => expect(find('link-people')?.textContent).not.toContain('Noa'));
  await pressNamed('link-person', 'Kim');
  expect(find('link-pin'), 'whoever has a PIN keeps it').toBeNull();
  expect(find<HTMLSelectElement>('link-by')?.value, 'their own PIN comes first').toBe('p-1');
  await type('link-proof', '271828');
  await press('link-submit');
  await atWork('Kim');
});

test('a manager tests, sets, replaces and takes away the provider, and unlinks a person', async () => {
  await pressNamed('sign-in-person', 'Kim');
  await type('sign-in-pin', '271828');
  await press('sign-in-submit');
  await press('nav-settings');
  await press('people-open');
  await type('provider-issuer', 'login.example.org');
  await type('provider-client', 'app');
  await press('provider-test');
  await saysError('providerSettings');
  await type('provider-issuer', 'https://plain.example.org');
  await press('provider-test');
  await eventually(() => expect(find('provider-found')?.textContent).toMatch(/does not say that it gives refresh tokens/));
  await type('provider-issuer', PROVIDER.issuer);
  await press('provider-save');
  await see('provider-saved');
  expect(crew.provider).toEqual(PROVIDER);

  crew.people = crew.people.map((one) => ({ ...one, linked: true }));
  await type('provider-client', 'app-2');
  await press('provider-save');
  await eventually(() => expect(crew.provider?.clientId).toBe('app-2'));
  await press('person-unlink');
  await press('person-unlink-yes');
  await eventually(() => expect(crew.people[0]?.linked).toBe(false));

  await type('provider-issuer', 'https://other.example.org');
  await press('provider-save');
  await press('provider-replace-yes');
  await eventually(() => expect(crew.provider?.issuer).toBe('https://other.example.org'));
  await eventually(() => expect(find('provider-remove')?.getAttribute('aria-disabled')).toBe('false'));
  await press('provider-remove');
  await press('provider-remove-yes');
  await eventually(() => expect(crew.provider).toBeNull());
});
