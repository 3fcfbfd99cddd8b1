//! A stored password hash: compared, and written. We write Argon2id; the others come from imports.

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Params, Version};
use aws_lc_rs::{constant_time, rand};

use super::cost::HashCost;
use super::firebase;
use crate::error::{OrFault, Result};

/// Length in bytes of the hashes we make.
pub(super) const OUTPUT_LENGTH: usize = 32;

/// Length in bytes of the salts we draw (RFC 9106, section 3.1).
const SALT_LENGTH: usize = 16;

/// The parts of a stored hash. Not `Debug`, so that none is logged.
pub(super) struct StoredHash {
    pub(super) cost: HashCost,
    /// Of Argon2 alone: version 16 has other hashes.
    pub(super) is_argon2_v16: bool,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
    /// Of Firebase's scrypt alone: the key of the project. The hash is this key, encrypted with what scrypt derives.
    pub(super) signer_key: Option<Vec<u8>>,
}

impl StoredHash {
    /// A hash that no password has, of the cost that `params` say.
    pub(super) fn decoy(params: &Params) -> Result<Self> {
        let mut output = vec![0; OUTPUT_LENGTH];
        rand::fill(&mut output).or_fault("drawing a decoy")?;
        Ok(Self::argon2id(params, new_salt()?, output))
    }

    /// A hash of ours.
    pub(super) fn argon2id(params: &Params, salt: Vec<u8>, output: Vec<u8>) -> Self {
        let cost = HashCost::argon2id(params);
        Self { cost, is_argon2_v16: false, salt, output, signer_key: None }
    }

    /// The text of a hash of ours.
    pub(super) fn to_phc(&self, params: &Params) -> Result<String> {
        let phc = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params).or_fault("writing Argon2 parameters")?,
            salt: Some(Salt::new(&self.salt).or_fault("writing a salt")?),
            hash: Some(Output::new(&self.output).or_fault("writing a password hash")?),
        };
        Ok(phc.to_string())
    }

    /// How many bytes have to be derived from a password to be compared.
    pub(super) fn derived_length(&self) -> usize {
        if self.signer_key.is_some() { firebase::KEY_LENGTH } else { self.output.len() }
    }

    /// Whether this was derived from the password of the hash.
    pub(super) fn matches(&self, derived: &[u8]) -> Result<bool> {
        let is_equal = |bytes: &[u8]| constant_time::verify_slices_are_equal(bytes, &self.output).is_ok();
        match &self.signer_key {
            None => Ok(is_equal(derived)),
            Some(key) => Ok(is_equal(&firebase::encrypt_signer_key(derived, key)?)),
        }
    }

    /// Whether a new hash of the same password would be another kind of hash.
    pub(super) fn is_stale(&self, current: &Params) -> bool {
        self.cost != HashCost::argon2id(current)
            || self.is_argon2_v16
            || self.salt.len() != SALT_LENGTH
            || self.output.len() != OUTPUT_LENGTH
    }
}

pub(super) fn new_salt() -> Result<Vec<u8>> {
    let mut salt = vec![0; SALT_LENGTH];
    rand::fill(&mut salt).or_fault("drawing a salt")?;
    Ok(salt)
}
