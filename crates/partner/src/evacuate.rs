//! Handing what waits over to another device: sealed for it alone, signed by this one, taken over once.
//!
//! The parcel is an age file (age-encryption.org/v1) for the other device's key or for a passphrase. In it lies the
//! signed list of operations, which names the account and for whom it was sealed. The other device answers with a
//! receipt that only who could open the parcel can make; with it this device lets go of the operations.

use std::str::FromStr;

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use outbox::{Handed, TakenOver};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use specta::Type;
use uuid::Uuid;

use crate::keychain::{Keychain, Secret};
use crate::rights::Right;
use crate::terminal::blocking;
use crate::view::Status;
use crate::{AppError, ErrorCode, Terminal};

const SHORTEST_PASSPHRASE: usize = 12;
/// Bytes of a parcel in one QR code: it stays readable from a worn screen.
const CODE_BYTES: usize = 660;
const MOST_CODES: usize = 400;
const SIGNED_LIST: &[u8] = b"fanpoints evacuation list 1";
const SIGNED_RECEIPT: &[u8] = b"fanpoints evacuation receipt 1";

/// For whom a parcel is sealed.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Recipient {
    /// The key that the other device shows.
    Device { key: String },
    /// At least twelve characters, told to the other device's manager.
    Passphrase { passphrase: String },
}

#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EvacuateRequest {
    pub recipient: Recipient,
    /// A series of QR codes beside the file.
    pub as_codes: bool,
}

/// A sealed parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Evacuation {
    pub file_name: String,
    /// The file, in base64.
    pub bytes: String,
    /// Texts of QR codes, to be scanned in any order; empty unless asked for.
    pub codes: Vec<String>,
    pub operations: u32,
    /// Of this device's key: both screens show the same.
    pub fingerprint: String,
}

#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    /// The file, in base64.
    pub bytes: Option<String>,
    /// ... or the texts of its codes.
    pub codes: Vec<String>,
    pub passphrase: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    pub operations: u32,
    /// Of them known here before.
    pub already: u32,
    /// For the first device, as text or QR code.
    pub receipt: String,
    /// Of the first device's key.
    pub fingerprint: String,
}

/// What another device needs to seal something for this one.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeviceKeyView {
    pub text: String,
    pub fingerprint: String,
}

/// The signed list in a parcel.
#[derive(Serialize, Deserialize)]
struct List {
    id: Uuid,
    endpoint: String,
    partner_id: String,
    environment: String,
    /// The key it was sealed for, or nothing for a passphrase.
    recipient: Option<String>,
    operations: Vec<Handed>,
}

#[derive(Serialize, Deserialize)]
struct Parcel {
    version: u32,
    signer: [u8; 32],
    /// Over the list, in hexadecimal.
    signature: String,
    list: String,
}

/// The keys that this device made for itself.
struct Identity {
    signing: SigningKey,
    sealing: x25519::Identity,
}

impl Identity {
    fn public(&self) -> String {
        self.sealing.to_public().to_string()
    }

    fn fingerprint(&self) -> String {
        fingerprint(&self.signing.verifying_key())
    }
}

/// Twenty digits that two people can compare.
fn fingerprint(key: &VerifyingKey) -> String {
    let hash = Sha256::digest(key.as_bytes());
    let group = |bytes: &[u8]| {
        let number = bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        format!("{:05}", number % 100_000)
    };
    hash.chunks(8).map(group).collect::<Vec<_>>().join(" ")
}

fn identity(keychain: &dyn Keychain, device: &str) -> Result<Identity, AppError> {
    let (signing, sealing) = (format!("signing-key {device}"), format!("sealing-key {device}"));
    let unusable =
        || AppError::new(ErrorCode::KeychainUnavailable).detail("a key of the device is unreadable");
    let signing = match keychain.read(&signing)? {
        Some(secret) => SigningKey::from_bytes(secret.expose().try_into().map_err(|_| unusable())?),
        None => {
            let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
            getrandom::fill(seed.as_mut_slice()).map_err(|_| ErrorCode::Internal)?;
            keychain.write(&signing, &Secret::new(seed.to_vec()))?;
            SigningKey::from_bytes(&seed)
        }
    };
    let sealing = match keychain.read(&sealing)? {
        Some(secret) => {
            let text = std::str::from_utf8(secret.expose()).map_err(|_| unusable())?;
            x25519::Identity::from_str(text).map_err(|_| unusable())?
        }
        None => {
            let fresh = x25519::Identity::generate();
            let text = fresh.to_string();
            keychain.write(&sealing, &Secret::new(text.expose_secret().as_bytes().to_vec()))?;
            fresh
        }
    };
    Ok(Identity { signing, sealing })
}

impl Terminal {
    async fn identity(&self) -> Result<Identity, AppError> {
        let (keychain, device) = (self.0.options.keychain.clone(), self.opened().await?.device_id);
        blocking(move || identity(&*keychain, &device)).await?
    }

    /// The key that this device made for itself.
    pub(crate) async fn signing_key(&self) -> Result<SigningKey, AppError> {
        Ok(self.identity().await?.signing)
    }

    /// What another device needs to hand something over to this one.
    ///
    /// # Errors
    /// Without a keychain.
    pub async fn device_key(&self) -> Result<DeviceKeyView, AppError> {
        self.require(Right::Identify).await?;
        let identity = self.identity().await?;
        Ok(DeviceKeyView { text: identity.public(), fingerprint: identity.fingerprint() })
    }

    /// Seals all that is open for another device. It stays here, and may still be sent from here, until
    /// [`Terminal::confirm_moved`].
    ///
    /// # Errors
    /// When nothing waits, for a passphrase that is too short, a key that is none, and without a connection.
    pub async fn evacuate(&self, request: EvacuateRequest) -> Result<Evacuation, AppError> {
        let identity = self.identity().await?;
        let recipient = match &request.recipient {
            Recipient::Device { key } => Some(key.trim().to_owned()),
            Recipient::Passphrase { passphrase } if passphrase.chars().count() < SHORTEST_PASSPHRASE => {
                return Err(ErrorCode::PassphraseTooShort.into());
            }
            Recipient::Passphrase { .. } => None,
        };
        let (connection, operations) =
            self.store(|store| Ok((store.connection()?, store.outgoing()?))).await?;
        let connection = connection.ok_or(ErrorCode::NotConnected)?;
        if operations.is_empty() {
            return Err(ErrorCode::NothingToMove.into());
        }
        let ids: Vec<Uuid> = operations.iter().map(|one| one.row.id).collect();
        let list = List {
            id: Uuid::now_v7(),
            endpoint: connection.endpoint,
            partner_id: connection.partner_id,
            environment: connection.environment.to_string(),
            recipient,
            operations,
        };
        let fingerprint = identity.fingerprint();
        let (id, count) = (list.id, u32::try_from(ids.len()).unwrap_or(u32::MAX));
        let (digest, sealed) = blocking(move || seal(&identity.signing, &list, &request.recipient)).await??;
        let now = self.now();
        self.store(move |store| store.note_handover(id, digest, ids, now)).await?;
        Ok(Evacuation {
            file_name: format!("fanpoints-{}.age", id.simple()),
            codes: if request.as_codes { codes(id, &sealed)? } else { Vec::new() },
            bytes: STANDARD.encode(&sealed),
            operations: count,
            fingerprint,
        })
    }

    /// Takes over what another device of the same account has sealed for this one, once.
    ///
    /// # Errors
    /// Each reason has its own code; nothing was taken over then.
    pub async fn import_evacuation(&self, request: ImportRequest) -> Result<Imported, AppError> {
        let identity = self.identity().await?;
        let sealed = match &request.bytes {
            Some(bytes) => STANDARD.decode(bytes.trim()).map_err(|_| ErrorCode::EvacuationDamaged)?,
            None => join(&request.codes)?,
        };
        let connection = self.store(outbox::Store::connection).await?.ok_or(ErrorCode::NotConnected)?;
        let (identity, opened) = blocking(move || {
            let opened = open(&identity, &sealed, request.passphrase.as_deref());
            (identity, opened)
        })
        .await?;
        let (list, signer, digest) = opened?;
        let same = list.partner_id == connection.partner_id
            && list.environment == connection.environment.to_string()
            && list.endpoint == connection.endpoint;
        if !same {
            return Err(ErrorCode::EvacuationOtherProgram.into());
        }
        let (id, now) = (list.id, self.now());
        let taken = self.store(move |store| store.take_over(id, digest, list.operations, now)).await?;
        let TakenOver::Done { operations, known } = taken else {
            return Err(AppError::new(ErrorCode::EvacuationImported).detail(receipt(
                &identity.signing,
                id,
                &digest,
            )));
        };
        self.hurry().await;
        self.ring();
        Ok(Imported {
            operations,
            already: known,
            receipt: receipt(&identity.signing, id, &digest),
            fingerprint: fingerprint(&signer),
        })
    }

    /// The codes of a series, or the receipt, that a picture shows.
    ///
    /// # Errors
    /// For a picture that can not be read or shows none of them.
    pub async fn handover_codes(&self, data: &str) -> Result<Vec<String>, AppError> {
        let encoded = data.split_once(";base64,").map_or(data, |(_, rest)| rest).to_owned();
        let found = blocking(move || -> Result<_, AppError> {
            let bytes = STANDARD.decode(encoded.as_bytes()).map_err(|_| ErrorCode::PictureUnreadable)?;
            Ok(scan::Decoder::wanting(is_handover).decode_picture(&scan::luma_from_picture(&bytes)?))
        });
        let texts = found.await??.into_iter().map(|found| found.text);
        let codes: Vec<String> = texts.filter(|text| is_handover(text)).collect();
        if codes.is_empty() { Err(ErrorCode::NoCodeFound.into()) } else { Ok(codes) }
    }

    /// The other device shows that it has taken everything over: what is still open of it here is moved.
    ///
    /// # Errors
    /// For a receipt that is damaged, forged, or of something that this device did not hand out.
    pub async fn confirm_moved(&self, text: String) -> Result<Status, AppError> {
        self.require(Right::Identify).await?;
        let (id, digest) = read_receipt(&text)?;
        let known = self.store(move |store| store.handover_digest(id)).await?;
        match known {
            None => return Err(ErrorCode::UnknownEvacuation.into()),
            Some(known) if known != digest => return Err(ErrorCode::EvacuationForged.into()),
            Some(_) => {}
        }
        let now = self.now();
        let moved = self.store(move |store| store.confirm_handover(id, now)).await?;
        tracing::info!(moved, "another device has taken over what waited");
        self.ring();
        self.status().await
    }
}

/// Signs and seals; the digest of the signed list.
fn seal(signing: &SigningKey, list: &List, recipient: &Recipient) -> Result<([u8; 32], Vec<u8>), AppError> {
    let internal = || AppError::new(ErrorCode::Internal);
    let list = serde_json::to_string(list).map_err(|_| internal())?;
    let signature = signing.sign(&[SIGNED_LIST, list.as_bytes()].concat());
    let digest = Sha256::digest(list.as_bytes()).into();
    let parcel = Parcel {
        version: 1,
        signer: signing.verifying_key().to_bytes(),
        signature: URL_SAFE_NO_PAD.encode(signature.to_bytes()),
        list,
    };
    let plain = serde_json::to_vec(&parcel).map_err(|_| internal())?;
    let sealed = match recipient {
        Recipient::Device { key } => {
            let key = x25519::Recipient::from_str(key.trim()).map_err(|_| ErrorCode::BadDeviceKey)?;
            age::encrypt(&key, &plain)
        }
        Recipient::Passphrase { passphrase } => {
            let recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.clone()));
            age::encrypt(&recipient, &plain)
        }
    };
    Ok((digest, sealed.map_err(|_| internal())?))
}

fn open(
    identity: &Identity,
    sealed: &[u8],
    passphrase: Option<&str>,
) -> Result<(List, VerifyingKey, [u8; 32]), AppError> {
    let plain = match passphrase {
        Some(passphrase) => {
            age::decrypt(&age::scrypt::Identity::new(SecretString::from(passphrase.to_owned())), sealed)
        }
        None => age::decrypt(&identity.sealing, sealed),
    };
    let plain = plain.map_err(|error| match error {
        age::DecryptError::NoMatchingKeys
        | age::DecryptError::DecryptionFailed
        | age::DecryptError::ExcessiveWork { .. }
        | age::DecryptError::KeyDecryptionFailed => ErrorCode::EvacuationForOther,
        _ => ErrorCode::EvacuationDamaged,
    })?;
    let damaged = || AppError::new(ErrorCode::EvacuationDamaged);
    let parcel: Parcel = serde_json::from_slice(&plain).map_err(|_| damaged())?;
    if parcel.version != 1 {
        return Err(damaged().detail(format!("version {}", parcel.version)));
    }
    let forged = || AppError::new(ErrorCode::EvacuationForged);
    let signer = VerifyingKey::from_bytes(&parcel.signer).map_err(|_| forged())?;
    let signature = URL_SAFE_NO_PAD.decode(&parcel.signature).map_err(|_| forged())?;
    let signature = Signature::from_slice(&signature).map_err(|_| forged())?;
    signer.verify(&[SIGNED_LIST, parcel.list.as_bytes()].concat(), &signature).map_err(|_| forged())?;
    let list: List = serde_json::from_str(&parcel.list).map_err(|_| damaged())?;
    // Sealed anew for somebody else, a signed list would still carry the first one's name.
    let expected = passphrase.is_none().then(|| identity.public());
    if list.recipient != expected {
        return Err(ErrorCode::EvacuationForOther.into());
    }
    Ok((list, signer, Sha256::digest(parcel.list.as_bytes()).into()))
}

/// `FPR1.` and, in base64: id, digest, key, signature.
fn receipt(signing: &SigningKey, id: Uuid, digest: &[u8; 32]) -> String {
    let mut bytes = [id.as_bytes().as_slice(), digest, signing.verifying_key().as_bytes()].concat();
    let signature = signing.sign(&[SIGNED_RECEIPT, &bytes].concat());
    bytes.extend_from_slice(&signature.to_bytes());
    format!("FPR1.{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn read_receipt(text: &str) -> Result<(Uuid, [u8; 32]), AppError> {
    let damaged = || AppError::new(ErrorCode::EvacuationDamaged);
    let body = text.trim().strip_prefix("FPR1.").ok_or_else(damaged)?;
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| damaged())?;
    let (said, signature) = bytes.split_at_checked(80).ok_or_else(damaged)?;
    let (id, rest) = said.split_at_checked(16).ok_or_else(damaged)?;
    let (digest, key) = rest.split_at_checked(32).ok_or_else(damaged)?;
    let forged = || AppError::new(ErrorCode::EvacuationForged);
    let key = VerifyingKey::from_bytes(key.try_into().map_err(|_| damaged())?).map_err(|_| forged())?;
    let signature = Signature::from_slice(signature).map_err(|_| damaged())?;
    key.verify(&[SIGNED_RECEIPT, said].concat(), &signature).map_err(|_| forged())?;
    Ok((Uuid::from_slice(id).map_err(|_| damaged())?, digest.try_into().map_err(|_| damaged())?))
}

/// `FPE1:` name, number, count, part: the name keeps the codes of two parcels apart.
/// Whether it is for the hand-over: a code of a series, or a receipt. No fan shows such a thing.
pub(crate) fn is_handover(text: &str) -> bool {
    ["FPE1:", "FPR1."].iter().any(|prefix| text.trim_start().starts_with(prefix))
}

fn codes(id: Uuid, sealed: &[u8]) -> Result<Vec<String>, AppError> {
    let count = sealed.chunks(CODE_BYTES).len();
    if count > MOST_CODES {
        return Err(AppError::new(ErrorCode::PictureTooLarge).detail(format!("{count} codes")));
    }
    let name = id.simple().to_string();
    let parts = (1..).zip(sealed.chunks(CODE_BYTES));
    Ok(parts.map(|(n, part)| format!("FPE1:{name}:{n}:{count}:{}", URL_SAFE_NO_PAD.encode(part))).collect())
}

fn join(codes: &[String]) -> Result<Vec<u8>, AppError> {
    let damaged = || AppError::new(ErrorCode::EvacuationDamaged);
    let (mut name, mut parts) = (None, Vec::<Option<Vec<u8>>>::new());
    for code in codes {
        let mut fields = code.trim().strip_prefix("FPE1:").ok_or_else(damaged)?.split(':');
        let mut next = || fields.next().ok_or_else(damaged);
        let (of, n, count, part) = (next()?.to_owned(), next()?, next()?, next()?);
        let n: usize = n.parse().map_err(|_| damaged())?;
        let count: usize = count.parse().map_err(|_| damaged())?;
        if count > MOST_CODES || *name.get_or_insert_with(|| of.clone()) != of {
            return Err(damaged());
        }
        if parts.is_empty() {
            parts.resize(count, None);
        }
        let place = n.checked_sub(1).and_then(|index| parts.get_mut(index)).ok_or_else(damaged)?;
        *place = Some(URL_SAFE_NO_PAD.decode(part).map_err(|_| damaged())?);
    }
    let missing = parts.iter().filter(|part| part.is_none()).count();
    if parts.is_empty() || missing > 0 {
        return Err(AppError::new(ErrorCode::EvacuationIncomplete).detail(missing.to_string()));
    }
    Ok(parts.into_iter().flatten().flatten().collect())
}
