//! The table, as Markdown.

use std::fmt::{self, Display, Formatter};

use super::load::Throughput;
use super::median::median;

/// One figure.
pub struct Row {
    engine: &'static str,
    figure: &'static str,
    value: Value,
    /// Its rate or latency as a multiple of the floor's.
    ratio: Option<f64>,
    /// Its CPU time as a multiple of the floor's.
    cpu_ratio: Option<f64>,
    demand: Option<Demand>,
}

/// What was measured: the median of the rounds.
pub enum Value {
    /// Requests a second, and microseconds of CPU for each.
    Rate(f64, f64),
    /// Seconds.
    Latency(f64),
    /// Bytes.
    Memory(f64),
}

/// What a figure must keep: its ratio where it has a floor, else its value.
#[derive(Clone, Copy)]
pub enum Demand {
    /// No less.
    AtLeast(f64),
    /// No more.
    AtMost(f64),
}

impl Value {
    /// The medians of the rounds.
    pub fn of(rounds: &[Throughput]) -> Self {
        let rate = median(rounds.iter().map(|round| round.per_second).collect());
        Self::Rate(rate, median(rounds.iter().map(|round| round.cpu.as_secs_f64() * 1e6).collect()))
    }
}

impl Row {
    /// A figure that has no floor.
    pub const fn new(engine: &'static str, figure: &'static str, value: Value) -> Self {
        Self { engine, figure, value, ratio: None, cpu_ratio: None, demand: None }
    }

    /// Beside its floor: the median of the ratios of rounds that followed each other.
    pub fn against(self, rounds: &[Throughput], floors: &[Throughput]) -> Self {
        let pairs = || rounds.iter().zip(floors);
        let ratio = median(pairs().map(|(round, floor)| round.per_second / floor.per_second).collect());
        let cpu = median(pairs().map(|(round, floor)| round.cpu.as_secs_f64() / floor.cpu.as_secs_f64()).collect());
        Self { ratio: Some(ratio), cpu_ratio: Some(cpu), ..self }
    }

    /// So many times its floor.
    pub fn times_floor(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    /// With what is demanded of the ratio.
    pub fn demanding(self, demand: Demand) -> Self {
        Self { demand: Some(demand), ..self }
    }

    /// Whether it keeps what is demanded of it.
    pub fn is_kept(&self) -> bool {
        let ratio = self.ratio.unwrap_or(match self.value {
            Value::Rate(rate, _) => rate,
            Value::Latency(seconds) => seconds * 1e3,
            Value::Memory(bytes) => bytes / 1024.0,
        });
        match self.demand {
            None => true,
            Some(Demand::AtLeast(least)) => ratio >= least,
            Some(Demand::AtMost(most)) => ratio <= most,
        }
    }
}

/// The rows as a table of a Markdown document.
pub fn markdown(rows: &[Row]) -> String {
    let head = "| engine | figure | value | CPU µs per request | ratio to its floor | CPU to its floor | demanded |\n\
                |---|---|---:|---:|---:|---:|---:|\n";
    let lines = rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    format!("{head}{lines}")
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let or_dash = |ratio: Option<f64>, digits| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.digits$}"));
        let (value, cpu) = match self.value {
            Value::Rate(rate, cpu) if rate < 100.0 => (format!("{rate:.1}/s"), format!("{cpu:.0}")),
            Value::Rate(rate, cpu) => (format!("{rate:.0}/s"), format!("{cpu:.0}")),
            Value::Latency(seconds) => (format!("{:.2} ms", seconds * 1e3), "–".to_owned()),
            Value::Memory(bytes) => (format!("{:.1} KiB", bytes / 1024.0), "–".to_owned()),
        };
        let demand = match self.demand {
            None => "–".to_owned(),
            Some(Demand::AtLeast(least)) => format!("≥ {least}"),
            Some(Demand::AtMost(most)) => format!("≤ {most}"),
        };
        let (ratio, cpu_ratio) = (or_dash(self.ratio, 3), or_dash(self.cpu_ratio, 2));
        write!(f, "| {} | {} | {value} | {cpu} | {ratio} | {cpu_ratio} | {demand} |", self.engine, self.figure)
    }
}
