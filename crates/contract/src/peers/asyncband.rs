//! asyncband. Capacity 0 panics; an unbounded send is a plain call.

use ::asyncband::{broadcast::mpmc as broadcast, mpmc, mpsc, oneshot};

use crate::broadcast::{self as all, Got};
use crate::column::Note;
use crate::message::Message;
use crate::oneshot as once;
use crate::stream::{Capacity, Nothing, Refused, Stream};
use crate::traits::{Traits, handle};

/// Its two modules differ in their types only.
macro_rules! adapter {
    ($adapter:ident, $tx:ident, $rx:ident, $module:ident, $kind:literal, $shared:literal, $share:expr) => {
        pub(crate) struct $adapter;

        #[derive(Clone)]
        pub(crate) enum $tx {
            Bounded($module::BoundedSender<Message>),
            Unbounded($module::UnboundedSender<Message>),
        }

        pub(crate) enum $rx {
            Bounded($module::BoundedReceiver<Message>),
            Unbounded($module::UnboundedReceiver<Message>),
        }

        impl Stream for $adapter {
            const NAME: &'static str = "asyncband";
            const KIND: &'static str = $kind;
            const SHARED: bool = $shared;
            const PERMITS: bool = true;
            const GIVES_BACK: bool = true;
            type Tx = $tx;
            type Rx = $rx;

            fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
                match capacity {
                    Capacity::Bounded(0) => None,
                    Capacity::Bounded(capacity) => {
                        let (tx, rx) = $module::bounded(capacity);
                        Some(($tx::Bounded(tx), $rx::Bounded(rx)))
                    }
                    Capacity::Unbounded => {
                        let (tx, rx) = $module::unbounded();
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
                result.map_err(|error| Some(error.into_inner()))
            }

            fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
                match tx {
                    $tx::Bounded(tx) => tx.try_send(message).map_err(|error| match error {
                        $module::TrySendError::Full(message) => Refused::Full(Some(message)),
                        $module::TrySendError::Disconnected(message) => Refused::Closed(Some(message)),
                    }),
                    $tx::Unbounded(tx) => tx.send(message).map_err(|error| Refused::Closed(Some(error.into_inner()))),
                }
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
                    $module::TryRecvError::Empty => Nothing::Empty,
                    $module::TryRecvError::Disconnected => Nothing::Closed,
                })
            }

            async fn hold(tx: &mut Self::Tx, message: Message, signal: impl Future<Output = ()> + Send) {
                let $tx::Bounded(tx) = tx else { return };
                if let Ok(permit) = tx.reserve().await {
                    signal.await;
                    let _ = permit.send(message);
                }
            }

            /// The message is not in the send before there is a place.
            async fn send_or_back(
                tx: &mut Self::Tx,
                message: Message,
                signal: impl Future<Output = ()> + Send,
            ) -> Result<(), Option<Message>> {
                let $tx::Bounded(tx) = tx else { return Self::send(tx, message).await };
                let given_up = async {
                    signal.await;
                    None
                };
                match futures_lite::future::or(async { tx.reserve().await.ok() }, given_up).await {
                    Some(permit) => permit.send(message).map_err(|error| Some(error.into_inner())),
                    None => Err(Some(message)),
                }
            }

            fn traits() -> Traits {
                vec![
                    handle!("BoundedSender", T => $module::BoundedSender<T>),
                    handle!("BoundedReceiver", T => $module::BoundedReceiver<T>),
                    handle!("UnboundedSender", T => $module::UnboundedSender<T>),
                    handle!("UnboundedReceiver", T => $module::UnboundedReceiver<T>),
                ]
            }
        }
    };
}

adapter!(Mpmc, MpmcTx, MpmcRx, mpmc, "mpmc", true, |rx: &MpmcRx| Some(match rx {
    MpmcRx::Bounded(rx) => MpmcRx::Bounded(rx.clone()),
    MpmcRx::Unbounded(rx) => MpmcRx::Unbounded(rx.clone()),
}));
adapter!(Mpsc, MpscTx, MpscRx, mpsc, "mpsc", false, |_| None);

/// Its receiver becomes a future when it is awaited, and has no try_recv from then on.
pub(crate) struct Oneshot;

impl once::Oneshot for Oneshot {
    const NAME: &'static str = "asyncband";
    const TRY_RECV: bool = false;
    type Tx = oneshot::Sender<Message>;
    type Rx = oneshot::Recv<Message>;

    fn open() -> (Self::Tx, Self::Rx) {
        let (tx, rx) = oneshot::channel();
        (tx, rx.into_future())
    }

    fn send(tx: Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).map_err(|error| Some(error.into_inner()))
    }

    async fn recv(rx: &mut Self::Rx) -> Option<Message> {
        rx.await.ok()
    }

    fn traits() -> Traits {
        vec![handle!("Sender", T => oneshot::Sender<T>), handle!("Recv", T => oneshot::Recv<T>)]
    }
}

pub(crate) struct Broadcast;

impl all::Broadcast for Broadcast {
    const NAME: &'static str = "asyncband";
    fn is_lossless() -> bool {
        true
    }

    type Tx = broadcast::BoundedSender<Message>;
    type Rx = broadcast::BoundedReceiver<Message>;

    fn open(capacity: usize) -> (Self::Tx, Self::Rx) {
        broadcast::bounded(capacity)
    }

    fn subscribe(tx: &Self::Tx) -> Self::Rx {
        tx.subscribe()
    }

    async fn send(tx: &mut Self::Tx, message: Message) -> Result<(), Option<Message>> {
        tx.send(message).await;
        Ok(())
    }

    fn try_send(tx: &mut Self::Tx, message: Message) -> Result<(), Refused> {
        tx.try_send(message).map_err(|error| Refused::Full(Some(error.into_inner())))
    }

    async fn recv(rx: &mut Self::Rx) -> Got {
        rx.recv().await.map_or(Got::Closed, Got::Message)
    }

    fn try_recv(rx: &mut Self::Rx) -> Got {
        match rx.try_recv() {
            Ok(message) => Got::Message(message),
            Err(broadcast::TryRecvError::Empty) => Got::Empty,
            Err(broadcast::TryRecvError::Disconnected) => Got::Closed,
        }
    }

    fn documented(probe: &str) -> Option<Note> {
        match probe {
            "last-receiver" => Some(Note {
                says: "If no receivers are active, the message is dropped immediately and this returns without waiting",
                place: "https://docs.rs/asyncband/0.7.4/asyncband/broadcast/mpmc/struct.BoundedSender.html#method.send",
            }),
            _ => None,
        }
    }

    fn traits() -> Traits {
        vec![
            handle!("BoundedSender", T => broadcast::BoundedSender<T>),
            handle!("BoundedReceiver", T => broadcast::BoundedReceiver<T>),
        ]
    }
}
