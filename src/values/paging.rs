//! Keyset paging in Relay's words: which slice of a list, and a cursor that names a place in it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::error::FieldFault;
use crate::values::time::Time;

/// The largest page.
pub const PAGE_LIMIT: usize = 100;

/// The page where a client names no size.
pub const PAGE_DEFAULT: usize = 20;

/// A place in a list that is ordered by time and id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time.
    pub at: Time,
    /// The row's id, where times are equal.
    pub id: Uuid,
}

/// Which slice of a list: `size` rows behind or before a place.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many rows at most.
    pub size: usize,
    /// Where the slice ends on its near side.
    pub from: Option<Cursor>,
    /// `false` reads on (`first`, `after`), `true` reads back (`last`, `before`).
    pub backwards: bool,
}

/// The four arguments of a Relay connection.
#[derive(Debug, Default, Clone)]
#[allow(missing_docs, reason = "the words of the Relay connection specification")]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Page {
    /// Reads the arguments of a connection.
    ///
    /// # Errors
    /// `INVALID` for a cursor that is not ours or both directions at once, `OUT_OF_RANGE` for a size outside 0 to 100.
    pub fn parse(arguments: &PageArguments) -> Result<Self, FieldFault> {
        let backwards = arguments.last.is_some() || (arguments.before.is_some() && arguments.first.is_none());
        if backwards && (arguments.first.is_some() || arguments.after.is_some()) {
            return Err(FieldFault::new(
                "INVALID",
                "Please page in one direction: first and after, or last and before.",
            )
            .at("first"));
        }
        if !backwards && arguments.before.is_some() {
            return Err(FieldFault::new("INVALID", "Please use before together with last.").at("before"));
        }
        let (size, size_path) = if backwards { (arguments.last, "last") } else { (arguments.first, "first") };
        let (cursor, path) = if backwards { (&arguments.before, "before") } else { (&arguments.after, "after") };
        let from = cursor.as_deref().map(Cursor::parse).transpose().map_err(|fault| fault.at(path))?;
        let size = match size.map(usize::try_from) {
            None => PAGE_DEFAULT,
            Some(Ok(size)) if size <= PAGE_LIMIT => size,
            Some(_) => {
                return Err(FieldFault::new("OUT_OF_RANGE", format!("Please ask for 0 to {PAGE_LIMIT}.")).at(size_path));
            }
        };
        Ok(Self { size, from, backwards })
    }
}

impl Cursor {
    /// The version and the list this kind of cursor belongs to.
    const VERSION: &'static str = "t1";

    /// The cursor as clients keep it: opaque.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", Self::VERSION, self.at.timestamp_micros(), self.id.simple()))
    }

    fn parse(text: &str) -> Result<Self, FieldFault> {
        Self::read(text).ok_or_else(|| FieldFault::new("INVALID", "This cursor does not belong to this list."))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (at, id) = text.strip_prefix(Self::VERSION)?.strip_prefix('.')?.split_once('.')?;
        Some(Self { at: Time::from_timestamp_micros(at.parse().ok()?)?, id: id.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(first: Option<i32>, after: Option<&str>, last: Option<i32>) -> Option<&'static str> {
        let arguments = PageArguments { first, after: after.map(str::to_owned), last, before: None };
        Page::parse(&arguments).err().map(|fault| fault.code)
    }

    #[test]
    fn sizes_outside_the_page_are_refused() {
        assert_eq!(codes(Some(100), None, None), None);
        assert_eq!(codes(Some(-1), None, None), Some("OUT_OF_RANGE"));
        assert_eq!(codes(Some(i32::MAX), None, None), Some("OUT_OF_RANGE"));
        assert_eq!(codes(Some(1), None, Some(1)), Some("INVALID"));
    }

    #[test]
    fn a_cursor_survives_its_text_and_a_forged_one_is_refused() {
        let cursor = Cursor { at: Time::from_timestamp_micros(1_764_000_000_123_456).unwrap(), id: Uuid::now_v7() };

        assert_eq!(Cursor::parse(&cursor.to_text()), Ok(cursor));
        assert_eq!(codes(None, Some("bm90IGEgY3Vyc29y"), None), Some("INVALID"));
    }
}
