// Every reason that a person can meet, in English: what happened, what it means for the fan in front of
// staff, what to do. `figures` replaces the meaning where the needed and the available points are known.
import type { ErrorCode } from '$ipc';
import { people } from './en.errors.people';
import { counterErrors } from './en.errors.counter';
import { shift } from './en.errors.shift';
import type { ErrorWording } from './types';

export const errors: { readonly [C in ErrorCode]: ErrorWording } = {
  ...people,
  ...shift,
  notConnected: {
    title: 'This device is not connected',
    meaning: 'No fan can be served before it knows the platform.',
    action: 'Connect the device first.',
  },
  invalidEndpoint: {
    title: 'This is not a platform address',
    meaning: 'The device does not know where to sign in.',
    action: 'Check the address. It starts with https://.',
  },
  missingField: {
    title: 'Something is missing',
    meaning: 'The device can not sign in without all details.',
    action: 'Fill in the marked field.',
  },
  signInRefused: {
    title: 'Client ID or secret is wrong',
    meaning: 'The platform does not accept this sign-in. What you confirmed so far is kept.',
    action: 'Check both and sign in again, or ask your manager for new ones.',
  },
  noAccess: {
    title: 'No access for this partner',
    meaning: 'These credentials belong to somebody else.',
    action: 'Check the partner ID, or ask your manager.',
  },
  wrongEnvironment: {
    title: 'Wrong environment',
    meaning: 'These credentials belong to the other environment. Development and production are kept apart.',
    action: 'Choose the other environment, or use its credentials.',
  },
  offline: {
    title: 'No connection to the platform',
    meaning: 'What you confirmed is stored and will be sent by itself.',
    action: 'Carry on, or check the network.',
  },
  timedOut: {
    title: 'The platform did not answer in time',
    meaning: 'What you confirmed is stored. It is sent again and can not be booked twice.',
    action: 'Wait a moment and try again.',
  },
  rateLimited: {
    title: 'The platform asks for a pause',
    meaning: 'Too many requests came at once. Nothing is lost.',
    action: 'Wait a moment. Sending goes on by itself.',
  },
  platformFailed: {
    title: 'The platform has a problem',
    meaning: 'What you confirmed is stored and will be sent again.',
    action: 'Try again in a few minutes.',
  },
  platformUnintelligible: {
    title: 'The answer could not be understood',
    meaning: 'What answered may not be the platform, or may speak a newer version.',
    action: 'Check the address and the network, then update the app.',
  },
  keychainUnavailable: {
    title: 'The keychain is not available',
    meaning: 'The secret can not be kept safely, so the device does not connect.',
    action: 'Unlock the system’s keychain and try again.',
  },
  queueNotEmpty: {
    title: 'Operations still wait to be sent',
    meaning: 'Disconnecting now would lose what fans have been promised.',
    action: 'Send them first, or hand them over to another device in the settings. Then disconnect.',
  },
  noCodeFound: {
    title: 'No code in this picture',
    meaning: 'The fan is not identified.',
    action: 'Take the picture again: the whole code, sharp, with a white border. Or type the ID.',
  },
  notOurCode: {
    title: 'This is not a FanPoints code',
    meaning: 'It belongs to something else. The fan is not identified.',
    action: 'Ask the fan to open the FanPoints pass.',
  },
  codeTooLong: {
    title: 'This code is too long',
    meaning: 'No FanPoints code looks like this.',
    action: 'Ask the fan to open the FanPoints pass.',
  },
  codeDamaged: {
    title: 'The code is damaged',
    meaning: 'Part of it could not be read. The fan is not identified.',
    action: 'Scan again, or type the FanPoints ID.',
  },
  checkDigitWrong: {
    title: 'This ID has a typing error',
    meaning: 'A FanPoints ID has 12 digits, and its check digit does not match.',
    action: 'Compare it with the fan’s card and type it again.',
  },
  passExpired: {
    title: 'This pass has expired',
    meaning: 'It no longer proves who the fan is.',
    action: 'Ask the fan to reload the pass, or type the FanPoints ID.',
  },
  passNotYetValid: {
    title: 'This pass is not valid yet',
    meaning: 'Its time lies ahead, or a clock is wrong.',
    action: 'Check the clock of this device and of the fan’s phone.',
  },
  passUnknownKey: {
    title: 'This pass was signed with an unknown key',
    meaning: 'The device can not tell whether the pass is real.',
    action: 'Go online once to load new keys, or type the FanPoints ID.',
  },
  passForged: {
    title: 'This pass is not genuine',
    meaning: 'Its signature is wrong: it was changed or made by somebody else.',
    action: 'Give and redeem nothing with it. Ask the fan to open the pass in the app.',
  },
  passOtherProgram: {
    title: 'This pass belongs to another program',
    meaning: 'The fan has no points here with it.',
    action: 'Ask for the pass of this program.',
  },
  passReplayed: {
    title: 'This pass was already shown',
    meaning: 'A live pass changes every few seconds; this is an old picture of one.',
    action: 'Ask the fan to show the pass live, not a screenshot.',
  },
  passCopied: {
    title: 'This pass looks like a copy',
    meaning: 'A newer pass of the same fan was seen before.',
    action: 'Ask the fan to show the pass in the app on their own phone.',
  },
  passRevoked: {
    title: 'This pass has been blocked',
    meaning: 'The fan or the program has blocked it.',
    action: 'Ask the fan to load a new pass.',
  },
  passStale: {
    title: 'This live pass is too old',
    meaning: 'It was not made just now. It may be a screenshot, or the phone’s clock is wrong.',
    action: 'Ask the fan to reopen the pass and scan again.',
  },
  passKeysTooOld: {
    title: 'The keys on this device are too old',
    meaning: 'Passes can not be checked offline any more.',
    action: 'Connect to the network once, then scan again.',
  },
  pictureUnreadable: {
    title: 'The picture can not be read',
    meaning: 'The file is damaged or of an unknown kind.',
    action: 'Use a PNG or JPEG picture, or type the FanPoints ID.',
  },
  pictureTooLarge: {
    title: 'The picture is too large',
    meaning: 'It could not be searched for a code.',
    action: 'Use a smaller picture, such as a screenshot.',
  },
  pictureHeic: {
    title: 'HEIC pictures can not be read',
    meaning: 'Phones from Apple save pictures this way.',
    action: 'Take a screenshot of the picture, or save it as JPEG.',
  },
  clipboardEmpty: {
    title: 'Nothing to paste',
    meaning: 'There is no picture or text on the clipboard.',
    action: 'Copy the picture of the code again, or open it as a file.',
  },
  noCamera: {
    title: 'No camera found',
    meaning: 'Fans can still be identified by scanner, picture or ID.',
    action: 'Plug a camera in and start it again.',
  },
  cameraBusy: {
    title: 'The camera is in use',
    meaning: 'Another program holds it.',
    action: 'Close the other program and start the camera again.',
  },
  cameraDenied: {
    title: 'The camera is not allowed',
    meaning: 'The system does not let this app use it.',
    action: 'Allow it in the system’s privacy settings.',
  },
  cameraUnplugged: {
    title: 'The camera was unplugged',
    meaning: 'It starts again by itself once it is back.',
    action: 'Plug it in. Until then use a scanner or type the ID.',
  },
  cameraFailed: {
    title: 'The camera stopped working',
    meaning: 'Fans can still be identified by scanner, picture or ID.',
    action: 'Start it again, or choose another one in the settings.',
  },
  screenHidden: {
    title: 'The screen can not be looked at',
    meaning: 'The system shows no program what the others draw.',
    action: 'Save a picture of the code and drop it here, or use a camera.',
  },
  scannerGone: {
    title: 'The scanner is not there',
    meaning: 'Nothing answers on its port. It is heard again by itself once it is back.',
    action: 'Plug it in, or choose another port in the settings.',
  },
  scannerBusy: {
    title: 'The scanner’s port is in use',
    meaning: 'Another program holds it.',
    action: 'Close the other program.',
  },
  scannerDenied: {
    title: 'The scanner’s port is not allowed',
    meaning: 'The system does not let this app use it.',
    action: 'On Linux, add this user to the group “dialout” and sign in again.',
  },
  scannerFailed: {
    title: 'The scanner’s port does not work',
    meaning: 'Fans can still be identified by camera, picture or ID.',
    action: 'Check the port and its speed in the settings.',
  },
  teachUnread: {
    title: 'The scanner was not learnt',
    meaning: 'What it typed was not the test codes, or not three times alike.',
    action: 'Scan the three codes again, in their order.',
  },
  fanNotIdentified: {
    title: 'No fan is identified',
    meaning: 'The points would belong to nobody.',
    action: 'Scan the fan’s code first.',
  },
  unknownFan: {
    title: 'The platform does not know this fan',
    meaning: 'The account may have been deleted, or belongs to another program.',
    action: 'Ask the fan to open the pass again, or to register.',
  },
  unknownRule: {
    title: 'This rule no longer exists',
    meaning: 'The program has changed it. The check was not made.',
    action: 'Go back and choose another rule.',
  },
  tooFewPoints: {
    title: 'Too few points',
    meaning: 'The fan does not have enough points for this. Nothing was taken.',
    figures: 'This takes {needed} points; the fan can use {available}. Nothing was taken.',
    action: 'Ask for another way to pay, or lower the amount.',
  },
  invalidAmount: {
    title: 'This amount is not possible',
    meaning: 'It is zero, negative, too large or too small to move a point.',
    action: 'Check the amount and type it again.',
  },
  noItems: {
    title: 'Nothing to book',
    meaning: 'The purchase is empty.',
    action: 'Enter an amount or an item.',
  },
  tooManyItems: {
    title: 'Too many items',
    meaning: 'One purchase can not hold that many.',
    action: 'Split it into two purchases.',
  },
  unknownRateLabel: {
    title: 'This rate no longer exists',
    meaning: 'The program has changed its rates. Nothing was booked.',
    action: 'Choose another rate.',
  },
  unknownAction: {
    title: 'This action no longer exists',
    meaning: 'The program has changed its actions. Nothing was awarded.',
    action: 'Choose another action.',
  },
  unknownOperation: {
    title: 'This operation is not known here',
    meaning: 'It was made on another device.',
    action: 'Undo it on the device that made it.',
  },
  notReversible: {
    title: 'This can not be undone',
    meaning: 'An undo, or something the platform refused, has nothing to take back.',
    action: 'Ask your manager if something is wrong.',
  },
  alreadyReversed: {
    title: 'This is already undone',
    meaning: 'The points went back the first time. Nothing happened now.',
    action: 'Nothing to do.',
  },
  moduleOff: {
    title: 'The program has switched this off',
    meaning: 'It is not possible for any fan right now.',
    action: 'Ask your manager.',
  },
  unsupportedCurrency: {
    title: 'This currency is not supported',
    meaning: 'The program can not turn it into points.',
    action: 'Enter the amount in the program’s currency.',
  },
  idConflict: {
    title: 'This number is already taken',
    meaning: 'Another operation has the same number. Nothing was booked twice.',
    action: 'Confirm the purchase once more.',
  },
  refusedByLedger: {
    title: 'This is not allowed',
    meaning: 'The rules of the program do not permit it. Nothing was booked.',
    action: 'Check the details, or ask your manager.',
  },
  onlineOnly: {
    title: 'Only possible online',
    meaning: 'This code can not prove the balance, so the platform has to be asked.',
    action: 'Wait for the network, or ask for the live pass.',
  },
  neverSynced: {
    title: 'This device has never been in contact',
    meaning: 'Without the program’s rules nothing can be decided offline.',
    action: 'Connect to the network once.',
  },
  syncTooOld: {
    title: 'The last contact is too long ago',
    meaning: 'The limits for working offline are used up. What waits is safe.',
    action: 'Connect to the network, then try again.',
  },
  balanceTooOld: {
    title: 'The balance is too old',
    meaning: 'It may have changed since. Redeeming needs newer figures.',
    action: 'Ask the fan to reload the pass, or go online.',
  },
  overPurchaseLimit: {
    title: 'Too much for one purchase offline',
    meaning: 'Offline, one purchase may only be so large.',
    figures: 'Offline, one purchase may take {available} points; this takes {needed}.',
    action: 'Redeem less, take another payment, or go online.',
  },
  overFanLimit: {
    title: 'This fan’s offline limit is reached',
    meaning: 'More can be redeemed once the platform has been asked.',
    figures: 'Offline, {available} points are left for this fan; this takes {needed}.',
    action: 'Go online, or take another payment.',
  },
  overDeviceLimit: {
    title: 'This device’s offline limit is reached',
    meaning: 'Too much waits that the platform has not confirmed.',
    figures: 'Offline, {available} points are left for this device; this takes {needed}.',
    action: 'Go online to send what waits. Giving points still works.',
  },
  overPassAllowance: {
    title: 'More than the pass allows offline',
    meaning: 'The platform has set a limit for this fan.',
    figures: 'Offline, this pass allows {available} points; this takes {needed}.',
    action: 'Redeem less, or go online.',
  },
  overGrantLimit: {
    title: 'Too much to give offline',
    meaning: 'This purchase, or the number of operations in this hour, is over the limit.',
    figures: 'Offline, {available} points may be given; this gives {needed}.',
    action: 'Check the amount, or go online.',
  },
  askManager: {
    title: 'A manager has to allow this',
    meaning: 'It is over the limit that staff may decide alone. Nothing was booked.',
    action: 'Call your manager.',
  },
  unknownAnswer: {
    title: 'The platform’s answer is not known',
    meaning: 'It is not clear whether this was booked. It is held and not sent again.',
    action: 'Update the app, or ask your manager to look at it.',
  },
  differentTransaction: {
    title: 'The platform has booked something else',
    meaning: 'Under the same number it has another fan or amount. This one is held.',
    action: 'Ask your manager to look at it.',
  },
  storageFull: {
    title: 'The disk is full',
    meaning: 'This was not stored and not booked. What was stored before is safe.',
    action: 'Free some space, then confirm again.',
  },
  storageReadOnly: {
    title: 'The disk can not be written to',
    meaning: 'This was not stored and not booked. What was stored before is safe.',
    action: 'Check the rights of the app’s folder, then confirm again.',
  },
  storageInUse: {
    title: 'The app is already open',
    meaning: 'Another window uses the same data. Nothing is lost.',
    action: 'Go on in the other window, or close it.',
  },
  storageNewer: {
    title: 'The data is of a newer version',
    meaning: 'A newer app has been used on this device. Nothing is lost.',
    action: 'Update the app.',
  },
  storageDamaged: {
    title: 'The data on this device is damaged',
    meaning: 'To lose nothing, the app does not go on with it.',
    action: 'Do not delete anything. Call support.',
  },
  storageKeyMissing: {
    title: 'The key to the data is missing',
    meaning: 'The data is there but locked: the keychain no longer has its key.',
    action: 'Unlock or restore the system’s keychain, then start the app again.',
  },
  storageFailed: {
    title: 'The data could not be written or read',
    meaning: 'This was not booked. What was stored before is safe.',
    action: 'Try again. If it stays, restart the app.',
  },
  gateNotPrepared: {
    title: 'This gate is not prepared',
    meaning: 'Without a rule nobody can be let in.',
    action: 'Ask a manager to prepare it.',
  },
  gateClosed: {
    title: 'The gate is closed',
    meaning: 'The fan was not checked.',
    action: 'Open the gate first.',
  },
  unknownPassage: {
    title: 'That passage is too far back',
    meaning: 'Only the last ten can be decided otherwise.',
    action: 'Scan the fan again.',
  },
  reasonMissing: {
    title: 'A reason is missing',
    meaning: 'To decide otherwise than the rule takes a reason.',
    action: 'Choose or type a reason.',
  },
  pinNeeded: {
    title: 'This takes a manager’s PIN',
    meaning: 'Only managers may do this.',
    action: 'Call a manager.',
  },
  pinWrong: {
    title: 'This PIN is wrong',
    meaning: 'Nothing has changed. The number in brackets tells how many tries are left.',
    action: 'Type it again with care.',
  },
  pinWait: {
    title: 'Too many wrong tries',
    meaning: 'The next try has to wait.',
    action: 'Wait, then try again.',
  },
  pinLocked: {
    title: 'This PIN is locked',
    meaning: 'Ten tries were wrong. Fans can still be served.',
    action: 'Set another PIN with the client secret.',
  },
  pinTooWeak: {
    title: 'This PIN will not do',
    meaning: 'It is too short, too easy, or the two entries differ.',
    action: 'Take six digits or more, and type the same twice.',
  },
  nothingToMove: {
    title: 'Nothing is waiting here',
    meaning: 'There is nothing to hand over to another device.',
    action: 'You can sign out.',
  },
  passphraseTooShort: {
    title: 'The passphrase is too short',
    meaning: 'It protects what is handed over.',
    action: 'Use at least twelve characters, such as four words.',
  },
  badDeviceKey: {
    title: 'This is not the key of a device',
    meaning: 'The text was cut short, or it is something else.',
    action: 'Show the key on the other device and scan it again.',
  },
  evacuationDamaged: {
    title: 'What was handed over can not be read',
    meaning: 'The file, the codes or the receipt are damaged or something else. Nothing was taken over.',
    action: 'Make it anew on the first device.',
  },
  evacuationForOther: {
    title: 'This is not for this device',
    meaning: 'It was made for another device, or the passphrase is another one.',
    action: 'Check the passphrase, or make it anew for this device.',
  },
  evacuationForged: {
    title: 'The signature does not match',
    meaning: 'What is handed over was changed on the way. Nothing was taken over.',
    action: 'Make it anew on the first device, and call support.',
  },
  evacuationOtherProgram: {
    title: 'This is of another account',
    meaning: 'Both devices must be connected to the same partner and environment.',
    action: 'Connect this device with the same account first.',
  },
  evacuationImported: {
    title: 'This was taken over before',
    meaning: 'Its operations are on this device already.',
    action: 'Show the receipt to the first device.',
  },
  evacuationIncomplete: {
    title: 'Codes are missing',
    meaning: 'What is handed over is spread over several codes.',
    action: 'Scan all of them, in any order.',
  },
  unknownEvacuation: {
    title: 'This receipt is not for this device',
    meaning: 'It belongs to something that another device has handed over.',
    action: 'Scan it with that device.',
  },
  ...counterErrors,
  internal: {
    title: 'Something went wrong in the app',
    meaning: 'What was stored before is safe.',
    action: 'Try again. If it stays, send the diagnostics to support.',
  },
};
