//! All mutants in one text, each behind a switch that the environment turns: so they are built once, and run one by one.
//!
//! A body begins with `if on(7) { return 0; }`, an operator becomes `(if on(8) { a != b } else { a == b })`, a guard
//! likewise, and an arm that is to go has a guard. What cannot be switched so, as in a constant, is tried apart.

use std::cmp::Reverse;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::mutant::{Mutant, offset};
use crate::step::Stop;

/// What names the mutant to the tests: its number.
pub(super) const CHOSEN: &str = "THALWEG_MUTANT";

/// What names a file to which the numbers of all mutants that are reached are added, while none is on.
pub(super) const REACHED: &str = "THALWEG_MUTANTS_REACHED";

/// Stands at the end of `lib.rs`, for so many mutants. It allocates nothing before the process ends: there are tests
/// that count.
pub(super) fn switch(mutants: usize) -> String {
    SWITCH.replace("WORDS", &words(mutants).to_string())
}

/// How many words of 64 bits hold a bit for each mutant.
pub(super) fn words(mutants: usize) -> usize {
    mutants.div_ceil(64)
}

const SWITCH: &str = r#"
#[doc(hidden)]
pub(crate) mod mutants {
    extern crate std;
    use core::ffi::{CStr, c_char, c_int};
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static CHOSEN: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    static REACHED: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];
    const NONE: usize = usize::MAX;
    const ALL_ARE_NOTED: usize = usize::MAX - 1;
    unsafe extern "C" {
        fn getenv(name: *const c_char) -> *const c_char;
        fn atexit(call: extern "C" fn()) -> c_int;
        fn signal(number: c_int, call: extern "C" fn(c_int)) -> usize;
    }
    const SIGABRT: c_int = 6;
    #[inline]
    pub(crate) fn on(number: usize) -> bool {
        let chosen = *CHOSEN.get_or_init(chosen);
        if chosen == ALL_ARE_NOTED {
            let (word, bit) = (&REACHED[number / 64], 1 << (number % 64));
            if word.load(Relaxed) & bit == 0 {
                word.fetch_or(bit, Relaxed);
            }
        }
        chosen == number
    }
    fn chosen() -> usize {
        // SAFETY: a name that ends; nobody changes the environment while tests run.
        if !unsafe { getenv(c"THALWEG_MUTANTS_REACHED".as_ptr()) }.is_null() {
            // SAFETY: functions that stay. A child of a test may be meant to abort, which it does from where nothing is locked.
            assert!(unsafe { atexit(tell) == 0 && signal(SIGABRT, tell_of_abort) != usize::MAX });
            return ALL_ARE_NOTED;
        }
        // SAFETY: as above.
        let text = unsafe { getenv(c"THALWEG_MUTANT".as_ptr()) };
        if text.is_null() {
            return NONE;
        }
        // SAFETY: a text of the environment, which ends.
        unsafe { CStr::from_ptr(text) }.to_str().unwrap().parse().expect("a number")
    }
    extern "C" fn tell_of_abort(_: c_int) {
        tell();
    }
    // Adds to what the others say: a test may start processes, and a program may have us in it twice.
    extern "C" fn tell() {
        use std::io::Write;
        let bytes: std::vec::Vec<u8> = REACHED.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
        let path = std::env::var_os("THALWEG_MUTANTS_REACHED").unwrap();
        std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(&bytes).unwrap();
    }
}
"#;

/// A text with switches.
pub(super) struct Switched {
    pub(super) text: String,
    /// Which mutants are in which part of it.
    parts: Vec<Part>,
}

struct Part {
    range: Range<usize>,
    mutants: Vec<usize>,
    /// What runs only when its mutant is on.
    is_branch: bool,
}

impl Switched {
    /// The mutants in the smallest part that holds a place: those which an error there is about. Whether it is in what
    /// the mutant itself says.
    pub(super) fn at(&self, place: usize) -> (&[usize], bool) {
        let around = self.parts.iter().filter(|part| part.range.contains(&place));
        around.min_by_key(|part| part.range.len()).map_or((&[], false), |part| (&part.mutants, part.is_branch))
    }
}

#[derive(Clone, Copy, PartialEq, PartialOrd, Eq, Ord)]
enum Kind {
    Body,
    Arm,
    Guard,
    Unary,
    /// The operator is so long, and is so far from the start.
    Binary(usize, usize),
    Compound(usize, usize),
}

/// A place where mutants are, in bytes of the original.
struct Edit {
    range: Range<usize>,
    kind: Kind,
    mutants: Vec<usize>,
}

/// Puts those of `chosen` that can be switched into `text`, each under its number, and returns also the others.
pub(super) fn switched(text: &str, chosen: &[(usize, &Mutant)]) -> Result<(Switched, Vec<usize>), Stop> {
    let file = syn::parse_file(text).map_err(|error| Stop::Failed(error.to_string()))?;
    let mut finder = Finder { text, mutants: chosen, edits: Vec::new() };
    finder.visit_file(&file);
    let mut edits = finder.edits;
    for (number, mutant) in chosen.iter().filter(|(_, mutant)| mutant.genre == "FnValue") {
        let range = offset(text, mutant.span.0)..offset(text, mutant.span.1);
        match edits.iter_mut().find(|edit| edit.kind == Kind::Body && edit.range == range) {
            Some(edit) => edit.mutants.push(*number),
            None => edits.push(Edit { range, kind: Kind::Body, mutants: vec![*number] }),
        }
    }
    edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end), edit.kind));
    let placed = |number: &usize| edits.iter().any(|edit| edit.mutants.contains(number));
    let apart = chosen.iter().map(|(number, _)| *number).filter(|number| !placed(number)).collect();
    let replacement = |number: usize| {
        let mutant = chosen.iter().find(|(known, _)| *known == number);
        mutant.map_or("", |(_, mutant)| mutant.replacement.as_str())
    };
    let mut writer = Writer { original: text, edits: &edits, replacement: &replacement, out: Switched::empty() };
    writer.copy(0..text.len(), 0);
    Ok((writer.out, apart))
}

impl Switched {
    fn empty() -> Switched {
        Switched { text: String::new(), parts: Vec::new() }
    }
}

struct Writer<'a> {
    original: &'a str,
    edits: &'a [Edit],
    replacement: &'a dyn Fn(usize) -> &'a str,
    out: Switched,
}

impl Writer<'_> {
    /// Writes a part of the original with the edits in it, of those from `first` on.
    fn copy(&mut self, range: Range<usize>, first: usize) {
        let edits = self.edits;
        let mut place = range.start;
        for (index, edit) in edits.iter().enumerate().skip(first) {
            if edit.range.start >= place && edit.range.end <= range.end {
                self.write(place..edit.range.start);
                let start = self.out.text.len();
                self.edit(index, edit);
                let range = start..self.out.text.len();
                self.out.parts.push(Part { range, mutants: edit.mutants.clone(), is_branch: false });
                place = edit.range.end;
            }
        }
        self.write(place..range.end);
    }

    fn write(&mut self, range: Range<usize>) {
        self.out.text.push_str(&self.original[range]);
    }

    fn edit(&mut self, index: usize, edit: &Edit) {
        let Range { start, end } = edit.range;
        match edit.kind {
            Kind::Body => {
                for &number in &edit.mutants {
                    let replacement = (self.replacement)(number);
                    self.branch(number, |writer| writer.out.text.push_str(&format!("return {replacement};")));
                }
                self.copy(start..end, index + 1);
            }
            Kind::Arm => {
                let off = format!("!crate::mutants::on({})", edit.mutants[0]);
                if start == end {
                    self.out.text.push_str(&format!(" if {off}"));
                } else {
                    self.out.text.push_str(&format!("{off} && ("));
                    self.copy(start..end, index + 1);
                    self.out.text.push(')');
                }
            }
            Kind::Guard => self.choice("(", index, edit, |writer, new| writer.out.text.push_str(new)),
            Kind::Unary => self.choice("(", index, edit, |writer, _| writer.copy(start + 1..end, index + 1)),
            Kind::Binary(at, length) | Kind::Compound(at, length) => {
                let open = if matches!(edit.kind, Kind::Binary(..)) { "(" } else { "" };
                self.choice(open, index, edit, |writer, new| {
                    writer.copy(start..start + at, index + 1);
                    writer.out.text.push_str(new);
                    writer.copy(start + at + length..end, index + 1);
                });
            }
        }
    }

    /// `if` one is on, what it says, else what stands there.
    fn choice(&mut self, open: &str, index: usize, edit: &Edit, changed: impl Fn(&mut Self, &str)) {
        self.out.text.push_str(open);
        for &number in &edit.mutants {
            let replacement = (self.replacement)(number);
            self.branch(number, |writer| changed(writer, replacement));
            self.out.text.push_str(" else ");
        }
        self.out.text.push_str("{ ");
        self.copy(edit.range.clone(), index + 1);
        self.out.text.push_str(" }");
        if open == "(" {
            self.out.text.push(')');
        }
    }

    fn branch(&mut self, number: usize, inside: impl FnOnce(&mut Self)) {
        let start = self.out.text.len();
        self.out.text.push_str(&format!("if crate::mutants::on({number}) {{ "));
        inside(self);
        self.out.text.push_str(" }");
        let range = start..self.out.text.len();
        self.out.parts.push(Part { range, mutants: vec![number], is_branch: true });
    }
}

/// Finds what the mutants of operators, arms and guards are parts of.
struct Finder<'a> {
    text: &'a str,
    mutants: &'a [(usize, &'a Mutant)],
    edits: Vec<Edit>,
}

impl Finder<'_> {
    fn range(&self, span: Span) -> Range<usize> {
        let place = |at: proc_macro2::LineColumn| offset(self.text, (at.line, at.column));
        place(span.start())..place(span.end())
    }

    /// The mutants of a kind that begin at a place.
    fn mutants_at(&self, genre: &str, start: Span) -> Vec<usize> {
        let start = (start.start().line, start.start().column);
        let here = self.mutants.iter().filter(|(_, mutant)| mutant.genre == genre && mutant.span.0 == start);
        here.map(|(number, _)| *number).collect()
    }

    fn add(&mut self, range: Range<usize>, kind: Kind, mutants: Vec<usize>) {
        if !mutants.is_empty() {
            self.edits.push(Edit { range, kind, mutants });
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let mutants = self.mutants_at("BinaryOperator", binary.op.span());
        let (range, operator) = (self.range(binary.span()), self.range(binary.op.span()));
        let at = (operator.start - range.start, operator.len());
        let compound = self.text[operator].ends_with('=') && is_compound(&binary.op);
        let kind = if compound { Kind::Compound(at.0, at.1) } else { Kind::Binary(at.0, at.1) };
        self.add(range, kind, mutants);
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let mutants = self.mutants_at("UnaryOperator", unary.op.span());
        self.add(self.range(unary.span()), Kind::Unary, mutants);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let mutants = self.mutants_at("MatchArm", arm.span());
        if let syn::Pat::Guard(guarded) = &arm.pat {
            let range = self.range(guarded.guard.span());
            self.add(range.clone(), Kind::Arm, mutants);
            self.add(range, Kind::Guard, self.mutants_at("MatchArmGuard", guarded.guard.span()));
        } else {
            let end = self.range(arm.pat.span()).end;
            self.add(end..end, Kind::Arm, mutants);
        }
        visit::visit_arm(self, arm);
    }
}

fn is_compound(operator: &syn::BinOp) -> bool {
    use syn::BinOp::{Eq, Ge, Le, Ne};
    !matches!(operator, Eq(_) | Ge(_) | Le(_) | Ne(_))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn mutant(genre: &str, line: usize, columns: Range<usize>, replacement: &str) -> Mutant {
        Mutant {
            file: "a.rs".to_owned(),
            name: String::new(),
            line,
            genre: genre.to_owned(),
            replacement: replacement.to_owned(),
            span: ((line, columns.start), (line, columns.end)),
            item: None,
        }
    }

    fn written(text: &str, mutants: &[Mutant]) -> Switched {
        let numbered: Vec<(usize, &Mutant)> = mutants.iter().enumerate().collect();
        let (switched, apart) = switched(text, &numbered).unwrap();
        assert!(apart.is_empty());
        switched
    }

    #[test]
    fn what_is_nested_stands_in_each_branch() {
        let text = "fn f() -> bool {\n!a && b == c\n}\n";
        let mutants = [
            mutant("FnValue", 2, 0..12, "true"),
            mutant("BinaryOperator", 2, 3..5, "||"),
            mutant("BinaryOperator", 2, 8..10, "!="),
            mutant("UnaryOperator", 2, 0..1, ""),
        ];
        let switched = written(text, &mutants);
        let (not, same) =
            ("(if crate::mutants::on(3) { a } else { !a })", "(if crate::mutants::on(2) { b != c } else { b == c })");
        let both = format!("(if crate::mutants::on(1) {{ {not} || {same} }} else {{ {not} && {same} }})");
        let expected = format!("fn f() -> bool {{\nif crate::mutants::on(0) {{ return true; }}{both}\n}}\n");
        assert_eq!(switched.text, expected);
        assert_eq!(switched.at(switched.text.find("return").unwrap()), (&[0][..], true));
        assert_eq!(switched.at(switched.text.find("b != c").unwrap()), (&[2][..], true));
        assert_eq!(switched.at(0), (&[][..], false));
    }

    #[test]
    fn arms_and_guards_and_what_is_assigned() {
        let text = "fn f() {\nmatch a {\nA if b => c += 1,\nB => (),\n_ => (),\n}\n}\n";
        let mutants = [
            mutant("MatchArm", 3, 0..17, ""),
            mutant("MatchArmGuard", 3, 5..6, "true"),
            mutant("BinaryOperator", 3, 12..14, "-="),
            mutant("MatchArm", 4, 0..8, ""),
        ];
        let arm = "A if !crate::mutants::on(0) && ((if crate::mutants::on(1) { true } else { b }))";
        let body = "if crate::mutants::on(2) { c -= 1 } else { c += 1 }";
        let expected =
            format!("fn f() {{\nmatch a {{\n{arm} => {body},\nB if !crate::mutants::on(3) => (),\n_ => (),\n}}\n}}\n");
        assert_eq!(written(text, &mutants).text, expected);
    }

    #[test]
    fn what_cannot_be_switched_is_apart() {
        let mutants = [mutant("StructField", 1, 10..14, "")];
        let (switched, apart) = switched("fn f() {\nA { a: 1, ..b }\n}\n", &[(7, &mutants[0])]).unwrap();
        assert_eq!((switched.text.contains("on("), apart), (false, vec![7]));
    }

    #[test]
    fn one_is_on_or_all_that_are_reached_are_noted() {
        let folder = std::env::temp_dir().join(format!("xtask-switch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (source, program, noted) = (folder.join("a.rs"), folder.join("a"), folder.join("noted"));
        let main = "fn main() { println!(\"{}\", [3, 70, 3].map(|number| mutants::on(number)).map(u8::from).map(|on| on.to_string()).concat()) }";
        std::fs::write(&source, format!("{main}\n{}", switch(71))).unwrap();
        let built = Command::new("rustc").args(["--edition=2024", "-o"]).args([&program, &source]).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let said = |name: &str, value: &std::ffi::OsStr| {
            let output = Command::new(&program).env(name, value).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(said(CHOSEN, "3".as_ref()), "101\n");
        assert_eq!(said(CHOSEN, "71".as_ref()), "000\n");
        // Each process adds its own.
        for times in 1..=2 {
            assert_eq!(said(REACHED, noted.as_ref()), "000\n");
            let once = [8, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0];
            assert_eq!(std::fs::read(&noted).unwrap(), once.repeat(times));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
