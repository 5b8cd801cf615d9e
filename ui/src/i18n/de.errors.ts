// Every reason that a person can meet, in German.
import { people } from './de.errors.people';
import { counterErrors } from './de.errors.counter';
import { shift } from './de.errors.shift';
import type { Catalogue } from './types';

export const errors: Catalogue['errors'] = {
  ...people,
  ...shift,
  notConnected: {
    title: 'Dieses Gerät ist nicht verbunden',
    meaning: 'Ohne die Plattform kann kein Fan bedient werden.',
    action: 'Zuerst das Gerät verbinden.',
  },
  invalidEndpoint: {
    title: 'Das ist keine Plattformadresse',
    meaning: 'Das Gerät weiß nicht, wo es sich anmelden soll.',
    action: 'Die Adresse prüfen. Sie beginnt mit https://.',
  },
  missingField: {
    title: 'Eine Angabe fehlt',
    meaning: 'Ohne alle Angaben ist keine Anmeldung möglich.',
    action: 'Das markierte Feld ausfüllen.',
  },
  signInRefused: {
    title: 'Client-ID oder Geheimnis ist falsch',
    meaning: 'Die Plattform nimmt diese Anmeldung nicht an. Bisher Bestätigtes bleibt erhalten.',
    action: 'Beides prüfen und neu anmelden, oder die Leitung um neue bitten.',
  },
  noAccess: {
    title: 'Kein Zugang für diesen Partner',
    meaning: 'Diese Zugangsdaten gehören jemand anderem.',
    action: 'Die Partner-ID prüfen oder die Leitung fragen.',
  },
  wrongEnvironment: {
    title: 'Falsche Umgebung',
    meaning: 'Diese Zugangsdaten gehören zur anderen Umgebung. Entwicklung und Produktion sind getrennt.',
    action: 'Die andere Umgebung wählen oder deren Zugangsdaten verwenden.',
  },
  offline: {
    title: 'Keine Verbindung zur Plattform',
    meaning: 'Bestätigtes ist gespeichert und wird von selbst gesendet.',
    action: 'Weiterarbeiten oder das Netz prüfen.',
  },
  timedOut: {
    title: 'Die Plattform hat nicht rechtzeitig geantwortet',
    meaning: 'Bestätigtes ist gespeichert. Es wird nochmals gesendet und nie doppelt gebucht.',
    action: 'Kurz warten und erneut versuchen.',
  },
  rateLimited: {
    title: 'Die Plattform bittet um eine Pause',
    meaning: 'Es kamen zu viele Anfragen auf einmal. Nichts geht verloren.',
    action: 'Kurz warten. Der Versand geht von selbst weiter.',
  },
  platformFailed: {
    title: 'Die Plattform hat eine Störung',
    meaning: 'Bestätigtes ist gespeichert und wird erneut gesendet.',
    action: 'In einigen Minuten erneut versuchen.',
  },
  platformUnintelligible: {
    title: 'Die Antwort ist nicht verständlich',
    meaning: 'Vielleicht antwortet nicht die Plattform, oder sie spricht eine neuere Version.',
    action: 'Adresse und Netz prüfen, dann die App aktualisieren.',
  },
  keychainUnavailable: {
    title: 'Der Schlüsselbund ist nicht verfügbar',
    meaning: 'Das Geheimnis kann nicht sicher aufbewahrt werden, darum verbindet sich das Gerät nicht.',
    action: 'Den Schlüsselbund des Systems entsperren und erneut versuchen.',
  },
  queueNotEmpty: {
    title: 'Es warten noch Buchungen auf Versand',
    meaning: 'Jetzt zu trennen würde verlieren, was Fans versprochen wurde.',
    action: 'Zuerst senden oder in den Optionen an ein anderes Gerät übergeben, dann trennen.',
  },
  noCodeFound: {
    title: 'Kein Code in diesem Bild',
    meaning: 'Der Fan ist nicht erkannt.',
    action: 'Das Bild neu aufnehmen: ganzer Code, scharf, mit weißem Rand. Oder die ID eintippen.',
  },
  notOurCode: {
    title: 'Das ist kein FanPoints-Code',
    meaning: 'Er gehört zu etwas anderem. Der Fan ist nicht erkannt.',
    action: 'Den Fan bitten, den FanPoints-Pass zu öffnen.',
  },
  codeTooLong: {
    title: 'Dieser Code ist zu lang',
    meaning: 'So sieht kein FanPoints-Code aus.',
    action: 'Den Fan bitten, den FanPoints-Pass zu öffnen.',
  },
  codeDamaged: {
    title: 'Der Code ist beschädigt',
    meaning: 'Ein Teil war nicht lesbar. Der Fan ist nicht erkannt.',
    action: 'Nochmals scannen oder die FanPoints-ID eintippen.',
  },
  checkDigitWrong: {
    title: 'Diese ID enthält einen Tippfehler',
    meaning: 'Eine FanPoints-ID hat 12 Ziffern, und ihre Prüfziffer stimmt nicht.',
    action: 'Mit der Karte des Fans vergleichen und neu eintippen.',
  },
  passExpired: {
    title: 'Dieser Pass ist abgelaufen',
    meaning: 'Er belegt nicht mehr, wer der Fan ist.',
    action: 'Den Fan bitten, den Pass neu zu laden, oder die FanPoints-ID eintippen.',
  },
  passNotYetValid: {
    title: 'Dieser Pass ist noch nicht gültig',
    meaning: 'Seine Zeit liegt in der Zukunft, oder eine Uhr geht falsch.',
    action: 'Die Uhr dieses Geräts und des Telefons prüfen.',
  },
  passUnknownKey: {
    title: 'Dieser Pass hat eine unbekannte Signatur',
    meaning: 'Das Gerät kann nicht feststellen, ob der Pass echt ist.',
    action: 'Einmal online gehen, um neue Schlüssel zu laden, oder die FanPoints-ID eintippen.',
  },
  passForged: {
    title: 'Dieser Pass ist nicht echt',
    meaning: 'Seine Signatur ist falsch: Er wurde verändert oder von jemand anderem erstellt.',
    action: 'Damit nichts geben und nichts einlösen. Den Fan bitten, den Pass in der App zu öffnen.',
  },
  passOtherProgram: {
    title: 'Dieser Pass gehört zu einem anderen Programm',
    meaning: 'Damit hat der Fan hier keine Punkte.',
    action: 'Den Pass dieses Programms zeigen lassen.',
  },
  passReplayed: {
    title: 'Dieser Pass wurde schon gezeigt',
    meaning: 'Ein Live-Pass wechselt alle paar Sekunden; dies ist ein altes Bild davon.',
    action: 'Den Pass live zeigen lassen, nicht als Bildschirmfoto.',
  },
  passCopied: {
    title: 'Dieser Pass scheint eine Kopie zu sein',
    meaning: 'Ein neuerer Pass desselben Fans wurde schon gesehen.',
    action: 'Den Pass in der App auf dem eigenen Telefon zeigen lassen.',
  },
  passRevoked: {
    title: 'Dieser Pass ist gesperrt',
    meaning: 'Der Fan oder das Programm hat ihn gesperrt.',
    action: 'Den Fan bitten, einen neuen Pass zu laden.',
  },
  passStale: {
    title: 'Dieser Live-Pass ist zu alt',
    meaning: 'Er entstand nicht gerade eben. Vielleicht ein Bildschirmfoto, oder die Uhr des Telefons geht falsch.',
    action: 'Den Pass neu öffnen lassen und nochmals scannen.',
  },
  passKeysTooOld: {
    title: 'Die Schlüssel dieses Geräts sind zu alt',
    meaning: 'Pässe lassen sich offline nicht mehr prüfen.',
    action: 'Einmal mit dem Netz verbinden, dann nochmals scannen.',
  },
  pictureUnreadable: {
    title: 'Das Bild ist nicht lesbar',
    meaning: 'Die Datei ist beschädigt oder von unbekannter Art.',
    action: 'Ein PNG- oder JPEG-Bild verwenden oder die FanPoints-ID eintippen.',
  },
  pictureTooLarge: {
    title: 'Das Bild ist zu groß',
    meaning: 'Es konnte nicht nach einem Code durchsucht werden.',
    action: 'Ein kleineres Bild verwenden, etwa ein Bildschirmfoto.',
  },
  pictureHeic: {
    title: 'HEIC-Bilder sind nicht lesbar',
    meaning: 'Telefone von Apple speichern Bilder auf diese Art.',
    action: 'Ein Bildschirmfoto davon machen oder als JPEG speichern.',
  },
  clipboardEmpty: {
    title: 'Nichts zum Einfügen',
    meaning: 'In der Zwischenablage ist weder Bild noch Text.',
    action: 'Das Bild des Codes neu kopieren oder als Datei öffnen.',
  },
  noCamera: {
    title: 'Keine Kamera gefunden',
    meaning: 'Fans lassen sich weiterhin mit Scanner, Bild oder ID erkennen.',
    action: 'Eine Kamera anschließen und neu starten.',
  },
  cameraBusy: {
    title: 'Die Kamera wird schon benutzt',
    meaning: 'Ein anderes Programm hat sie belegt.',
    action: 'Das andere Programm schließen und die Kamera neu starten.',
  },
  cameraDenied: {
    title: 'Die Kamera ist nicht erlaubt',
    meaning: 'Das System lässt diese App nicht auf sie zugreifen.',
    action: 'In den Datenschutz-Einstellungen des Systems erlauben.',
  },
  cameraUnplugged: {
    title: 'Die Kamera wurde ausgesteckt',
    meaning: 'Sie startet von selbst, sobald sie wieder da ist.',
    action: 'Einstecken. Bis dahin den Scanner benutzen oder die ID eintippen.',
  },
  cameraFailed: {
    title: 'Die Kamera funktioniert nicht mehr',
    meaning: 'Fans lassen sich weiterhin mit Scanner, Bild oder ID erkennen.',
    action: 'Neu starten oder in den Optionen eine andere wählen.',
  },
  screenHidden: {
    title: 'Der Bildschirm ist nicht einsehbar',
    meaning: 'Das System zeigt keinem Programm, was die anderen zeichnen.',
    action: 'Speichern Sie ein Bild des Codes und legen Sie es hier ab, oder nehmen Sie eine Kamera.',
  },
  scannerGone: {
    title: 'Der Scanner ist nicht da',
    meaning: 'An seinem Anschluss antwortet nichts. Er wird von selbst wieder gehört, sobald er zurück ist.',
    action: 'Stecken Sie ihn ein, oder wählen Sie in den Einstellungen einen anderen Anschluss.',
  },
  scannerBusy: {
    title: 'Der Anschluss des Scanners ist belegt',
    meaning: 'Ein anderes Programm benutzt ihn.',
    action: 'Schliessen Sie das andere Programm.',
  },
  scannerDenied: {
    title: 'Der Anschluss des Scanners ist nicht erlaubt',
    meaning: 'Das System lässt diese App nicht heran.',
    action: 'Nehmen Sie unter Linux diesen Benutzer in die Gruppe «dialout» auf und melden Sie sich neu an.',
  },
  scannerFailed: {
    title: 'Der Anschluss des Scanners funktioniert nicht',
    meaning: 'Fans lassen sich weiter mit Kamera, Bild oder ID erkennen.',
    action: 'Prüfen Sie Anschluss und Geschwindigkeit in den Einstellungen.',
  },
  teachUnread: {
    title: 'Der Scanner wurde nicht gelernt',
    meaning: 'Was er tippte, waren nicht die Testcodes, oder nicht dreimal gleich.',
    action: 'Scannen Sie die drei Codes noch einmal in ihrer Reihenfolge.',
  },
  fanNotIdentified: {
    title: 'Kein Fan erkannt',
    meaning: 'Die Punkte würden niemandem gehören.',
    action: 'Zuerst den Code des Fans scannen.',
  },
  unknownFan: {
    title: 'Die Plattform kennt diesen Fan nicht',
    meaning: 'Das Konto wurde vielleicht gelöscht oder gehört zu einem anderen Programm.',
    action: 'Den Fan bitten, den Pass neu zu öffnen oder sich zu registrieren.',
  },
  unknownRule: {
    title: 'Diese Regel gibt es nicht mehr',
    meaning: 'Das Programm hat sie geändert. Es wurde nicht geprüft.',
    action: 'Eine andere Regel wählen.',
  },
  tooFewPoints: {
    title: 'Zu wenige Punkte',
    meaning: 'Der Fan hat dafür nicht genug Punkte. Es wurde nichts abgezogen.',
    figures: 'Nötig sind {needed} Punkte, verfügbar sind {available}. Es wurde nichts abgezogen.',
    action: 'Anders bezahlen lassen oder den Betrag senken.',
  },
  invalidAmount: {
    title: 'Dieser Betrag ist nicht möglich',
    meaning: 'Er ist null, negativ, zu groß oder zu klein für einen Punkt.',
    action: 'Den Betrag prüfen und neu eingeben.',
  },
  noItems: {
    title: 'Nichts zu buchen',
    meaning: 'Der Kauf ist leer.',
    action: 'Einen Betrag oder einen Artikel eingeben.',
  },
  tooManyItems: {
    title: 'Zu viele Artikel',
    meaning: 'So viele passen nicht in einen Kauf.',
    action: 'Auf zwei Käufe aufteilen.',
  },
  unknownRateLabel: {
    title: 'Diesen Satz gibt es nicht mehr',
    meaning: 'Das Programm hat seine Sätze geändert. Es wurde nichts gebucht.',
    action: 'Einen anderen Satz wählen.',
  },
  unknownAction: {
    title: 'Diese Aktion gibt es nicht mehr',
    meaning: 'Das Programm hat seine Aktionen geändert. Es wurde nichts vergeben.',
    action: 'Eine andere Aktion wählen.',
  },
  unknownOperation: {
    title: 'Diese Buchung ist hier nicht bekannt',
    meaning: 'Sie entstand auf einem anderen Gerät.',
    action: 'Auf jenem Gerät rückgängig machen.',
  },
  notReversible: {
    title: 'Das lässt sich nicht rückgängig machen',
    meaning: 'Bei einer Rücknahme oder einer abgelehnten Buchung gibt es nichts zurückzunehmen.',
    action: 'Die Leitung fragen, falls etwas nicht stimmt.',
  },
  alreadyReversed: {
    title: 'Das ist schon rückgängig gemacht',
    meaning: 'Die Punkte gingen beim ersten Mal zurück. Jetzt ist nichts geschehen.',
    action: 'Nichts zu tun.',
  },
  moduleOff: {
    title: 'Das Programm hat dies abgeschaltet',
    meaning: 'Es ist zurzeit für keinen Fan möglich.',
    action: 'Die Leitung fragen.',
  },
  unsupportedCurrency: {
    title: 'Diese Währung wird nicht unterstützt',
    meaning: 'Das Programm kann sie nicht in Punkte umrechnen.',
    action: 'Den Betrag in der Währung des Programms eingeben.',
  },
  idConflict: {
    title: 'Diese Nummer ist schon vergeben',
    meaning: 'Eine andere Buchung hat dieselbe Nummer. Nichts wurde doppelt gebucht.',
    action: 'Den Kauf nochmals bestätigen.',
  },
  refusedByLedger: {
    title: 'Das ist nicht erlaubt',
    meaning: 'Die Regeln des Programms lassen es nicht zu. Es wurde nichts gebucht.',
    action: 'Die Angaben prüfen oder die Leitung fragen.',
  },
  onlineOnly: {
    title: 'Nur online möglich',
    meaning: 'Dieser Code kann das Guthaben nicht belegen, darum muss die Plattform gefragt werden.',
    action: 'Auf das Netz warten oder den Live-Pass zeigen lassen.',
  },
  neverSynced: {
    title: 'Dieses Gerät hatte noch nie Kontakt',
    meaning: 'Ohne die Regeln des Programms lässt sich offline nichts entscheiden.',
    action: 'Einmal mit dem Netz verbinden.',
  },
  syncTooOld: {
    title: 'Der letzte Kontakt liegt zu lange zurück',
    meaning: 'Die Grenzen für die Arbeit offline sind ausgeschöpft. Wartendes ist sicher.',
    action: 'Mit dem Netz verbinden, dann erneut versuchen.',
  },
  balanceTooOld: {
    title: 'Das Guthaben ist zu alt',
    meaning: 'Es kann sich geändert haben. Zum Einlösen braucht es neuere Angaben.',
    action: 'Den Pass neu laden lassen oder online gehen.',
  },
  overPurchaseLimit: {
    title: 'Zu viel für einen Kauf offline',
    meaning: 'Offline ist ein einzelner Kauf begrenzt.',
    figures: 'Offline sind je Kauf {available} Punkte möglich, nötig sind {needed}.',
    action: 'Weniger einlösen, anders bezahlen lassen oder online gehen.',
  },
  overFanLimit: {
    title: 'Die Offline-Grenze dieses Fans ist erreicht',
    meaning: 'Mehr lässt sich einlösen, sobald die Plattform gefragt wurde.',
    figures: 'Offline bleiben für diesen Fan {available} Punkte, nötig sind {needed}.',
    action: 'Online gehen oder anders bezahlen lassen.',
  },
  overDeviceLimit: {
    title: 'Die Offline-Grenze dieses Geräts ist erreicht',
    meaning: 'Zu vieles wartet, das die Plattform noch nicht bestätigt hat.',
    figures: 'Offline bleiben für dieses Gerät {available} Punkte, nötig sind {needed}.',
    action: 'Online gehen, um Wartendes zu senden. Punkte geben geht weiterhin.',
  },
  overPassAllowance: {
    title: 'Mehr, als der Pass offline erlaubt',
    meaning: 'Die Plattform hat für diesen Fan eine Grenze gesetzt.',
    figures: 'Offline erlaubt dieser Pass {available} Punkte, nötig sind {needed}.',
    action: 'Weniger einlösen oder online gehen.',
  },
  overGrantLimit: {
    title: 'Zu viel, um es offline zu geben',
    meaning: 'Dieser Kauf oder die Zahl der Buchungen dieser Stunde liegt über der Grenze.',
    figures: 'Offline dürfen {available} Punkte gegeben werden, hier sind es {needed}.',
    action: 'Den Betrag prüfen oder online gehen.',
  },
  askManager: {
    title: 'Das muss die Leitung erlauben',
    meaning: 'Es liegt über der Grenze für Mitarbeitende. Es wurde nichts gebucht.',
    action: 'Die Leitung rufen.',
  },
  unknownAnswer: {
    title: 'Die Antwort der Plattform ist unbekannt',
    meaning: 'Ob gebucht wurde, ist unklar. Die Buchung ist angehalten und wird nicht nochmals gesendet.',
    action: 'Die App aktualisieren oder die Leitung bitten, es anzusehen.',
  },
  differentTransaction: {
    title: 'Die Plattform hat etwas anderes gebucht',
    meaning: 'Unter derselben Nummer steht ein anderer Fan oder Betrag. Diese Buchung ist angehalten.',
    action: 'Die Leitung bitten, es anzusehen.',
  },
  storageFull: {
    title: 'Der Speicher ist voll',
    meaning: 'Dies wurde nicht gespeichert und nicht gebucht. Früher Gespeichertes ist sicher.',
    action: 'Platz schaffen, dann nochmals bestätigen.',
  },
  storageReadOnly: {
    title: 'Der Speicher lässt sich nicht beschreiben',
    meaning: 'Dies wurde nicht gespeichert und nicht gebucht. Früher Gespeichertes ist sicher.',
    action: 'Die Rechte des App-Ordners prüfen, dann nochmals bestätigen.',
  },
  storageInUse: {
    title: 'Die App ist schon offen',
    meaning: 'Ein anderes Fenster benutzt dieselben Daten. Nichts ist verloren.',
    action: 'Im anderen Fenster weiterarbeiten oder es schließen.',
  },
  storageNewer: {
    title: 'Die Daten stammen von einer neueren Version',
    meaning: 'Auf diesem Gerät lief schon eine neuere App. Nichts ist verloren.',
    action: 'Die App aktualisieren.',
  },
  storageDamaged: {
    title: 'Die Daten dieses Geräts sind beschädigt',
    meaning: 'Damit nichts verloren geht, arbeitet die App nicht damit weiter.',
    action: 'Nichts löschen. Den Support rufen.',
  },
  storageKeyMissing: {
    title: 'Der Schlüssel zu den Daten fehlt',
    meaning: 'Die Daten sind da, aber verschlossen: Der Schlüsselbund hat ihren Schlüssel nicht mehr.',
    action: 'Den Schlüsselbund des Systems entsperren oder wiederherstellen, dann die App neu starten.',
  },
  storageFailed: {
    title: 'Die Daten ließen sich nicht schreiben oder lesen',
    meaning: 'Dies wurde nicht gebucht. Früher Gespeichertes ist sicher.',
    action: 'Erneut versuchen. Falls es bleibt, die App neu starten.',
  },
  gateNotPrepared: {
    title: 'Dieser Einlass ist nicht vorbereitet',
    meaning: 'Ohne Regel kann niemand hereinkommen.',
    action: 'Die Leitung bitten, ihn vorzubereiten.',
  },
  gateClosed: {
    title: 'Der Einlass ist geschlossen',
    meaning: 'Der Fan wurde nicht geprüft.',
    action: 'Zuerst den Einlass öffnen.',
  },
  unknownPassage: {
    title: 'Das liegt zu weit zurück',
    meaning: 'Nur die letzten zehn lassen sich anders entscheiden.',
    action: 'Den Fan nochmals scannen.',
  },
  reasonMissing: {
    title: 'Ein Grund fehlt',
    meaning: 'Anders als die Regel zu entscheiden, braucht einen Grund.',
    action: 'Einen Grund wählen oder eintippen.',
  },
  pinNeeded: {
    title: 'Das braucht die PIN der Leitung',
    meaning: 'Nur die Leitung darf das.',
    action: 'Die Leitung rufen.',
  },
  pinWrong: {
    title: 'Diese PIN ist falsch',
    meaning: 'Nichts hat sich geändert. Die Zahl in Klammern sagt, wie viele Versuche bleiben.',
    action: 'Sorgfältig neu eintippen.',
  },
  pinWait: {
    title: 'Zu viele falsche Versuche',
    meaning: 'Der nächste Versuch muss warten.',
    action: 'Warten, dann erneut versuchen.',
  },
  pinLocked: {
    title: 'Diese PIN ist gesperrt',
    meaning: 'Zehn Versuche waren falsch. Fans lassen sich weiterhin bedienen.',
    action: 'Mit dem Client-Geheimnis eine neue PIN setzen.',
  },
  pinTooWeak: {
    title: 'Diese PIN geht nicht',
    meaning: 'Sie ist zu kurz, zu einfach, oder die zwei Eingaben sind verschieden.',
    action: 'Sechs Ziffern oder mehr wählen und zweimal gleich eintippen.',
  },
  nothingToMove: {
    title: 'Hier wartet nichts',
    meaning: 'Es gibt nichts, was ein anderes Gerät übernehmen müsste.',
    action: 'Sie können das Gerät abmelden.',
  },
  passphraseTooShort: {
    title: 'Die Passphrase ist zu kurz',
    meaning: 'Sie schützt, was übergeben wird.',
    action: 'Mindestens zwölf Zeichen nehmen, etwa vier Wörter.',
  },
  badDeviceKey: {
    title: 'Das ist kein Schlüssel eines Geräts',
    meaning: 'Der Text ist unvollständig oder etwas anderes.',
    action: 'Den Schlüssel auf dem anderen Gerät anzeigen und erneut scannen.',
  },
  evacuationDamaged: {
    title: 'Die Übergabe ist nicht lesbar',
    meaning: 'Datei, Codes oder Quittung sind beschädigt oder etwas anderes. Nichts wurde übernommen.',
    action: 'Auf dem ersten Gerät neu erstellen.',
  },
  evacuationForOther: {
    title: 'Das ist nicht für dieses Gerät',
    meaning: 'Es wurde für ein anderes Gerät erstellt, oder die Passphrase ist eine andere.',
    action: 'Die Passphrase prüfen oder für dieses Gerät neu erstellen.',
  },
  evacuationForged: {
    title: 'Die Unterschrift stimmt nicht',
    meaning: 'Die Übergabe wurde unterwegs verändert. Nichts wurde übernommen.',
    action: 'Auf dem ersten Gerät neu erstellen und den Support rufen.',
  },
  evacuationOtherProgram: {
    title: 'Das gehört zu einem anderen Konto',
    meaning: 'Beide Geräte müssen mit demselben Partner und derselben Umgebung verbunden sein.',
    action: 'Dieses Gerät zuerst mit demselben Konto verbinden.',
  },
  evacuationImported: {
    title: 'Das wurde schon übernommen',
    meaning: 'Die Vorgänge sind bereits auf diesem Gerät.',
    action: 'Dem ersten Gerät die Quittung zeigen.',
  },
  evacuationIncomplete: {
    title: 'Es fehlen Codes',
    meaning: 'Die Übergabe verteilt sich auf mehrere Codes.',
    action: 'Alle scannen, in beliebiger Reihenfolge.',
  },
  unknownEvacuation: {
    title: 'Diese Quittung ist nicht für dieses Gerät',
    meaning: 'Sie gehört zu einer Übergabe eines anderen Geräts.',
    action: 'Mit jenem Gerät scannen.',
  },
  ...counterErrors,
  internal: {
    title: 'In der App ist etwas schiefgegangen',
    meaning: 'Früher Gespeichertes ist sicher.',
    action: 'Erneut versuchen. Falls es bleibt, die Diagnose an den Support senden.',
  },
};
