// How a person works at this device: the screens' own affair, which the app keeps for them.

import { commands, type HandheldProfile, type KnobSetting, type CameraKnob, type ScanSource } from '$ipc';

interface Choices {
  sound: boolean;
  /** Percent of what the tones can be. */
  volume: number;
  camera: string | null;
  /** Whether the camera runs as soon as the counter is shown. */
  cameraOn: boolean;
  /** Seconds until the counter is ready for the next fan by itself. */
  readyAfter: number;
  /** Percent of the usual size. */
  textSize: 100 | 115 | 130 | 200;
  /** The keypad under the left hand. */
  leftHanded: boolean;
  /** What the camera button looks at, where it is not simply a camera. */
  source: ScanSource | null;
  /** Camera ids whose picture is shown mirrored. */
  mirrored: string[];
  /** What was set on each camera. */
  knobs: Record<string, Partial<Record<CameraKnob, KnobSetting>>>;
  /** How the handheld scanner writes, once it was taught. */
  scanner: HandheldProfile | null;
  serial: { port: string; baud: number } | null;
  /** Whether the guided minute of the first run is over. */
  toured: boolean;
}

const DEFAULTS: Choices = { sound: true, volume: 100, camera: null, cameraOn: false, readyAfter: 15, textSize: 100, leftHanded: false, source: null, mirrored: [], knobs: {}, scanner: null, serial: null, toured: false };

export const choices: Choices = $state({ ...DEFAULTS });

/** One after the other, so that the newest is what stays. */
let keeping: Promise<void> = Promise.resolve();
let kept = '';

/** Takes what was chosen before this window opened. */
export async function recallChoices(): Promise<void> {
  await keeping;
  const before = await commands.choices();
  if (before === null) return;
  Object.assign(choices, JSON.parse(before));
  kept = before;
  applyChoices();
}

/** Puts the choices that concern the whole page on it. */
export function applyChoices(): void {
  const page = document.documentElement.dataset;
  page['text'] = String(choices.textSize);
  fitZoom();
  page['hand'] = choices.leftHanded ? 'left' : 'right';
}

/** The narrowest window that the screens are made for, in pixels of their own. */
const NARROWEST = 300;
let zoom = 100;

/** Twice as large is a zoom of the whole window: the screens then take the layout of a window half as wide. One that is
    too narrow for that is enlarged as far as it has room. */
export function fitZoom(): void {
  const most = Math.floor((window.outerWidth / NARROWEST) * 100);
  const wanted = choices.textSize === 200 ? Math.max(100, Math.min(200, most)) : 100;
  if (wanted === zoom) return;
  zoom = wanted;
  void commands.setZoom(zoom).catch(() => {});
}

export function choose(change: Partial<Choices>): void {
  Object.assign(choices, change);
  applyChoices();
  // A choice that can not be kept still holds until the window closes.
  keeping = keeping.then(keep).catch(() => {});
}

async function keep(): Promise<void> {
  const now = JSON.stringify(choices);
  // While one was written, several may have followed.
  if (now === kept) return;
  await commands.keepChoices(now);
  kept = now;
}
