//! Texts of strangers in emails: how a reader sees them, and whether a name could be read as a link or a message.

use icu_properties::props::{DefaultIgnorableCodePoint, Emoji, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// The longest name in an email: longer ones can carry messages.
const NAME_LIMIT: usize = 40;
/// The most digits of a name: more of them make a telephone number, which mail programs turn into a link.
const DIGIT_LIMIT: usize = 5;

/// The joiners that Persian names and emoji need.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// The signs that names of people and devices contain. A name with any other sign is not printed; so no look-alike of a
/// slash, a colon or an at sign gets through.
const SIGNS: &str = " '’‘`\"“”„«»‹›′″-‐–—゠־׳״.。,:;!?()<>[]&+_#~*·・";

/// Whether the character is invisible: direction marks, zero widths, fillers, variation selectors.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The ASCII digit that a decimal digit of any script stands for. Each script has its ten in order, from zero on, and
/// sets that follow each other without a gap are whole (Unicode, section 4.6).
#[must_use]
pub fn digit(c: char) -> Option<char> {
    let is_digit = |c: char| category(c) == GeneralCategory::DecimalNumber;
    if c.is_ascii() || !is_digit(c) {
        return c.is_ascii_digit().then_some(c);
    }
    let before = (1..).map_while(|back| char::from_u32(u32::from(c) - back)).take_while(|c| is_digit(*c)).count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}

/// Whether the character ends a line or moves a cursor. `char::is_control` knows only the ASCII line breaks.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a text stays on its line and is read in the order in which it is stored: without control characters, and
/// without the marks that change the direction of what follows (UAX 9).
#[must_use]
pub fn is_in_order(text: &str) -> bool {
    !text.contains(|c| is_control(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// The name of a person or a device on one line, fit for a mail; `None` where it could be read as a link or a message.
///
/// It is checked in the form in which it is shown: first normalised (NFKC makes a dot of a full-width one), then
/// without what is invisible, and then with a dot for everything that looks like one (UTS 39). Words ("evil dot
/// example"), spaces behind a dot (which "Dr. Ann" has, too) and letters in the place of digits are accepted: no mail
/// program makes a link of them.
#[must_use]
pub fn name(typed: &str) -> Option<String> {
    let spaced = typed.nfkc().map(|c| if is_control(c) { ' ' } else { c });
    let visible: String = spaced.filter(|c| !is_invisible(*c) || JOINERS.contains(c)).collect();
    let shown = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let judged: String = shown.nfkd().filter_map(judged).collect();
    let is_message = shown.chars().count() > NAME_LIMIT
        || shown.chars().filter(|c| c.is_numeric()).count() > DIGIT_LIMIT
        || !judged.chars().all(belongs_to_a_name);
    (!judged.trim().is_empty() && !is_message && !is_like_a_link(&judged)).then_some(shown)
}

/// A character in the form that is checked. Marks are left out: one between a dot and a word hides nothing from a
/// reader.
fn judged(c: char) -> Option<char> {
    if !c.is_ascii() && (c == '。' || skeleton(c.encode_utf8(&mut [0; 4])).any(|like| like == '.')) {
        return Some('.');
    }
    (!is_invisible(c) && !GeneralCategoryGroup::Mark.contains(category(c))).then_some(c)
}

fn belongs_to_a_name(c: char) -> bool {
    SIGNS.contains(c)
        || GeneralCategoryGroup::Letter.contains(category(c))
        || category(c) == GeneralCategory::DecimalNumber
        || (!c.is_ascii() && CodePointSetData::new::<Emoji>().contains(c))
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Mail programs make links of "evil.example" without any scheme, so a dot before a word is enough; and of a colon
/// within one.
fn is_like_a_link(judged: &str) -> bool {
    let begins_a_word = |after: &str| after.chars().take(2).filter(|c| c.is_alphanumeric()).count() == 2;
    judged.split('.').skip(1).any(begins_a_word)
        || judged.split(':').skip(1).any(|after| !after.is_empty() && !after.starts_with(' '))
        || judged.to_lowercase().contains("www.")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn names_of_people_stay_as_they_are() {
        for people in [
            "Ann",
            "Dr. Ann O'Neill-Şahin",
            "J. R. R. Tolkien",
            "王小明",
            "アン・ミラー",
            "みのるノブ",
            "علی\u{200c}رضا",
            "דוד בן־גוריון",
            "राम कुमार",
            "Gal·la Núñez",
            "<script>",
            "R2D2",
            "Ann 🎉",
            "Firefox 153 on macOS",
            "Ann’s iPhone (work)",
        ] {
            assert_eq!(name(people).as_deref(), Some(people));
        }
    }

    #[test]
    fn a_digit_of_any_script_stands_for_one_of_ascii() {
        for (typed, expected) in [('7', '7'), ('٧', '7'), ('۰', '0'), ('９', '9'), ('𝟿', '9'), ('𝟘', '0'), ('𞥐', '0')]
        {
            assert_eq!(digit(typed), Some(expected));
        }
        assert!(['a', '½', '一', '²'].iter().all(|c| digit(*c).is_none()));
    }

    #[test]
    fn a_name_is_shown_as_it_was_judged() {
        assert_eq!(name("Ａｎｎ\u{2003}Ｍｉｌｌｅｒ").as_deref(), Some("Ann Miller"));
        assert_eq!(name("\u{202e}nnA\u{3164}").as_deref(), Some("nnA"));
        assert_eq!(name("Ann\r\nBcc: bob\u{2028}x\u{202e}").as_deref(), Some("Ann Bcc: bob x"));
    }

    #[test]
    fn a_name_cannot_carry_a_link_or_a_message() {
        for message in [
            "http://evil",
            "evil.example",
            "evil .example",
            "Visit WWW.evil",
            "evil。example",
            "evil.\u{301}example",
            "evil\u{1d16d}example",
            "bücher.example",
            "אבג.example",
            "mailto:ann",
            "a@b",
            "//evil",
            "½",
            "\u{feff}\u{301}",
            "Call 0800 555 0199",
            "You have won a prize, please answer this letter today",
            " \u{202e} ",
        ] {
            assert_eq!(name(message), None, "{message:?}");
        }
    }

    /// The planes in which there are signs and marks; those between hold ideographs, or nothing.
    fn characters() -> impl Iterator<Item = char> {
        ('\u{1}'..='\u{1ffff}').chain('\u{e0000}'..='\u{e0fff}')
    }

    /// Everything that normalises to a character, or is confusable with it. Digits are those of all scripts.
    static LOOKALIKES: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
        let mut all: HashMap<char, Vec<char>> = HashMap::new();
        for c in characters() {
            let text = c.to_string();
            let (normalised, like): (String, String) = (text.nfkc().collect(), skeleton(&text).collect());
            for one in "./:@.w".chars() {
                // A letter that looks like a slash or a colon makes no link, and people are called ノブ.
                let is_letter = one != '.' && c.is_alphabetic();
                if normalised == one.to_string() || like == one.to_string() && !is_letter {
                    all.entry(one).or_default().push(c);
                }
            }
            if category(c) == GeneralCategory::DecimalNumber {
                all.entry('0').or_default().push(c);
            }
        }
        all
    });

    static INVISIBLE: LazyLock<Vec<char>> = LazyLock::new(|| characters().filter(|c| is_invisible(*c)).collect());

    fn disguised() -> impl Strategy<Value = String> {
        let messages = vec!["evil.example", "http://evil", "a@b.example", "www.evil", "000 000 0", "0000000", "x.co"];
        select(messages).prop_flat_map(|message| {
            let parts: Vec<_> = message
                .chars()
                .map(|c| {
                    let like = LOOKALIKES.get(&c).cloned().unwrap_or_else(|| vec![c]);
                    (prop::collection::vec(select(&**INVISIBLE), 0..2), select(like))
                })
                .collect();
            parts.prop_map(|parts| {
                parts.into_iter().flat_map(|(hidden, c)| hidden.into_iter().chain([c])).collect::<String>()
            })
        })
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_link_is_a_name(disguised in disguised()) {
            prop_assert_eq!(name(&disguised), None);
        }

        #[test]
        fn what_is_shown_is_one_line_and_was_judged(
            typed in prop::collection::vec(prop_oneof![select(&**INVISIBLE), select(vec!['a', '\n', ' ']), any::<char>()], 0..12)
        ) {
            let typed: String = typed.into_iter().collect();
            let Some(shown) = name(&typed) else { return Ok(()) };
            prop_assert!(!shown.contains(is_control));
            prop_assert!(shown.chars().all(|c| !is_invisible(c) || JOINERS.contains(&c)));
            prop_assert_eq!(name(&shown), Some(shown));
        }
    }
}
