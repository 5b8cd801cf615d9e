import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shop } from '../src/fake/ipc';
import { camera } from '../src/lib/camera.svelte';

/** Pictures that are asked for, and answered when the test says so. */
class FakeImage {
  static asked: FakeImage[] = [];
  onload?: () => void;
  onerror?: () => void;
  naturalWidth = 640;
  naturalHeight = 360;
  after = -1;
  set src(address: string) {
    this.after = Number(/<!--(\d+)-->/.exec(decodeURIComponent(address))?.[1]);
    FakeImage.asked.push(this);
  }
}

const frame = (sequence: number) => shop.tell.camera({ kind: 'frame', sequence, width: 640, height: 360, outlines: [[[0, 0], [1000, 0], [1000, 1000], [0, 1000]]] });
const last = () => FakeImage.asked.at(-1);
const draw = vi.fn();
let stop: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  shop.reset();
  vi.stubGlobal('Image', FakeImage);
  FakeImage.asked = [];
  draw.mockReset();
  await camera.start();
  shop.film(false);
  stop = camera.show({ width: 0, height: 0, getContext: () => ({ drawImage: draw }) } as unknown as HTMLCanvasElement);
});

afterEach(async () => {
  stop();
  await camera.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('each picture is asked for after the one that is shown', async () => {
  expect(last()?.after).toBe(0);
  frame(7);
  last()?.onload?.();
  await vi.advanceTimersByTimeAsync(50);
  expect(camera.seen).toBe(true);
  expect(draw).toHaveBeenCalledOnce();
  expect(last()?.after).toBe(7);
  expect(FakeImage.asked).toHaveLength(2);
});

test('a picture that overtakes its event is not asked for twice', async () => {
  last()?.onload?.();
  await vi.advanceTimersByTimeAsync(50);
  expect(last()?.after).toBe(1);
});

test('a picture that does not come is asked for again, calmly', async () => {
  last()?.onerror?.();
  await vi.advanceTimersByTimeAsync(100);
  expect(FakeImage.asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(FakeImage.asked.map((picture) => picture.after)).toEqual([0, 0]);
});

test('nothing is asked for once the picture is no longer shown', async () => {
  const open = last();
  stop();
  open?.onload?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeImage.asked).toHaveLength(1);
  expect(draw).not.toHaveBeenCalled();
});

test('outlines follow the frames, and a fault follows the camera', () => {
  frame(3);
  expect(camera.outlines).toHaveLength(1);
  expect([camera.width, camera.height]).toEqual([640, 360]);
  shop.tell.camera({ kind: 'fault', error: { code: 'cameraUnplugged', retry: true, needed: null, available: null, detail: null } });
  expect(camera.error?.code).toBe('cameraUnplugged');
  frame(4);
  expect(camera.error).toBeNull();
});
