// What the screens may ask of the app: one shape for the real border and for the sample one.
import type { commands, CameraSignal, FanCard, GateSignal, OperationView, PhoneSystem, ScanSignal, Status } from './bindings';

export type Commands = typeof commands;

type Unlisten = () => void;
type Listen<T> = (hear: (payload: T) => void) => Promise<Unlisten>;

export interface Port {
  commands: Commands;
  on: {
    status: Listen<Status>;
    operation: Listen<OperationView>;
    fan: Listen<FanCard>;
    camera: Listen<CameraSignal>;
    scan: Listen<ScanSignal>;
    gate: Listen<GateSignal>;
    /** Another program asked for something: `takeLink` tells what. */
    link: Listen<void>;
  };
  /** The phone's own scanner, where the status names a phone. */
  phone: {
    /** The text of the first code that it sees; null: given up. */
    read: (system: PhoneSystem) => Promise<string | null>;
    giveUp: () => Promise<void>;
  };
  /** The address of the preview picture with this sequence number, for a moment after it was told of. */
  previewAddress: (sequence: number) => string;
}
