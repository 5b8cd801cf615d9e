// How the device is, beside its line and queue: asked for after every change and now and then.
import { commands, on, type Health } from '$ipc';

const EVERY_MS = 30_000;
const SOON_MS = 500;

class DeviceHealth {
  view = $state.raw<Health | null>(null);

  private timer: ReturnType<typeof setTimeout> | undefined;

  async load(): Promise<void> {
    try {
      this.view = await commands.health();
    } catch {
      // The frame already tells what stands in the way of all work.
    }
  }

  /** The data that was set aside was read about. */
  async dismiss(): Promise<void> {
    this.view = await commands.dismissSetAside();
  }

  /** Follows until the returned function is called. */
  start(): () => void {
    void this.load();
    const regular = setInterval(() => void this.load(), EVERY_MS);
    const stop = on.status(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.load(), SOON_MS);
    });
    return () => {
      clearInterval(regular);
      clearTimeout(this.timer);
      void stop.then((end) => end());
    };
  }
}

export const health = new DeviceHealth();
