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
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
