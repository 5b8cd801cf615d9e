//! Every code a fan can show: parse, verify, issue.
//!
//! The crate is pure: no clock, no randomness, no input or output. Times are Unix seconds and are passed in.
//!
//! # The signed pass
//! The text is `FP1:` followed by the [Base45](https://www.rfc-editor.org/rfc/rfc9285) of a fixed layout, so the hot
//! path has no general parser. Numbers are big endian.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 1 | layout version 1 in the high four bits, kind in the low four: 1 card, 2 live |
//! | 1 | 1 | id of the platform key that signed |
//! | 2 | 4 | program |
//! | 6 | 8 | pseudonym of the fan |
//! | 14 | 4 | issued at; the balances are those of this second |
//! | 18 | 4 | valid until, this second included |
//! | 22 | 4 | Fan Points |
//! | 26 | 4 | Status Points |
//! | 30 | 2 | offline allowance in units of 10 Fan Points |
//! | 32 | 32 | live only: public key of the fan's device |
//! | 32 or 64 | 64 | platform signature (Ed25519) |
//! | 128 | 4 | live only: time of the proof |
//! | 132 | 4 | live only: counter of the proof |
//! | 136 | 64 | live only: signature of the fan's device |
//!
//! A card pass has 96 bytes, 148 characters, QR version 6 at level M; a live pass 200 bytes, 304 characters, version
//! 10 at level M; both in the alphanumeric mode. Each signature covers a label of its own purpose and then every byte
//! before it, so a signature made for one purpose is worth nothing for another. The device's signature covers the
//! platform's, so a proof can not be moved to another pass. Verification is strict: one text per pass, no key of small
//! order.
//!
//! Development and production of one program sign with keys of their own, under root keys of their own.
//!
//! # Keyboards
//! Base45 uses `0-9 A-Z $ % * + - . / :` and the space. A handheld scanner "types" with the positions of a US
//! keyboard; a computer set to another layout turns them into other characters. [`read_presses`] looks at the positions
//! of the keys (`KeyboardEvent.code`), too, which no layout and no dead key changes. For text that has already been
//! through a layout, [`repair_layout`] turns it back; the prefix is the self-check that tells which layout it was.
//! [`teach`] finds out what a scanner adds to a code, and how fast it is.
#![forbid(unsafe_code)]

mod bytes;
mod code;
mod fan;
mod goods;
mod handheld;
mod id;
mod issue;
mod keyboard;
mod keys;
mod pass;
mod proof;
mod refusal;

pub use code::{Code, JSON_V1_VERSION, MAX_TEXT, PASS_PREFIX, encode_deep_link, encode_json_v1, parse};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use fan::{BadFanRef, FanRef, Pseudonym};
pub use goods::{GoodsCode, encode_discount, encode_product, encode_voucher};
pub use handheld::{
    Ending, HandheldProfile, Press, Reading, Scan, TEACH_CODES, TeachFault, find_scan, read_presses, teach,
};
pub use id::{BadId, FanPointsId};
pub use issue::{Grant, IssueError, PassContent, device_proof, issue_card, issue_live};
pub use keyboard::{Layout, repair_layout};
pub use keys::{
    KEYS_FRESH_SECS, ListedKey, MAX_KEYS, MAX_REVOCATIONS, Revocation, SignedKeyList, TrustedKeys,
    is_policy_signed, sign_policy,
};
pub use pass::{CLOCK_LEEWAY_SECS, FanPass, PassKind, UnverifiedPass};
pub use proof::{LiveProof, PROOF_AHEAD_SECS, PROOF_BEHIND_SECS, PROOF_MEMORY_SECS, judge_proof};
pub use refusal::{CodeRefusal, Malformed, PassRefusal};
