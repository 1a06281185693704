//! thingbuf. One receiver, bounded only. By value, as all others; its references into the buffer would spare it a move
//! that no other peer can spare.

use ::thingbuf::mpsc::{Receiver, Sender};

use crate::channel::{self, Capacity, Delivery, Named, Rx, Tx};
use crate::message::Message;

const NAMED: Named = Named::strict("thingbuf");

pub(crate) struct Channel;

impl<T: Message> channel::Channel<T> for Channel {
    const NAMED: Named = NAMED;
    /// In the storm it ends the program by a segmentation fault, now and then: dropped sends stay in its list of waiters
    /// (its issues 100 and 102).
    const EXCUSE: Option<&'static str> = Some("crashes");
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: Capacity) -> Option<(Self::Tx, Self::Rx)> {
        match capacity {
            Capacity::Bounded(0) | Capacity::Unbounded => None,
            Capacity::Bounded(capacity) => Some(::thingbuf::mpsc::channel(capacity)),
        }
    }
}

impl<T: Message> Tx<T> for Sender<T> {
    fn put(&mut self, message: T) -> impl Future<Output = Result<(), impl Send>> + Send {
        self.send(message)
    }

    fn try_put(&mut self, message: T) -> bool {
        self.try_send(message).is_ok()
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    fn take(&mut self) -> impl Future<Output = impl Delivery<T>> + Send {
        self.recv()
    }

    fn try_take(&mut self) -> Option<T> {
        self.try_recv().ok()
    }
}
