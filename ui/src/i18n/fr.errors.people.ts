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
} as const satisfies { readonly [C in ErrorCode]?: ErrorWording };
