//! One key pair: signs with aws-lc-rs, and knows its public half as a JWK and its name by thumbprint.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, Validation};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::Algorithm;
use crate::error::{OrFault, Result};

/// The header `typ` of our tokens (RFC 9068, section 2.1).
pub(super) const HEADER_TYPE: &str = "at+jwt";

/// Why a text is not a key of ours. Says nothing of the text.
pub(super) type Unfit = &'static str;

/// A key pair. Its algorithm is the one its tokens name.
pub(super) struct SigningKey {
    pub(super) algorithm: Algorithm,
    /// The JWK thumbprint (RFC 7638): every reader of the key computes the same name.
    pub(super) kid: String,
    /// The encoded header of every token it signs.
    pub(super) header: String,
    pub(super) decoding: DecodingKey,
    /// Accepts tokens of this algorithm alone.
    pub(super) validation: Validation,
    pub(super) jwk: Jwk,
    pair: Pair,
}

/// Parsed once: parsing and checking an RSA key costs more than signing with it.
enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads every private key in a PEM text.
    pub(super) fn read_pem(text: &str) -> Result<Vec<Self>, Unfit> {
        PrivateKeyDer::pem_slice_iter(text.as_bytes())
            .map(|der| {
                // The parser's own error may quote a line of the key.
                let der = Zeroizing::new(der.map_err(|_| "this is not PEM")?);
                let PrivateKeyDer::Pkcs8(pkcs8) = &*der else { return Err("this is not PKCS#8 (BEGIN PRIVATE KEY)") };
                Self::from_pkcs8(pkcs8.secret_pkcs8_der())
            })
            .collect()
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, Unfit> {
        let pair = Pair::from_pkcs8(der)?;
        let (algorithm, decoding) = match &pair {
            Pair::Rsa(pair) => (Algorithm::Rs256, DecodingKey::from_rsa_der(pair.public_key().as_ref())),
            Pair::P256(pair) => (Algorithm::Es256, DecodingKey::from_ec_der(pair.public_key().as_ref())),
            Pair::Ed25519(pair) => (Algorithm::EdDsa, DecodingKey::from_ed_der(pair.public_key().as_ref())),
        };
        let jwk = public_jwk(&decoding, algorithm).map_err(|_| "its public half cannot be written as a JWK")?;
        let kid = jwk.common.key_id.clone().unwrap_or_default();
        let header = format!(r#"{{"typ":"{HEADER_TYPE}","alg":"{}","kid":"{kid}"}}"#, algorithm.as_str());
        let (header, validation) = (BASE64_URL_SAFE_NO_PAD.encode(header), signature_only(algorithm));
        Ok(Self { algorithm, kid, header, decoding, validation, jwk, pair })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .or_fault("signing with RS256")?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).or_fault("signing with ES256")?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.try_sign(message).or_fault("signing with EdDSA")?.as_ref().to_vec()),
        }
    }
}

impl Pair {
    fn from_pkcs8(der: &[u8]) -> Result<Self, Unfit> {
        match RsaKeyPair::from_pkcs8(der) {
            Ok(pair) => return Ok(Self::Rsa(pair)),
            Err(refused) if refused.to_string() == "TooSmall" => return Err("an RSA key needs at least 2048 bits"),
            Err(_) => {}
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::P256(pair));
        }
        Ed25519KeyPair::from_pkcs8(der).map(Self::Ed25519).map_err(|_| "this is no RSA, P-256 or Ed25519 key")
    }
}

/// A new private key in PKCS#8.
pub(super) fn generate(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>> {
    let der = match algorithm {
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).or_fault("generating an RSA key")?;
            let der: Pkcs8V1Der<'_> = pair.as_der().or_fault("writing an RSA key")?;
            der.as_ref().to_vec()
        }
        Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .or_fault("generating a P-256 key")?
            .as_ref()
            .to_vec(),
        Algorithm::EdDsa => Ed25519KeyPair::generate()
            .and_then(|pair| pair.to_pkcs8v1())
            .or_fault("generating an Ed25519 key")?
            .as_ref()
            .to_vec(),
    };
    Ok(Zeroizing::new(der))
}

/// A private key in the text form of RFC 7468, section 10.
pub(super) fn write_pem(pkcs8: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64_STANDARD.encode(pkcs8));
    // Room for everything at once, so that no half-written copy is left behind in memory.
    let mut pem = Zeroizing::new(String::with_capacity(body.len() * 2 + 64));
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    for line in body.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

/// Checks the signature alone. The claims are ours to check: the library would ask the machine's clock, and take one
/// audience out of many.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.into());
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn public_jwk(key: &DecodingKey, algorithm: Algorithm) -> jsonwebtoken::errors::Result<Jwk> {
    let mut jwk = Jwk::from_decoding_key(key, Some(algorithm.into()))?;
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256)?);
    Ok(jwk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_key_is_its_thumbprint() {
        // RFC 7638, section 3.1.
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKR\
                       XjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAt\
                       aSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPk\
                       sINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = DecodingKey::from_rsa_components(modulus, "AQAB").unwrap();

        let jwk = public_jwk(&key, Algorithm::Rs256).unwrap();

        assert_eq!(jwk.common.key_id.unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_written_key_reads_as_the_same() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let pkcs8 = generate(algorithm).unwrap();
            let pem = write_pem(&pkcs8);

            let [read] = &SigningKey::read_pem(&pem).ok().unwrap()[..] else { panic!("one key was written") };

            assert_eq!((read.algorithm, &read.kid), (algorithm, &SigningKey::from_pkcs8(&pkcs8).ok().unwrap().kid));
            assert!(pem.lines().all(|line| line.len() <= 64));
        }
    }
}
