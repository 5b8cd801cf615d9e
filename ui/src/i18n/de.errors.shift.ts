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
  samePerson: {
    title: 'Diese Person hat die Schicht schon',
    meaning: 'Übergeben wird eine Schicht an jemand anderen.',
    action: 'Die nächste Person anmelden lassen oder ihren Namen eingeben.',
  },
};
