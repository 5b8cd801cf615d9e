import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import App from '../../src/App.svelte';
import { counter } from '../../src/counter/counter.svelte';
import { failure, shop } from '../../src/fake/ipc';
import { giveUp, read } from '../../src/ipc/phone';
import { camera } from '../../src/lib/camera.svelte';
import { choose } from '../../src/lib/choices.svelte';
import { session } from '../../src/lib/session.svelte';

const FAN = '008407119295';

describe("the screens with a phone's own scanner", () => {
  let app: Record<string, unknown>;
  const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  const see = (id: string) =>
    vi.waitFor(() => {
      flushSync();
      const element = find(id);
      if (!element) throw new Error(`${id} is not on the screen`);
      return element;
    }, { timeout: 15_000, interval: 10 });
  const gone = (id: string) =>
    vi.waitFor(() => {
      flushSync();
      expect(find(id)).toBeNull();
    }, { timeout: 15_000, interval: 10 });
  const started = (command: string) => shop.calls.filter((call) => call.command === command);

  beforeEach(async () => {
    shop.reset();
    shop.status = { ...shop.status, phone: 'android' };
    counter.next();
    camera.error = null;
    choose({ toured: true, cameraOn: true });
    session.screen = 'counter';
    await session.start();
    app = mount(App, { target: document.body });
    (await see('camera-start')).click();
    await see('phone-lens');
  });

  afterEach(async () => {
    shop.phone?.settle(null);
    await unmount(app);
    choose({ cameraOn: false });
  });

  test('what it reads brings the fan, and no camera of the app is opened', async () => {
    expect(started('phoneRead').map((call) => call.arguments)).toEqual([['android']]);
    expect(document.documentElement.dataset['seeThrough']).toBe('true');
    shop.phone?.settle(FAN);
    await see('fan-card');
    await gone('phone-lens');
    expect(started('identifyText').map((call) => call.arguments)).toEqual([[FAN, 'camera']]);
    expect(document.documentElement.dataset['seeThrough']).toBeUndefined();
    expect(started('scanStart')).toEqual([]);
  });

  test('given up, nothing happens', async () => {
    (await see('phone-lens-stop')).click();
    await gone('phone-lens');
    expect(started('phoneGiveUp')).toHaveLength(1);
    expect(started('identifyText')).toEqual([]);
    expect([find('camera-error'), find('error-code'), counter.fan]).toEqual([null, null, null]);
  });

  test('without permission it says so', async () => {
    shop.phone?.fail(failure('cameraDenied'));
    await gone('phone-lens');
    expect((await see('camera-error')).querySelector<HTMLElement>('[data-testid="error-code"]')?.dataset['code']).toBe('cameraDenied');
  });
});

describe('the border to the scanner', () => {
  const asked: string[] = [];
  let permission = 'granted';
  let sees: () => Promise<unknown>;

  beforeEach(() => {
    asked.length = 0;
    permission = 'granted';
    mockIPC((command, parts) => {
      const name = command.replace('plugin:barcode-scanner|', '');
      asked.push(name);
      if (name === 'scan') {
        asked.push(...((parts as { formats?: string[] }).formats ?? []));
        return sees();
      }
      return name === 'cancel' ? undefined : { camera: permission };
    });
  });

  afterEach(() => clearMocks());

  test('the first code is its text, of the symbols that the system knows', async () => {
    sees = async () => ({ content: FAN, format: 'QR_CODE', bounds: null });
    expect(await read('ios')).toBe(FAN);
    expect(asked).toEqual(['check_permissions', 'scan', 'QR_CODE', 'EAN_13', 'CODE_128']);
    asked.length = 0;
    expect(await read('android')).toBe(FAN);
    expect(asked).toContain('UPC_A');
  });

  test('a permission that is not given is asked for, and its refusal told', async () => {
    permission = 'denied';
    await expect(read('android')).rejects.toMatchObject({ code: 'cameraDenied' });
    expect(asked).toEqual(['check_permissions', 'request_permissions']);
  });

  test('given up is no error, a fault is one', async () => {
    let end: (reason: unknown) => void = () => {};
    sees = () => new Promise((_, reject) => (end = reject));
    const given = read('android');
    await vi.waitFor(() => expect(asked).toContain('scan'));
    await giveUp();
    end('cancelled');
    expect(await given).toBeNull();

    sees = () => Promise.reject(new Error('No camera available on this device'));
    await expect(read('ios')).rejects.toMatchObject({ code: 'cameraFailed', detail: 'No camera available on this device' });
  });
});
