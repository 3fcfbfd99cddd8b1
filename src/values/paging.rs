//! Keyset paging as the Relay connection specification names it: a page of a list, and a cursor that names a place in
//! it.

use std::fmt::Debug;

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::error::{FieldErrorCode, FieldFault};
use crate::values::email_address::EMAIL_LIMIT;
use crate::values::time::{Time, is_sortable};

/// The largest page.
pub const PAGE_LIMIT: usize = 100;

/// The longest text that a list is sorted by, in octets.
const TEXT_LIMIT: usize = EMAIL_LIMIT;

/// The size of a page where a client names none.
pub const PAGE_DEFAULT: usize = 20;

/// Identifies a list by its filter and order. A cursor is valid only for the list it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListScope {
    name: [u8; 6],
    sorted_by: SortedBy,
}

/// The type of the column that a list is sorted by. A cursor with a key of another type would be an error on PostgreSQL
/// and an arbitrary page on `SQLite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortedBy {
    /// A time.
    Time,
    /// A text.
    Text,
}

impl ListScope {
    /// Identifies a list by its name, by everything that decides which rows are in it (`shape`), and by its order.
    #[must_use]
    pub fn new(list: &str, shape: &impl Debug, sorted_by: SortedBy) -> Self {
        let digest = digest::digest(&digest::SHA256, format!("{list} {shape:?}").as_bytes());
        let mut name = [0; 6];
        name.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Self { name, sorted_by }
    }
}

/// The value of the column that a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// A time.
    At(Time),
    /// A text, by its bytes.
    Text(String),
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The row's value in the column that the list is sorted by.
    pub key: SortKey,
    /// The row's id, which decides where keys are equal.
    pub id: Uuid,
}

/// A page of a list: `size` rows behind or before a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// Which list.
    pub scope: ListScope,
    /// How many rows at most.
    pub size: usize,
    /// The place where the page begins (or, read backwards, ends); `None` for the end of the list.
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
    /// `INVALID` for a cursor of another list (also of the same with another filter or order) or both directions at
    /// once, `OUT_OF_RANGE` for a size outside 0 to 100.
    pub fn parse(arguments: &PageArguments, scope: ListScope) -> Result<Self, FieldFault> {
        let backwards = arguments.last.is_some() || (arguments.before.is_some() && arguments.first.is_none());
        if backwards && (arguments.first.is_some() || arguments.after.is_some()) {
            return Err(FieldFault::new(
                FieldErrorCode::Invalid,
                "Please use either first and after, or last and before.",
            )
            .at("first"));
        }
        if !backwards && arguments.before.is_some() {
            return Err(FieldFault::new(FieldErrorCode::Invalid, "Please use before together with last.").at("before"));
        }
        let (size, size_path) = if backwards { (arguments.last, "last") } else { (arguments.first, "first") };
        let (cursor, path) = if backwards { (&arguments.before, "before") } else { (&arguments.after, "after") };
        let from = cursor.as_deref().map(|text| Cursor::parse(text, scope)).transpose();
        let from = from.map_err(|fault| fault.at(path))?;
        let size = match size.map(usize::try_from) {
            None => PAGE_DEFAULT,
            Some(Ok(size)) if size <= PAGE_LIMIT => size,
            Some(_) => {
                return Err(FieldFault::new(
                    FieldErrorCode::OutOfRange,
                    format!("Please request 0 to {PAGE_LIMIT} items."),
                )
                .at(size_path));
            }
        };
        Ok(Self { scope, size, from, backwards })
    }
}

impl Cursor {
    /// The version of the format: a later one can sort differently. Clients treat cursors as opaque.
    const VERSION: u8 = 2;

    /// A place in a list that is sorted by time.
    #[must_use]
    pub fn at(at: Time, id: Uuid) -> Self {
        Self { key: SortKey::At(at), id }
    }

    /// The time that it holds, in a list that is sorted by time.
    #[must_use]
    pub const fn moment(&self) -> Option<Time> {
        match self.key {
            SortKey::At(at) => Some(at),
            SortKey::Text(_) => None,
        }
    }

    /// The cursor as clients keep it.
    #[must_use]
    pub fn to_text(&self, scope: ListScope) -> String {
        let mut bytes = vec![Self::VERSION];
        bytes.extend(scope.name);
        bytes.extend(self.id.as_bytes());
        match &self.key {
            SortKey::At(at) => {
                bytes.push(b't');
                bytes.extend(at.timestamp_micros().to_be_bytes());
            }
            SortKey::Text(text) => {
                bytes.push(b's');
                bytes.extend(text.as_bytes());
            }
        }
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn parse(text: &str, scope: ListScope) -> Result<Self, FieldFault> {
        let foreign = "This cursor does not belong to this list. It was made for another list, filter or order.";
        Self::read(text, scope).ok_or_else(|| FieldFault::new(FieldErrorCode::Invalid, foreign))
    }

    /// A cursor hides nothing, so it has no signature (docs/adr/0023). A client that makes one up gets a page of a list
    /// that it may read anyway, or is refused here, because only texts that [`Cursor::to_text`] writes are accepted.
    fn read(text: &str, scope: ListScope) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let rest = bytes.strip_prefix(&[Self::VERSION])?.strip_prefix(&scope.name)?;
        let (id, key) = rest.split_at_checked(16)?;
        let key = match (scope.sorted_by, key.split_first()?) {
            (SortedBy::Time, (b't', micros)) => SortKey::At(time_of(i64::from_be_bytes(micros.try_into().ok()?))?),
            (SortedBy::Text, (b's', text)) => SortKey::Text(text_of(text)?),
            (SortedBy::Time | SortedBy::Text, _) => return None,
        };
        let cursor = Self { key, id: Uuid::from_slice(id).ok()? };
        (cursor.to_text(scope) == text).then_some(cursor)
    }
}

fn time_of(micros: i64) -> Option<Time> {
    Time::from_timestamp_micros(micros).filter(|at| is_sortable(*at))
}

/// A text that can be in the column: not too long, and without NUL, which PostgreSQL does not store.
fn text_of(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok()?;
    (text.len() <= TEXT_LIMIT && !text.contains('\0')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope() -> ListScope {
        ListScope::new("things", &("newest first", Some(3)), SortedBy::Time)
    }

    fn by_text() -> ListScope {
        ListScope::new("things", &"by name", SortedBy::Text)
    }

    fn codes(first: Option<i32>, after: Option<&str>, last: Option<i32>) -> Option<&'static str> {
        let arguments = PageArguments { first, after: after.map(str::to_owned), last, before: None };
        Page::parse(&arguments, scope()).err().map(|fault| fault.code.as_str())
    }

    #[test]
    fn sizes_outside_the_page_are_refused() {
        assert_eq!(codes(Some(100), None, None), None);
        assert_eq!(codes(Some(-1), None, None), Some("OUT_OF_RANGE"));
        assert_eq!(codes(Some(i32::MAX), None, None), Some("OUT_OF_RANGE"));
        assert_eq!(codes(Some(1), None, Some(1)), Some("INVALID"));
    }

    #[test]
    fn a_cursor_survives_its_text() {
        let at = Time::from_timestamp_micros(1_764_000_000_123_456).unwrap();
        let keys = [
            (scope(), SortKey::At(at)),
            (by_text(), SortKey::Text("ann@example.com".to_owned())),
            (by_text(), SortKey::Text(String::new())),
            (by_text(), SortKey::Text("a".repeat(TEXT_LIMIT))),
        ];
        for (scope, key) in keys {
            let cursor = Cursor { key, id: Uuid::now_v7() };
            assert_eq!(Cursor::parse(&cursor.to_text(scope), scope), Ok(cursor));
        }
    }

    #[test]
    fn a_key_that_the_list_is_not_sorted_by_is_refused() {
        let (at, text) = (SortKey::At(Time::UNIX_EPOCH), SortKey::Text("2030-01-01T00:00:00+00:00".to_owned()));
        for (key, scope) in [(at, by_text()), (text, scope())] {
            let forged = Cursor { key, id: Uuid::nil() }.to_text(scope);
            assert!(Cursor::parse(&forged, scope).is_err());
        }
    }

    #[test]
    fn a_cursor_of_another_filter_or_order_is_refused() {
        let other = ListScope::new("things", &("oldest first", Some(3)), SortedBy::Time);
        let text = Cursor::at(Time::UNIX_EPOCH, Uuid::nil()).to_text(other);

        assert_eq!(codes(None, Some(&text), None), Some("INVALID"));
    }

    /// Bytes as a forger lays them out: of the right list, and from there on anything.
    fn forged(scope: ListScope) -> impl Strategy<Value = String> {
        let key = prop_oneof![
            any::<[u8; 8]>().prop_map(|micros| [b"t".as_slice(), &micros].concat()),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|text| [b"s".as_slice(), &text].concat()),
            ".{0,300}".prop_map(|text| [b"s", text.as_bytes()].concat()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        (any::<[u8; 16]>(), key, 0..400_usize, "[=A-Za-z0-9+/_ -]{0,3}").prop_map(move |(id, key, cut, more)| {
            let mut bytes = [&[Cursor::VERSION], scope.name.as_slice(), &id, &key].concat();
            bytes.truncate(cut);
            BASE64_URL_SAFE_NO_PAD.encode(bytes) + &more
        })
    }

    proptest! {
        #[test]
        fn nothing_is_read_but_what_is_written(time in forged(scope()), text in forged(by_text()), noise in ".*") {
            for (typed, scope) in [(&time, scope()), (&text, by_text()), (&noise, scope()), (&noise, by_text())] {
                let Ok(cursor) = Cursor::parse(typed, scope) else { continue };
                prop_assert_eq!(&cursor.to_text(scope), typed);
                match cursor.key {
                    SortKey::At(at) => prop_assert!(scope.sorted_by == SortedBy::Time && is_sortable(at)),
                    SortKey::Text(text) => prop_assert!(
                        scope.sorted_by == SortedBy::Text && text.len() <= TEXT_LIMIT && !text.contains('\0')
                    ),
                }
            }
        }
    }
}
