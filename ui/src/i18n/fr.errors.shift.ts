// Ce qui peut gêner un service : français.
export const shift = {
  shiftOpen: {
    title: 'Un service est déjà ouvert',
    meaning: 'Il n’y a qu’un service à la fois sur un appareil.',
    action: 'Reprenez-le, ou clôturez-le d’abord.',
  },
  shiftNotOpen: {
    title: 'Aucun service n’est ouvert',
    meaning: 'Quelqu’un l’a peut-être clos entre-temps.',
    action: 'Ouvrez-en un nouveau.',
  },
  shiftStillOpen: {
    title: 'Un service est encore ouvert',
    meaning: 'Son rapport appartient au compte auquel cet appareil est relié.',
    action: 'Clôturez d’abord le service.',
  },
  samePerson: {
    title: 'Cette personne a déjà le service',
    meaning: 'Un service se passe à quelqu’un d’autre.',
    action: 'Laissez la personne suivante s’identifier, ou saisissez son nom.',
  },
};
