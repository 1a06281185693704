//! crossfire. A bounded channel of 0 is one of 1 there, so it is not asked for. An unbounded send never waits, and its
//! sender is the blocking one.

use ::crossfire::oneshot::{RxOneshot, TxOneshot};
use ::crossfire::{
    AsyncRx, MAsyncRx, MAsyncTx, MTx, SendTimeoutError, TryRecvError, TrySendError, detect_backoff_cfg, mpmc, mpsc,
};

use crate::message::Message;
use crate::oneshot as once;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

/// Its two modules differ in the type of the receiver.
macro_rules! adapter {
    ($adapter:ident, $tx:ident, $rx:ident, $module:ident, $receiver:ident, $kind:literal, $shared:literal, $share:expr,
     $traits:expr) => {
        pub(crate) struct $adapter;

        #[derive(Clone)]
        pub(crate) enum $tx {
            Bounded(MAsyncTx<$module::Array<Message>>),
            Unbounded(MTx<$module::List<Message>>),
        }

        pub(crate) enum $rx {
            Bounded($receiver<$module::Array<Message>>),
            Unbounded($receiver<$module::List<Message>>),
        }

        impl Stream for $adapter {
            const NAME: &'static str = "crossfire";
            const KIND: &'static str = $kind;
            const SHARED: bool = $shared;
            const GIVES_BACK: bool = true;
            type Tx = $tx;
            type Rx = $rx;

            fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
                // The authors ask for this call at the start of a program that may run on a virtual machine.
                detect_backoff_cfg();
                match capacity {
                    Capacity::Bounded(0) => None,
                    Capacity::Bounded(capacity) => {
                        let (tx, rx) = $module::bounded_async(capacity);
                        Some(($tx::Bounded(tx), $rx::Bounded(rx)))
                    }
                    Capacity::Unbounded => {
                        let (tx, rx) = $module::unbounded_async();
                        Some(($tx::Unbounded(tx), $rx::Unbounded(rx)))
                    }
                }
            }

            fn share(rx: &Self::Rx) -> Option<Self::Rx> {
                $share(rx)
            }

            async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
                let result = match tx {
                    $tx::Bounded(tx) => tx.send(message).await,
                    $tx::Unbounded(tx) => tx.send(message),
                };
                result.map_err(|error| Some(error.0))
            }

            fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
                let result = match tx {
                    $tx::Bounded(tx) => tx.try_send(message),
                    $tx::Unbounded(tx) => tx.try_send(message),
                };
                result.map_err(|error| match error {
                    TrySendError::Full(message) => Refused::Full(Some(message)),
                    TrySendError::Disconnected(message) => Refused::Closed(Some(message)),
                })
            }

            async fn recv(rx: &mut Self::Rx) -> Option<Message> {
                match rx {
                    $rx::Bounded(rx) => rx.recv().await.ok(),
                    $rx::Unbounded(rx) => rx.recv().await.ok(),
                }
            }

            fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
                let result = match rx {
                    $rx::Bounded(rx) => rx.try_recv(),
                    $rx::Unbounded(rx) => rx.try_recv(),
                };
                result.map_err(|error| match error {
                    TryRecvError::Empty => Nothing::Empty,
                    TryRecvError::Disconnected => Nothing::Closed,
                })
            }

            /// By its timeout, which may be any future.
            async fn send_or_back(
                tx: &mut Self::Tx,
                message: Message,
                signal: impl Future<Output = ()> + Send,
            ) -> Result<(), Option<Message>> {
                let $tx::Bounded(tx) = tx else { return Self::send(tx, message).await };
                tx.send_with_timer(message, Box::pin(signal)).await.map_err(|error| match error {
                    SendTimeoutError::Timeout(message) | SendTimeoutError::Disconnected(message) => Some(message),
                })
            }

            fn traits() -> Traits {
                $traits
            }
        }
    };
}

adapter!(
    Mpmc,
    MpmcTx,
    MpmcRx,
    mpmc,
    MAsyncRx,
    "mpmc",
    true,
    |rx: &MpmcRx| Some(match rx {
        MpmcRx::Bounded(rx) => MpmcRx::Bounded(rx.clone()),
        MpmcRx::Unbounded(rx) => MpmcRx::Unbounded(rx.clone()),
    }),
    vec![handle!("MAsyncTx", T => MAsyncTx<mpmc::Array<T>>), handle!("MAsyncRx", T => MAsyncRx<mpmc::Array<T>>)]
);
adapter!(
    Mpsc,
    MpscTx,
    MpscRx,
    mpsc,
    AsyncRx,
    "mpsc",
    false,
    |_| None,
    vec![handle!("MAsyncTx", T => MAsyncTx<mpsc::Array<T>>), handle!("AsyncRx", T => AsyncRx<mpsc::Array<T>>).alone(),]
);

/// Its send tells nothing, so that all that can be said is that it was sent.
pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "crossfire";
    type Tx = TxOneshot<Message>;
    type Rx = RxOneshot<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        ::crossfire::oneshot::oneshot()
    }

    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message);
        Ok(())
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.await.ok()
    }

    fn try_recv(rx: &mut Self::Rx) -> Result<Message, Nothing> {
        rx.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Nothing::Empty,
            TryRecvError::Disconnected => Nothing::Closed,
        })
    }

    fn traits() -> Traits {
        vec![handle!("TxOneshot", T => TxOneshot<T>), handle!("RxOneshot", T => RxOneshot<T>)]
    }
}
