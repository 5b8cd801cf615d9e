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
  providerUnreachable: {
    title: 'Your organisation’s sign-in can not be reached',
    meaning: 'Nobody was signed in. PINs work without it.',
    action: 'Sign in with your PIN, or try again when the network is back.',
  },
  providerCancelled: {
    title: 'The sign-in was cancelled',
    meaning: 'Nobody was signed in.',
    action: 'Start it again, or use your PIN.',
  },
  providerTimedOut: {
    title: 'Nobody came back from the browser',
    meaning: 'The sign-in was given up after five minutes.',
    action: 'Start it again, and finish it on the page in the browser.',
  },
  providerUntrusted: {
    title: 'The answer of your organisation’s sign-in is not trusted',
    meaning: 'It does not fit what was asked, so nobody was signed in.',
    action: 'Check this device’s date and time and try again. If it stays, show the code below to whoever runs the sign-in.',
  },
  providerRefused: {
    title: 'Your organisation’s sign-in refuses',
    meaning: 'Its own reason is in the code below. Nobody was signed in.',
    action: 'Use your PIN, and show the code to whoever runs the sign-in.',
  },
  providerSettings: {
    title: 'The settings of the sign-in can not be used',
    meaning: 'The code below names the part.',
    action: 'A manager can correct it under Settings, People.',
  },
  providerUnknown: {
    title: 'This sign-in is not known here',
    meaning: 'It was made too long ago, or not at all.',
    action: 'Sign in with your organisation again, then say who you are.',
  },
  providerAgain: {
    title: 'Sign in with your organisation again',
    meaning: 'It has ended the sign-in that your PIN stood on.',
    action: 'Use “Sign in with your organisation”. After that your PIN works as before.',
  },
  signInTaken: {
    title: 'This sign-in can not be linked to this person',
    meaning: 'The person or the sign-in is linked already, or this device may not link somebody of that role.',
    action: 'Choose another name, or ask a manager to unlink it or to link it on a manager’s device.',
  },
  browserFailed: {
    title: 'The browser could not be opened',
    meaning: 'Signing in with your organisation needs the browser of this device.',
    action: 'Check that a browser is installed and set as the standard one. Until then, use your PIN.',
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
