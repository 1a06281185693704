//! A source as the rules read it: words and places, without comments and literals.

/// A file: what it says, and what of it is code.
pub(crate) struct Text {
    /// Below the crate's `src` for sources, below the repository's root for others.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The same, line for line, with comments and the insides of literals blanked.
    pub(crate) code: String,
}

impl Text {
    pub(crate) fn new(path: &str, text: &str) -> Text {
        Text { path: path.to_owned(), text: text.to_owned(), code: blank(text) }
    }

    pub(crate) fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or("").trim_end_matches(".rs")
    }

    pub(crate) fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// Words of the code with their place in it.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let starts = self.code.char_indices().scan(false, move |inside, (at, c)| {
            let start = is_word(c) && !*inside;
            *inside = is_word(c);
            Some(start.then_some(at))
        });
        starts.flatten().map(move |at| {
            let rest = &self.code[at..];
            (at, &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())])
        })
    }

    pub(crate) fn complaint(&self, at: usize, what: &str) -> String {
        let line = self.code[..at].matches('\n').count() + 1;
        format!("{}:{line}: {what}", self.path)
    }
}

/// Replaces comments and the insides of strings and characters by blanks.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kept, hidden) = literal_or_comment(rest);
        let take = if hidden == 0 { first.len_utf8() } else { hidden };
        let (piece, after) = rest.split_at(take);
        if hidden == 0 {
            code.push(first);
        } else {
            let blanked = piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' });
            code.push_str(kept);
            code.extend(blanked.skip(kept.len()));
        }
        rest = after;
    }
    code
}

/// How long the comment or literal is at the start of `rest`, and what is kept of it; zero when there is none.
fn literal_or_comment(rest: &str) -> (&'static str, usize) {
    let bytes = rest.as_bytes();
    if rest.starts_with("//") {
        return ("", rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return ("", rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    for hashes in ["#", "##"] {
        if rest.strip_prefix('r').and_then(|r| r.strip_prefix(hashes)).is_some_and(|r| r.starts_with('"')) {
            let end = format!("\"{hashes}");
            let skip = hashes.len() + 2;
            return ("", rest[skip..].find(&end).map_or(rest.len(), |at| skip + at + end.len()));
        }
    }
    match bytes[0] {
        b'"' => ("\"", closing(bytes, b'"')),
        // A character; a lifetime has no second quote where one would be.
        b'\'' if bytes.get(1) == Some(&b'\\') => ("'", closing(bytes, b'\'')),
        b'\'' => {
            let mut chars = rest.char_indices().skip(2);
            match chars.next() {
                Some((at, '\'')) => ("'", at + 1),
                _ => ("", 0),
            }
        }
        _ => ("", 0),
    }
}

fn closing(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}
