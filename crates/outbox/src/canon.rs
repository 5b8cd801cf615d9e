//! Canonical bytes: the same content always gives the same bytes, and no other content does.

use sha2::{Digest, Sha256};

/// Builds bytes out of fixed-width numbers and texts with their length in front.
#[derive(Default)]
pub(crate) struct Canon(Vec<u8>);

impl Canon {
    pub(crate) fn new(tag: u8) -> Self {
        Self(vec![tag])
    }

    pub(crate) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn int(mut self, value: i64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn option(self, value: Option<&str>) -> Self {
        match value {
            None => self.byte(0),
            Some(text) => self.byte(1).text(text),
        }
    }

    pub(crate) fn number(self, value: Option<i64>) -> Self {
        match value {
            None => self.byte(0),
            Some(number) => self.byte(1).int(number),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn digest(self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
