//! Secrets at rest: AES-256-GCM, with the key's id in front so that keys can be changed.
//!
//! A sealed secret is `version (1) ‖ key id (4) ‖ nonce (12) ‖ ciphertext and tag`.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::error::{Fault, OrFault, Result};

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Names a key without revealing it: the first four bytes of its SHA-256.
type KeyId = [u8; 4];

/// Seals with the first of its keys and opens with any.
pub struct Sealer {
    keys: Vec<(KeyId, Aes256Gcm)>,
}

impl Sealer {
    /// Takes keys as 32 bytes in base64, separated by commas: the first seals, all open.
    ///
    /// # Errors
    /// A fault where one is no such key; the text does not show it.
    pub fn open(keys: &str) -> Result<Self> {
        let keys: Vec<_> =
            keys.split(',').map(str::trim).filter(|key| !key.is_empty()).map(read_key).collect::<Result<_>>()?;
        if keys.is_empty() {
            return Err(Fault::new("reading encryption keys: there is none").into());
        }
        Ok(Self { keys })
    }

    /// Seals a secret for one owner: for any other it does not open.
    ///
    /// # Errors
    /// A fault where no random bytes can be had.
    pub fn seal(&self, secret: &[u8], owner: &[u8]) -> Result<Vec<u8>> {
        let (id, cipher) = self.keys.first().or_fault("sealing without a key")?;
        let mut nonce = [0; NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut nonce).or_fault("drawing a nonce")?;
        let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: owner });
        let sealed = sealed.map_err(|_| Fault::new("sealing a secret"))?;
        Ok([[VERSION].as_slice(), id, &nonce, &sealed].concat())
    }

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    /// A fault where the key is not among ours, or the secret was moved or changed.
    pub fn unseal(&self, sealed: &[u8], owner: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (id, rest) = split(sealed).or_fault("reading a sealed secret")?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().or_fault("reading a sealed secret")?;
        let found = self.keys.iter().find(|(known, _)| *known == id);
        let (_, cipher) = found.or_fault("finding the key of a sealed secret: MFA_ENCRYPTION_KEYS does not hold it")?;
        let opened = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad: owner });
        opened.map(Zeroizing::new).map_err(|_| Fault::new("opening a sealed secret: it was moved or changed").into())
    }

    /// Whether the key that sealed this is one of ours.
    #[must_use]
    pub fn has_key_of(&self, sealed: &[u8]) -> bool {
        split(sealed).is_some_and(|(id, _)| self.keys.iter().any(|(known, _)| *known == id))
    }

    /// Whether the first key sealed this.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        split(sealed).map(|(id, _)| id) == self.keys.first().map(|(id, _)| *id)
    }
}

/// Reads the key of a development machine, or makes it at the first start. Of two processes that start together one
/// makes it and both read it.
///
/// # Errors
/// A fault where the file cannot be written or read.
pub fn ensure_key(file: &Path) -> Result<String> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).or_fault("drawing an encryption key")?;
    if let Some(folder) = file.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .or_fault("making the folder of the encryption key")?;
    }
    // Written whole under another name, so that no process reads half a key.
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    if !file.exists() {
        let mut written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .or_fault("making the encryption key")?;
        written
            .write_all(BASE64_STANDARD.encode(bytes.as_slice()).as_bytes())
            .or_fault("writing the encryption key")?;
        match fs::hard_link(&draft, file) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).or_fault("keeping the encryption key");
            }
            Ok(()) | Err(_) => {}
        }
        fs::remove_file(&draft).or_fault("removing the draft of the encryption key")?;
    }
    fs::read_to_string(file).or_fault("reading the encryption key")
}

fn read_key(text: &str) -> Result<(KeyId, Aes256Gcm)> {
    let unreadable = || Fault::new("reading an encryption key: it is not 32 bytes in base64");
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).map_err(|_| unreadable())?);
    let key: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(bytes.as_slice().try_into().map_err(|_| unreadable())?);
    let digest = digest::digest(&digest::SHA256, key.as_slice());
    let id = digest.as_ref().first_chunk::<4>().or_fault("naming an encryption key")?;
    Ok((*id, Aes256Gcm::new(&(*key).into())))
}

fn split(sealed: &[u8]) -> Option<(KeyId, &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk::<4>()?;
    (*version == VERSION).then_some((*id, rest))
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    #[test]
    fn a_secret_opens_for_its_owner_alone() {
        let keys = Sealer::open(OLD).unwrap();
        let sealed = keys.seal(b"secret", b"ann").unwrap();

        assert_eq!(keys.unseal(&sealed, b"ann").unwrap().as_slice(), b"secret");
        assert!(keys.unseal(&sealed, b"bob").is_err());
    }

    #[test]
    fn no_two_seals_are_alike_and_no_bit_can_be_changed() {
        let keys = Sealer::open(OLD).unwrap();
        let sealed = keys.seal(b"secret", b"ann").unwrap();

        assert_ne!(sealed, keys.seal(b"secret", b"ann").unwrap());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(keys.unseal(&changed, b"ann").is_err(), "byte {position}");
        }
        assert!(keys.unseal(&sealed[..10], b"ann").is_err());
    }

    #[test]
    fn an_old_key_opens_what_it_sealed_and_the_newest_seals() {
        let sealed = Sealer::open(OLD).unwrap().seal(b"secret", b"ann").unwrap();
        let both = Sealer::open(&format!("{NEW}, {OLD}")).unwrap();

        assert_eq!(both.unseal(&sealed, b"ann").unwrap().as_slice(), b"secret");
        assert!(!both.is_current(&sealed));
        assert!(both.is_current(&both.seal(b"secret", b"ann").unwrap()));
        assert!(Sealer::open(NEW).unwrap().unseal(&sealed, b"ann").is_err());
    }

    #[test]
    fn a_faulty_key_is_refused_and_not_shown() {
        for keys in ["", "c2hvcnQ=", "not base64!", &format!("{OLD},x")] {
            let fault = format!("{:?}", Sealer::open(keys).unwrap_err());
            assert!(keys.is_empty() || !fault.contains(keys), "{fault}");
        }
    }

    #[test]
    fn many_processes_that_start_together_share_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("below").join("mfa.key");

        let first = ensure_key(&file).unwrap();

        assert_eq!(ensure_key(&file).unwrap(), first);
        assert!(Sealer::open(&first).is_ok());
    }
}
