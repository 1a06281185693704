//! What a probe may find.

/// Why a promise was not seen kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// With what was seen.
    Broken(String),
    /// The crate has nothing that could keep or break it, with the reason.
    NotOffered(String),
}

/// `Ok` when everything the probe tried went as promised.
pub(crate) type Outcome = Result<(), Fault>;

/// Broken, unless `holds`; `seen` says what was seen instead.
pub(crate) fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Fault::Broken(seen())) }
}

pub(crate) fn broken<T>(seen: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Broken(seen.into()))
}

pub(crate) fn not_offered<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::NotOffered(why.into()))
}
