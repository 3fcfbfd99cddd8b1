//! The last step of Firebase's scrypt: a key of AES-256 is derived from the password, and the stored hash is the key of the project,
//! encrypted with it.

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use crate::error::{OrFault, Result};

/// Bytes that are derived from a password.
pub(super) const KEY_LENGTH: usize = 32;

/// The key of a project of Firebase, encrypted with AES-256 in counter mode under a derived key, as Firebase stores it.
pub(super) fn encrypt_signer_key(derived: &[u8], signer_key: &[u8]) -> Result<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, derived).or_fault("making a key of AES")?;
    let mut encrypted = signer_key.to_vec();
    // The counter begins at zero: a derived key encrypts this one text, and is not stored.
    let from_zero = EncryptionContext::Iv128(FixedLength::from(&[0; 16]));
    let cipher = EncryptingKey::ctr(key).or_fault("encrypting the key of Firebase")?;
    cipher.less_safe_encrypt(&mut encrypted, from_zero).or_fault("encrypting the key of Firebase")?;
    Ok(encrypted)
}
