// Che cosa può ostacolare un turno: italiano.
export const shift = {
  shiftOpen: {
    title: 'Un turno è già aperto',
    meaning: 'Su un dispositivo c’è un solo turno alla volta.',
    action: 'Subentra, oppure chiudilo prima.',
  },
  shiftNotOpen: {
    title: 'Nessun turno è aperto',
    meaning: 'Forse qualcuno lo ha chiuso nel frattempo.',
    action: 'Aprine uno nuovo.',
  },
  shiftStillOpen: {
    title: 'Un turno è ancora aperto',
    meaning: 'Il suo rapporto appartiene al conto a cui è collegato questo dispositivo.',
    action: 'Chiudi prima il turno.',
  },
  samePerson: {
    title: 'Questa persona ha già il turno',
    meaning: 'Un turno si passa a qualcun altro.',
    action: 'Fai accedere la persona seguente, o scrivi il suo nome.',
  },
};
