//! The other ways into each kind of channel: many at once, polled by hand, as streams and sinks, blocking, by closures.

use std::{collections::VecDeque, future::poll_fn};

use futures_lite::StreamExt;
use thalweg::mpmc;

use super::*;

fn foes(fuse: &Fuse, count: usize) -> VecDeque<Foe> {
    (0..count).map(|_| fuse.message()).collect()
}

/// Two who wait for the end, beside the others: when the waker of one panics, the other is to be woken all the same. Where they
/// have receivers, nobody's leaving makes up for it.
fn told<H: Clone, F: Future<Output = ()> + 'static>(handle: &H, closed: fn(H) -> F) -> [Deed; 2] {
    [deed(closed(handle.clone())), deed(closed(handle.clone()))]
}

/// `use_again`, and the close at any rate.
fn use_and_close(capacity: usize, sender: mpmc::Sender<Foe>, receiver: mpmc::Receiver<Foe>) -> Box<dyn FnOnce(&Fuse)> {
    let last = sender.clone();
    Box::new(move |fuse| {
        fuse.step(|| use_again(capacity, sender, receiver, fuse));
        last.close();
    })
}

#[test]
fn of_many_at_once() {
    for capacity in [0, 1, 3, usize::MAX] {
        play_all(&format!("mpmc at {capacity}, many"), |fuse| {
            let (sender, receiver) = channel(capacity);
            let consumers = [2, 3, 1].map(|limit| {
                let receiver = receiver.clone();
                deed(async move {
                    for _ in 0..2 {
                        let mut many = Vec::new();
                        let _ = receiver.recv_many(&mut many, limit).await;
                    }
                    let _ = receiver.try_recv_many(&mut Vec::new(), limit);
                })
            });
            let produce = |count: usize| {
                let (sender, fuse) = (sender.clone(), fuse.clone());
                deed(async move {
                    let _ = sender.send_many(&mut foes(&fuse, count)).await;
                    let _ = sender.try_send_many(&mut foes(&fuse, count));
                    if let Ok(permits) = sender.reserve_many(capacity.min(2)).await {
                        permits.for_each(|permit| drop(permit.send(fuse.message())));
                    }
                })
            };
            let mut producers: Vec<_> = [3, 2, 4].map(produce).into();
            producers.extend(told(&receiver, |receiver| async move { receiver.closed().await }));
            Cast { consumers: consumers.into(), producers, again: use_and_close(capacity, sender, receiver) }
        });
    }
}

#[test]
fn of_polled_ends() {
    for capacity in [1, 3] {
        play_all(&format!("mpmc at {capacity}, polled"), |fuse| {
            let (sender, receiver) = channel(capacity);
            let polled = |count: usize| {
                let mut receiver = receiver.clone();
                deed(async move {
                    for _ in 0..count {
                        drop(poll_fn(|cx| receiver.poll_recv(cx)).await);
                    }
                })
            };
            let mut stream = receiver.clone();
            let streamed = deed(async move {
                for _ in 0..2 {
                    drop(stream.next().await);
                }
            });
            let produce = |count: usize| {
                let (mut sender, fuse) = (sender.clone().into_poll_sender(), fuse.clone());
                deed(async move {
                    for _ in 0..count {
                        if poll_fn(|cx| sender.poll_reserve(cx)).await.is_ok() {
                            drop(sender.send_item(fuse.message()));
                        }
                    }
                    let _ = poll_fn(|cx| sender.poll_reserve(cx)).await;
                    sender.abort_send();
                })
            };
            let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
            producers.extend(told(&receiver, |receiver| async move { receiver.closed().await }));
            let consumers = vec![polled(2), streamed, polled(1)];
            Cast { consumers, producers, again: use_and_close(capacity, sender, receiver) }
        });
    }
}

#[test]
fn of_polled_ends_of_mpsc() {
    for capacity in [1, 3] {
        play_all(&format!("mpsc at {capacity}, polled"), |fuse| {
            let (sender, mut receiver) = mpsc::channel(capacity);
            let produce = |count: usize| {
                let (mut sender, fuse) = (mpsc::PollSender::new(sender.clone()), fuse.clone());
                deed(async move {
                    for _ in 0..count {
                        if poll_fn(|cx| sender.poll_reserve(cx)).await.is_ok() {
                            drop(sender.send_item(fuse.message()));
                        }
                    }
                })
            };
            let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
            producers.extend(told(&sender, |sender| async move { sender.closed().await }));
            let consumers = vec![deed(async move {
                drop(poll_fn(|cx| receiver.poll_recv(cx)).await);
                let mut many = Vec::new();
                poll_fn(|cx| receiver.poll_recv_many(cx, &mut many, 2)).await;
                receiver.close();
                while poll_fn(|cx| receiver.poll_recv(cx)).await.is_some() {}
            })];
            let again = move |fuse: &Fuse| assert!(sender.is_closed() || sender.try_send(fuse.message()).is_ok());
            Cast { consumers, producers, again: Box::new(again) }
        });
    }
}

#[cfg(feature = "sink")]
#[test]
fn of_sinks() {
    use std::pin::Pin;

    use futures_sink::Sink;

    async fn feed<S: Sink<Foe> + Unpin>(mut sink: S, messages: VecDeque<Foe>) {
        for message in messages {
            if poll_fn(|cx| Pin::new(&mut sink).poll_ready(cx)).await.is_ok() {
                let _ = Pin::new(&mut sink).start_send(message);
            }
            let _ = poll_fn(|cx| Pin::new(&mut sink).poll_flush(cx)).await;
        }
        let _ = poll_fn(|cx| Pin::new(&mut sink).poll_close(cx)).await;
    }
    for capacity in [0, 1, 3] {
        play_all(&format!("sinks at {capacity}"), |fuse| {
            let (sender, receiver) = channel(capacity);
            let (mpsc_sender, mut mpsc_receiver) = mpsc::channel(capacity.max(1));
            let mut stream = receiver.clone();
            let consumers = vec![
                deed(async move {
                    for _ in 0..2 {
                        drop(stream.next().await);
                    }
                }),
                deed(async move { while mpsc_receiver.recv().await.is_some() {} }),
            ];
            let mut producers = vec![
                deed(feed(sender.clone().into_poll_sender(), foes(fuse, 2))),
                deed(feed(mpsc::PollSender::new(mpsc_sender.clone()), foes(fuse, 2))),
                deed(feed(sender.clone().into_poll_sender(), foes(fuse, 1))),
                deed(feed(mpsc::PollSender::new(mpsc_sender), foes(fuse, 3))),
            ];
            producers.extend(told(&receiver, |receiver| async move { receiver.closed().await }));
            Cast { consumers, producers, again: use_and_close(capacity, sender, receiver) }
        });
    }
}

#[test]
fn of_streams_of_broadcast() {
    play_all("streams of broadcast", |fuse| {
        let (sender, receiver) = broadcast::channel(2);
        let streamed = |count: usize| {
            let mut stream = receiver.resubscribe();
            deed(async move {
                for _ in 0..count {
                    drop(stream.next().await);
                }
            })
        };
        let mut polled = receiver.resubscribe();
        let polled = deed(async move {
            for _ in 0..2 {
                drop(poll_fn(|cx| polled.poll_recv(cx)).await);
            }
        });
        let produce = |count: usize| {
            let (sender, fuse) = (sender.clone(), fuse.clone());
            deed(async move { (0..count).for_each(|_| drop(sender.send(fuse.message()))) })
        };
        let consumers = vec![streamed(2), polled, streamed(1)];
        let producers = [2, 3].map(produce).into();
        let again = move |fuse: &Fuse| {
            let mut receiver = receiver.deactivate().activate();
            assert!(sender.send(fuse.message()).is_ok());
            assert!(receiver.try_recv().is_ok());
        };
        Cast { consumers, producers, again: Box::new(again) }
    });
}

/// What blocks for no time waits as any other does, and leaves again: beside tasks whose wakers panic.
#[cfg(feature = "std")]
mod blocking {
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_mpmc() {
        for capacity in [0, 1, 3, usize::MAX] {
            play_all(&format!("mpmc at {capacity}, blocking"), |fuse| {
                let (sender, receiver) = channel(capacity);
                let consume = |count: usize| {
                    let receiver = receiver.clone();
                    deed(async move {
                        for _ in 0..count {
                            drop(receiver.recv().await);
                            drop(receiver.recv_timeout(Duration::ZERO));
                            if !receiver.is_empty() {
                                let _ = receiver.recv_many_blocking(&mut Vec::new(), 2);
                            }
                        }
                    })
                };
                let produce = |count: usize| {
                    let (sender, fuse) = (sender.clone(), fuse.clone());
                    deed(async move {
                        for _ in 0..count {
                            drop(sender.send_timeout(fuse.message(), Duration::ZERO));
                            if !sender.is_full() {
                                drop(sender.send_blocking(fuse.message()));
                            }
                            drop(sender.send(fuse.message()).await);
                        }
                    })
                };
                let consumers = [2, 2, 1].map(consume).into();
                let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
                producers.extend(told(&receiver, |receiver| async move { receiver.closed().await }));
                Cast { consumers, producers, again: use_and_close(capacity, sender, receiver) }
            });
        }
    }

    #[test]
    fn of_mpsc() {
        for capacity in [1, 3] {
            play_all(&format!("mpsc at {capacity}, blocking"), |fuse| {
                let (sender, mut receiver) = mpsc::channel(capacity);
                let produce = |count: usize| {
                    let (sender, fuse) = (sender.clone(), fuse.clone());
                    deed(async move {
                        for _ in 0..count {
                            drop(sender.blocking_send_timeout(fuse.message(), Duration::ZERO));
                            drop(sender.send(fuse.message()).await);
                        }
                    })
                };
                let mut producers: Vec<_> = [2, 3, 1].map(produce).into();
                producers.extend(told(&sender, |sender| async move { sender.closed().await }));
                let consumers = vec![deed(async move {
                    for _ in 0..2 {
                        drop(receiver.blocking_recv_timeout(Duration::ZERO));
                        drop(receiver.recv().await);
                    }
                    receiver.close();
                    while receiver.recv().await.is_some() {}
                    assert!(receiver.blocking_recv().is_none());
                })];
                let again = move |fuse: &Fuse| assert!(sender.is_closed() || sender.try_send(fuse.message()).is_ok());
                Cast { consumers, producers, again: Box::new(again) }
            });
        }
    }

    #[test]
    fn of_oneshot() {
        play_all("oneshot, blocking", |fuse| {
            let (mut consumers, mut producers) = (Vec::new(), Vec::new());
            for n in 0..4 {
                let (sender, mut receiver) = oneshot::channel();
                let fuse = fuse.clone();
                consumers.push(deed(async move {
                    drop(receiver.blocking_recv_timeout(Duration::ZERO));
                    match n % 2 {
                        0 => drop(receiver.await),
                        _ => drop(receiver.blocking_recv_timeout(Duration::ZERO)),
                    }
                }));
                producers.push(deed(async move { drop(sender.send(fuse.message())) }));
            }
            let again = |fuse: &Fuse| {
                let (sender, receiver) = oneshot::channel();
                assert!(sender.send(fuse.message()).is_ok());
                assert!(receiver.blocking_recv().is_ok());
            };
            Cast { consumers, producers, again: Box::new(again) }
        });
    }

    #[test]
    fn of_broadcast() {
        for capacity in [1, 2] {
            play_all(&format!("broadcast at {capacity}, blocking"), |fuse| {
                let (sender, receiver) = broadcast::lossless(capacity);
                let consume = |count: usize| {
                    let mut receiver = receiver.resubscribe();
                    deed(async move {
                        for _ in 0..count {
                            drop(receiver.blocking_recv_timeout(Duration::ZERO));
                            drop(receiver.recv().await);
                        }
                    })
                };
                let produce = |count: usize| {
                    let (sender, fuse) = (sender.clone(), fuse.clone());
                    deed(async move {
                        for _ in 0..count {
                            drop(sender.blocking_send_timeout(fuse.message(), Duration::ZERO));
                            drop(sender.send(fuse.message()).await);
                        }
                    })
                };
                let consumers = [2, 2, 1].map(consume).into();
                let mut producers: Vec<_> = [2, 1].map(produce).into();
                producers.extend(told(&sender, |sender| async move { sender.closed().await }));
                let again = move |fuse: &Fuse| {
                    drop(receiver);
                    let mut receiver = sender.subscribe();
                    assert!(sender.blocking_send(fuse.message()).is_ok());
                    assert!(receiver.blocking_recv().is_ok());
                };
                Cast { consumers, producers, again: Box::new(again) }
            });
        }
    }

    /// A thread that really sleeps, behind a task whose waker panics, and before one.
    #[test]
    fn of_a_thread_that_sleeps() {
        for capacity in [0, 1, usize::MAX] {
            play_all(&format!("mpmc at {capacity}, with a thread"), |fuse| {
                let (sender, receiver) = channel(capacity);
                let consume = || {
                    let receiver = receiver.clone();
                    deed(async move { drop(receiver.recv().await) })
                };
                let consumers = vec![consume(), consume()];
                let sleeper = sleeper(receiver.clone(), fuse.clone());
                let produce = |count: usize| {
                    let (sender, fuse) = (sender.clone(), fuse.clone());
                    deed(async move {
                        for _ in 0..count {
                            drop(sender.send(fuse.message()).await);
                        }
                    })
                };
                let mut producers: Vec<_> = [2, 3].map(produce).into();
                producers.extend(told(&receiver, |receiver| async move { receiver.closed().await }));
                let again = move |fuse: &Fuse| {
                    let closed = fuse.step(|| sender.close());
                    assert!(closed.is_none() || closed == Some(true));
                    sleeper.join().unwrap();
                    drop(receiver);
                };
                Cast { consumers, producers, again: Box::new(again) }
            });
        }
    }

    /// Receives until the end, whatever panics.
    fn sleeper(receiver: mpmc::Receiver<Foe>, fuse: Fuse) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            let mut is_open = true;
            while is_open {
                is_open = fuse.step(|| receiver.recv_blocking().is_ok()).unwrap_or(true);
            }
            fuse.step(|| drop(receiver));
        })
    }
}

#[cfg(feature = "std")]
#[test]
fn of_closures_of_watch() {
    use thalweg::watch;

    play_all("closures of watch", |fuse| {
        let (sender, receiver) = watch::channel(fuse.message());
        let consume = |count: usize| {
            let (mut receiver, fuse) = (receiver.clone(), fuse.clone());
            deed(async move {
                for n in 0..count {
                    let mut looks = 0;
                    let met = receiver.wait_for(|_| {
                        fuse.burn();
                        looks += 1;
                        looks > n
                    });
                    drop(met.await.map(|value| value.clone()));
                }
            })
        };
        let mut values = receiver.clone().into_stream();
        let streamed = deed(async move {
            for _ in 0..2 {
                drop(values.next().await);
            }
        });
        let consumers = vec![consume(2), consume(3), streamed, consume(1)];
        let produce = |count: usize| {
            let (sender, fuse) = (sender.clone(), fuse.clone());
            deed(async move {
                for n in 0..count {
                    sender.send_modify(|value| {
                        fuse.burn();
                        *value = fuse.message();
                        fuse.burn();
                    });
                    sender.send_if_modified(|value| {
                        fuse.burn();
                        *value = fuse.message();
                        n % 2 == 0
                    });
                    drop(sender.send_replace(fuse.message()));
                }
            })
        };
        let producers = [2, 3, 1].map(produce).into();
        let again = move |fuse: &Fuse| {
            let mut receiver = receiver;
            drop(receiver.borrow_and_update());
            assert!(sender.send(fuse.message()).is_ok());
            assert!(receiver.has_changed().unwrap());
            assert!(receiver.blocking_changed_timeout(std::time::Duration::ZERO).is_ok());
        };
        Cast { consumers, producers, again: Box::new(again) }
    });
}
