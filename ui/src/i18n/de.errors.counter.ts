// German wording of refusals of vouchers, discount codes and products.

export const counterErrors = {
  goodsOffline: {
    title: 'Das braucht eine Verbindung',
    meaning: 'Gutscheine, Rabattcodes und Abholungen kann nur die Plattform prüfen. Es wurde nichts verwendet.',
    action: 'Verwenden Sie es, sobald die Kasse wieder online ist.',
  },
  goodsNotOpen: {
    title: 'Dieser Code gilt nicht mehr',
    meaning: 'Er wurde verwendet, ist abgelaufen oder stammt von jemand anderem. Es wurde nichts gegeben.',
    action: 'Scannen Sie ihn noch einmal, um zu sehen warum, oder geben Sie Punkte ohne ihn.',
  },
  goodsOtherFan: {
    title: 'Dieser Code gehört einem anderen Fan',
    meaning: 'Ein Rabattcode gilt für den Fan, der ihn bekommen hat. Es wurde nichts verwendet.',
    action: 'Scannen Sie diesen Fan, oder geben Sie Punkte ohne den Code.',
  },
  managerPinUnset: {
    title: 'Hier ist keine PIN der Leitung gesetzt',
    meaning: 'Niemand kann auf diesem Gerät eine Grenze anheben. Es wurde nichts gebucht.',
    action: 'Setzen Sie eine PIN der Leitung dort, wo der Einlass vorbereitet wird, oder lassen Sie Personen sich anmelden.',
  },
  limitLaxer: {
    title: 'Lockerer, als die Plattform erlaubt',
    meaning: 'Ein Gerät kann strenger sein als die Plattform, nie lockerer. Es wurde nichts geändert.',
    action: 'Wählen Sie einen strengeren Wert.',
  },
};
