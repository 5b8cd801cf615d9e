// Italian wording of refusals of vouchers, discount codes and products.

export const counterErrors = {
  goodsOffline: {
    title: 'Serve una connessione',
    meaning: 'Solo la piattaforma può verificare buoni, codici sconto e ritiri. Non è stato usato nulla.',
    action: 'Usalo quando la cassa è di nuovo online.',
  },
  goodsNotOpen: {
    title: 'Questo codice non vale più',
    meaning: 'È stato usato, è scaduto o è di qualcun altro. Non è stato dato nulla.',
    action: 'Scansionalo di nuovo per vedere perché, o dai i punti senza.',
  },
  goodsOtherFan: {
    title: 'Questo codice è di un altro fan',
    meaning: 'Un codice sconto vale per il fan che lo ha ricevuto. Non è stato usato nulla.',
    action: 'Scansiona quel fan, o dai i punti senza il codice.',
  },
};
