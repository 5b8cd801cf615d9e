// Every reason that a person can meet, in French.
import { people } from './fr.errors.people';
import { counterErrors } from './fr.errors.counter';
import { shift } from './fr.errors.shift';
import type { Catalogue } from './types';

export const errors: Catalogue['errors'] = {
  ...people,
  ...shift,
  notConnected: {
    title: 'Cet appareil n’est pas connecté',
    meaning: 'Aucun fan ne peut être servi sans la plateforme.',
    action: 'Connectez d’abord l’appareil.',
  },
  invalidEndpoint: {
    title: 'Ce n’est pas une adresse de plateforme',
    meaning: 'L’appareil ne sait pas où se connecter.',
    action: 'Vérifiez l’adresse. Elle commence par https://.',
  },
  missingField: {
    title: 'Il manque une information',
    meaning: 'Sans toutes les informations, rien ne peut continuer.',
    action: 'Remplissez le champ marqué.',
  },
  signInRefused: {
    title: 'L’ID ou le secret du client est faux',
    meaning: 'La plateforme n’accepte pas cet accès. Ce que vous avez confirmé est gardé.',
    action: 'Vérifiez les deux, ou demandez-en de nouveaux au responsable.',
  },
  noAccess: {
    title: 'Pas d’accès pour ce partenaire',
    meaning: 'Ces accès appartiennent à quelqu’un d’autre.',
    action: 'Vérifiez l’ID du partenaire, ou demandez au responsable.',
  },
  wrongEnvironment: {
    title: 'Mauvais environnement',
    meaning: 'Ces accès appartiennent à l’autre environnement. Développement et production sont séparés.',
    action: 'Choisissez l’autre environnement, ou utilisez ses accès.',
  },
  offline: {
    title: 'Pas de connexion à la plateforme',
    meaning: 'Ce que vous avez confirmé est enregistré et sera envoyé tout seul.',
    action: 'Continuez, ou vérifiez le réseau.',
  },
  timedOut: {
    title: 'La plateforme n’a pas répondu à temps',
    meaning: 'Ce que vous avez confirmé est enregistré. Ce sera renvoyé et jamais comptabilisé deux fois.',
    action: 'Attendez un instant et réessayez.',
  },
  rateLimited: {
    title: 'La plateforme demande une pause',
    meaning: 'Trop de demandes sont arrivées à la fois. Rien ne se perd.',
    action: 'Attendez un instant. L’envoi reprend tout seul.',
  },
  platformFailed: {
    title: 'La plateforme a une panne',
    meaning: 'Ce que vous avez confirmé est enregistré et sera renvoyé.',
    action: 'Réessayez dans quelques minutes.',
  },
  platformUnintelligible: {
    title: 'La réponse est incompréhensible',
    meaning: 'Peut-être n’est-ce pas la plateforme, ou parle-t-elle une version plus récente.',
    action: 'Vérifiez l’adresse et le réseau, puis mettez l’application à jour.',
  },
  keychainUnavailable: {
    title: 'Le trousseau n’est pas disponible',
    meaning: 'Le secret ne peut pas être gardé en sécurité, donc l’appareil ne se connecte pas.',
    action: 'Déverrouillez le trousseau du système et réessayez.',
  },
  queueNotEmpty: {
    title: 'Des opérations attendent d’être envoyées',
    meaning: 'Déconnecter maintenant perdrait ce qui a été promis à des fans.',
    action: 'Envoyez d’abord, ou remettez-les à un autre appareil dans les options, puis déconnectez.',
  },
  noCodeFound: {
    title: 'Aucun code dans cette image',
    meaning: 'Le fan n’est pas identifié.',
    action: 'Refaites l’image : code entier, net, avec sa marge blanche. Ou tapez l’identifiant.',
  },
  notOurCode: {
    title: 'Ce n’est pas un code FanPoints',
    meaning: 'Il appartient à autre chose. Le fan n’est pas identifié.',
    action: 'Demandez au fan d’ouvrir son pass FanPoints.',
  },
  codeTooLong: {
    title: 'Ce code est trop long',
    meaning: 'Un code FanPoints n’est pas ainsi.',
    action: 'Demandez au fan d’ouvrir son pass FanPoints.',
  },
  codeDamaged: {
    title: 'Le code est abîmé',
    meaning: 'Une partie est illisible. Le fan n’est pas identifié.',
    action: 'Scannez à nouveau ou tapez l’ID FanPoints.',
  },
  checkDigitWrong: {
    title: 'Cet identifiant contient une faute de frappe',
    meaning: 'Un ID FanPoints a 12 chiffres, et son chiffre de contrôle est faux.',
    action: 'Comparez avec la carte du fan et retapez-le.',
  },
  passExpired: {
    title: 'Ce pass a expiré',
    meaning: 'Il ne prouve plus qui est le fan.',
    action: 'Demandez au fan de recharger le pass, ou tapez l’ID FanPoints.',
  },
  passNotYetValid: {
    title: 'Ce pass n’est pas encore valable',
    meaning: 'Son heure est dans le futur, ou une horloge se trompe.',
    action: 'Vérifiez l’horloge de cet appareil et celle du téléphone.',
  },
  passUnknownKey: {
    title: 'Ce pass a une signature inconnue',
    meaning: 'L’appareil ne peut pas savoir si le pass est authentique.',
    action: 'Passez une fois en ligne pour charger les clés, ou tapez l’ID FanPoints.',
  },
  passForged: {
    title: 'Ce pass n’est pas authentique',
    meaning: 'Sa signature est fausse : il a été modifié ou fait par quelqu’un d’autre.',
    action: 'Ne donnez et n’utilisez rien avec lui. Demandez le pass dans l’application.',
  },
  passOtherProgram: {
    title: 'Ce pass appartient à un autre programme',
    meaning: 'Avec lui, le fan n’a pas de points ici.',
    action: 'Demandez le pass de ce programme.',
  },
  passReplayed: {
    title: 'Ce pass a déjà été présenté',
    meaning: 'Un pass en direct change toutes les quelques secondes ; ceci en est une vieille image.',
    action: 'Demandez le pass en direct, pas une capture d’écran.',
  },
  passCopied: {
    title: 'Ce pass semble être une copie',
    meaning: 'Un pass plus récent du même fan a déjà été vu.',
    action: 'Demandez le pass dans l’application, sur le téléphone du fan.',
  },
  passRevoked: {
    title: 'Ce pass est bloqué',
    meaning: 'Le fan ou le programme l’a bloqué.',
    action: 'Demandez au fan de charger un nouveau pass.',
  },
  passStale: {
    title: 'Ce pass en direct est trop vieux',
    meaning: 'Il n’a pas été fait à l’instant. C’est peut-être une capture, ou l’horloge du téléphone se trompe.',
    action: 'Faites rouvrir le pass et scannez à nouveau.',
  },
  passKeysTooOld: {
    title: 'Les clés de cet appareil sont trop vieilles',
    meaning: 'Hors ligne, les pass ne peuvent plus être vérifiés.',
    action: 'Connectez-vous une fois au réseau, puis scannez à nouveau.',
  },
  pictureUnreadable: {
    title: 'L’image est illisible',
    meaning: 'Le fichier est abîmé ou d’un genre inconnu.',
    action: 'Prenez une image PNG ou JPEG, ou tapez l’ID FanPoints.',
  },
  pictureTooLarge: {
    title: 'L’image est trop grande',
    meaning: 'Elle n’a pas pu être parcourue.',
    action: 'Prenez une image plus petite, par exemple une capture d’écran.',
  },
  pictureHeic: {
    title: 'Les images HEIC sont illisibles',
    meaning: 'Les téléphones d’Apple enregistrent ainsi leurs images.',
    action: 'Faites-en une capture d’écran ou enregistrez-la en JPEG.',
  },
  clipboardEmpty: {
    title: 'Rien à coller',
    meaning: 'Il n’y a ni image ni texte dans le presse-papiers.',
    action: 'Copiez à nouveau l’image du code, ou ouvrez-la comme fichier.',
  },
  noCamera: {
    title: 'Aucune caméra trouvée',
    meaning: 'Les fans s’identifient toujours par lecteur, image ou identifiant.',
    action: 'Branchez une caméra et redémarrez-la.',
  },
  cameraBusy: {
    title: 'La caméra est déjà utilisée',
    meaning: 'Un autre programme l’occupe.',
    action: 'Fermez l’autre programme et redémarrez la caméra.',
  },
  cameraDenied: {
    title: 'La caméra n’est pas autorisée',
    meaning: 'Le système ne la laisse pas à cette application.',
    action: 'Autorisez-la dans les réglages de confidentialité du système.',
  },
  cameraUnplugged: {
    title: 'La caméra a été débranchée',
    meaning: 'Elle repart toute seule dès qu’elle revient.',
    action: 'Branchez-la. En attendant, utilisez le lecteur ou tapez l’identifiant.',
  },
  cameraFailed: {
    title: 'La caméra ne fonctionne plus',
    meaning: 'Les fans s’identifient toujours par lecteur, image ou identifiant.',
    action: 'Redémarrez-la, ou choisissez-en une autre dans les options.',
  },
  screenHidden: {
    title: 'L’écran ne peut pas être regardé',
    meaning: 'Le système ne montre à aucun programme ce que dessinent les autres.',
    action: 'Enregistrez une image du code et déposez-la ici, ou utilisez une caméra.',
  },
  scannerGone: {
    title: 'Le lecteur n’est pas là',
    meaning: 'Rien ne répond sur son port. Il sera entendu de nouveau dès son retour.',
    action: 'Branchez-le, ou choisissez un autre port dans les réglages.',
  },
  scannerBusy: {
    title: 'Le port du lecteur est occupé',
    meaning: 'Un autre programme l’utilise.',
    action: 'Fermez l’autre programme.',
  },
  scannerDenied: {
    title: 'Le port du lecteur n’est pas autorisé',
    meaning: 'Le système ne laisse pas cette application l’utiliser.',
    action: 'Sous Linux, ajoutez cet utilisateur au groupe « dialout » et reconnectez-vous.',
  },
  scannerFailed: {
    title: 'Le port du lecteur ne fonctionne pas',
    meaning: 'Les fans peuvent toujours être identifiés par caméra, image ou ID.',
    action: 'Vérifiez le port et sa vitesse dans les réglages.',
  },
  teachUnread: {
    title: 'Le lecteur n’a pas été appris',
    meaning: 'Il n’a pas écrit les codes de test, ou pas trois fois de la même façon.',
    action: 'Scannez de nouveau les trois codes, dans l’ordre.',
  },
  fanNotIdentified: {
    title: 'Aucun fan identifié',
    meaning: 'Les points n’appartiendraient à personne.',
    action: 'Scannez d’abord le code du fan.',
  },
  unknownFan: {
    title: 'La plateforme ne connaît pas ce fan',
    meaning: 'Le compte a peut-être été supprimé ou appartient à un autre programme.',
    action: 'Demandez au fan de rouvrir son pass ou de s’inscrire.',
  },
  unknownRule: {
    title: 'Cette règle n’existe plus',
    meaning: 'Le programme l’a changée. Rien n’a été vérifié.',
    action: 'Choisissez une autre règle.',
  },
  tooFewPoints: {
    title: 'Trop peu de points',
    meaning: 'Le fan n’en a pas assez. Rien n’a été pris.',
    figures: 'Il faut {needed} points ; le fan peut en utiliser {available}. Rien n’a été pris.',
    action: 'Faites payer autrement ou baissez le montant.',
  },
  invalidAmount: {
    title: 'Ce montant n’est pas possible',
    meaning: 'Il est nul, négatif, trop grand ou trop petit pour un point.',
    action: 'Vérifiez le montant et retapez-le.',
  },
  noItems: {
    title: 'Rien à comptabiliser',
    meaning: 'L’achat est vide.',
    action: 'Tapez un montant ou un article.',
  },
  tooManyItems: {
    title: 'Trop d’articles',
    meaning: 'Un achat n’en contient pas autant.',
    action: 'Répartissez sur deux achats.',
  },
  unknownRateLabel: {
    title: 'Ce taux n’existe plus',
    meaning: 'Le programme a changé ses taux. Rien n’a été comptabilisé.',
    action: 'Choisissez un autre taux.',
  },
  unknownAction: {
    title: 'Cette action n’existe plus',
    meaning: 'Le programme a changé ses actions. Rien n’a été attribué.',
    action: 'Choisissez une autre action.',
  },
  unknownOperation: {
    title: 'Cette opération n’est pas connue ici',
    meaning: 'Elle a été faite sur un autre appareil.',
    action: 'Annulez-la sur cet appareil-là.',
  },
  notReversible: {
    title: 'Cela ne peut pas être annulé',
    meaning: 'Il n’y a rien à reprendre d’une annulation ou d’une opération refusée.',
    action: 'Demandez au responsable si quelque chose ne va pas.',
  },
  alreadyReversed: {
    title: 'C’est déjà annulé',
    meaning: 'Les points sont revenus la première fois. Cette fois, rien ne s’est passé.',
    action: 'Il n’y a rien à faire.',
  },
  moduleOff: {
    title: 'Le programme a désactivé cela',
    meaning: 'Ce n’est possible pour aucun fan en ce moment.',
    action: 'Demandez au responsable.',
  },
  unsupportedCurrency: {
    title: 'Cette monnaie n’est pas acceptée',
    meaning: 'Le programme ne peut pas la convertir en points.',
    action: 'Tapez le montant dans la monnaie du programme.',
  },
  idConflict: {
    title: 'Ce numéro est déjà pris',
    meaning: 'Une autre opération porte le même numéro. Rien n’a été comptabilisé deux fois.',
    action: 'Confirmez l’achat à nouveau.',
  },
  refusedByLedger: {
    title: 'Ce n’est pas permis',
    meaning: 'Les règles du programme ne l’autorisent pas. Rien n’a été comptabilisé.',
    action: 'Vérifiez les données ou demandez au responsable.',
  },
  onlineOnly: {
    title: 'Possible en ligne seulement',
    meaning: 'Ce code ne peut pas prouver le solde ; il faut demander à la plateforme.',
    action: 'Attendez le réseau, ou demandez le pass en direct.',
  },
  neverSynced: {
    title: 'Cet appareil n’a encore jamais eu de contact',
    meaning: 'Sans les règles du programme, rien ne peut être décidé hors ligne.',
    action: 'Connectez-vous une fois au réseau.',
  },
  syncTooOld: {
    title: 'Le dernier contact est trop ancien',
    meaning: 'Les limites du travail hors ligne sont atteintes. Ce qui attend est en sûreté.',
    action: 'Connectez-vous au réseau, puis réessayez.',
  },
  balanceTooOld: {
    title: 'Le solde est trop ancien',
    meaning: 'Il a pu changer. Pour utiliser des points, il faut des chiffres plus récents.',
    action: 'Faites recharger le pass ou passez en ligne.',
  },
  overPurchaseLimit: {
    title: 'Trop pour un achat hors ligne',
    meaning: 'Hors ligne, un achat est limité.',
    figures: 'Hors ligne, un achat permet {available} points ; il en faudrait {needed}.',
    action: 'Utilisez moins de points, faites payer autrement ou passez en ligne.',
  },
  overFanLimit: {
    title: 'La limite hors ligne de ce fan est atteinte',
    meaning: 'Plus sera possible dès que la plateforme aura répondu.',
    figures: 'Hors ligne, il reste {available} points à ce fan ; il en faudrait {needed}.',
    action: 'Passez en ligne ou faites payer autrement.',
  },
  overDeviceLimit: {
    title: 'La limite hors ligne de cet appareil est atteinte',
    meaning: 'Trop d’opérations attendent la confirmation de la plateforme.',
    figures: 'Hors ligne, il reste {available} points à cet appareil ; il en faudrait {needed}.',
    action: 'Passez en ligne pour envoyer. Donner des points reste possible.',
  },
  overPassAllowance: {
    title: 'Plus que ce pass ne permet hors ligne',
    meaning: 'La plateforme a fixé une limite pour ce fan.',
    figures: 'Hors ligne, ce pass permet {available} points ; il en faudrait {needed}.',
    action: 'Utilisez moins de points ou passez en ligne.',
  },
  overGrantLimit: {
    title: 'Trop à donner hors ligne',
    meaning: 'Cet achat, ou le nombre d’opérations de cette heure, dépasse la limite.',
    figures: 'Hors ligne, {available} points peuvent être donnés ; ici il y en a {needed}.',
    action: 'Vérifiez le montant ou passez en ligne.',
  },
  askManager: {
    title: 'Le responsable doit le permettre',
    meaning: 'Cela dépasse la limite du personnel. Rien n’a été comptabilisé.',
    action: 'Appelez le responsable.',
  },
  unknownAnswer: {
    title: 'La réponse de la plateforme est inconnue',
    meaning: 'On ne sait pas si c’est comptabilisé. L’opération est retenue et ne sera pas renvoyée.',
    action: 'Mettez l’application à jour ou demandez au responsable de regarder.',
  },
  differentTransaction: {
    title: 'La plateforme a comptabilisé autre chose',
    meaning: 'Sous le même numéro figure un autre fan ou montant. Cette opération est retenue.',
    action: 'Demandez au responsable de regarder.',
  },
  storageFull: {
    title: 'Le disque est plein',
    meaning: 'Ceci n’a été ni enregistré ni comptabilisé. Ce qui l’était avant est en sûreté.',
    action: 'Libérez de la place, puis confirmez à nouveau.',
  },
  storageReadOnly: {
    title: 'Le disque est protégé en écriture',
    meaning: 'Ceci n’a été ni enregistré ni comptabilisé. Ce qui l’était avant est en sûreté.',
    action: 'Vérifiez les droits du dossier de l’application, puis confirmez à nouveau.',
  },
  storageInUse: {
    title: 'L’application est déjà ouverte',
    meaning: 'Une autre fenêtre utilise les mêmes données. Rien n’est perdu.',
    action: 'Continuez dans l’autre fenêtre, ou fermez-la.',
  },
  storageNewer: {
    title: 'Les données viennent d’une version plus récente',
    meaning: 'Une application plus récente a servi sur cet appareil. Rien n’est perdu.',
    action: 'Mettez l’application à jour.',
  },
  storageDamaged: {
    title: 'Les données de cet appareil sont abîmées',
    meaning: 'Pour ne rien perdre, l’application ne continue pas avec elles.',
    action: 'N’effacez rien. Appelez l’assistance.',
  },
  storageKeyMissing: {
    title: 'La clé des données manque',
    meaning: 'Les données sont là mais fermées : le trousseau n’a plus leur clé.',
    action: 'Déverrouillez ou restaurez le trousseau du système, puis relancez l’application.',
  },
  storageFailed: {
    title: 'Les données n’ont pu être ni écrites ni lues',
    meaning: 'Ceci n’a pas été comptabilisé. Ce qui l’était avant est en sûreté.',
    action: 'Réessayez. Si cela persiste, relancez l’application.',
  },
  gateNotPrepared: {
    title: 'Cette entrée n’est pas préparée',
    meaning: 'Sans règle, personne ne peut être admis.',
    action: 'Demandez au responsable de la préparer.',
  },
  gateClosed: {
    title: 'L’entrée est fermée',
    meaning: 'Le fan n’a pas été vérifié.',
    action: 'Ouvrez d’abord l’entrée.',
  },
  unknownPassage: {
    title: 'Ce passage est trop loin',
    meaning: 'Seuls les dix derniers peuvent être décidés autrement.',
    action: 'Scannez le fan à nouveau.',
  },
  reasonMissing: {
    title: 'Il manque une raison',
    meaning: 'Décider autrement que la règle demande une raison.',
    action: 'Choisissez ou tapez une raison.',
  },
  pinNeeded: {
    title: 'Il faut le code du responsable',
    meaning: 'Cela est réservé aux responsables.',
    action: 'Appelez le responsable.',
  },
  pinWrong: {
    title: 'Ce code est faux',
    meaning: 'Rien n’a changé. Le nombre entre parenthèses dit combien d’essais restent.',
    action: 'Retapez-le avec soin.',
  },
  pinWait: {
    title: 'Trop d’essais faux',
    meaning: 'Le prochain essai doit attendre.',
    action: 'Attendez, puis réessayez.',
  },
  pinLocked: {
    title: 'Ce code est bloqué',
    meaning: 'Dix essais étaient faux. Les fans sont toujours servis.',
    action: 'Choisissez un autre code avec le secret du client.',
  },
  pinTooWeak: {
    title: 'Ce code ne convient pas',
    meaning: 'Il est trop court, trop facile, ou les deux saisies diffèrent.',
    action: 'Prenez six chiffres ou plus, et tapez deux fois les mêmes.',
  },
  nothingToMove: {
    title: 'Rien n’attend ici',
    meaning: 'Il n’y a rien à remettre à un autre appareil.',
    action: 'Vous pouvez vous déconnecter.',
  },
  passphraseTooShort: {
    title: 'La phrase secrète est trop courte',
    meaning: 'Elle protège ce qui est remis.',
    action: 'Prenez au moins douze caractères, par exemple quatre mots.',
  },
  badDeviceKey: {
    title: 'Ce n’est pas la clé d’un appareil',
    meaning: 'Le texte est coupé, ou c’est autre chose.',
    action: 'Affichez la clé sur l’autre appareil et scannez-la à nouveau.',
  },
  evacuationDamaged: {
    title: 'Ce qui a été remis est illisible',
    meaning: 'Le fichier, les codes ou le reçu sont abîmés ou autre chose. Rien n’a été repris.',
    action: 'Refaites-le sur le premier appareil.',
  },
  evacuationForOther: {
    title: 'Ce n’est pas pour cet appareil',
    meaning: 'C’est fait pour un autre appareil, ou la phrase secrète est une autre.',
    action: 'Vérifiez la phrase secrète, ou refaites-le pour cet appareil.',
  },
  evacuationForged: {
    title: 'La signature ne correspond pas',
    meaning: 'Ce qui est remis a été changé en route. Rien n’a été repris.',
    action: 'Refaites-le sur le premier appareil, et appelez l’assistance.',
  },
  evacuationOtherProgram: {
    title: 'C’est d’un autre compte',
    meaning: 'Les deux appareils doivent être connectés au même partenaire et environnement.',
    action: 'Connectez d’abord cet appareil avec le même compte.',
  },
  evacuationImported: {
    title: 'Ceci a déjà été repris',
    meaning: 'Ses opérations sont déjà sur cet appareil.',
    action: 'Montrez le reçu au premier appareil.',
  },
  evacuationIncomplete: {
    title: 'Il manque des codes',
    meaning: 'Ce qui est remis est réparti sur plusieurs codes.',
    action: 'Scannez-les tous, dans n’importe quel ordre.',
  },
  unknownEvacuation: {
    title: 'Ce reçu n’est pas pour cet appareil',
    meaning: 'Il appartient à ce qu’un autre appareil a remis.',
    action: 'Scannez-le avec cet appareil-là.',
  },
  ...counterErrors,
  internal: {
    title: 'Quelque chose a échoué dans l’application',
    meaning: 'Ce qui était enregistré est en sûreté.',
    action: 'Réessayez. Si cela persiste, envoyez le diagnostic à l’assistance.',
  },
};
