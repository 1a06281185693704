//! What the compiler says of a crate's types.

/// Of each handle: what it is called, and what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle {
    pub(crate) name: &'static str,
    /// `Send`, `Sync` with messages that are `Send` and not `Sync`.
    pub(crate) send: bool,
    pub(crate) sync: bool,
    pub(crate) unpin: bool,
    pub(crate) unwind_safe: bool,
    /// `Send`, `Sync` with messages that must stay on their thread: must be neither.
    pub(crate) carries_rc: bool,
    pub(crate) shares_rc: bool,
}

impl Handle {
    /// Of which there is one, so that nobody shares it: it need not be `Sync`.
    #[cfg_attr(not(feature = "peers"), allow(dead_code))]
    pub(crate) fn alone(mut self) -> Self {
        self.sync = true;
        self
    }
}

pub(crate) type Traits = Vec<Handle>;

/// Whether a type implements a trait, as a value: where it does, the inherent constant is found first.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code)] // where each type that is asked implements it
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code)] // where the type does not implement it
        impl<T: ?Sized + $($bound)+> Asked<T> {
            const ANSWER: bool = true;
        }
        <Asked<$type>>::ANSWER
    }};
}

/// A handle that is generic over its message: `handle!("Sender", T => Sender<T>)`.
macro_rules! handle {
    ($name:expr, $message:ident => $type:ty) => {{
        type Of<$message> = $type;
        $crate::traits::Handle {
            name: $name,
            send: $crate::traits::implements!(Of<std::cell::Cell<u8>>: Send),
            sync: $crate::traits::implements!(Of<std::cell::Cell<u8>>: Sync),
            unpin: $crate::traits::implements!(Of<u8>: Unpin),
            unwind_safe: $crate::traits::implements!(Of<u8>: std::panic::UnwindSafe),
            carries_rc: $crate::traits::implements!(Of<std::rc::Rc<u8>>: Send),
            shares_rc: $crate::traits::implements!(Of<std::rc::Rc<u8>>: Sync),
        }
    }};
}

pub(crate) use {handle, implements};
