// The camera as the screen sees it: running or not, the newest picture, the outlines of what was read.
import { commands, on, phone, previewAddress, type AppError, type CameraKnob, type Outline, type PhoneSystem } from '$ipc';
import { choices, choose } from './choices.svelte';
import { asAppError } from './errors';
import { session } from './session.svelte';

/** How long to wait before asking again for a picture that did not come, in milliseconds. */
const ASK_AGAIN_MS = 250;

class Camera {
  running = $state(false);
  starting = $state(false);
  error = $state.raw<AppError | null>(null);
  outlines = $state.raw<Outline[]>([]);
  width = $state(0);
  height = $state(0);
  /** Whether a picture has been shown since the start. */
  seen = $state(false);

  /** The phone's own scanner looks, and its picture is to be seen through the page. */
  looking = $state(false);
  /** Who is told what the phone's scanner read; the counter or the gate, whichever is open. */
  read: ((text: string) => void) | null = null;

  private byHand = $state(false);
  /** Nothing to show: a fault before the first picture. */
  dark = $derived(this.error !== null && !this.seen);
  /** Nobody asked for the camera and there is none: no reason to complain. It still comes when one is plugged in. */
  quiet = $derived(this.dark && !this.byHand && this.error?.code === 'noCamera');

  private newest = 0;
  private stopListening: (() => void) | null = null;

  /** `byHand`: a person asked for it, and wants to know why there is none. */
  async start(byHand = true): Promise<void> {
    if (this.running || this.starting || this.looking) return;
    const system = session.status?.phone;
    if (system) {
      // It covers everything, so it comes only when it is asked for.
      if (byHand) await this.lookOnPhone(system);
      return;
    }
    this.starting = true;
    this.byHand = byHand;
    this.error = null;
    this.outlines = [];
    this.seen = false;
    this.newest = 0;
    try {
      this.stopListening ??= await on.camera((signal) => {
        if (signal.kind === 'fault') this.error = signal.error;
        else if (signal.kind === 'running') this.error = null;
        else {
          this.error = null;
          this.newest = signal.sequence;
          this.outlines = signal.outlines;
          this.width = signal.width;
          this.height = signal.height;
        }
      });
      await commands.scanStart(choices.source ? $state.snapshot(choices.source) : { kind: 'camera', id: choices.camera, width: null, height: null });
      void this.turnKnobs();
      this.running = true;
      choose({ cameraOn: true });
    } catch (thrown) {
      this.error = asAppError(thrown);
    } finally {
      this.starting = false;
    }
  }

  private async lookOnPhone(system: PhoneSystem): Promise<void> {
    this.looking = true;
    this.byHand = true;
    this.seen = false;
    this.error = null;
    let text: string | null = null;
    try {
      text = await phone.read(system);
    } catch (thrown) {
      this.error = asAppError(thrown);
    } finally {
      this.looking = false;
    }
    if (text !== null) this.read?.(text);
  }

  async giveUp(): Promise<void> {
    await phone.giveUp();
  }

  /** What identifies the camera in the choices. */
  get key() {
    return choices.source?.kind === 'screen' ? 'screen' : (choices.source?.id ?? choices.camera ?? 'first');
  }

  get mirrored() {
    return choices.mirrored.includes(this.key);
  }

  private async turnKnobs(): Promise<void> {
    for (const [knob, setting] of Object.entries(choices.knobs[this.key] ?? {})) {
      await commands.cameraSet(knob as CameraKnob, setting);
    }
  }

  async restart(): Promise<void> {
    if (this.running) await this.stop(true);
    await this.start();
  }

  /** Puts the fault away: a camera that never worked is given up, one that did may come back. */
  dismiss(): void {
    if (this.dark) void this.stop();
    else this.error = null;
  }

  /** Stops the camera; `keep` leaves it wanted, so that it runs again when the counter comes back. */
  async stop(keep = false): Promise<void> {
    if (!keep) choose({ cameraOn: false });
    this.running = false;
    this.error = null;
    this.outlines = [];
    try {
      await commands.cameraStop();
    } catch (thrown) {
      this.error = asAppError(thrown);
    }
  }

  /** Shows picture after picture on the canvas until the returned function is called. */
  show(canvas: HTMLCanvasElement): () => void {
    let shown = 0;
    let live = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawing = 0;

    const ask = () => {
      if (!live) return;
      const picture = new Image();
      picture.onload = () => {
        if (!live) return;
        if (canvas.width !== picture.naturalWidth) canvas.width = picture.naturalWidth;
        if (canvas.height !== picture.naturalHeight) canvas.height = picture.naturalHeight;
        canvas.getContext('2d')?.drawImage(picture, 0, 0);
        this.seen = true;
        // The picture is newer than the one asked after, even if its event is still on its way.
        shown = Math.max(shown + 1, this.newest);
        // Never faster than the screen, and not at all while the window is hidden.
        drawing = requestAnimationFrame(ask);
      };
      picture.onerror = () => {
        timer = setTimeout(ask, ASK_AGAIN_MS);
      };
      picture.src = previewAddress(shown);
    };
    ask();
    return () => {
      live = false;
      clearTimeout(timer);
      cancelAnimationFrame(drawing);
    };
  }
}

export const camera = new Camera();
