// The border to Rust. No other folder imports @tauri-apps.
import { convertFileSrc } from '@tauri-apps/api/core';
import { commands as bound, events } from './bindings';
import type { Port } from './port';

export const commands: Port['commands'] = bound;

export const on: Port['on'] = {
  status: (hear) => events.statusChanged.listen((event) => hear(event.payload)),
  operation: (hear) => events.operationChanged.listen((event) => hear(event.payload)),
  camera: (hear) => events.cameraSignalled.listen((event) => hear(event.payload)),
  fan: (hear) => events.fanChanged.listen((event) => hear(event.payload)),
  gate: (hear) => events.gateSignalled.listen((event) => hear(event.payload)),
  link: (hear) => events.linkOpened.listen(() => hear()),
  scan: (hear) => events.scanSignalled.listen((event) => hear(event.payload)),
};

export const phone: Port['phone'] = {
  read: async (system) => (await import('./phone')).read(system),
  giveUp: async () => (await import('./phone')).giveUp(),
};

export const previewAddress: Port['previewAddress'] = (sequence) =>
  `${convertFileSrc('frame', 'preview')}?number=${sequence}`;

export type * from './bindings';
