use super::*;

fn at(messages: usize) -> Position {
    Position(Position::START.0.wrapping_add(messages << SHIFT))
}

/// By its last bits, 128 messages sent and received left no trace: a channel of capacity 128, seen once a burst, seemed
/// to stand still.
#[test]
fn round_numbers_of_messages_leave_a_trace() {
    let start = at(0).witness(at(0));
    for moved in (1..=64).chain([128, 256]) {
        assert_ne!(at(moved).witness(at(moved)), start, "{moved} sent and received");
        assert_ne!(at(moved).witness(at(0)), start, "{moved} sent");
        assert_ne!(at(0).witness(at(moved)), start, "{moved} received");
    }
}

/// With factors of which one was twice the other, two sent and one received left no trace.
#[test]
fn few_sent_and_received_leave_a_trace() {
    let start = at(0).witness(at(0));
    for sent in 0..=16 {
        for received in 0..=16 {
            let witness = at(sent).witness(at(received));
            assert_eq!(witness == start, sent + received == 0, "{sent} sent, {received} received");
        }
    }
}
