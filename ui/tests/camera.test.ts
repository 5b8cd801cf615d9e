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
  sequence = -1;
  set src(address: string) {
    this.sequence = Number(/<!--(\d+)-->/.exec(decodeURIComponent(address))?.[1]);
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

const drawn = () => vi.advanceTimersByTimeAsync(50);

test('a picture that is told of is shown, with the outlines that belong to it', async () => {
  expect(FakeImage.asked).toHaveLength(0);
  frame(7);
  expect(last()?.sequence).toBe(7);
  expect([camera.seen, camera.outlines.length]).toEqual([false, 0]);
  last()?.onload?.();
  expect([camera.seen, camera.outlines.length]).toEqual([true, 1]);
  expect([camera.width, camera.height]).toEqual([640, 360]);
  expect(draw).toHaveBeenCalledOnce();
  await drawn();
  expect(FakeImage.asked, 'nothing newer is there').toHaveLength(1);
});

test('what comes while a picture is drawn is left out but for the newest', async () => {
  frame(1);
  frame(2);
  frame(3);
  last()?.onload?.();
  frame(4);
  expect(FakeImage.asked.map((picture) => picture.sequence)).toEqual([1]);
  await drawn();
  expect(FakeImage.asked.map((picture) => picture.sequence)).toEqual([1, 4]);
});

test('a picture that is gone gives way to the next', async () => {
  frame(1);
  last()?.onerror?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeImage.asked).toHaveLength(1);
  frame(2);
  expect(last()?.sequence).toBe(2);
  last()?.onload?.();
  expect(draw).toHaveBeenCalledOnce();
});

test('nothing is asked for once the picture is no longer shown', async () => {
  frame(1);
  const open = last();
  stop();
  open?.onload?.();
  frame(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeImage.asked).toHaveLength(1);
  expect(draw).not.toHaveBeenCalled();
});

test('who shows the pictures next goes on where the last one ended', () => {
  frame(1);
  const before = stop;
  stop = camera.show({ width: 0, height: 0, getContext: () => ({ drawImage: draw }) } as unknown as HTMLCanvasElement);
  before();
  frame(2);
  expect(FakeImage.asked.map((picture) => picture.sequence)).toEqual([1, 1]);
  last()?.onload?.();
  expect(draw).toHaveBeenCalledOnce();
});

test('a fault follows the camera', () => {
  frame(3);
  shop.tell.camera({ kind: 'fault', error: { code: 'cameraUnplugged', retry: true, needed: null, available: null, detail: null } });
  expect(camera.error?.code).toBe('cameraUnplugged');
  frame(4);
  expect(camera.error).toBeNull();
});
