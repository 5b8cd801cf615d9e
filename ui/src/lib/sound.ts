// Short tones that tell success from failure without looking. Rising is good, falling is not.

type Tone = readonly [frequency: number, start: number, length: number];

const TONES = {
  success: [[660, 0, 0.09], [990, 0.09, 0.14]],
  identified: [[880, 0, 0.06]],
  attention: [[520, 0, 0.12], [520, 0.18, 0.12]],
  failure: [[330, 0, 0.14], [220, 0.15, 0.24]],
} as const satisfies Record<string, readonly Tone[]>;

export type Sound = keyof typeof TONES;

let context: AudioContext | null = null;

/** Plays a tone; a device without sound stays silent. */
export function play(sound: Sound): void {
  if (typeof AudioContext === 'undefined') return;
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume().catch(() => {});
    for (const tone of TONES[sound]) ring(context, tone);
  } catch {
    context = null;
  }
}

function ring(on: AudioContext, [frequency, start, length]: Tone): void {
  const at = on.currentTime + start;
  const voice = on.createOscillator();
  const level = on.createGain();
  voice.type = 'triangle';
  voice.frequency.value = frequency;
  level.gain.setValueAtTime(0.0001, at);
  level.gain.exponentialRampToValueAtTime(0.25, at + 0.01);
  level.gain.exponentialRampToValueAtTime(0.0001, at + length);
  voice.connect(level).connect(on.destination);
  voice.start(at);
  voice.stop(at + length + 0.02);
}
