// The phone's own scanner. Loaded on a phone alone, when a code is to be scanned.
import { cancel, checkPermissions, Format, requestPermissions, scan } from '@tauri-apps/plugin-barcode-scanner';
import type { AppError, ErrorCode, PhoneSystem } from './bindings';

/** The symbols that carry a fan's code. iOS knows no UPC-A: there it is an EAN-13 with a zero before it. */
const SYMBOLS = { android: [Format.QRCode, Format.EAN13, Format.UPC_A, Format.Code128], ios: [Format.QRCode, Format.EAN13, Format.Code128] };

const failed = (code: ErrorCode, detail: string | null = null): AppError => ({ code, retry: true, needed: null, available: null, detail });

let givenUp = false;

/** The text of the first code before the camera; null: given up. The camera is seen through the page, below it. */
export async function read(system: PhoneSystem): Promise<string | null> {
  givenUp = false;
  if ((await checkPermissions()) !== 'granted' && (await requestPermissions()) !== 'granted') throw failed('cameraDenied');
  if (givenUp) return null;
  try {
    return (await scan({ windowed: true, cameraDirection: 'back', formats: SYMBOLS[system] })).content;
  } catch (reason) {
    // The scanner ends a scan that is given up with an error, too.
    if (givenUp) return null;
    throw failed('cameraFailed', reason instanceof Error ? reason.message : String((reason as { message?: unknown } | null)?.message ?? reason));
  }
}

export async function giveUp(): Promise<void> {
  givenUp = true;
  await cancel();
}
