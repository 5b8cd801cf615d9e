// The camera as the screen sees it: running or not, the newest picture, the outlines of what was read.
import { commands, on, phone, previewAddress, type AppError, type CameraKnob, type CameraSignal, type Outline, type PhoneSystem } from '$ipc';
import { choices, choose } from './choices.svelte';
import { asAppError } from './errors';
import { session } from './session.svelte';

class Camera {
  running = $state(false);
  starting = $state(false);
  error = $state.raw<AppError | null>(null);
  /** Of the picture that is shown, in thousandths of its sides. */
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

  /** The newest picture that can be fetched, and what goes over it. */
  private newest: Extract<CameraSignal, { kind: 'frame' }> | null = null;
  /** Whoever shows the pictures fetches the newest one. */
  private fetch = () => {};
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
    this.newest = null;
    try {
      this.stopListening ??= await on.camera((signal) => {
        if (signal.kind === 'fault') this.error = signal.error;
        else if (signal.kind === 'running') this.error = null;
        else {
          this.error = null;
          this.newest = signal;
          this.fetch();
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

  /** Shows picture after picture on the canvas, each with its own outlines, until the returned function is called. */
  show(canvas: HTMLCanvasElement): () => void {
    let live = true;
    let busy = false;
    let shown: number | null = null;
    let drawing = 0;

    const fetch = () => {
      const next = this.newest;
      if (!live || busy || !next || next.sequence === shown) return;
      busy = true;
      const picture = new Image();
      const done = () => {
        if (!live) return;
        shown = next.sequence;
        // Never faster than the screen, and not at all while the window is hidden.
        drawing = requestAnimationFrame(() => {
          busy = false;
          fetch();
        });
      };
      picture.onload = () => {
        if (!live) return;
        if (canvas.width !== picture.naturalWidth) canvas.width = picture.naturalWidth;
        if (canvas.height !== picture.naturalHeight) canvas.height = picture.naturalHeight;
        canvas.getContext('2d')?.drawImage(picture, 0, 0);
        this.outlines = next.outlines;
        this.width = next.width;
        this.height = next.height;
        this.seen = true;
        done();
      };
      // It came too late for this one; there is a newer one by now.
      picture.onerror = done;
      picture.src = previewAddress(next.sequence);
    };
    this.fetch = fetch;
    fetch();
    return () => {
      live = false;
      if (this.fetch === fetch) this.fetch = () => {};
      cancelAnimationFrame(drawing);
    };
  }
}

export const camera = new Camera();
