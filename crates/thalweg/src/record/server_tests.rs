//! Connections that take what they are given as a test has it.

use super::*;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec;
use std::sync::Mutex;

/// What each write says, then that there is no room; and all that was taken.
#[derive(Clone, Default)]
struct Scripted {
    says: Arc<Mutex<VecDeque<io::Result<usize>>>>,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let said = self.says.lock().unwrap().pop_front().unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()));
        said.inspect(|&count| self.taken.lock().unwrap().extend(&bytes[..count]))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer(says: Vec<io::Result<usize>>) -> (Answer, Scripted) {
    let to = Scripted { says: Arc::new(Mutex::new(says.into())), ..Scripted::default() };
    (Answer { to: Box::new(to.clone()), text: "numbers".to_owned(), given: 0, last: Instant::now() }, to)
}

#[test]
fn who_takes_a_piece_at_a_time_gets_all() {
    let (mut answer, to) = answer(vec![Ok(2), Err(io::ErrorKind::Interrupted.into()), Ok(3)]);
    assert!(answer.goes_on(), "it has not got all yet");
    assert!(answer.goes_on(), "nor now, and it is not late");
    to.says.lock().unwrap().extend([Ok(2), Ok(0)]);
    assert!(!answer.goes_on());
    assert_eq!(&to.taken.lock().unwrap()[..], b"numbers");
}

#[test]
fn who_has_left_or_takes_nothing_for_long_is_left() {
    for says in [Ok(0), Err(io::ErrorKind::BrokenPipe.into())] {
        assert!(!answer(vec![says]).0.goes_on());
    }
    let (mut answer, to) = answer(Vec::new());
    answer.last = Instant::now().checked_sub(2 * PATIENCE).unwrap();
    assert!(!answer.goes_on());
    to.says.lock().unwrap().push_back(Ok(1));
    assert!(answer.goes_on(), "it takes something");
    assert!(answer.goes_on(), "and has not been late since");
}

struct Crowd;

impl Listens for Crowd {
    fn accept(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(Scripted::default()))
    }
}

#[test]
fn no_more_are_answered_at_a_time_than_is_said() {
    let mut server = Server { listener: Box::new(Crowd), address: PathBuf::new(), answers: Vec::new() };
    for _ in 0..2 {
        server.turn(|| "numbers".to_owned());
        assert_eq!(server.answers.len(), MOST);
    }
}
