//! Password hashes in the notations of other systems, rewritten into those that the password hasher reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The hash in a notation of the password hasher. A text that is in none of the notations below stays as it is.
#[must_use]
pub fn rewrite(text: &str) -> String {
    let parts: Vec<&str> = text.split('$').collect();
    let rewritten = match *parts {
        // Django.
        ["pbkdf2_sha256", iterations, salt, hash] => pbkdf2("sha256", iterations, salt.as_bytes(), hash),
        ["pbkdf2_sha1", iterations, salt, hash] => pbkdf2("sha1", iterations, salt.as_bytes(), hash),
        ["scrypt", n, salt, r, p, hash] => {
            log2(n).map(|ln| scrypt(&format!("ln={ln},r={r},p={p}"), salt.as_bytes(), hash))
        }
        ["argon2", ..] | ["bcrypt", "", ..] => text.split_once('$').map(|(_, rest)| dollar(rest)),
        // passlib.
        ["", "pbkdf2-sha256", iterations, salt, hash] => passlib("sha256", iterations, salt, hash),
        ["", "pbkdf2-sha512", iterations, salt, hash] => passlib("sha512", iterations, salt, hash),
        ["", "pbkdf2" | "pbkdf2-sha1", iterations, salt, hash] => passlib("sha1", iterations, salt, hash),
        // Werkzeug.
        [method, salt, hash] if method.contains(':') => werkzeug(method, salt, hash),
        [text] => better_auth(text),
        _ => None,
    };
    rewritten.unwrap_or_else(|| text.to_owned())
}

/// A hash of PBKDF2 with the raw salt. `hash` is in Base64.
#[must_use]
pub fn pbkdf2(digest: &str, iterations: &str, salt: &[u8], hash: &str) -> Option<String> {
    let hash = hash.trim_end_matches('=');
    let length = STANDARD_NO_PAD.decode(hash).ok()?.len();
    Some(format!("$pbkdf2-{digest}$i={iterations},l={length}${}${hash}", STANDARD_NO_PAD.encode(salt)))
}

fn scrypt(parameters: &str, salt: &[u8], hash: &str) -> String {
    format!("$scrypt${parameters}${}${}", STANDARD_NO_PAD.encode(salt), hash.trim_end_matches('='))
}

/// passlib writes a dot for a plus. PHC strings have `i=…` and maybe `l=…` where it has the number alone.
fn passlib(digest: &str, parameters: &str, salt: &str, hash: &str) -> Option<String> {
    let (salt, hash) = (salt.replace('.', "+"), hash.replace('.', "+"));
    let salt = STANDARD_NO_PAD.decode(salt.trim_end_matches('=')).ok()?;
    let iterations = parameters.split(',').find_map(|parameter| parameter.strip_prefix("i=")).unwrap_or(parameters);
    pbkdf2(digest, iterations, &salt, &hash)
}

/// `scrypt:32768:8:1` or `pbkdf2:sha256:600000`, the salt as it is, and the hash in hexadecimal digits.
fn werkzeug(method: &str, salt: &str, hash: &str) -> Option<String> {
    let hash = STANDARD_NO_PAD.encode(unhex(hash)?);
    match *method.split(':').collect::<Vec<_>>() {
        ["scrypt", n, r, p] => Some(scrypt(&format!("ln={},r={r},p={p}", log2(n)?), salt.as_bytes(), &hash)),
        ["pbkdf2", digest, iterations] => pbkdf2(digest, iterations, salt.as_bytes(), &hash),
        _ => None,
    }
}

/// `salt:key` in hexadecimal digits. The digits themselves are the salt of scrypt.
fn better_auth(text: &str) -> Option<String> {
    let (salt, key) = text.split_once(':')?;
    let key = unhex(key).filter(|key| key.len() == 64)?;
    unhex(salt)?;
    Some(scrypt("ln=14,r=16,p=1", salt.as_bytes(), &STANDARD_NO_PAD.encode(key)))
}

fn dollar(rest: &str) -> String {
    if rest.starts_with('$') { rest.to_owned() } else { format!("${rest}") }
}

fn log2(n: &str) -> Option<u32> {
    n.parse::<u64>().ok().filter(|n| n.is_power_of_two()).map(u64::ilog2)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}
