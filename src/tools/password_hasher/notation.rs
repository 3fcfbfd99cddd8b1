//! Reads the texts of stored hashes.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Params, Version};

use super::cost::HashCost;
use super::foreign;
use super::hash_refusal::HashRefusal;
use super::stored_hash::StoredHash;

/// The fewest bytes of a hash. Of a shorter one many passwords have the beginning.
const MIN_OUTPUT_LENGTH: usize = 16;

/// The most bytes of salt or hash. PHC strings allow less.
const MAX_LENGTH: usize = 128;

/// Reads the text of a hash.
pub(super) fn parse(text: &str) -> Result<StoredHash, HashRefusal> {
    let stored = if text.starts_with("$argon2") { parse_argon2(text)? } else { foreign::parse(text)? };
    if stored.cost.is_absurd() {
        return Err(HashRefusal::Absurd);
    }
    let lengths = (MIN_OUTPUT_LENGTH..=MAX_LENGTH).contains(&stored.output.len()) && stored.salt.len() <= MAX_LENGTH;
    if lengths { Ok(stored) } else { Err(HashRefusal::Malformed) }
}

/// Reads the cost from the beginning of a hash, without salt and output.
pub(super) fn cost_of(beginning: &str) -> Result<HashCost, HashRefusal> {
    if !beginning.starts_with("$argon2") {
        return foreign::cost_of(beginning);
    }
    let hash = PasswordHash::new(beginning).map_err(|_| HashRefusal::Malformed)?;
    argon2_cost(&hash)
}

fn parse_argon2(text: &str) -> Result<StoredHash, HashRefusal> {
    let hash = PasswordHash::new(text).map_err(|_| HashRefusal::Malformed)?;
    let cost = argon2_cost(&hash)?;
    // The first version wrote none.
    let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| HashRefusal::Unknown)?;
    let (Some(salt), Some(output)) = (hash.salt, hash.hash) else { return Err(HashRefusal::Malformed) };
    let is_argon2_v16 = version == Version::V0x10;
    Ok(StoredHash { cost, is_argon2_v16, salt: salt.to_vec(), output: output.as_bytes().to_vec(), signer_key: None })
}

fn argon2_cost(hash: &PasswordHash) -> Result<HashCost, HashRefusal> {
    let params = Params::try_from(hash).map_err(|_| HashRefusal::Malformed)?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashRefusal::Unknown)?;
    HashCost::argon2(algorithm, &params)
}
