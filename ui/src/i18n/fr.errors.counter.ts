// French wording of refusals of vouchers, discount codes and products.

export const counterErrors = {
  goodsOffline: {
    title: 'Une connexion est nécessaire',
    meaning: 'Seule la plateforme peut vérifier les bons, les codes de réduction et les retraits. Rien n’a été utilisé.',
    action: 'Utilisez-le dès que la caisse est de nouveau en ligne.',
  },
  goodsNotOpen: {
    title: 'Ce code n’est plus valable',
    meaning: 'Il a été utilisé, a expiré ou vient de quelqu’un d’autre. Rien n’a été donné.',
    action: 'Scannez-le de nouveau pour savoir pourquoi, ou donnez les points sans lui.',
  },
  goodsOtherFan: {
    title: 'Ce code appartient à un autre fan',
    meaning: 'Un code de réduction est valable pour le fan qui l’a reçu. Rien n’a été utilisé.',
    action: 'Scannez ce fan, ou donnez les points sans le code.',
  },
  managerPinUnset: {
    title: 'Aucun code de responsable n’est défini ici',
    meaning: 'Personne ne peut relever une limite sur cet appareil. Rien n’a été comptabilisé.',
    action: 'Définissez un code de responsable là où l’on prépare l’entrée, ou faites s’identifier des personnes.',
  },
  limitLaxer: {
    title: 'Plus souple que ne le permet la plateforme',
    meaning: 'Un appareil peut être plus strict que la plateforme, jamais plus souple. Rien n’a été modifié.',
    action: 'Choisissez une valeur plus stricte.',
  },
};
