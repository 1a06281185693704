//! Which tests reach which mutants: no other test can notice them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::scratch::failed;
use crate::step::Stop;

use super::each;
use super::program::{End, Program, Turned};
use super::switches::words;

pub(super) struct Reach {
    /// The quickest first.
    tests: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) program: String,
    pub(super) name: String,
    pub(super) time: Duration,
    /// A bit for each mutant, in bytes; less where none is reached.
    reached: Vec<u8>,
}

impl Test {
    fn reaches(&self, number: usize) -> bool {
        self.reached.get(number / 8).is_some_and(|byte| byte & 1 << (number % 8) != 0)
    }

    #[cfg(test)]
    pub(super) fn taking(name: &str, time: Duration) -> Test {
        Test { program: "it".to_owned(), name: name.to_owned(), time, reached: Vec::new() }
    }

    /// As in the kept file.
    fn line(&self) -> String {
        let bits: String = self.reached.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}\t{}\t{}\t{bits}\n", self.time.as_micros(), self.program, self.name)
    }

    fn read(line: &str) -> Option<Test> {
        let [time, program, name, bits] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
        let byte = |at: usize| u8::from_str_radix(bits.get(at..at + 2)?, 16).ok();
        Some(Test {
            program: program.to_owned(),
            name: name.to_owned(),
            time: Duration::from_micros(time.parse().ok()?),
            reached: (0..bits.len()).step_by(2).map(byte).collect::<Option<_>>()?,
        })
    }
}

impl Reach {
    /// Runs each test by itself, without a mutant; or takes from the file `kept` what is known of these programs.
    pub(super) fn of(programs: &[Program], mutants: usize, limit: Duration, kept: &Path) -> Result<Reach, Stop> {
        let states = programs.iter().map(Program::state).collect::<Result<Vec<_>, _>>()?;
        let state = format!("{}\n", states.join(" "));
        if let Some(lines) = fs::read_to_string(kept).unwrap_or_default().strip_prefix(&state) {
            return Ok(Reach::sorted(lines.lines().filter_map(Test::read).collect()));
        }
        let mut names = Vec::new();
        for program in programs {
            names.extend(program.tests()?.into_iter().map(|name| (program, name)));
        }
        let tests = Mutex::new(Vec::new());
        each(&names, |number, (program, name)| {
            let file = kept.with_extension(number.to_string());
            let test = alone(program, name, mutants, limit, &file)?;
            tests.lock().map_err(|_| Stop::Failed("a worker panicked".to_owned()))?.push(test);
            Ok(())
        })?;
        let reach = Reach::sorted(tests.into_inner().map_err(|_| Stop::Failed("a worker panicked".to_owned()))?);
        let text: String = reach.tests.iter().map(Test::line).collect();
        fs::write(kept, state + &text).map_err(|error| failed("write", kept, error))?;
        Ok(reach)
    }

    /// Less the tests that take less, or more.
    pub(super) fn taking(mut self, time: &Range<Duration>) -> Reach {
        self.tests.retain(|test| time.contains(&test.time));
        self
    }

    fn sorted(mut tests: Vec<Test>) -> Reach {
        tests.sort_by(|a, b| (a.time, &a.name).cmp(&(b.time, &b.name)));
        Reach { tests }
    }

    pub(super) fn time(&self) -> Duration {
        self.tests.iter().map(|test| test.time).sum()
    }

    /// The tests that reach any of these mutants.
    pub(super) fn tests(&self, numbers: &[usize]) -> Vec<&Test> {
        self.tests.iter().filter(|test| numbers.iter().any(|&number| test.reaches(number))).collect()
    }

    pub(super) fn all(&self) -> Vec<&Test> {
        self.tests.iter().collect()
    }
}

/// Runs a test that must pass.
fn alone(program: &Program, name: &str, mutants: usize, limit: Duration, file: &Path) -> Result<Test, Stop> {
    for _ in 0..2 {
        let started = Instant::now();
        let end = program.run(Turned::Noted(file), &[name], limit)?;
        let time = started.elapsed();
        // Who reaches none writes none.
        let noted = fs::read(file).unwrap_or_default();
        let _ = fs::remove_file(file);
        if end == End::Passed {
            let reached = united(&noted, 8 * words(mutants));
            return Ok(Test { program: program.name.clone(), name: name.to_owned(), time, reached });
        }
    }
    Err(Stop::Failed(format!("without any mutant it fails: {} of {}", name, program.name)))
}

/// Whatever any process says that the test started.
fn united(noted: &[u8], length: usize) -> Vec<u8> {
    let mut all = vec![0; if noted.is_empty() { 0 } else { length }];
    for said in noted.chunks(length) {
        all.iter_mut().zip(said).for_each(|(byte, more)| *byte |= more);
    }
    all
}

/// Tests that are run together, by program.
pub(super) type Portion<'a> = BTreeMap<&'a str, Vec<&'a Test>>;

/// Quick tests first, a second of them, then four of the slower ones, and so on: most mutants do not outlive the first
/// second, and those that do are not to start a process for each test.
pub(super) fn portions<'a>(tests: &[&'a Test]) -> Vec<Portion<'a>> {
    let (mut portions, mut room) = (Vec::new(), Duration::from_secs(1));
    let (mut portion, mut time) = (Portion::new(), Duration::ZERO);
    for test in tests {
        if !portion.is_empty() && time + test.time > room {
            portions.push(std::mem::take(&mut portion));
            (time, room) = (Duration::ZERO, room * 4);
        }
        time += test.time;
        portion.entry(&test.program).or_default().push(test);
    }
    if !portion.is_empty() {
        portions.push(portion);
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, millis: u64, reached: Vec<u8>) -> Test {
        Test { reached, ..Test::taking(name, Duration::from_millis(millis)) }
    }

    #[test]
    fn only_tests_that_reach_a_mutant_are_run_for_it() {
        let tests = vec![test("slow", 900, vec![0, 2]), test("quick", 3, vec![1, 2]), test("none", 1, Vec::new())];
        let reach = Reach::sorted(tests);
        let names = |numbers: &[usize]| reach.tests(numbers).iter().map(|test| test.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&[9]), ["quick", "slow"]);
        assert_eq!(names(&[0]), ["quick"]);
        assert_eq!(names(&[0, 9, 10]), ["quick", "slow"]);
        assert!(names(&[1, 400]).is_empty());
        assert_eq!(reach.all().len(), 3);
        assert_eq!(reach.taking(&(Duration::ZERO..Duration::from_millis(900))).all().len(), 2);
    }

    #[test]
    fn what_processes_of_one_test_reach_is_added_up() {
        assert_eq!(united(&[1, 0, 4, 2], 2), [5, 2]);
        assert!(united(&[], 2).is_empty());
    }

    #[test]
    fn a_kept_line_is_read_as_it_was_written() {
        for reached in [vec![0, 255, 17], Vec::new()] {
            let test = test("a::b", 12, reached);
            assert_eq!(Test::read(test.line().trim_end_matches('\n')), Some(test));
        }
        assert_eq!(Test::read("12\tit\ta::b\t0"), None);
    }

    #[test]
    fn portions_grow() {
        let tests: Vec<Test> = [400, 500, 600, 3000, 5000].map(|millis| test("a", millis, Vec::new())).into();
        let portions = portions(&tests.iter().collect::<Vec<_>>());
        let times: Vec<Vec<u128>> =
            portions.iter().map(|portion| portion["it"].iter().map(|test| test.time.as_millis()).collect()).collect();
        assert_eq!(times, [vec![400, 500], vec![600, 3000], vec![5000]]);
    }
}
