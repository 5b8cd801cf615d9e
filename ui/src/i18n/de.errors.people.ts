// Reasons about people and their rights, in German.
import type { ErrorCode } from '$ipc';
import type { ErrorWording } from './types';

export const people = {
  signInNeeded: {
    title: 'Niemand ist angemeldet',
    meaning: 'Jeder Vorgang sagt, wer ihn gemacht hat.',
    action: 'Namen wählen und PIN eingeben.',
  },
  locked: {
    title: 'Das Gerät ist gesperrt',
    meaning: 'Seit einer Minute hat es niemand benutzt. Was bestätigt wurde, bleibt.',
    action: 'PIN eingeben, oder jemand anderes meldet sich an.',
  },
  notAllowed: {
    title: 'Die Rolle erlaubt das nicht',
    meaning: 'Es wurde nichts geändert.',
    action: 'Jemanden fragen, der es darf, oder diese Person hier anmelden lassen.',
  },
  personGone: {
    title: 'Diese Person darf sich hier nicht anmelden',
    meaning: 'Die Liste der Personen hat sich geändert.',
    action: 'Anderen Namen wählen oder die Leitung fragen.',
  },
  pinNotSet: {
    title: 'Auf diesem Gerät noch keine PIN',
    meaning: 'Jede Person wählt auf jedem Gerät einmal eine PIN.',
    action: 'Eine wählen und von jemandem bestätigen lassen, der Personen verwalten darf.',
  },
  lastManager: {
    title: 'Jemand muss Leitung bleiben',
    meaning: 'Ohne Leitung könnte niemand mehr Personen hinzufügen.',
    action: 'Zuerst jemand anderen zur Leitung machen.',
  },
  pairingRefused: {
    title: 'Dieser Kopplungscode gilt nicht mehr',
    meaning: 'Jeder gilt einmal und zehn Minuten lang.',
    action: 'Die Leitung um einen neuen bitten.',
  },
  deviceRevoked: {
    title: 'Dieses Gerät darf nichts mehr einlösen',
    meaning: 'Die Plattform hat ihm den Zugang entzogen. Was bestätigt wurde, bleibt darauf.',
    action: 'Die Leitung bitten, es neu zu koppeln.',
  },
  unknownDevice: {
    title: 'Kein solches Gerät in Gebrauch',
    meaning: 'Vielleicht wurde ihm der Zugang schon entzogen.',
    action: 'Die Liste neu ansehen.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
