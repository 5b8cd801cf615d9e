// Choices of this window that the app itself need not know.

const KEY = 'fanpoints.choices';

interface Choices {
  sound: boolean;
  camera: string | null;
  /** Whether the camera runs as soon as the counter is shown. */
  cameraOn: boolean;
}

const DEFAULTS: Choices = { sound: true, camera: null, cameraOn: false };

function stored(): Partial<Choices> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Choices>;
  } catch {
    return {};
  }
}

export const choices: Choices = $state({ ...DEFAULTS, ...stored() });

export function choose(change: Partial<Choices>): void {
  Object.assign(choices, change);
  try {
    localStorage.setItem(KEY, JSON.stringify(choices));
  } catch {
    // A choice that can not be kept still holds until the window closes.
  }
}
