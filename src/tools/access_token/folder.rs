//! The folder of signing keys: one PEM file each, `{created, unix seconds}-{kid}.pem`, readable by its owner only.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::iter;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Algorithm;
use super::key::{self, SigningKey, Unfit};
#[cfg(doc)]
use super::key_ring::ACTIVATION;
use super::key_ring::{KeyFile, KeyRing};
use crate::error::{Error, OrFault, Result};
use crate::values::time::Time;

/// One key of the folder, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyListing {
    /// Its name in token headers and the JWKS.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// When it was made.
    pub created_at: Time,
    /// What it is good for now.
    pub state: KeyState,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It signs new tokens.
    Signs,
    /// It will sign from then on; until then others learn of it.
    SignsFrom(Time),
    /// Another one signs; the tokens of this one still verify.
    Verifies,
}

/// Adds a key and returns its `kid`. It signs once it is [`ACTIVATION`] old, or at once if it is the only one.
///
/// # Errors
/// A fault if the folder cannot be written.
pub fn create_key(folder: &Path, algorithm: Algorithm, now: Time) -> Result<String> {
    create_private_folder(folder).or_fault("creating the folder of signing keys")?;
    let pkcs8 = key::generate(algorithm)?;
    let kid = SigningKey::from_pkcs8(&pkcs8).or_fault("reading a new signing key")?.kid;
    let name = format!("{}-{kid}.pem", now.timestamp());
    // A reader of the folder sees the whole file or none.
    let unfinished = folder.join(format!(".{name}"));
    write_private_file(&unfinished, &key::write_pem(&pkcs8)).or_fault("writing a signing key")?;
    fs::rename(&unfinished, folder.join(name)).or_fault("putting a signing key into its folder")?;
    Ok(kid)
}

/// Creates the first key where there is none of the algorithm, and returns its `kid`. If two processes do so at once,
/// both keys are good.
///
/// # Errors
/// A fault if the folder cannot be read or written.
pub fn ensure_key(folder: &Path, algorithm: Algorithm, now: Time) -> Result<Option<String>> {
    create_private_folder(folder).or_fault("creating the folder of signing keys")?;
    if read(folder)?.iter().any(|file| file.key.algorithm == algorithm) {
        return Ok(None);
    }
    create_key(folder, algorithm, now).map(Some)
}

/// All keys of the folder, the newest first, as a server with this algorithm uses them at `now`.
///
/// # Errors
/// A fault if one of them cannot be read.
pub fn list_keys(folder: &Path, algorithm: Algorithm, now: Time) -> Result<Vec<KeyListing>> {
    let files = read(folder)?;
    let keys = KeyRing::from_files(&files, algorithm);
    let signer = keys.signer(now).map(|key| &key.kid);
    let listing = files.iter().map(|file| {
        let state = match file.signs_from() {
            _ if signer == Some(&file.key.kid) => KeyState::Signs,
            from if from > now && file.key.algorithm == algorithm => KeyState::SignsFrom(from),
            _ => KeyState::Verifies,
        };
        KeyListing { kid: file.key.kid.clone(), algorithm: file.key.algorithm, created_at: file.created_at, state }
    });
    Ok(listing.collect())
}

/// What is in the folder.
pub(super) struct KeyFolder {
    /// The keys, the newest first.
    pub(super) files: Vec<KeyFile>,
    /// Why one of the files could not be read.
    pub(super) unfit: Option<Error>,
}

/// Every key of the folder, the newest first.
pub(super) fn read(folder: &Path) -> Result<Vec<KeyFile>> {
    let found = look(folder, |_| None)?;
    found.unfit.map_or(Ok(found.files), Err)
}

/// The keys of the folder, where a file that cannot be read stands for the key that is `known` by its name. Files of other
/// names are none of ours. A folder that is gone holds nothing.
pub(super) fn look(folder: &Path, known: impl Fn(&str) -> Option<Arc<SigningKey>>) -> Result<KeyFolder> {
    let doing = "reading the folder of signing keys";
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let is_gone = error.kind() == ErrorKind::NotFound;
            let remedy =
                if is_gone { "`authgraph keys rotate` makes a key" } else { "it belongs to the server's user" };
            let cause = format!("{}: {error} ({remedy})", folder.display());
            let nothing = |unfit| KeyFolder { files: Vec::new(), unfit: Some(unfit) };
            return Err(cause).or_fault(doing).or_else(|fault| if is_gone { Ok(nothing(fault)) } else { Err(fault) });
        }
    };
    let mut found = KeyFolder { files: Vec::new(), unfit: None };
    for entry in entries {
        let entry = entry.or_fault(doing)?;
        let name = entry.file_name();
        let Some((name, (created_at, kid))) = name.to_str().and_then(|name| Some((name, parse_name(name)?))) else {
            continue;
        };
        let key = match fs::read_to_string(entry.path()).map(Zeroizing::new) {
            Ok(text) => only_key(&text, kid).map_err(|unfit| format!("{name}: {unfit}")),
            // Removed since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => Err(format!("{name}: {error}")),
        };
        match key.map(Arc::new).or_fault(doing) {
            Ok(key) => found.files.push(KeyFile { created_at, key }),
            Err(unfit) => {
                found.files.extend(known(kid).map(|key| KeyFile { created_at, key }));
                found.unfit = Some(unfit);
            }
        }
    }
    // Keys of the same second are told apart by name, so that all instances choose alike.
    found.files.sort_by(|a, b| (b.created_at, &b.key.kid).cmp(&(a.created_at, &a.key.kid)));
    Ok(found)
}

/// Warns where other users of the machine can write. It is no fault, since a mounted folder may be read-only all the same.
pub(super) fn warn_of_other_writers(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in iter::once(folder.to_owned()).chain(files) {
        if fs::metadata(&path).is_ok_and(|about| about.permissions().mode() & 0o022 != 0) {
            let path = path.display();
            tracing::warn!(%path, "others on this machine can write signing keys here, and sign as any user with them");
        }
    }
}

fn parse_name(name: &str) -> Option<(Time, &str)> {
    let (seconds, kid) = name.strip_suffix(".pem")?.split_once('-')?;
    Some((Time::from_timestamp(seconds.parse().ok()?, 0)?, kid))
}

fn only_key(text: &str, kid: &str) -> Result<SigningKey, Unfit> {
    let mut keys = SigningKey::read_pem(text)?;
    let key = keys.pop().filter(|_| keys.is_empty()).ok_or("there is not exactly one key in it")?;
    if key.kid != kid {
        return Err("it is named after another key");
    }
    Ok(key)
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn write_private_file(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
