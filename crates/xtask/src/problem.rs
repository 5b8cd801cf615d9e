//! What went wrong, and what the person at the terminal can do about it.

use std::fmt;
use std::io;

pub type Outcome<T = ()> = Result<T, Problem>;

/// A failure in words: what happened, and a cure where one is known.
#[derive(Debug)]
pub struct Problem {
    what: String,
    cure: Option<String>,
}

impl Problem {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), cure: None }
    }

    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }

    /// For `map_err`: names what was being done when the operating system refused.
    pub fn while_doing(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::new(format!("{what}: {error}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xtask: {}", self.what)?;
        match &self.cure {
            Some(cure) => write!(f, "\n       {cure}"),
            None => Ok(()),
        }
    }
}
