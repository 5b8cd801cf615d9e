// Italian wording of refusals of vouchers, discount codes and products.

export const counterErrors = {
  goodsOffline: {
    title: 'Serve una connessione',
    meaning: 'Solo la piattaforma può verificare buoni, codici sconto e ritiri. Non è stato usato nulla.',
    action: 'Usatelo quando la cassa è di nuovo online.',
  },
  goodsNotOpen: {
    title: 'Questo codice non vale più',
    meaning: 'È stato usato, è scaduto o è di qualcun altro. Non è stato dato nulla.',
    action: 'Scansionatelo di nuovo per vedere perché, o date i punti senza.',
  },
  goodsOtherFan: {
    title: 'Questo codice è di un altro fan',
    meaning: 'Un codice sconto vale per il fan che lo ha ricevuto. Non è stato usato nulla.',
    action: 'Scansionate quel fan, o date i punti senza il codice.',
  },
  managerPinUnset: {
    title: 'Qui non è impostato un PIN del responsabile',
    meaning: 'Nessuno può alzare un limite su questo dispositivo. Nulla è stato registrato.',
    action: 'Imposta un PIN del responsabile dove si prepara l’ingresso, o fai accedere delle persone.',
  },
  limitLaxer: {
    title: 'Meno severo di quanto permette la piattaforma',
    meaning: 'Un dispositivo può essere più severo della piattaforma, mai meno. Nulla è cambiato.',
    action: 'Scegli un valore più severo.',
  },
};
