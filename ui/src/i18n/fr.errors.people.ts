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
  providerUnreachable: {
    title: 'La connexion de votre organisation est injoignable',
    meaning: 'Personne n’a été connecté. Le code PIN marche sans elle.',
    action: 'Connectez-vous avec votre code PIN, ou réessayez quand le réseau est revenu.',
  },
  providerCancelled: {
    title: 'La connexion a été annulée',
    meaning: 'Personne n’a été connecté.',
    action: 'Recommencez, ou utilisez votre code PIN.',
  },
  providerTimedOut: {
    title: 'Personne n’est revenu du navigateur',
    meaning: 'La connexion a été abandonnée après cinq minutes.',
    action: 'Recommencez, et terminez sur la page dans le navigateur.',
  },
  providerUntrusted: {
    title: 'La réponse de votre organisation n’est pas fiable',
    meaning: 'Elle ne correspond pas à la demande ; personne n’a été connecté.',
    action: 'Vérifiez la date et l’heure de l’appareil et réessayez. Si cela persiste, montrez le code ci-dessous à qui gère la connexion.',
  },
  providerRefused: {
    title: 'La connexion de votre organisation refuse',
    meaning: 'Sa propre raison est dans le code ci-dessous. Personne n’a été connecté.',
    action: 'Utilisez votre code PIN, et montrez le code à qui gère la connexion.',
  },
  providerSettings: {
    title: 'Les réglages de la connexion ne sont pas utilisables',
    meaning: 'Le code ci-dessous nomme l’endroit.',
    action: 'Un responsable peut corriger sous Réglages, Équipe.',
  },
  providerUnknown: {
    title: 'Ce compte n’est pas connu ici',
    meaning: 'La connexion date de trop longtemps, ou n’a pas eu lieu.',
    action: 'Connectez-vous de nouveau avec votre organisation, puis dites qui vous êtes.',
  },
  providerAgain: {
    title: 'Connectez-vous de nouveau avec votre organisation',
    meaning: 'Elle a mis fin à la connexion sur laquelle reposait votre code PIN.',
    action: 'Utilisez « Se connecter avec votre organisation ». Ensuite votre code PIN marche comme avant.',
  },
  signInTaken: {
    title: 'Ce compte ne peut pas être lié à cette personne',
    meaning: 'La personne ou le compte est déjà lié, ou cet appareil ne peut pas lier quelqu’un de ce rôle.',
    action: 'Choisissez un autre nom, ou demandez à un responsable de délier le compte, ou de le lier sur un appareil de responsable.',
  },
  browserFailed: {
    title: 'Le navigateur n’a pas pu s’ouvrir',
    meaning: 'La connexion avec votre organisation passe par le navigateur de cet appareil.',
    action: 'Vérifiez qu’un navigateur est installé et choisi par défaut. D’ici là, utilisez votre code PIN.',
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
