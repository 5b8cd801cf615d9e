//! Guards that a test run can skip by name, so that the suite proves it would notice. Compiled out unless asked for.

/// Whether the guard of this name is skipped: never, in a build that ships.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub const fn skipped(_name: &str) -> bool {
    false
}

/// Whether the guard of this name is skipped: the one that the environment names.
#[cfg(feature = "mutants")]
#[allow(clippy::disallowed_methods)] // the only look outside, and only in a build made to fail
pub fn skipped(name: &str) -> bool {
    use std::sync::OnceLock;
    static ACTIVE: OnceLock<Option<String>> = OnceLock::new();
    ACTIVE.get_or_init(|| std::env::var("FANPOINTS_MUTANT").ok()).as_deref() == Some(name)
}

/// One rung of a ladder: refuses when the condition holds, unless the guard of this name is skipped.
macro_rules! guard {
    ($name:literal, $broken:expr, $refusal:expr) => {
        if $broken && !$crate::mutant::skipped($name) {
            return Err($refusal.into());
        }
    };
}
pub(crate) use guard;
