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
  providerUnreachable: {
    title: 'Die Anmeldung der Organisation ist nicht erreichbar',
    meaning: 'Es wurde niemand angemeldet. Die PIN geht auch ohne.',
    action: 'Mit der PIN anmelden, oder noch einmal versuchen, wenn das Netz wieder da ist.',
  },
  providerCancelled: {
    title: 'Die Anmeldung wurde abgebrochen',
    meaning: 'Es wurde niemand angemeldet.',
    action: 'Neu beginnen, oder die PIN verwenden.',
  },
  providerTimedOut: {
    title: 'Aus dem Browser kam niemand zurück',
    meaning: 'Die Anmeldung wurde nach fünf Minuten aufgegeben.',
    action: 'Neu beginnen und auf der Seite im Browser zu Ende führen.',
  },
  providerUntrusted: {
    title: 'Der Antwort der Anmeldung wird nicht vertraut',
    meaning: 'Sie passt nicht zur Anfrage, darum wurde niemand angemeldet.',
    action: 'Datum und Uhrzeit des Geräts prüfen und noch einmal versuchen. Bleibt es so, den Code unten denen zeigen, die die Anmeldung betreiben.',
  },
  providerRefused: {
    title: 'Die Anmeldung der Organisation lehnt ab',
    meaning: 'Ihr eigener Grund steht im Code unten. Es wurde niemand angemeldet.',
    action: 'Die PIN verwenden und den Code denen zeigen, die die Anmeldung betreiben.',
  },
  providerSettings: {
    title: 'Mit diesen Einstellungen geht die Anmeldung nicht',
    meaning: 'Der Code unten nennt die Stelle.',
    action: 'Die Leitung kann sie unter Einstellungen, Personen berichtigen.',
  },
  providerUnknown: {
    title: 'Diese Anmeldung ist hier nicht bekannt',
    meaning: 'Sie liegt zu lange zurück, oder es gab keine.',
    action: 'Noch einmal mit der Organisation anmelden, dann sagen, wer Sie sind.',
  },
  providerAgain: {
    title: 'Bitte wieder mit der Organisation anmelden',
    meaning: 'Sie hat die Anmeldung beendet, auf der die PIN beruhte.',
    action: '„Mit der Organisation anmelden“ verwenden. Danach geht die PIN wie zuvor.',
  },
  signInTaken: {
    title: 'Diese Anmeldung lässt sich nicht mit dieser Person verknüpfen',
    meaning: 'Person oder Anmeldung ist schon verknüpft, oder dieses Gerät darf niemanden dieser Rolle verknüpfen.',
    action: 'Einen anderen Namen wählen, oder die Leitung bitten, sie zu lösen oder auf einem Gerät der Leitung zu verknüpfen.',
  },
  browserFailed: {
    title: 'Der Browser ließ sich nicht öffnen',
    meaning: 'Für die Anmeldung mit der Organisation braucht es den Browser dieses Geräts.',
    action: 'Prüfen, ob ein Browser installiert und als Standard gewählt ist. Bis dahin die PIN verwenden.',
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
