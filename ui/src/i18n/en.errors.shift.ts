// What can stand in the way of a shift: English.
export const shift = {
  shiftOpen: {
    title: 'A shift is open already',
    meaning: 'There is one shift at a time on a device.',
    action: 'Take it over, or close it first.',
  },
  shiftNotOpen: {
    title: 'No shift is open',
    meaning: 'Somebody may have closed it in the meantime.',
    action: 'Open a new one.',
  },
  shiftStillOpen: {
    title: 'A shift is still open',
    meaning: 'Its report belongs to the account that this device is connected with.',
    action: 'Close the shift first.',
  },
  samePerson: {
    title: 'This person has the shift already',
    meaning: 'A shift is handed over to somebody else.',
    action: 'Let the next person sign in, or type their name.',
  },
};
