//! Tools of damage.

/// Does something when a future is dropped before it was over.
pub(super) struct Unless<F: FnMut()> {
    act: F,
    armed: bool,
}

pub(super) fn unless_done<F: FnMut()>(act: F) -> Unless<F> {
    Unless { act, armed: true }
}

impl<F: FnMut()> Unless<F> {
    pub(super) fn done(&mut self) {
        self.armed = false;
    }
}

impl<F: FnMut()> Drop for Unless<F> {
    fn drop(&mut self) {
        if self.armed {
            (self.act)();
        }
    }
}

/// A handle that claims to be fit for any thread, whatever its messages are. It carries none.
pub(super) struct Smuggler<T>(std::marker::PhantomData<T>);

// SAFETY: it holds nothing, and no value of it is ever made; it is here to be asked what it claims.
unsafe impl<T> Send for Smuggler<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Smuggler<T> {}
