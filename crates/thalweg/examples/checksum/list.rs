//! The list: lines that `sha256sum -c` accepts, sorted.

use std::io::{self, BufWriter, Write};

use crate::hash::Hashed;

/// Sorts by the bytes of the names, as `LC_ALL=C sort` would.
pub(crate) fn sort(list: &mut [Hashed]) {
    list.sort_unstable_by(|a, b| name(a).cmp(name(b)));
}

pub(crate) fn write_lines(to: impl Write, list: &[Hashed]) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(64 * 1024, to);
    let mut line = Vec::new();
    for hashed in list {
        line.clear();
        push_line(&mut line, hashed);
        to.write_all(&line)?;
    }
    to.flush()
}

/// `<64 hexadecimal digits>  <name>`. Where the name would break the line, the line begins with a
/// backslash, and backslash, line feed and carriage return in the name are written `\\`, `\n` and `\r`.
fn push_line(line: &mut Vec<u8>, hashed: &Hashed) {
    let name = name(hashed);
    let escaped = name.iter().any(|byte| escape(*byte).is_some());
    if escaped {
        line.push(b'\\');
    }
    for byte in hashed.digest {
        line.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    line.extend(b"  ");
    if escaped {
        for &byte in name {
            match escape(byte) {
                Some(letter) => line.extend([b'\\', letter]),
                None => line.push(byte),
            }
        }
    } else {
        line.extend(name);
    }
    line.push(b'\n');
}

fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    }
}

/// The name as it is: on Unix any bytes, whether or not they are UTF-8.
fn name(hashed: &Hashed) -> &[u8] {
    hashed.path.as_os_str().as_encoded_bytes()
}
