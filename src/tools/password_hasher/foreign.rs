//! Hashes of other systems, as imports bring them. A right password replaces them by Argon2id at the next login.
//!
//! - bcrypt: `$2b$12$…`, also `$2a$` and `$2y$`
//! - scrypt and PBKDF2: PHC strings, `$scrypt$ln=14,r=8,p=1$salt$hash` and `$pbkdf2-sha256$i=600000,l=32$salt$hash`
//! - Firebase's scrypt, in the words of Supabase Auth: `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$hash`

use base64::alphabet::{self, Alphabet};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, engine};

use super::cost::{HashCost, Pbkdf2Digest};
use super::hash_refusal::HashRefusal;
use super::stored_hash::StoredHash;

/// Bytes of a salt of bcrypt, and their number of letters.
const BCRYPT_SALT: (usize, usize) = (16, 22);

/// Reads salts and hashes with and without padding, whatever bits are left over in the last letter.
const fn lenient(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    engine::GeneralPurpose::new(alphabet, config)
}

const BASE64: GeneralPurpose = lenient(&alphabet::STANDARD);
const BCRYPT_BASE64: GeneralPurpose = lenient(&alphabet::BCRYPT);

/// Reads a hash.
pub(super) fn parse(text: &str) -> Result<StoredHash, HashRefusal> {
    let cost = cost_of(text)?;
    let parts: Vec<&str> = text.split('$').skip(1).collect();
    if let HashCost::Bcrypt { .. } = cost {
        return parse_bcrypt(cost, &parts);
    }
    let [algorithm, parameters, salt, output] = *parts else { return Err(HashRefusal::Malformed) };
    let (mut salt, output) = (decode(&BASE64, salt)?, decode(&BASE64, output)?);
    let mut signer_key = None;
    if algorithm == "fbscrypt" {
        salt.extend(decode(&BASE64, find(parameters, "ss").unwrap_or_default())?);
        let key = decode(&BASE64, find(parameters, "sk").ok_or(HashRefusal::Malformed)?)?;
        if key.len() != output.len() {
            return Err(HashRefusal::Malformed);
        }
        signer_key = Some(key);
    }
    if let HashCost::Pbkdf2 { length, .. } = cost
        && length != output.len()
    {
        return Err(HashRefusal::Malformed);
    }
    Ok(StoredHash { cost, is_argon2_v16: false, salt, output, signer_key })
}

fn parse_bcrypt(cost: HashCost, parts: &[&str]) -> Result<StoredHash, HashRefusal> {
    let (bytes, letters) = BCRYPT_SALT;
    let encoded = parts.get(2).filter(|_| parts.len() == 3).ok_or(HashRefusal::Malformed)?;
    let (salt, output) = encoded.split_at_checked(letters).ok_or(HashRefusal::Malformed)?;
    let (salt, output) = (decode(&BCRYPT_BASE64, salt)?, decode(&BCRYPT_BASE64, output)?);
    if (salt.len(), output.len()) != (bytes, BCRYPT_OUTPUT) {
        return Err(HashRefusal::Malformed);
    }
    Ok(StoredHash { cost, is_argon2_v16: false, salt, output, signer_key: None })
}

/// Bytes of a hash of bcrypt; the last one that it computes is not stored.
pub(super) const BCRYPT_OUTPUT: usize = 23;

/// Reads the cost from the beginning of a hash.
pub(super) fn cost_of(beginning: &str) -> Result<HashCost, HashRefusal> {
    let mut parts = beginning.split('$');
    let (Some(""), Some(algorithm), Some(parameters)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(HashRefusal::Unknown);
    };
    match algorithm {
        "2a" | "2b" | "2y" => Ok(HashCost::Bcrypt { log_rounds: number(Some(parameters))? }),
        "scrypt" => scrypt(find(parameters, "ln"), find(parameters, "r"), find(parameters, "p")),
        "fbscrypt" => scrypt(find(parameters, "n"), find(parameters, "r"), find(parameters, "p")),
        "pbkdf2-sha1" => pbkdf2(Pbkdf2Digest::Sha1, parameters),
        "pbkdf2-sha256" => pbkdf2(Pbkdf2Digest::Sha256, parameters),
        "pbkdf2-sha512" => pbkdf2(Pbkdf2Digest::Sha512, parameters),
        _ => Err(HashRefusal::Unknown),
    }
}

fn scrypt(log_n: Option<&str>, block_size: Option<&str>, parallelism: Option<&str>) -> Result<HashCost, HashRefusal> {
    let (log_n, block_size, parallelism) = (number(log_n)?, number(block_size)?, number(parallelism)?);
    if log_n == 0 || block_size == 0 || parallelism == 0 {
        return Err(HashRefusal::Malformed);
    }
    Ok(HashCost::Scrypt { log_n, block_size, parallelism })
}

fn pbkdf2(digest: Pbkdf2Digest, parameters: &str) -> Result<HashCost, HashRefusal> {
    let (iterations, length) = (number(find(parameters, "i"))?, number(find(parameters, "l"))?);
    Ok(HashCost::Pbkdf2 { digest, iterations, length })
}

/// The value of a parameter in `name=value,name=value`.
fn find<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(',').find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
}

fn number<N: std::str::FromStr>(text: Option<&str>) -> Result<N, HashRefusal> {
    text.and_then(|text| text.parse().ok()).ok_or(HashRefusal::Malformed)
}

fn decode(alphabet: &GeneralPurpose, text: &str) -> Result<Vec<u8>, HashRefusal> {
    alphabet.decode(text).map_err(|_| HashRefusal::Malformed)
}
