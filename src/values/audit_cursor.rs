//! Where a verification of the audit trail continues, as clients keep it between two calls.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::audit_chain::{ChainHash, ChainPosition};
use crate::error::{FieldErrorCode, FieldFault};

/// The last event of a chain that was verified, and its hash.
///
/// It hides nothing, so it has no signature (docs/adr/0023). A client that makes one up learns only whether the events
/// behind that position follow from the hash it chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCursor {
    /// The event; number 0 stands before the first one.
    pub place: ChainPosition,
    /// Its hash, from which the next event follows.
    pub hash: ChainHash,
}

impl AuditCursor {
    /// Names the format and its version.
    const LABEL: &[u8] = b"trail1";

    /// The cursor as clients keep it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { place, hash } = self;
        let bytes = [Self::LABEL, &place.shard.to_be_bytes(), &place.sequence.to_be_bytes(), hash.bytes()];
        BASE64_URL_SAFE_NO_PAD.encode(bytes.concat())
    }

    /// Reads a cursor. Accepts only texts that [`AuditCursor::to_text`] writes.
    ///
    /// # Errors
    /// `INVALID` for every other text.
    pub fn parse(text: &str) -> Result<Self, FieldFault> {
        let foreign = "This cursor does not belong to a verification of the audit trail.";
        Self::read(text).ok_or_else(|| FieldFault::new(FieldErrorCode::Invalid, foreign))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (shard, rest) = bytes.strip_prefix(Self::LABEL)?.split_first_chunk()?;
        let (sequence, hash) = rest.split_first_chunk()?;
        let place = ChainPosition { shard: i32::from_be_bytes(*shard), sequence: i64::from_be_bytes(*sequence) };
        let cursor = Self { place, hash: ChainHash::from_bytes(hash.try_into().ok()?) };
        (place.shard >= 0 && place.sequence >= 0 && cursor.to_text() == text).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes_of(cursor: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap()
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(shard in 0..=i32::MAX, sequence in 0..=i64::MAX, hash: [u8; 32]) {
            let cursor = AuditCursor { place: ChainPosition { shard, sequence }, hash: ChainHash::from_bytes(hash) };

            prop_assert_eq!(AuditCursor::parse(&cursor.to_text()), Ok(cursor));
        }

        #[test]
        fn nothing_is_read_but_what_is_written(
            shard: i32, sequence: i64, hash in prop::collection::vec(any::<u8>(), 30..35), cut in 0..60_usize, noise in ".*"
        ) {
            let mut forged =
                [AuditCursor::LABEL, &shard.to_be_bytes(), &sequence.to_be_bytes(), &hash].concat();
            forged.truncate(cut);
            for text in [BASE64_URL_SAFE_NO_PAD.encode(&forged), noise] {
                let Ok(cursor) = AuditCursor::parse(&text) else { continue };
                prop_assert_eq!(cursor.to_text(), text);
                prop_assert!(cursor.place.shard >= 0 && cursor.place.sequence >= 0);
                prop_assert_eq!(cursor.hash.bytes().len(), 32);
            }
        }
    }

    #[test]
    fn another_spelling_or_format_is_refused() {
        let hash = ChainHash::from_bytes([7; 32]);
        let text = AuditCursor { place: ChainPosition { shard: 3, sequence: 9 }, hash }.to_text();
        let mut other_format = bytes_of(&text);
        other_format[5] = b'2';

        for forged in [format!("{text}="), format!(" {text}"), BASE64_URL_SAFE_NO_PAD.encode(other_format)] {
            assert!(AuditCursor::parse(&forged).is_err(), "{forged}");
        }
    }
}
