//! Two tasks that send to each other through bounded channels before they receive.

use thalweg::mpmc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

pub(crate) fn run(executor: &Executor) {
    let ((orders, to_factory), (receipts, to_shop)) = (mpmc::bounded(2), mpmc::bounded(2));
    name_channel("orders", &orders);
    name_channel("receipts", &receipts);
    let (orders, to_shop) = (named("shop", orders), named("shop", to_shop));
    let (to_factory, receipts) = (named("factory", to_factory), named("factory", receipts));
    let time = executor.clone();
    executor.spawn(async move {
        for sends in [1, 2, 3, 4] {
            for order in 0..sends {
                if orders.send(order).await.is_err() {
                    return;
                }
            }
            time.sleep(10).await;
            if to_shop.recv().await.is_err() {
                return;
            }
        }
    });
    let time = executor.clone();
    executor.spawn(async move {
        while let Ok(order) = to_factory.recv().await {
            time.sleep(6).await;
            // One for the customer, one for the books.
            if receipts.send(order).await.is_err() || receipts.send(order).await.is_err() {
                return;
            }
        }
    });
}
