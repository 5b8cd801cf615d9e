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
  personGone: {
    title: 'Questa persona non può accedere qui',
    meaning: 'L’elenco delle persone è cambiato.',
    action: 'Scegli un altro nome, o chiedi a un responsabile.',
  },
  pinNotSet: {
    title: 'Ancora nessun PIN su questo dispositivo',
    meaning: 'Ognuno sceglie una volta un PIN su ogni dispositivo.',
    action: 'Scegline uno e fallo confermare da chi gestisce le persone.',
  },
  lastManager: {
    title: 'Deve restare un responsabile',
    meaning: 'Senza un responsabile nessuno potrebbe più aggiungere persone.',
    action: 'Nomina prima un altro responsabile.',
  },
  pairingRefused: {
    title: 'Questo codice di associazione non è più valido',
    meaning: 'Ognuno vale una volta e per dieci minuti.',
    action: 'Chiedine uno nuovo a un responsabile.',
  },
  deviceRevoked: {
    title: 'Questo dispositivo non può più usare punti',
    meaning: 'La piattaforma gli ha tolto l’accesso. Ciò che è stato confermato resta.',
    action: 'Chiedi a un responsabile di associarlo di nuovo.',
  },
  unknownDevice: {
    title: 'Nessun dispositivo simile in uso',
    meaning: 'Forse è già stato revocato.',
    action: 'Guarda di nuovo l’elenco.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
