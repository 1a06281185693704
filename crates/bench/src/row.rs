//! Results as rows of a CSV file, which can be read back: whoever was sent one draws the report from it.

use std::fmt::Write as _;

use crate::cell::{Fold, Place};
use crate::channel::Standing;
use crate::stats::Summary;

/// What came of a peer in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Measured(Summary),
    /// The peer has no such channel.
    NotOffered,
    /// It hung, panicked, or what arrived was wrong.
    Failed(String),
}

/// One number, or the reason why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) peer: String,
    pub(crate) version: String,
    pub(crate) standing: Standing,
    pub(crate) unit: String,
    pub(crate) fold: Fold,
    pub(crate) outcome: Outcome,
    /// What others took of the machine meanwhile, in per cent; negative if it cannot be known.
    pub(crate) others: f64,
}

impl Row {
    pub(crate) fn summary(&self) -> Option<Summary> {
        match self.outcome {
            Outcome::Measured(summary) => Some(summary),
            _ => None,
        }
    }
}

const HEAD: &str = "family,kind,what,capacity,topology,runtime,payload,peer,version,standing,unit,fold,outcome,\
    value,error,low,high,rounds,others";

const FOLDS: [(&str, Fold); 3] = [("less", Fold::Less), ("more", Fold::More), ("sum", Fold::Sum)];
const STANDINGS: [(&str, Standing); 3] =
    [("strict", Standing::Strict), ("loose", Standing::Loose), ("ours", Standing::Ours)];

fn word<T: PartialEq + Copy>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

fn value<T: Copy>(table: &[(&'static str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

/// All of a run: what is known of the machine, and the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Results {
    /// Names and values, such as `processor`; lines that begin with `#` in the file.
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) rows: Vec<Row>,
}

impl Results {
    pub(crate) fn write(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.facts {
            let _ = writeln!(text, "# {name}: {value}");
        }
        text += HEAD;
        text.push('\n');
        for row in &self.rows {
            let fields: Vec<String> = fields(row).into_iter().map(quoted).collect();
            text += &fields.join(",");
            text.push('\n');
        }
        text
    }

    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut results = Self::default();
        for (number, line) in text.lines().enumerate() {
            if let Some(fact) = line.strip_prefix("# ") {
                let (name, value) = fact.split_once(": ").unwrap_or((fact, ""));
                results.facts.push((name.into(), value.into()));
            } else if line != HEAD && !line.is_empty() {
                let row = parse(&split(line)).ok_or_else(|| format!("line {} is no row of results", number + 1))?;
                results.rows.push(row);
            }
        }
        Ok(results)
    }
}

fn fields(row: &Row) -> Vec<String> {
    let Place { family, kind, what, capacity, topology, runtime, payload } = row.place.clone();
    let mut fields = vec![family, kind, what, capacity, topology, runtime, payload];
    fields.extend([row.peer.clone(), row.version.clone(), word(&STANDINGS, row.standing).into()]);
    fields.extend([row.unit.clone(), word(&FOLDS, row.fold).into()]);
    match &row.outcome {
        Outcome::Measured(Summary { value, error, low, high, rounds }) => {
            fields.push("measured".into());
            fields.extend([value, error, low, high].map(|number| format!("{number:.4}")));
            fields.push(rounds.to_string());
        }
        Outcome::NotOffered => fields.extend(["-", "", "", "", "", ""].map(String::from)),
        Outcome::Failed(fault) => {
            fields.push(fault.clone());
            fields.extend([const { String::new() }; 5]);
        }
    }
    fields.push(format!("{:.1}", row.others));
    fields
}

fn parse(fields: &[String]) -> Option<Row> {
    let [family, kind, what, capacity, topology, runtime, payload, rest @ ..] = fields else { return None };
    let [peer, version, standing, unit, fold, outcome, rest @ ..] = rest else { return None };
    let [median, error, low, high, rounds, others] = rest else { return None };
    let outcome = match outcome.as_str() {
        "measured" => Outcome::Measured(Summary {
            value: median.parse().ok()?,
            error: error.parse().ok()?,
            low: low.parse().ok()?,
            high: high.parse().ok()?,
            rounds: rounds.parse().ok()?,
        }),
        "-" => Outcome::NotOffered,
        fault => Outcome::Failed(fault.into()),
    };
    let [family, kind, what, capacity, topology, runtime, payload] =
        [family, kind, what, capacity, topology, runtime, payload].map(String::clone);
    Some(Row {
        place: Place { family, kind, what, capacity, topology, runtime, payload },
        peer: peer.clone(),
        version: version.clone(),
        standing: value(&STANDINGS, standing)?,
        unit: unit.clone(),
        fold: value(&FOLDS, fold)?,
        outcome,
        others: others.parse().ok()?,
    })
}

/// In quotes, if it needs them. Quotes and line ends within become blanks.
fn quoted(field: String) -> String {
    let field = field.replace(['"', '\n', '\r'], " ");
    if field.contains(',') { format!("\"{field}\"") } else { field }
}

fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut within = false;
    for c in line.chars() {
        match c {
            '"' => within = !within,
            ',' if !within => fields.push(String::new()),
            c => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let summary = Summary { value: 1.5, error: 0.25, low: 1.0, high: 2.0, rounds: 7 };
        let row = |outcome| Row {
            place: Place { family: "mpmc".into(), what: "sent, then \"read\"".into(), ..Place::default() },
            peer: "thalweg".into(),
            version: "0.1.0".into(),
            standing: Standing::Ours,
            unit: "ns a message".into(),
            fold: Fold::Less,
            outcome,
            others: 12.5,
        };
        let outcomes = [Outcome::Measured(summary), Outcome::NotOffered, Outcome::Failed("hang".into())];
        let mut results = Results { facts: vec![("cores".into(), "2".into())], rows: outcomes.map(row).to_vec() };
        let again = Results::read(&results.write()).unwrap();
        for row in &mut results.rows {
            row.place.what = row.place.what.replace('"', " ");
        }
        assert_eq!(again, results);
        assert!(Results::read("mpmc,half a row").is_err());
    }
}
