//! What a server writes is for its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::process::run;

/// Every path below, with its mode.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut found = vec![(folder.display().to_string(), fs::metadata(folder).unwrap().permissions().mode() & 0o777)];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(modes(&path));
        } else {
            found.push((path.display().to_string(), fs::metadata(&path).unwrap().permissions().mode() & 0o777));
        }
    }
    found
}

#[test]
fn what_a_first_start_makes_is_for_its_owner_alone() {
    for elsewhere in [&[][..], &[("DATABASE_URL", "sqlite://base/a.db"), ("JWT_KEYS_DIR", "keys")]] {
        let folder = tempfile::tempdir().unwrap();
        let settings = [&[("AUTHGRAPH_ENV", "development")], elsewhere].concat();

        let output = run(folder.path(), &["migrate"], &settings);

        assert!(output.status.success(), "{output:?}");
        let made = modes(folder.path());
        assert!(made.iter().any(|(path, _)| path.ends_with("data/mailbox")), "{made:?}");
        let open: Vec<_> = made.iter().skip(1).filter(|(_, mode)| mode & 0o077 != 0).collect();
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn a_start_warns_of_signing_keys_that_others_can_write() {
    let warns = |mode: u32, on_file: bool| {
        let folder = tempfile::tempdir().unwrap();
        let command = |arguments: &[&str]| run(folder.path(), arguments, &[("AUTHGRAPH_ENV", "development")]);
        assert!(command(&["migrate"]).status.success());
        let keys = folder.path().join("data/keys");
        let key = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
        fs::set_permissions(if on_file { &key } else { &keys }, fs::Permissions::from_mode(mode)).unwrap();
        String::from_utf8(command(&["migrate"]).stderr).unwrap().contains("others on this machine can write")
    };

    assert!(warns(0o777, false) && warns(0o770, false) && warns(0o666, true));
    assert!(!warns(0o755, false) && !warns(0o644, true));
}
