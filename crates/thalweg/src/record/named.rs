//! Names for handles and channels.

use alloc::string::String;

use super::news::News;
use super::run;

/// A handle of a channel. For `thalweg`'s own.
pub trait Named: sealed::Recorded {}

impl<H: sealed::Recorded> Named for H {}

pub(crate) mod sealed {
    /// What is recorded under a number; 0 if it is not recorded.
    pub trait Recorded {
        #[doc(hidden)]
        fn id(&self) -> u32;
    }
}

/// Gives the handle a name in recordings. Handles of one name are drawn as one party: give both handles of a task that
/// receives here and sends there its name. Does nothing if the channel is not recorded.
pub fn named<H: Named>(name: impl Into<String>, handle: H) -> H {
    if handle.id() != 0 {
        let _ = run::tell(News::Name(handle.id(), name.into()));
    }
    handle
}

/// Gives the channel of this handle a name in recordings. Does nothing if the channel is not recorded.
pub fn name_channel<H: Named>(name: impl Into<String>, handle: &H) {
    if handle.id() != 0 {
        let _ = run::tell(News::ChannelName(handle.id(), name.into()));
    }
}
