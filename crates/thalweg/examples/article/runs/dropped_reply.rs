//! An actor that forgets to answer where something went wrong: the sender of the answer is dropped, and the asker gives up.

use thalweg::record::{name_channel, named};
use thalweg::{mpsc, oneshot};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let (ask, asked) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(8);
    name_channel("requests", &ask);
    let (ask, mut asked) = (named("client", ask), named("actor", asked));
    let time = executor.clone();
    executor.spawn(async move {
        while let Some((number, reply)) = asked.recv().await {
            time.sleep(35).await;
            if number == 2 {
                continue; // the mistake
            }
            reply.send(number * number).expect("the client waits");
        }
    });
    let time = executor.clone();
    executor.spawn(async move {
        for number in 1..=3 {
            time.sleep(20).await;
            let (reply, answer) = oneshot::channel();
            name_channel(format!("reply {number}"), &reply);
            let (reply, answer) = (named("actor", reply), named("client", answer));
            ask.send((number, reply)).await.expect("the actor is there");
            let Ok(_square) = answer.await else { return };
        }
    });
}
