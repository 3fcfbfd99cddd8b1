//! Filters and orders of lists of users.

use std::collections::BTreeSet;

use crate::error::{FieldErrorCode, FieldFault};
use crate::values::paging::SortedBy;
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus, folded};

/// The longest search, in characters.
const SEARCH_LIMIT: usize = 100;
/// The shortest text that a trigram index finds. Shorter texts are searched at the beginning only, except in scripts
/// that write words with one or two letters.
const TRIGRAM: usize = 3;

/// Which users a list contains: those that fit every condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// The address or the name fits each of these searches.
    pub searches: Vec<TextSearch>,
    /// The role is one of these.
    pub roles: BTreeSet<Role>,
    /// The status is one of these.
    pub statuses: BTreeSet<UserStatus>,
    /// Whether the address is verified.
    pub email_verified: Option<bool>,
    /// Whether the second factor is on.
    pub mfa_enabled: Option<bool>,
    /// The user has an account at this OAuth provider.
    pub provider: Option<String>,
    /// When the account was created.
    pub created: TimeRange,
    /// When the user last signed in.
    pub last_login: TimeRange,
}

/// The statuses of accounts that are not deleted: a list shows them unless it asks for others.
pub const PRESENT: [UserStatus; 3] = [UserStatus::Active, UserStatus::Invited, UserStatus::Locked];

impl Default for UserFilter {
    /// All users who are not deleted.
    fn default() -> Self {
        Self {
            searches: Vec::new(),
            roles: BTreeSet::from([Role::User, Role::Admin]),
            statuses: PRESENT.into(),
            email_verified: None,
            mfa_enabled: None,
            provider: None,
            created: TimeRange::default(),
            last_login: TimeRange::default(),
        }
    }
}

/// A range of time; open where an end is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// From this moment on.
    pub from: Option<Time>,
    /// Before this moment.
    pub before: Option<Time>,
}

impl TimeRange {
    /// Whether it contains a time.
    #[must_use]
    pub fn contains(self, at: Time) -> bool {
        self.from.is_none_or(|from| at >= from) && self.before.is_none_or(|before| at < before)
    }

    /// Whether it contains all times.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::default()
    }
}

/// A search for a text in addresses and names. The text is case folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextSearch {
    /// The address or the name begins with it.
    Beginning(String),
    /// The address or the name contains it.
    Anywhere(String),
}

impl TextSearch {
    /// Reads a search for the beginning of an address or a name; an empty one is `None`.
    ///
    /// # Errors
    /// `TOO_LONG`, or `INVALID` for control characters.
    pub fn beginning(typed: &str) -> Result<Option<Self>, FieldFault> {
        Ok(searched(typed)?.map(Self::Beginning))
    }

    /// Reads a search for a part of an address or a name. Without three letters or digits in a row, and without a
    /// letter of a script that has no case (Chinese, Korean, Hindi, Arabic, …), it is one for the beginning.
    ///
    /// # Errors
    /// As [`TextSearch::beginning`].
    pub fn anywhere(typed: &str) -> Result<Option<Self>, FieldFault> {
        let search = searched(typed)?;
        Ok(search.map(|text| if is_sought_anywhere(&text) { Self::Anywhere(text) } else { Self::Beginning(text) }))
    }
}

/// Whether a trigram index can find the text (that of PostgreSQL holds only letters and digits), or its script has
/// names as short as 小明. Their beginning is the family name, so they are searched anywhere at the price of reading all
/// names.
fn is_sought_anywhere(text: &str) -> bool {
    let has_no_case = |c: char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
    let has_trigram = |run: &str| run.chars().count() >= TRIGRAM;
    text.contains(has_no_case) || text.split(|c: char| !c.is_alphanumeric()).any(has_trigram)
}

fn searched(typed: &str) -> Result<Option<String>, FieldFault> {
    let typed = typed.trim();
    if typed.chars().count() > SEARCH_LIMIT {
        return Err(FieldFault::new(
            FieldErrorCode::TooLong,
            format!("Please search for at most {SEARCH_LIMIT} characters."),
        ));
    }
    if typed.chars().any(char::is_control) {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Please remove control characters."));
    }
    let text = folded(typed);
    // Treated as no search, it would list all users.
    if text.is_empty() && !typed.is_empty() {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Please enter at least one visible character."));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The column that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The creation of the account.
    CreatedAt,
    /// The last sign-in; users who never signed in come first.
    LastLoginAt,
    /// The address, by its bytes.
    Email,
}

impl OrderField {
    /// The type of the keys in the cursors of such a list.
    #[must_use]
    pub const fn sorted_by(self) -> SortedBy {
        match self {
            Self::CreatedAt | Self::LastLoginAt => SortedBy::Time,
            Self::Email => SortedBy::Text,
        }
    }
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserOrder {
    /// The column.
    pub field: OrderField,
    /// Whether the last comes first.
    pub descending: bool,
}

impl Default for UserOrder {
    /// The newest accounts first.
    fn default() -> Self {
        Self { field: OrderField::CreatedAt, descending: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_knows_no_case_in_any_script() {
        assert_eq!(TextSearch::anywhere("  BJÖRK"), Ok(Some(TextSearch::Anywhere("björk".to_owned()))));
        assert_eq!(TextSearch::anywhere("O\u{308}l"), TextSearch::anywhere("Öl"));
    }

    #[test]
    fn what_no_index_finds_in_the_middle_is_a_beginning() {
        for typed in ["öl", "a_b", "%%%", "j. d."] {
            assert_eq!(TextSearch::anywhere(typed), Ok(Some(TextSearch::Beginning(typed.to_owned()))));
        }
        assert_eq!(TextSearch::anywhere("ÖL"), Ok(Some(TextSearch::Beginning("öl".to_owned()))));
        assert_eq!(TextSearch::anywhere("   "), Ok(None));
    }

    #[test]
    fn short_words_of_scripts_without_case_are_sought_anywhere() {
        for typed in ["小明", "明", "철수", "मस्त", "علی", "小a"] {
            assert_eq!(TextSearch::anywhere(typed), Ok(Some(TextSearch::Anywhere(typed.to_owned()))));
        }
    }

    #[test]
    fn what_cannot_be_searched_for_is_refused() {
        assert_eq!(TextSearch::anywhere(&"a".repeat(101)).unwrap_err().code, FieldErrorCode::TooLong);
        assert_eq!(TextSearch::beginning("a\0b").unwrap_err().code, FieldErrorCode::Invalid);
        assert_eq!(TextSearch::beginning("\u{200b}").unwrap_err().code, FieldErrorCode::Invalid);
    }
}
