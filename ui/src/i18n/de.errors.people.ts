// Reasons about people and their rights, in German.
import type { ErrorCode } from '$ipc';
import type { ErrorWording } from './types';

export const people = {
  signInNeeded: {
    title: 'Niemand ist angemeldet',
    meaning: 'Jeder Vorgang sagt, wer ihn gemacht hat.',
    action: 'Namen wählen und PIN eingeben.',
  },
  locked: {
    title: 'Das Gerät ist gesperrt',
    meaning: 'Seit einer Minute hat es niemand benutzt. Was bestätigt wurde, bleibt.',
    action: 'PIN eingeben, oder jemand anderes meldet sich an.',
  },
  notAllowed: {
    title: 'Die Rolle erlaubt das nicht',
    meaning: 'Es wurde nichts geändert.',
    action: 'Jemanden fragen, der es darf, oder diese Person hier anmelden lassen.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
