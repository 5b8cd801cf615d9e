// Short tones that tell success from failure without looking. Rising is good, falling is not.
import { choices } from './choices.svelte';

type Tone = readonly [frequency: number, start: number, length: number];

const TONES = {
  success: [[660, 0, 0.09], [990, 0.09, 0.14]],
  identified: [[880, 0, 0.06]],
  attention: [[520, 0, 0.12], [520, 0.18, 0.12]],
  failure: [[330, 0, 0.14], [220, 0.15, 0.24]],
} as const satisfies Record<string, readonly Tone[]>;

export type Sound = keyof typeof TONES;

/** Milliseconds on, off, on: one buzz is good, two are not, three ask. */
const BUZZES = { yes: [90], no: [120, 80, 120], cannotTell: [50, 50, 50, 50, 50] } as const;

let context: AudioContext | null = null;

/** Plays a tone; a device without sound stays silent. `loud`: longer and fuller, for a noisy place. */
export function play(sound: Sound, loud = false): void {
  if (typeof AudioContext === 'undefined') return;
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume().catch(() => {});
    for (const tone of TONES[sound]) ring(context, tone, loud);
  } catch {
    context = null;
  }
}

/** Shakes the device, where it can. */
export function vibrate(what: keyof typeof BUZZES): void {
  if (typeof navigator.vibrate === 'function') navigator.vibrate([...BUZZES[what]]);
}

/** How loud the person wants it: a quarter of the full level at the most, unless it has to be heard in a stadium. */
const level = (loud: boolean) => Math.max(0.001, ((loud ? 0.6 : 0.25) * choices.volume) / 100);

function ring(on: AudioContext, [frequency, start, length]: Tone, loud: boolean): void {
  const stretch = loud ? 1.8 : 1;
  const at = on.currentTime + start * stretch;
  const end = at + length * stretch;
  const voice = on.createOscillator();
  const gain = on.createGain();
  voice.type = loud ? 'square' : 'triangle';
  voice.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(level(loud), at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, end);
  voice.connect(gain).connect(on.destination);
  voice.start(at);
  voice.stop(end + 0.02);
}
