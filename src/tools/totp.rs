//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, one step to either side.

use std::fmt;

use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::error::{OrFault, Result};
use crate::values::time::Time;

/// Bytes of a secret: 160 bits, as RFC 4226 recommends (section 4, R6).
const SECRET_BYTES: usize = 20;

/// What an authenticator app and the server share.
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl TotpSecret {
    /// A new secret.
    ///
    /// # Errors
    /// A fault where no random bytes can be had.
    pub fn random() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).or_fault("drawing a TOTP secret")?;
        Ok(Self(bytes))
    }

    /// A secret that was kept.
    ///
    /// # Errors
    /// A fault where it is not one of ours.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(Self(Zeroizing::new(bytes.try_into().or_fault("reading a TOTP secret")?)))
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The secret as people type it into an app that cannot scan.
    #[must_use]
    pub fn to_base32(&self) -> String {
        Secret::new_stack(*self.0).to_base32()
    }

    /// The `otpauth:` URI that apps scan. A colon separates issuer and account in it, so neither keeps one.
    ///
    /// # Errors
    /// A fault where account or issuer cannot be in one.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String> {
        let builder = Builder::new()
            .with_secret(Secret::new_stack(*self.0))
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

    fn totp(&self) -> Totp {
        Builder::new().with_secret(Secret::new_stack(*self.0)).build_noncompliant()
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
    fn the_uri_names_issuer_and_account() {
        let uri = rfc_secret().uri("Example: Inc", "ann@example.com").unwrap();

        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=Example%20%20Inc") && uri.contains("ann%40example.com"), "{uri}");
    }
}
