// A picture as text, for the app to read.
import { appError } from './errors';

export function asDataUrl(picture: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(appError('pictureUnreadable', reader.error?.message ?? null));
    reader.readAsDataURL(picture);
  });
}
