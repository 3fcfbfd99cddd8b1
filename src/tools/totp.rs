//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, one step to either side.

use std::fmt;
use std::ops::RangeInclusive;

use base32::Alphabet;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// Bytes of a new secret: 160 bits, as RFC 4226 recommends (section 4, R6).
const SECRET_BYTES: usize = 20;

/// Bytes of a secret of another system. RFC 4226 wants 16, and many systems make 10: an app shows sixteen letters then.
const FOREIGN_SECRET_BYTES: RangeInclusive<usize> = 10..=128;

/// What an authenticator app and the server share.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new secret.
    ///
    /// # Errors
    /// A fault where no random bytes can be had.
    pub fn random() -> Result<Self> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).or_fault("drawing a TOTP secret")?;
        Ok(Self(bytes))
    }

    /// A secret that was kept.
    ///
    /// # Errors
    /// A fault where it is too short or too long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let kept = Some(bytes).filter(|bytes| FOREIGN_SECRET_BYTES.contains(&bytes.len()));
        Ok(Self(Zeroizing::new(kept.or_fault("reading a TOTP secret")?.to_vec())))
    }

    /// A secret as apps show it: in Base32, with or without spaces and padding. `None` where it is none.
    #[must_use]
    pub fn from_base32(text: &str) -> Option<Self> {
        let letters: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '='))
                .map(|c| c.to_ascii_uppercase())
                .collect(),
        );
        let bytes = Zeroizing::new(base32::decode(Alphabet::Rfc4648 { padding: false }, &letters)?);
        Self::from_bytes(&bytes).ok()
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The secret as people type it into an app that cannot scan.
    #[must_use]
    pub fn to_base32(&self) -> String {
        self.secret().to_base32()
    }

    /// The `otpauth:` URI that apps scan. A colon separates issuer and account in it, so neither keeps one.
    ///
    /// # Errors
    /// A fault where account or issuer cannot be in one.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String> {
        let builder = Builder::new()
            .with_secret(self.secret())
            .with_account_name(account.replace(':', " "))
            .with_issuer(Some(issuer.replace(':', " ")));
        builder.build().or_fault("building an otpauth URI")?.to_url().or_fault("building an otpauth URI")
    }

    /// The time step that six digits belong to, if they are right. It is for the caller to accept each step once.
    #[must_use]
    pub fn matching_step(&self, digits: &str, now: Time) -> Option<i64> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        self.totp().check(digits, seconds).and_then(|step| i64::try_from(step).ok())
    }

    fn secret(&self) -> Secret {
        Secret::new(self.0.as_slice().into())
    }

    fn totp(&self) -> Totp {
        Builder::new().with_secret(self.secret()).build_noncompliant()
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (SHA-1), cut to the last six digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn rfc_secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_vectors_of_the_rfc_are_accepted_at_their_step() {
        for (seconds, digits) in VECTORS {
            assert_eq!(rfc_secret().matching_step(digits, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn one_step_to_either_side_is_accepted_and_two_are_not() {
        let (seconds, digits) = (1_234_567_890, "005924");

        assert_eq!(rfc_secret().matching_step(digits, at(seconds + 30)), Some(seconds / 30));
        assert_eq!(rfc_secret().matching_step(digits, at(seconds - 30)), Some(seconds / 30));
        assert_eq!(rfc_secret().matching_step(digits, at(seconds + 60)), None);
        assert_eq!(rfc_secret().matching_step(digits, at(seconds - 60)), None);
    }

    #[test]
    fn secrets_of_other_systems_are_read_as_apps_show_them() {
        for shown in
            ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "GEZDGNBVGY3TQOJQ===="]
        {
            assert!(TotpSecret::from_base32(shown).is_some(), "{shown}");
        }
        for wrong in ["", "GEZDGNBV", "1234567890123456", &"A".repeat(400)] {
            assert!(TotpSecret::from_base32(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        let uri = rfc_secret().uri("Example: Inc", "ann@example.com").unwrap();

        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=Example%20%20Inc") && uri.contains("ann%40example.com"), "{uri}");
    }
}
