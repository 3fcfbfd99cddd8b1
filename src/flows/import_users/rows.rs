//! The rows of a file, whatever its format: JSON objects, each with the place where it stands.

use std::io::{BufRead, Read};

use csv::StringRecord;
use serde_json::{Map, Value};

use crate::error::{OrFault, Result};

/// Where a row stands, for people: `line 7`, `user 7`.
pub type Place = String;

/// One row: an object, or why it is none. The reason quotes no value, because it may be a hash.
pub type Row = (Place, Result<Value, String>);

/// Rows, one after the other.
pub type Rows = Box<dyn Iterator<Item = Row>>;

/// What some programs put in front of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rows of JSON Lines, or of one JSON array.
///
/// # Errors
/// A fault where the file cannot be read, or is an array that is not JSON.
pub fn of_json(mut reader: Box<dyn BufRead>) -> Result<Rows> {
    if first_byte(&mut *reader)? == Some(b'[') {
        return Ok(of_list(document(reader)?));
    }
    let lines = reader.lines().enumerate();
    Ok(Box::new(lines.filter_map(|(index, line)| {
        let place = format!("line {}", index + 1);
        match line {
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some((place, serde_json::from_str(&line).map_err(|error| explain(&error)))),
            Err(_) => Some((place, Err("the line is not UTF-8".to_owned()))),
        }
    })))
}

/// The rows of a list in a JSON document.
pub fn of_list(list: Value) -> Rows {
    let list = if let Value::Array(list) = list { list } else { Vec::new() };
    Box::new(list.into_iter().enumerate().map(|(index, user)| (format!("user {}", index + 1), Ok(user))))
}

/// A whole JSON document.
///
/// # Errors
/// A fault where it cannot be read.
pub fn document(mut reader: Box<dyn BufRead>) -> Result<Value> {
    first_byte(&mut *reader)?;
    let mut text = String::new();
    reader.read_to_string(&mut text).or_fault("reading the file")?;
    serde_json::from_str(&text).map_err(|error| explain(&error)).or_fault("reading the file as JSON")
}

/// The rows of CSV (RFC 4180) with a header. An empty field is left out.
///
/// # Errors
/// A fault where the header cannot be read.
pub fn of_csv(mut reader: Box<dyn BufRead>) -> Result<(StringRecord, Rows)> {
    first_byte(&mut *reader)?;
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(reader);
    let header = csv.headers().or_fault("reading the header of the file")?.clone();
    let names = header.clone();
    let rows = csv.into_records().map(move |record| match record {
        Ok(record) => {
            let line = record.position().map_or(0, csv::Position::line);
            let fields = names.iter().zip(&record).filter(|(_, value)| !value.is_empty());
            let row: Map<String, Value> =
                fields.map(|(name, value)| (name.to_owned(), Value::String(value.to_owned()))).collect();
            (format!("line {line}"), Ok(Value::Object(row)))
        }
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            (format!("line {line}"), Err(explain_csv(&error).to_owned()))
        }
    });
    Ok((header, Box::new(rows)))
}

/// The first byte that is no white space and no byte order mark, which stays where it is.
pub fn first_byte(reader: &mut dyn BufRead) -> Result<Option<u8>> {
    loop {
        let buffer = reader.fill_buf().or_fault("reading the file")?;
        if buffer.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
            continue;
        }
        match buffer.first().copied() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => reader.consume(1),
            first => return Ok(first),
        }
    }
}

fn explain(error: &serde_json::Error) -> String {
    if error.line() > 1 {
        return format!("not valid JSON at line {}, column {}", error.line(), error.column());
    }
    format!("not valid JSON at column {}", error.column())
}

fn explain_csv(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the line is not UTF-8",
        csv::ErrorKind::UnequalLengths { .. } => "the line has more or fewer fields than the header",
        _ => "the line cannot be read",
    }
}
