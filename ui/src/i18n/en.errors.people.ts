// Reasons about people and their rights, in English.
import type { ErrorCode } from '$ipc';
import type { ErrorWording } from './types';

export const people = {
  signInNeeded: {
    title: 'Nobody is signed in',
    meaning: 'Every operation says who did it.',
    action: 'Choose your name and type your PIN.',
  },
  locked: {
    title: 'The device is locked',
    meaning: 'Nobody has used it for a minute. What was confirmed is kept.',
    action: 'Type your PIN, or let somebody else sign in.',
  },
  notAllowed: {
    title: 'Your role does not include this',
    meaning: 'Nothing was changed.',
    action: 'Ask somebody who may, or let them sign in here.',
  },
  personGone: {
    title: 'This person may not sign in here',
    meaning: 'The list of people has changed.',
    action: 'Choose another name, or ask a manager.',
  },
  pinNotSet: {
    title: 'No PIN on this device yet',
    meaning: 'Everybody chooses a PIN on each device once.',
    action: 'Choose one, and let somebody confirm it who may manage people.',
  },
  lastManager: {
    title: 'Somebody has to stay manager',
    meaning: 'Without a manager nobody could add people any more.',
    action: 'Make somebody else a manager first.',
  },
  pairingRefused: {
    title: 'This pairing code is not good any more',
    meaning: 'Each works once and for ten minutes.',
    action: 'Ask a manager for a new one.',
  },
  deviceRevoked: {
    title: 'This device may not redeem any more',
    meaning: 'The platform has taken its access away. What was confirmed stays on it.',
    action: 'Ask a manager to pair it again.',
  },
  unknownDevice: {
    title: 'There is no such device in use',
    meaning: 'Somebody may have revoked it already.',
    action: 'Look at the list again.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
