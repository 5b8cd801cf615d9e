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
  providerUnreachable: {
    title: 'L’accesso della tua organizzazione non è raggiungibile',
    meaning: 'Nessuno ha effettuato l’accesso. Il PIN funziona anche senza.',
    action: 'Accedi con il PIN, o riprova quando torna la rete.',
  },
  providerCancelled: {
    title: 'L’accesso è stato annullato',
    meaning: 'Nessuno ha effettuato l’accesso.',
    action: 'Ricomincia, o usa il PIN.',
  },
  providerTimedOut: {
    title: 'Nessuno è tornato dal browser',
    meaning: 'L’accesso è stato abbandonato dopo cinque minuti.',
    action: 'Ricomincia, e concludi sulla pagina nel browser.',
  },
  providerUntrusted: {
    title: 'La risposta della tua organizzazione non è attendibile',
    meaning: 'Non corrisponde alla richiesta, quindi nessuno ha effettuato l’accesso.',
    action: 'Controlla data e ora del dispositivo e riprova. Se continua, mostra il codice qui sotto a chi gestisce l’accesso.',
  },
  providerRefused: {
    title: 'L’accesso della tua organizzazione rifiuta',
    meaning: 'Il suo motivo è nel codice qui sotto. Nessuno ha effettuato l’accesso.',
    action: 'Usa il PIN, e mostra il codice a chi gestisce l’accesso.',
  },
  providerSettings: {
    title: 'Le impostazioni dell’accesso non si possono usare',
    meaning: 'Il codice qui sotto nomina il punto.',
    action: 'Un responsabile può correggerle in Impostazioni, Persone.',
  },
  providerUnknown: {
    title: 'Questo accesso non è noto qui',
    meaning: 'È avvenuto troppo tempo fa, o non c’è stato.',
    action: 'Accedi di nuovo con la tua organizzazione, poi di’ chi sei.',
  },
  providerAgain: {
    title: 'Accedi di nuovo con la tua organizzazione',
    meaning: 'Ha chiuso l’accesso su cui si basava il tuo PIN.',
    action: 'Usa «Accedi con la tua organizzazione». Poi il PIN funziona come prima.',
  },
  signInTaken: {
    title: 'Questo accesso non si può collegare a questa persona',
    meaning: 'La persona o l’accesso è già collegato, o questo dispositivo non può collegare qualcuno di quel ruolo.',
    action: 'Scegli un altro nome, o chiedi a un responsabile di scollegarlo, o di collegarlo su un dispositivo da responsabile.',
  },
  browserFailed: {
    title: 'Il browser non si è aperto',
    meaning: 'L’accesso con la tua organizzazione richiede il browser di questo dispositivo.',
    action: 'Controlla che un browser sia installato e impostato come predefinito. Fino ad allora, usa il PIN.',
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
