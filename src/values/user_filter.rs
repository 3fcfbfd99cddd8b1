//! Which users a list holds, and how it is sorted.

use crate::error::FieldFault;
use crate::values::paging::SortedBy;
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus, folded};

/// The longest search, in characters.
const SEARCH_LIMIT: usize = 100;
/// What has no trigram is looked for at the beginning only, unless its script writes words in one or two letters.
const TRIGRAM: usize = 3;

/// Which users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Every one of these fits.
    pub searches: Vec<TextSearch>,
    /// Of this role.
    pub role: Option<Role>,
    /// Who stand like this.
    pub status: Option<UserStatus>,
    /// Whose address is proved, or is not.
    pub email_verified: Option<bool>,
    /// Who have a second factor, or have none.
    pub mfa_enabled: Option<bool>,
    /// Who can sign in with this provider.
    pub provider: Option<String>,
    /// Registered in this time.
    pub created: TimeRange,
    /// Last signed in in this time.
    pub last_login: TimeRange,
}

/// A span of time; open where an end is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// From this moment on.
    pub from: Option<Time>,
    /// Before this moment.
    pub before: Option<Time>,
}

impl TimeRange {
    /// Whether it holds all times.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::default()
    }
}

/// A text that addresses and names are searched for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextSearch {
    /// The address or the name begins with it.
    Beginning(String),
    /// It stands anywhere in the address or the name.
    Anywhere(String),
}

impl TextSearch {
    /// Reads a search for the beginning of an address or a name; an empty one is none.
    ///
    /// # Errors
    /// `TOO_LONG`, or `INVALID` for control characters.
    pub fn beginning(typed: &str) -> Result<Option<Self>, FieldFault> {
        Ok(searched(typed)?.map(Self::Beginning))
    }

    /// Reads a search for a part of an address or a name. Without three letters or digits in a row, and without a letter of
    /// a script that has no case (Chinese, Korean, Hindi, Arabic, …), it is one for the beginning.
    ///
    /// # Errors
    /// As [`TextSearch::beginning`].
    pub fn anywhere(typed: &str) -> Result<Option<Self>, FieldFault> {
        let search = searched(typed)?;
        Ok(search.map(|text| if is_sought_anywhere(&text) { Self::Anywhere(text) } else { Self::Beginning(text) }))
    }
}

/// Whether an index of trigrams can find it (that of PostgreSQL holds letters and digits alone), or it is worth to read all
/// names: where they are as short as 小明, a beginning is the family, and finds nobody by the name that people are called.
fn is_sought_anywhere(text: &str) -> bool {
    let has_no_case = |c: char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
    let has_trigram = |run: &str| run.chars().count() >= TRIGRAM;
    text.contains(has_no_case) || text.split(|c: char| !c.is_alphanumeric()).any(has_trigram)
}

fn searched(typed: &str) -> Result<Option<String>, FieldFault> {
    let typed = typed.trim();
    if typed.chars().count() > SEARCH_LIMIT {
        return Err(FieldFault::new("TOO_LONG", format!("Please search for at most {SEARCH_LIMIT} characters.")));
    }
    if typed.chars().any(char::is_control) {
        return Err(FieldFault::new("INVALID", "Please leave out control characters."));
    }
    let text = folded(typed);
    // Left out of the filter it would list everybody.
    if text.is_empty() && !typed.is_empty() {
        return Err(FieldFault::new("INVALID", "There is nothing to be seen here, so nothing to search for."));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The beginning of the account.
    CreatedAt,
    /// The last sign-in; whoever never signed in stands before everybody who did.
    LastLoginAt,
    /// The address, by its bytes.
    Email,
}

impl OrderField {
    /// What the cursors of such a list hold.
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
    /// By what.
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
        assert_eq!(TextSearch::anywhere(&"a".repeat(101)).unwrap_err().code, "TOO_LONG");
        assert_eq!(TextSearch::beginning("a\0b").unwrap_err().code, "INVALID");
        assert_eq!(TextSearch::beginning("\u{200b}").unwrap_err().code, "INVALID");
    }
}
