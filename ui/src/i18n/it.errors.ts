// Every reason that a person can meet, in Italian.
import { people } from './it.errors.people';
import { counterErrors } from './it.errors.counter';
import { shift } from './it.errors.shift';
import type { Catalogue } from './types';

export const errors: Catalogue['errors'] = {
  ...people,
  ...shift,
  notConnected: {
    title: 'Questo dispositivo non è collegato',
    meaning: 'Senza la piattaforma non si può servire alcun fan.',
    action: 'Prima collega il dispositivo.',
  },
  invalidEndpoint: {
    title: 'Questo non è un indirizzo della piattaforma',
    meaning: 'Il dispositivo non sa dove accedere.',
    action: 'Controlla l’indirizzo. Comincia con https://.',
  },
  missingField: {
    title: 'Manca un dato',
    meaning: 'Senza tutti i dati non si può continuare.',
    action: 'Compila il campo segnato.',
  },
  signInRefused: {
    title: 'ID o segreto del client errato',
    meaning: 'La piattaforma non accetta questo accesso. Ciò che hai confermato è conservato.',
    action: 'Controlla entrambi, o chiedine di nuovi al responsabile.',
  },
  noAccess: {
    title: 'Nessun accesso per questo partner',
    meaning: 'Queste credenziali appartengono ad altri.',
    action: 'Controlla l’ID del partner, o chiedi al responsabile.',
  },
  wrongEnvironment: {
    title: 'Ambiente sbagliato',
    meaning: 'Queste credenziali appartengono all’altro ambiente. Sviluppo e produzione sono separati.',
    action: 'Scegli l’altro ambiente, o usa le sue credenziali.',
  },
  offline: {
    title: 'Nessuna connessione alla piattaforma',
    meaning: 'Ciò che hai confermato è salvato e sarà inviato da solo.',
    action: 'Continua, o controlla la rete.',
  },
  timedOut: {
    title: 'La piattaforma non ha risposto in tempo',
    meaning: 'Ciò che hai confermato è salvato. Sarà inviato di nuovo e mai registrato due volte.',
    action: 'Attendi un momento e riprova.',
  },
  rateLimited: {
    title: 'La piattaforma chiede una pausa',
    meaning: 'Sono arrivate troppe richieste insieme. Nulla va perso.',
    action: 'Attendi un momento. L’invio riprende da solo.',
  },
  platformFailed: {
    title: 'La piattaforma ha un guasto',
    meaning: 'Ciò che hai confermato è salvato e sarà inviato di nuovo.',
    action: 'Riprova tra qualche minuto.',
  },
  platformUnintelligible: {
    title: 'La risposta è incomprensibile',
    meaning: 'Forse non risponde la piattaforma, o parla una versione più recente.',
    action: 'Controlla indirizzo e rete, poi aggiorna l’app.',
  },
  keychainUnavailable: {
    title: 'Il portachiavi non è disponibile',
    meaning: 'Il segreto non può essere conservato al sicuro, perciò il dispositivo non si collega.',
    action: 'Sblocca il portachiavi del sistema e riprova.',
  },
  queueNotEmpty: {
    title: 'Ci sono operazioni in attesa di invio',
    meaning: 'Disconnettere ora perderebbe ciò che è stato promesso ai fan.',
    action: 'Prima invia, oppure passale a un altro dispositivo nelle opzioni; poi disconnetti.',
  },
  noCodeFound: {
    title: 'Nessun codice in questa immagine',
    meaning: 'Il fan non è identificato.',
    action: 'Rifai l’immagine: codice intero, nitido, con margine bianco. O digita l’ID.',
  },
  notOurCode: {
    title: 'Questo non è un codice FanPoints',
    meaning: 'Appartiene ad altro. Il fan non è identificato.',
    action: 'Chiedi al fan di aprire il pass FanPoints.',
  },
  codeTooLong: {
    title: 'Questo codice è troppo lungo',
    meaning: 'Un codice FanPoints non è così.',
    action: 'Chiedi al fan di aprire il pass FanPoints.',
  },
  codeDamaged: {
    title: 'Il codice è danneggiato',
    meaning: 'Una parte non era leggibile. Il fan non è identificato.',
    action: 'Scansiona di nuovo o digita l’ID FanPoints.',
  },
  checkDigitWrong: {
    title: 'Questo ID contiene un errore di battitura',
    meaning: 'Un ID FanPoints ha 12 cifre e la cifra di controllo non torna.',
    action: 'Confronta con la carta del fan e ridigita.',
  },
  passExpired: {
    title: 'Questo pass è scaduto',
    meaning: 'Non dimostra più chi è il fan.',
    action: 'Chiedi al fan di ricaricare il pass, o digita l’ID FanPoints.',
  },
  passNotYetValid: {
    title: 'Questo pass non è ancora valido',
    meaning: 'La sua ora è nel futuro, o un orologio è sbagliato.',
    action: 'Controlla l’orologio di questo dispositivo e del telefono.',
  },
  passUnknownKey: {
    title: 'Questo pass ha una firma sconosciuta',
    meaning: 'Il dispositivo non può sapere se il pass è autentico.',
    action: 'Vai online una volta per caricare le chiavi, o digita l’ID FanPoints.',
  },
  passForged: {
    title: 'Questo pass non è autentico',
    meaning: 'La firma è sbagliata: è stato modificato o creato da altri.',
    action: 'Non dare né usare nulla con esso. Chiedi il pass nell’app.',
  },
  passOtherProgram: {
    title: 'Questo pass è di un altro programma',
    meaning: 'Con esso il fan qui non ha punti.',
    action: 'Chiedi il pass di questo programma.',
  },
  passReplayed: {
    title: 'Questo pass è già stato mostrato',
    meaning: 'Un pass live cambia ogni pochi secondi; questa è una vecchia immagine.',
    action: 'Chiedi il pass live, non una schermata.',
  },
  passCopied: {
    title: 'Questo pass sembra una copia',
    meaning: 'Un pass più recente dello stesso fan è già stato visto.',
    action: 'Chiedi il pass nell’app, sul telefono del fan.',
  },
  passRevoked: {
    title: 'Questo pass è bloccato',
    meaning: 'Il fan o il programma lo ha bloccato.',
    action: 'Chiedi al fan di caricare un nuovo pass.',
  },
  passStale: {
    title: 'Questo pass live è troppo vecchio',
    meaning: 'Non è stato creato adesso. Forse è una schermata, o l’orologio del telefono è sbagliato.',
    action: 'Fai riaprire il pass e scansiona di nuovo.',
  },
  passKeysTooOld: {
    title: 'Le chiavi di questo dispositivo sono troppo vecchie',
    meaning: 'Offline i pass non si possono più verificare.',
    action: 'Collegati una volta alla rete, poi scansiona di nuovo.',
  },
  pictureUnreadable: {
    title: 'L’immagine non è leggibile',
    meaning: 'Il file è danneggiato o di tipo sconosciuto.',
    action: 'Usa un’immagine PNG o JPEG, o digita l’ID FanPoints.',
  },
  pictureTooLarge: {
    title: 'L’immagine è troppo grande',
    meaning: 'Non è stato possibile esaminarla.',
    action: 'Usa un’immagine più piccola, per esempio una schermata.',
  },
  pictureHeic: {
    title: 'Le immagini HEIC non sono leggibili',
    meaning: 'I telefoni Apple salvano così le immagini.',
    action: 'Fanne una schermata o salvala come JPEG.',
  },
  clipboardEmpty: {
    title: 'Niente da incollare',
    meaning: 'Negli appunti non c’è né immagine né testo.',
    action: 'Copia di nuovo l’immagine del codice, o aprila come file.',
  },
  noCamera: {
    title: 'Nessuna fotocamera trovata',
    meaning: 'I fan si identificano comunque con lettore, immagine o ID.',
    action: 'Collega una fotocamera e riavviala.',
  },
  cameraBusy: {
    title: 'La fotocamera è già in uso',
    meaning: 'Un altro programma la occupa.',
    action: 'Chiudi l’altro programma e riavvia la fotocamera.',
  },
  cameraDenied: {
    title: 'La fotocamera non è consentita',
    meaning: 'Il sistema non la concede a questa app.',
    action: 'Consentila nelle impostazioni di privacy del sistema.',
  },
  cameraUnplugged: {
    title: 'La fotocamera è stata scollegata',
    meaning: 'Riparte da sola appena torna.',
    action: 'Collegala. Nel frattempo usa il lettore o digita l’ID.',
  },
  cameraFailed: {
    title: 'La fotocamera non funziona più',
    meaning: 'I fan si identificano comunque con lettore, immagine o ID.',
    action: 'Riavviala, o scegline un’altra nelle opzioni.',
  },
  screenHidden: {
    title: 'Lo schermo non può essere guardato',
    meaning: 'Il sistema non mostra a nessun programma ciò che disegnano gli altri.',
    action: 'Salva un’immagine del codice e trascinala qui, o usa una fotocamera.',
  },
  scannerGone: {
    title: 'Lo scanner non c’è',
    meaning: 'Nessuno risponde sulla sua porta. Tornerà a farsi sentire da solo.',
    action: 'Collegalo, o scegli un’altra porta nelle impostazioni.',
  },
  scannerBusy: {
    title: 'La porta dello scanner è occupata',
    meaning: 'La usa un altro programma.',
    action: 'Chiudi l’altro programma.',
  },
  scannerDenied: {
    title: 'La porta dello scanner non è permessa',
    meaning: 'Il sistema non lascia che questa app la usi.',
    action: 'Su Linux aggiungi questo utente al gruppo «dialout» e accedi di nuovo.',
  },
  scannerFailed: {
    title: 'La porta dello scanner non funziona',
    meaning: 'I fan si possono ancora identificare con fotocamera, immagine o ID.',
    action: 'Controlla la porta e la sua velocità nelle impostazioni.',
  },
  teachUnread: {
    title: 'Lo scanner non è stato appreso',
    meaning: 'Non ha scritto i codici di prova, o non tre volte allo stesso modo.',
    action: 'Scansiona di nuovo i tre codici, in ordine.',
  },
  fanNotIdentified: {
    title: 'Nessun fan identificato',
    meaning: 'I punti non sarebbero di nessuno.',
    action: 'Prima scansiona il codice del fan.',
  },
  unknownFan: {
    title: 'La piattaforma non conosce questo fan',
    meaning: 'Il conto è stato forse cancellato o è di un altro programma.',
    action: 'Chiedi al fan di riaprire il pass o di registrarsi.',
  },
  unknownRule: {
    title: 'Questa regola non esiste più',
    meaning: 'Il programma l’ha cambiata. Nulla è stato verificato.',
    action: 'Scegli un’altra regola.',
  },
  tooFewPoints: {
    title: 'Troppo pochi punti',
    meaning: 'Il fan non ne ha abbastanza. Nulla è stato tolto.',
    figures: 'Servono {needed} punti; il fan può usarne {available}. Nulla è stato tolto.',
    action: 'Fai pagare in altro modo o riduci l’importo.',
  },
  invalidAmount: {
    title: 'Questo importo non è possibile',
    meaning: 'È zero, negativo, troppo grande o troppo piccolo per un punto.',
    action: 'Controlla l’importo e ridigitalo.',
  },
  noItems: {
    title: 'Niente da registrare',
    meaning: 'L’acquisto è vuoto.',
    action: 'Inserisci un importo o un articolo.',
  },
  tooManyItems: {
    title: 'Troppi articoli',
    meaning: 'Un acquisto non ne contiene tanti.',
    action: 'Dividi in due acquisti.',
  },
  unknownRateLabel: {
    title: 'Questa tariffa non esiste più',
    meaning: 'Il programma ha cambiato le tariffe. Nulla è stato registrato.',
    action: 'Scegli un’altra tariffa.',
  },
  unknownAction: {
    title: 'Questa azione non esiste più',
    meaning: 'Il programma ha cambiato le azioni. Nulla è stato assegnato.',
    action: 'Scegli un’altra azione.',
  },
  unknownOperation: {
    title: 'Questa operazione qui non è nota',
    meaning: 'È stata fatta su un altro dispositivo.',
    action: 'Annullala su quel dispositivo.',
  },
  notReversible: {
    title: 'Questo non si può annullare',
    meaning: 'Di un annullamento o di un’operazione rifiutata non c’è nulla da riprendere.',
    action: 'Chiedi al responsabile se qualcosa non va.',
  },
  alreadyReversed: {
    title: 'È già annullato',
    meaning: 'I punti sono tornati la prima volta. Ora non è successo nulla.',
    action: 'Niente da fare.',
  },
  moduleOff: {
    title: 'Il programma lo ha disattivato',
    meaning: 'Al momento non è possibile per nessun fan.',
    action: 'Chiedi al responsabile.',
  },
  unsupportedCurrency: {
    title: 'Questa valuta non è accettata',
    meaning: 'Il programma non può convertirla in punti.',
    action: 'Inserisci l’importo nella valuta del programma.',
  },
  idConflict: {
    title: 'Questo numero è già preso',
    meaning: 'Un’altra operazione ha lo stesso numero. Nulla è stato registrato due volte.',
    action: 'Conferma di nuovo l’acquisto.',
  },
  refusedByLedger: {
    title: 'Non è permesso',
    meaning: 'Le regole del programma non lo consentono. Nulla è stato registrato.',
    action: 'Controlla i dati o chiedi al responsabile.',
  },
  onlineOnly: {
    title: 'Possibile solo online',
    meaning: 'Questo codice non può dimostrare il saldo, quindi serve la piattaforma.',
    action: 'Attendi la rete, o chiedi il pass live.',
  },
  neverSynced: {
    title: 'Questo dispositivo non ha mai avuto contatto',
    meaning: 'Senza le regole del programma offline non si decide nulla.',
    action: 'Collegati una volta alla rete.',
  },
  syncTooOld: {
    title: 'L’ultimo contatto è troppo vecchio',
    meaning: 'I limiti per lavorare offline sono raggiunti. Ciò che attende è al sicuro.',
    action: 'Collegati alla rete, poi riprova.',
  },
  balanceTooOld: {
    title: 'Il saldo è troppo vecchio',
    meaning: 'Può essere cambiato. Per usare punti servono dati più recenti.',
    action: 'Fai ricaricare il pass o vai online.',
  },
  overPurchaseLimit: {
    title: 'Troppo per un acquisto offline',
    meaning: 'Offline un singolo acquisto è limitato.',
    figures: 'Offline un acquisto permette {available} punti, ne servono {needed}.',
    action: 'Usa meno punti, fai pagare in altro modo o vai online.',
  },
  overFanLimit: {
    title: 'Il limite offline di questo fan è raggiunto',
    meaning: 'Di più sarà possibile quando la piattaforma avrà risposto.',
    figures: 'Offline a questo fan restano {available} punti, ne servono {needed}.',
    action: 'Vai online o fai pagare in altro modo.',
  },
  overDeviceLimit: {
    title: 'Il limite offline di questo dispositivo è raggiunto',
    meaning: 'Troppe operazioni attendono la conferma della piattaforma.',
    figures: 'Offline a questo dispositivo restano {available} punti, ne servono {needed}.',
    action: 'Vai online per inviare. Dare punti resta possibile.',
  },
  overPassAllowance: {
    title: 'Più di quanto il pass permetta offline',
    meaning: 'La piattaforma ha fissato un limite per questo fan.',
    figures: 'Offline questo pass permette {available} punti, ne servono {needed}.',
    action: 'Usa meno punti o vai online.',
  },
  overGrantLimit: {
    title: 'Troppo da dare offline',
    meaning: 'Questo acquisto, o il numero di operazioni di quest’ora, supera il limite.',
    figures: 'Offline si possono dare {available} punti, qui sono {needed}.',
    action: 'Controlla l’importo o vai online.',
  },
  askManager: {
    title: 'Deve permetterlo il responsabile',
    meaning: 'Supera il limite del personale. Nulla è stato registrato.',
    action: 'Chiama il responsabile.',
  },
  unknownAnswer: {
    title: 'La risposta della piattaforma è sconosciuta',
    meaning: 'Non si sa se è registrato. L’operazione è trattenuta e non sarà rinviata.',
    action: 'Aggiorna l’app o chiedi al responsabile di guardare.',
  },
  differentTransaction: {
    title: 'La piattaforma ha registrato altro',
    meaning: 'Sotto lo stesso numero c’è un altro fan o importo. Questa operazione è trattenuta.',
    action: 'Chiedi al responsabile di guardare.',
  },
  storageFull: {
    title: 'Il disco è pieno',
    meaning: 'Questo non è stato né salvato né registrato. Ciò che c’era prima è al sicuro.',
    action: 'Libera spazio, poi conferma di nuovo.',
  },
  storageReadOnly: {
    title: 'Il disco non si può scrivere',
    meaning: 'Questo non è stato né salvato né registrato. Ciò che c’era prima è al sicuro.',
    action: 'Controlla i permessi della cartella dell’app, poi conferma di nuovo.',
  },
  storageInUse: {
    title: 'L’app è già aperta',
    meaning: 'Un’altra finestra usa gli stessi dati. Nulla è perso.',
    action: 'Continua nell’altra finestra, o chiudila.',
  },
  storageNewer: {
    title: 'I dati sono di una versione più recente',
    meaning: 'Su questo dispositivo è stata usata un’app più recente. Nulla è perso.',
    action: 'Aggiorna l’app.',
  },
  storageDamaged: {
    title: 'I dati di questo dispositivo sono danneggiati',
    meaning: 'Per non perdere nulla, l’app non continua con essi.',
    action: 'Non cancellare nulla. Chiama l’assistenza.',
  },
  storageKeyMissing: {
    title: 'Manca la chiave dei dati',
    meaning: 'I dati ci sono ma chiusi: il portachiavi non ha più la chiave.',
    action: 'Sblocca o ripristina il portachiavi del sistema, poi riavvia l’app.',
  },
  storageFailed: {
    title: 'Non è stato possibile scrivere o leggere i dati',
    meaning: 'Questo non è stato registrato. Ciò che c’era prima è al sicuro.',
    action: 'Riprova. Se continua, riavvia l’app.',
  },
  gateNotPrepared: {
    title: 'Questo varco non è preparato',
    meaning: 'Senza una regola non si può far entrare nessuno.',
    action: 'Chiedi al responsabile di prepararlo.',
  },
  gateClosed: {
    title: 'Il varco è chiuso',
    meaning: 'Il fan non è stato verificato.',
    action: 'Prima apri il varco.',
  },
  unknownPassage: {
    title: 'Questo passaggio è troppo indietro',
    meaning: 'Solo gli ultimi dieci si possono decidere altrimenti.',
    action: 'Scansiona di nuovo il fan.',
  },
  reasonMissing: {
    title: 'Manca un motivo',
    meaning: 'Per decidere diversamente dalla regola serve un motivo.',
    action: 'Scegli o scrivi un motivo.',
  },
  pinNeeded: {
    title: 'Serve il PIN del responsabile',
    meaning: 'Questo è riservato ai responsabili.',
    action: 'Chiama il responsabile.',
  },
  pinWrong: {
    title: 'Questo PIN è sbagliato',
    meaning: 'Nulla è cambiato. Il numero tra parentesi dice quanti tentativi restano.',
    action: 'Ridigitalo con cura.',
  },
  pinWait: {
    title: 'Troppi tentativi sbagliati',
    meaning: 'Il prossimo tentativo deve attendere.',
    action: 'Attendi, poi riprova.',
  },
  pinLocked: {
    title: 'Questo PIN è bloccato',
    meaning: 'Dieci tentativi erano sbagliati. I fan si servono comunque.',
    action: 'Imposta un altro PIN con il segreto del client.',
  },
  pinTooWeak: {
    title: 'Questo PIN non va bene',
    meaning: 'È troppo corto, troppo facile, o i due inserimenti differiscono.',
    action: 'Usa sei cifre o più, e digita due volte le stesse.',
  },
  nothingToMove: {
    title: 'Qui non attende nulla',
    meaning: 'Non c’è nulla da passare a un altro dispositivo.',
    action: 'Puoi disconnetterti.',
  },
  passphraseTooShort: {
    title: 'La passphrase è troppo corta',
    meaning: 'Protegge ciò che viene passato.',
    action: 'Usa almeno dodici caratteri, per esempio quattro parole.',
  },
  badDeviceKey: {
    title: 'Questa non è la chiave di un dispositivo',
    meaning: 'Il testo è tagliato, o è altro.',
    action: 'Mostra la chiave sull’altro dispositivo e scansionala di nuovo.',
  },
  evacuationDamaged: {
    title: 'Ciò che è stato passato non si legge',
    meaning: 'Il file, i codici o la ricevuta sono danneggiati o altro. Nulla è stato ripreso.',
    action: 'Rifallo sul primo dispositivo.',
  },
  evacuationForOther: {
    title: 'Non è per questo dispositivo',
    meaning: 'È stato fatto per un altro dispositivo, o la passphrase è un’altra.',
    action: 'Controlla la passphrase, o rifallo per questo dispositivo.',
  },
  evacuationForged: {
    title: 'La firma non corrisponde',
    meaning: 'Ciò che viene passato è stato cambiato. Nulla è stato ripreso.',
    action: 'Rifallo sul primo dispositivo, e chiama l’assistenza.',
  },
  evacuationOtherProgram: {
    title: 'È di un altro account',
    meaning: 'Entrambi i dispositivi devono essere collegati allo stesso partner e ambiente.',
    action: 'Prima collega questo dispositivo con lo stesso account.',
  },
  evacuationImported: {
    title: 'Questo è già stato ripreso',
    meaning: 'Le sue operazioni sono già su questo dispositivo.',
    action: 'Mostra la ricevuta al primo dispositivo.',
  },
  evacuationIncomplete: {
    title: 'Mancano dei codici',
    meaning: 'Ciò che viene passato è diviso in più codici.',
    action: 'Scansionali tutti, in qualsiasi ordine.',
  },
  unknownEvacuation: {
    title: 'Questa ricevuta non è per questo dispositivo',
    meaning: 'Appartiene a ciò che un altro dispositivo ha passato.',
    action: 'Scansionala con quel dispositivo.',
  },
  ...counterErrors,
  internal: {
    title: 'Qualcosa è andato storto nell’app',
    meaning: 'Ciò che era salvato è al sicuro.',
    action: 'Riprova. Se continua, invia la diagnostica all’assistenza.',
  },
};
