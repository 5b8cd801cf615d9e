// Reasons about people and their rights, in Italian.
import type { ErrorCode } from '$ipc';
import type { ErrorWording } from './types';

export const people = {
  signInNeeded: {
    title: 'Nessuno ha effettuato l’accesso',
    meaning: 'Ogni operazione dice chi l’ha fatta.',
    action: 'Scegli il tuo nome e inserisci il PIN.',
  },
  locked: {
    title: 'Il dispositivo è bloccato',
    meaning: 'Nessuno lo usa da un minuto. Ciò che è stato confermato resta.',
    action: 'Inserisci il PIN, o lascia che acceda qualcun altro.',
  },
  notAllowed: {
    title: 'Il tuo ruolo non lo permette',
    meaning: 'Non è stato modificato nulla.',
    action: 'Chiedi a chi può farlo, o lascia che acceda qui.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
