// Was einer Schicht im Weg steht: Deutsch.
export const shift = {
  shiftOpen: {
    title: 'Es ist schon eine Schicht offen',
    meaning: 'Auf einem Gerät gibt es immer nur eine Schicht.',
    action: 'Diese übernehmen oder zuerst abschließen.',
  },
  shiftNotOpen: {
    title: 'Keine Schicht ist offen',
    meaning: 'Vielleicht hat sie inzwischen jemand abgeschlossen.',
    action: 'Eine neue eröffnen.',
  },
  shiftStillOpen: {
    title: 'Eine Schicht ist noch offen',
    meaning: 'Ihr Bericht gehört zu dem Konto, mit dem dieses Gerät verbunden ist.',
    action: 'Schliessen Sie zuerst die Schicht.',
  },
  samePerson: {
    title: 'Diese Person hat die Schicht schon',
    meaning: 'Übergeben wird eine Schicht an jemand anderen.',
    action: 'Die nächste Person anmelden lassen oder ihren Namen eingeben.',
  },
};
