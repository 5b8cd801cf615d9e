// Reasons about people and their rights, in French.
import type { ErrorCode } from '$ipc';
import type { ErrorWording } from './types';

export const people = {
  signInNeeded: {
    title: 'Personne n’est connecté',
    meaning: 'Chaque opération dit qui l’a faite.',
    action: 'Choisissez votre nom et saisissez votre code PIN.',
  },
  locked: {
    title: 'L’appareil est verrouillé',
    meaning: 'Personne ne l’a utilisé depuis une minute. Ce qui a été confirmé est conservé.',
    action: 'Saisissez votre code PIN, ou laissez quelqu’un d’autre se connecter.',
  },
  notAllowed: {
    title: 'Votre rôle ne le permet pas',
    meaning: 'Rien n’a été modifié.',
    action: 'Demandez à une personne autorisée, ou laissez-la se connecter ici.',
  },
  personGone: {
    title: 'Cette personne ne peut pas se connecter ici',
    meaning: 'La liste de l’équipe a changé.',
    action: 'Choisissez un autre nom, ou demandez à un responsable.',
  },
  pinNotSet: {
    title: 'Pas encore de code PIN sur cet appareil',
    meaning: 'Chacun choisit une fois un code PIN sur chaque appareil.',
    action: 'Choisissez-en un et faites-le confirmer par une personne qui gère l’équipe.',
  },
  lastManager: {
    title: 'Il faut qu’il reste un responsable',
    meaning: 'Sans responsable, personne ne pourrait plus ajouter quelqu’un.',
    action: 'Nommez d’abord un autre responsable.',
  },
  pairingRefused: {
    title: 'Ce code d’appairage n’est plus valable',
    meaning: 'Chacun est valable une fois et dix minutes.',
    action: 'Demandez-en un nouveau à un responsable.',
  },
  deviceRevoked: {
    title: 'Cet appareil ne peut plus rien échanger',
    meaning: 'La plateforme lui a retiré l’accès. Ce qui a été confirmé y reste.',
    action: 'Demandez à un responsable de l’appairer à nouveau.',
  },
  unknownDevice: {
    title: 'Aucun appareil de ce nom en service',
    meaning: 'Il a peut-être déjà été révoqué.',
    action: 'Consultez la liste à nouveau.',
  },
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
