//! One byte form for each operation and each entry: what digests and the audit chain are taken over.
//!
//! Big-endian integers of fixed width; counts as LEB128 of least length; text as UTF-8 with its length before it. The
//! time of an operation stands last, so that its content is everything before it. Decoding is strict: bytes that
//! decode are exactly those that encoding the result gives.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    Adjustment, Currency, Entry, FanAccount, FanId, FanPoints, FanPosting, Item, LotShare, Money, OpId,
    Operation, OperationKind, Outcome, PartnerId, Scope, StatusAccount, StatusPoints, StatusPosting, Tender,
    Timestamp, mutant::skipped,
};

/// Bytes that are not the canonical form of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CanonicalError {
    /// They end too early.
    #[error("the bytes end too early")]
    Cut,
    /// Something stands behind the end.
    #[error("there are bytes behind the end")]
    Trailing,
    /// A version, kind or flag that is none.
    #[error("byte {0:#04x} has no meaning here")]
    UnknownTag(u8),
    /// A count in more bytes than it needs, or too large for anything.
    #[error("a count is not in its shortest form")]
    Count,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    Text,
}

const OPERATION_V1: u8 = 0x01;
const ENTRY_V1: u8 = 0x41;

impl Operation {
    /// SHA-256 of the canonical bytes of the content: everything but `at`, which may differ from one sending to the
    /// next.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        put_content(self, &mut hasher);
        hasher.finalize().into()
    }

    /// The canonical bytes.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        self.put_canonical(&mut bytes);
        bytes
    }

    /// The operation of these bytes.
    ///
    /// # Errors
    /// [`CanonicalError`] for all bytes that [`Operation::canonical`] does not make.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, CanonicalError> {
        let mut reader = Reader(bytes);
        reader.version(OPERATION_V1)?;
        let id = OpId(reader.array()?);
        let partner = PartnerId(u32::from_be_bytes(reader.array()?));
        let fan = FanId(u64::from_be_bytes(reader.array()?));
        let kind = reader.kind()?;
        let at = Timestamp(reader.signed()?);
        reader.end()?;
        Ok(Self { id, partner, fan, at, kind })
    }

    pub(crate) fn put_canonical(&self, bytes: &mut Vec<u8>) {
        put_content(self, bytes);
        bytes.put(&self.at.0.to_be_bytes());
    }
}

impl Entry {
    /// The canonical bytes.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        self.put_canonical(&mut bytes);
        bytes
    }

    /// The entry of these bytes.
    ///
    /// # Errors
    /// [`CanonicalError`] for all bytes that [`Entry::canonical`] does not make.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, CanonicalError> {
        let mut reader = Reader(bytes);
        reader.version(ENTRY_V1)?;
        let entry = Self {
            op: OpId(reader.array()?),
            fan: FanId(u64::from_be_bytes(reader.array()?)),
            partner: PartnerId(u32::from_be_bytes(reader.array()?)),
            at: Timestamp(reader.signed()?),
            corrects: reader.optional_id()?,
            fan_postings: reader.list(Reader::fan_posting)?,
            status_postings: reader.list(Reader::status_posting)?,
            item_points: reader.list(|reader| reader.signed().map(FanPoints))?,
            lots_taken: reader.list(Reader::lot_share)?,
        };
        reader.end()?;
        Ok(entry)
    }

    pub(crate) fn put_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.put(&[ENTRY_V1]);
        bytes.put(&self.op.0);
        bytes.put(&self.fan.0.to_be_bytes());
        bytes.put(&self.partner.0.to_be_bytes());
        bytes.put(&self.at.0.to_be_bytes());
        put_optional_id(self.corrects, bytes);
        put_count(self.fan_postings.len(), bytes);
        for posting in &self.fan_postings {
            put_fan_account(posting.account, bytes);
            bytes.put(&posting.amount.0.to_be_bytes());
        }
        put_count(self.status_postings.len(), bytes);
        for posting in &self.status_postings {
            put_status_account(posting.account, bytes);
            bytes.put(&posting.amount.0.to_be_bytes());
        }
        put_count(self.item_points.len(), bytes);
        for points in &self.item_points {
            bytes.put(&points.0.to_be_bytes());
        }
        put_count(self.lots_taken.len(), bytes);
        for share in &self.lots_taken {
            bytes.put(&share.source.0);
            bytes.put(&share.points.0.to_be_bytes());
            bytes.put(&share.expires.0.to_be_bytes());
        }
    }
}

/// Where canonical bytes go: into a buffer, or straight into a hash.
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

fn put_content(operation: &Operation, to: &mut impl Sink) {
    to.put(&[OPERATION_V1]);
    to.put(&operation.id.0);
    to.put(&operation.partner.0.to_be_bytes());
    to.put(&operation.fan.0.to_be_bytes());
    match &operation.kind {
        OperationKind::Distribute { items } => {
            to.put(&[0]);
            put_items(items, to);
        }
        OperationKind::Redeem { items, tender, reservation } => {
            to.put(&[1]);
            put_items(items, to);
            match tender {
                Tender::Whole => to.put(&[0]),
                Tender::Points(points) => put_tagged(1, points.0, to),
            }
            put_optional_id(*reservation, to);
        }
        OperationKind::Award { action } => {
            to.put(&[2]);
            put_text(action, to);
        }
        OperationKind::Reserve { points, until } => {
            put_tagged(3, points.0, to);
            to.put(&until.0.to_be_bytes());
        }
        OperationKind::Release { reservation } => {
            to.put(&[4]);
            to.put(&reservation.0);
        }
        OperationKind::Reverse { of, scope } => {
            to.put(&[5]);
            to.put(&of.0);
            match scope {
                Scope::Whole => to.put(&[0]),
                Scope::Item(index) => {
                    to.put(&[1]);
                    to.put(&index.to_be_bytes());
                }
            }
        }
        OperationKind::Adjust { amount, reason } => {
            to.put(&[6]);
            match amount {
                Adjustment::FanPoints(points) => put_tagged(0, points.0, to),
                Adjustment::StatusPoints(points) => put_tagged(1, points.0, to),
            }
            put_text(reason, to);
        }
        OperationKind::Expire => to.put(&[7]),
        OperationKind::Resolve { refused, points, outcome } => {
            to.put(&[8]);
            to.put(&refused.0);
            let outcome = match outcome {
                Outcome::CollectLater => 0,
                Outcome::Forgive => 1,
                Outcome::Void => 2,
            };
            put_tagged(outcome, points.0, to);
        }
    }
}

fn put_tagged(tag: u8, amount: i64, to: &mut impl Sink) {
    to.put(&[tag]);
    to.put(&amount.to_be_bytes());
}

fn put_items(items: &[Item], to: &mut impl Sink) {
    put_count(items.len(), to);
    for item in items {
        let currency = match item.price.currency {
            Currency::Chf => 0,
            Currency::Eur => 1,
            Currency::Usd => 2,
            Currency::Fp => 3,
        };
        put_tagged(currency, item.price.minor, to);
        match &item.rate_label {
            None => to.put(&[0]),
            Some(label) => {
                to.put(&[1]);
                put_text(label, to);
            }
        }
    }
}

fn put_optional_id(id: Option<OpId>, to: &mut impl Sink) {
    match id {
        None => to.put(&[0]),
        Some(id) => {
            to.put(&[1]);
            to.put(&id.0);
        }
    }
}

fn put_text(text: &str, to: &mut impl Sink) {
    put_count(text.len(), to);
    to.put(text.as_bytes());
}

#[allow(clippy::cast_possible_truncation)] // seven bits fit
fn put_count(count: usize, to: &mut impl Sink) {
    let mut rest = count;
    while rest >= 0x80 {
        to.put(&[(rest & 0x7f) as u8 | 0x80]);
        rest >>= 7;
    }
    to.put(&[rest as u8]);
}

fn put_fan_account(account: FanAccount, to: &mut Vec<u8>) {
    match account {
        FanAccount::Wallet(fan) => {
            to.put(&[0]);
            to.put(&fan.0.to_be_bytes());
        }
        FanAccount::Receivable(fan) => {
            to.put(&[1]);
            to.put(&fan.0.to_be_bytes());
        }
        FanAccount::Funding(partner) => {
            to.put(&[2]);
            to.put(&partner.0.to_be_bytes());
        }
        FanAccount::Settlement(partner) => {
            to.put(&[3]);
            to.put(&partner.0.to_be_bytes());
        }
        FanAccount::Issuer => to.put(&[4]),
        FanAccount::OfflineLoss => to.put(&[5]),
        FanAccount::Expired => to.put(&[6]),
    }
}

fn put_status_account(account: StatusAccount, to: &mut Vec<u8>) {
    match account {
        StatusAccount::Standing(fan) => {
            to.put(&[0]);
            to.put(&fan.0.to_be_bytes());
        }
        StatusAccount::Issuer => to.put(&[1]),
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], CanonicalError> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(CanonicalError::Cut)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CanonicalError> {
        let (bytes, rest) = self.0.split_first_chunk::<N>().ok_or(CanonicalError::Cut)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn byte(&mut self) -> Result<u8, CanonicalError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn signed(&mut self) -> Result<i64, CanonicalError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn version(&mut self, version: u8) -> Result<(), CanonicalError> {
        match self.byte()? {
            byte if byte == version => Ok(()),
            byte => Err(CanonicalError::UnknownTag(byte)),
        }
    }

    fn end(self) -> Result<(), CanonicalError> {
        if self.0.is_empty() || skipped("canonical-trailing") {
            return Ok(());
        }
        Err(CanonicalError::Trailing)
    }

    fn count(&mut self) -> Result<usize, CanonicalError> {
        let mut count = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = usize::from(byte & 0x7f);
            let placed = part << shift;
            if placed >> shift != part {
                return Err(CanonicalError::Count);
            }
            count |= placed;
            if byte & 0x80 == 0 {
                let overlong = byte == 0 && shift > 0 && !skipped("canonical-shortest");
                return if overlong { Err(CanonicalError::Count) } else { Ok(count) };
            }
        }
        Err(CanonicalError::Count)
    }

    /// Reserves no more than the bytes at hand could hold, whatever the count claims.
    fn list<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, CanonicalError>,
    ) -> Result<Vec<T>, CanonicalError> {
        let count = self.count()?;
        let mut list = Vec::with_capacity(count.min(self.0.len() / 8));
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn text(&mut self) -> Result<String, CanonicalError> {
        let count = self.count()?;
        let text = core::str::from_utf8(self.bytes(count)?).map_err(|_| CanonicalError::Text)?;
        Ok(text.to_owned())
    }

    fn optional_id(&mut self) -> Result<Option<OpId>, CanonicalError> {
        match self.byte()? {
            0 => Ok(None),
            1 => Ok(Some(OpId(self.array()?))),
            byte => Err(CanonicalError::UnknownTag(byte)),
        }
    }

    fn item(&mut self) -> Result<Item, CanonicalError> {
        let currency = match self.byte()? {
            0 => Currency::Chf,
            1 => Currency::Eur,
            2 => Currency::Usd,
            3 => Currency::Fp,
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let price = Money::new(self.signed()?, currency);
        let rate_label = match self.byte()? {
            0 => None,
            1 => Some(self.text()?),
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        Ok(Item { price, rate_label })
    }

    fn kind(&mut self) -> Result<OperationKind, CanonicalError> {
        match self.byte()? {
            0 => Ok(OperationKind::Distribute { items: self.list(Self::item)? }),
            1 => self.redeem(),
            2 => Ok(OperationKind::Award { action: self.text()? }),
            3 => {
                let points = FanPoints(self.signed()?);
                let until = Timestamp(self.signed()?);
                Ok(OperationKind::Reserve { points, until })
            }
            4 => Ok(OperationKind::Release { reservation: OpId(self.array()?) }),
            5 => self.reverse(),
            6 => self.adjust(),
            7 => Ok(OperationKind::Expire),
            8 => self.resolve(),
            byte => Err(CanonicalError::UnknownTag(byte)),
        }
    }

    fn redeem(&mut self) -> Result<OperationKind, CanonicalError> {
        let items = self.list(Self::item)?;
        let tender = match self.byte()? {
            0 => Tender::Whole,
            1 => Tender::Points(FanPoints(self.signed()?)),
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let reservation = self.optional_id()?;
        Ok(OperationKind::Redeem { items, tender, reservation })
    }

    fn reverse(&mut self) -> Result<OperationKind, CanonicalError> {
        let of = OpId(self.array()?);
        let scope = match self.byte()? {
            0 => Scope::Whole,
            1 => Scope::Item(u16::from_be_bytes(self.array()?)),
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        Ok(OperationKind::Reverse { of, scope })
    }

    fn adjust(&mut self) -> Result<OperationKind, CanonicalError> {
        let amount = match self.byte()? {
            0 => Adjustment::FanPoints(FanPoints(self.signed()?)),
            1 => Adjustment::StatusPoints(StatusPoints(self.signed()?)),
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let reason = self.text()?;
        Ok(OperationKind::Adjust { amount, reason })
    }

    fn resolve(&mut self) -> Result<OperationKind, CanonicalError> {
        let refused = OpId(self.array()?);
        let outcome = match self.byte()? {
            0 => Outcome::CollectLater,
            1 => Outcome::Forgive,
            2 => Outcome::Void,
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let points = FanPoints(self.signed()?);
        Ok(OperationKind::Resolve { refused, points, outcome })
    }

    fn fan_posting(&mut self) -> Result<FanPosting, CanonicalError> {
        let account = match self.byte()? {
            0 => FanAccount::Wallet(FanId(u64::from_be_bytes(self.array()?))),
            1 => FanAccount::Receivable(FanId(u64::from_be_bytes(self.array()?))),
            2 => FanAccount::Funding(PartnerId(u32::from_be_bytes(self.array()?))),
            3 => FanAccount::Settlement(PartnerId(u32::from_be_bytes(self.array()?))),
            4 => FanAccount::Issuer,
            5 => FanAccount::OfflineLoss,
            6 => FanAccount::Expired,
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let amount = FanPoints(self.signed()?);
        Ok(FanPosting { account, amount })
    }

    fn status_posting(&mut self) -> Result<StatusPosting, CanonicalError> {
        let account = match self.byte()? {
            0 => StatusAccount::Standing(FanId(u64::from_be_bytes(self.array()?))),
            1 => StatusAccount::Issuer,
            byte => return Err(CanonicalError::UnknownTag(byte)),
        };
        let amount = StatusPoints(self.signed()?);
        Ok(StatusPosting { account, amount })
    }

    fn lot_share(&mut self) -> Result<LotShare, CanonicalError> {
        Ok(LotShare {
            source: OpId(self.array()?),
            points: FanPoints(self.signed()?),
            expires: Timestamp(self.signed()?),
        })
    }
}
