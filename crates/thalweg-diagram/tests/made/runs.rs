//! The runs of which pictures are made.

use thalweg_recording::{Kind, Recording};

use super::{Op, Sim};

const US: u64 = 1_000;
const MS: u64 = 1_000_000;

/// `times` times what `one` gives.
fn again(times: usize, one: impl Fn(usize) -> Vec<Op>) -> Vec<Op> {
    (0..times).flat_map(one).collect()
}

pub(crate) fn oneshot() -> Recording {
    let mut sim = Sim::new("oneshot: one message, once");
    let line = sim.channel(Kind::Oneshot, Some(1), "channel");
    let (tx, rx) = (sim.sender(line, "producer"), sim.receiver(line, "consumer"));
    sim.text(line, 0, "A");
    sim.task(&[rx], 2 * US, [Op::Recv(rx)]);
    sim.task(&[tx], 20 * US, [Op::Send(tx)]);
    sim.run(0)
}

pub(crate) fn mpsc() -> Recording {
    let mut sim = Sim::new("mpsc: many producers, one consumer");
    let line = sim.channel(Kind::Mpsc, Some(4), "channel");
    let one = sim.sender(line, "producer 1");
    let two = sim.sender(line, "producer 2");
    let rx = sim.receiver(line, "consumer");
    ["A", "B", "C"].iter().zip(0..).for_each(|(text, message)| sim.text(line, message, text));
    sim.task(&[one], 10 * US, [Op::Send(one), Op::Work(30 * US), Op::Send(one)]);
    sim.task(&[two], 22 * US, [Op::Send(two), Op::Work(40 * US)]);
    sim.task(&[rx], 30 * US, again(4, |_| vec![Op::Recv(rx), Op::Work(6 * US)]));
    sim.run(0)
}

pub(crate) fn broadcast() -> Recording {
    let mut sim = Sim::new("broadcast: each message to every consumer");
    let line = sim.channel(Kind::Broadcast, Some(4), "channel");
    let tx = sim.sender(line, "producer");
    let one = sim.receiver(line, "consumer 1");
    let two = sim.receiver(line, "consumer 2");
    ["A", "B"].iter().zip(0..).for_each(|(text, message)| sim.text(line, message, text));
    sim.task(&[tx], 10 * US, [Op::Send(tx), Op::Work(12 * US), Op::Send(tx), Op::Work(40 * US)]);
    sim.task(&[one], 26 * US, again(3, |_| vec![Op::Recv(one), Op::Work(11 * US)]));
    sim.task(&[two], 32 * US, again(3, |_| vec![Op::Recv(two), Op::Work(11 * US)]));
    sim.run(0)
}

pub(crate) fn mpmc() -> Recording {
    let mut sim = Sim::new("mpmc: each message to one of the consumers");
    let line = sim.channel(Kind::Mpmc, Some(4), "channel");
    let one = sim.sender(line, "producer 1");
    let two = sim.sender(line, "producer 2");
    let left = sim.receiver(line, "consumer 1");
    let right = sim.receiver(line, "consumer 2");
    ["A", "B", "C"].iter().zip(0..).for_each(|(text, message)| sim.text(line, message, text));
    sim.task(&[one], 10 * US, [Op::Send(one), Op::Work(20 * US), Op::Send(one), Op::Work(60 * US)]);
    sim.task(&[two], 20 * US, [Op::Send(two), Op::Work(60 * US)]);
    sim.task(&[left], 40 * US, again(2, |_| vec![Op::Recv(left), Op::Work(30 * US)]));
    sim.task(&[right], 50 * US, again(3, |_| vec![Op::Recv(right), Op::Work(8 * US)]));
    sim.run(0)
}

/// The second send waits until the first message is taken.
pub(crate) fn capacity_1() -> Recording {
    let mut sim = Sim::new("Capacity 1: the second send waits");
    let line = sim.channel(Kind::Mpmc, Some(1), "channel");
    let (tx, rx) = (sim.sender(line, "producer"), sim.receiver(line, "consumer"));
    ["A", "B"].iter().zip(0..).for_each(|(text, message)| sim.text(line, message, text));
    sim.task(&[tx], 10 * US, [Op::Send(tx), Op::Work(4 * US), Op::Send(tx)]);
    sim.task(&[rx], 60 * US, again(3, |_| vec![Op::Recv(rx), Op::Work(9 * US)]));
    sim.run(0)
}

pub(crate) fn slow_consumer() -> Recording {
    let mut sim = Sim::new("A slow consumer behind capacity 1");
    let parsed = sim.channel(Kind::Mpsc, Some(1), "parsed");
    let readers: Vec<u32> = (1..=3).map(|n| sim.sender(parsed, &format!("parser {n}"))).collect();
    let store = sim.receiver(parsed, "store");
    for (start, tx) in readers.into_iter().zip([5, 9, 14]).map(|(tx, start)| (start, tx)) {
        sim.task(&[tx], start * US, again(6, |_| vec![Op::Work(40 * US), Op::Send(tx)]));
    }
    sim.task(&[store], 3 * US, again(19, |_| vec![Op::Recv(store), Op::Work(800 * US)]));
    sim.run(0)
}

/// An actor that drops the sender of an answer on its error path.
pub(crate) fn dropped_reply() -> Recording {
    let mut sim = Sim::new("A request whose reply sender is dropped");
    let requests = sim.channel(Kind::Mpsc, Some(8), "requests");
    let ask = sim.sender(requests, "client");
    let serve = sim.receiver(requests, "actor");
    let mut asks = Vec::new();
    let mut serves = Vec::new();
    let mut handles = (vec![ask], vec![serve]);
    for number in 0..3 {
        let reply = sim.channel(Kind::Oneshot, Some(1), &format!("reply {}", number + 1));
        let (answer, answered) = (sim.sender(reply, "actor"), sim.receiver(reply, "client"));
        handles.0.push(answered);
        handles.1.push(answer);
        asks.extend([Op::Send(ask), Op::Recv(answered), Op::Work(20 * US)]);
        serves.extend([Op::Recv(serve), Op::Work(35 * US)]);
        serves.push(if number == 1 { Op::Drop(answer) } else { Op::Send(answer) });
    }
    sim.task(&handles.1, US, serves);
    sim.task(&handles.0, 4 * US, asks);
    sim.run(0)
}

/// Two tasks that send to each other through bounded channels before they receive.
pub(crate) fn deadlock() -> Recording {
    let mut sim = Sim::new("Two tasks that wait for each other");
    let (there, back) = (sim.channel(Kind::Mpmc, Some(2), "orders"), sim.channel(Kind::Mpmc, Some(2), "receipts"));
    let (tx_a, rx_b) = (sim.sender(there, "shop"), sim.receiver(there, "factory"));
    let (tx_b, rx_a) = (sim.sender(back, "factory"), sim.receiver(back, "shop"));
    let shop = [1, 2, 3, 3, 4, 4].into_iter().flat_map(move |sends| {
        let mut ops = vec![Op::Send(tx_a); sends];
        ops.extend([Op::Work(10 * US), Op::Recv(rx_a)]);
        ops
    });
    let factory = again(9, |_| vec![Op::Recv(rx_b), Op::Work(6 * US), Op::Send(tx_b), Op::Send(tx_b)]);
    sim.task(&[tx_a, rx_a], 2 * US, shop);
    sim.task(&[rx_b, tx_b], 5 * US, factory);
    sim.run(2_000 * MS)
}

/// Receives that are given up, and a receiver of a broadcast that is too slow.
pub(crate) fn trouble() -> Recording {
    let mut sim = Sim::new("Given up, missed, left behind");
    let news = sim.channel(Kind::Broadcast, Some(2), "news");
    let tx = sim.sender(news, "ticker");
    let (fast, slow) = (sim.receiver(news, "fast"), sim.receiver(news, "slow"));
    let jobs = sim.channel(Kind::Mpmc, None, "jobs");
    let (job, worker) = (sim.sender(jobs, "fast"), sim.receiver(jobs, "worker"));
    sim.task(&[tx], 8 * US, again(5, |_| vec![Op::Send(tx), Op::Work(9 * US)]));
    sim.task(&[fast, job], 2 * US, again(7, |_| vec![Op::Recv(fast), Op::Send(job)]));
    sim.task(&[slow], 30 * US, again(7, |_| vec![Op::Recv(slow), Op::Work(25 * US)]));
    let patient = again(3, |_| vec![Op::RecvWithin(worker, 4 * US), Op::Work(3 * US)]);
    sim.task(&[worker], US, patient);
    sim.run(0)
}

/// A pipeline with a walker, workers, and a printer, as the checksum example has it. Between two thirds and three
/// quarters of the files the printer is held up.
pub(crate) fn pipeline(files: usize, workers: usize) -> Recording {
    let mut sim = Sim::new(&format!("checksum: {files} files, {workers} workers"));
    let (paths, sums) = (sim.channel(Kind::Mpmc, Some(16), "files"), sim.channel(Kind::Mpmc, Some(16), "sums"));
    let walker = sim.sender(paths, "walker");
    let names: Vec<String> = (1..=workers).map(|n| format!("hasher {n}")).collect();
    let inputs: Vec<u32> = names.iter().map(|name| sim.receiver(paths, name)).collect();
    let outputs: Vec<u32> = names.iter().map(|name| sim.sender(sums, name)).collect();
    let printer = sim.receiver(sums, "printer");
    let walks = (0..files).flat_map(|_| [Op::Work(2 * US + sim.chance(3 * US)), Op::Send(walker)]).collect::<Vec<_>>();
    sim.task(&[walker], US, walks);
    for (input, output) in inputs.into_iter().zip(outputs) {
        let work: Vec<u64> = (0..=files).map(|_| 6 * US + sim.chance(8 * US) * workers as u64 / 2).collect();
        let ops = work.into_iter().flat_map(move |time| [Op::Recv(input), Op::Work(time), Op::Send(output)]);
        let starts = US + sim.chance(US);
        sim.task(&[input, output], starts, ops);
    }
    let held_up = files * 2 / 3;
    let prints = (0..=files).flat_map(move |n| {
        let time = if n == held_up { files as u64 * US } else { 700 };
        [Op::Recv(printer), Op::Work(time)]
    });
    sim.task(&[printer], US, prints);
    sim.run(0)
}
