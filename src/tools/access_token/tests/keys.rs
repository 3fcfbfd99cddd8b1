//! Which keys sign and verify, and how they are kept.

use std::fs;

use base64::prelude::BASE64_STANDARD;

use super::*;

#[test]
fn a_new_key_signs_after_a_minute_and_old_tokens_still_verify() {
    let folder = tempfile::tempdir().unwrap();
    let first = create_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap();
    let tokens = open_folder(folder.path());
    let old = sign(&tokens, at(1));
    assert_eq!(kid_of(&old), first);

    let second = create_key(folder.path(), Algorithm::EdDsa, at(100)).unwrap();
    tokens.reload().unwrap();

    assert_eq!(kid_of(&sign(&tokens, at(159))), first);
    assert_eq!(kid_of(&sign(&tokens, at(160))), second);
    assert!(tokens.verify(&old, at(200)).is_some());
    assert_eq!(tokens.jwks().keys.len(), 2);
}

#[test]
fn the_listing_says_what_each_key_is_good_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut kids = Vec::new();
    for (seconds, algorithm) in [(0, Algorithm::EdDsa), (10, Algorithm::Es256), (200, Algorithm::EdDsa)] {
        kids.push(create_key(folder.path(), algorithm, at(seconds)).unwrap());
    }
    let listed = |now| -> Vec<_> {
        let keys = list_keys(folder.path(), Algorithm::EdDsa, now).unwrap();
        keys.into_iter().rev().map(|key| (key.kid, key.state)).collect()
    };
    let expected = |states: [KeyState; 3]| -> Vec<_> { kids.iter().cloned().zip(states).collect() };

    assert_eq!(listed(at(210)), expected([KeyState::Signs, KeyState::Verifies, KeyState::SignsFrom(at(260))]));
    assert_eq!(listed(at(260)), expected([KeyState::Verifies, KeyState::Verifies, KeyState::Signs]));
}

#[test]
fn an_unknown_key_is_looked_for_at_most_once_a_second() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap();
    let (here, there) = (open_folder(folder.path()), open_folder(folder.path()));
    let token_of_new_key = || {
        let kid = create_key(folder.path(), Algorithm::EdDsa, at(100)).unwrap();
        let file = fs::read_to_string(folder.path().join(format!("{}-{kid}.pem", at(100).timestamp()))).unwrap();
        sign(&open(settings(Algorithm::EdDsa), &file), at(200))
    };

    assert!(here.verify(&token_of_new_key(), at(200)).is_some());
    let next = token_of_new_key();
    assert!(here.verify(&next, at(200)).is_none());
    assert!(there.verify(&next, at(200)).is_some());
}

#[test]
fn the_first_key_of_a_text_signs_and_the_others_verify() {
    let (first, second) = (pem(Algorithm::EdDsa), pem(Algorithm::EdDsa));
    let before = sign(&open(settings(Algorithm::EdDsa), &second), at(0));
    let tokens = open(settings(Algorithm::EdDsa), &format!("{first}\n{}{second}", pem(Algorithm::Rs256)));

    assert_eq!(kid_of(&sign(&tokens, at(0))), kid_of(&sign(&open(settings(Algorithm::EdDsa), &first), at(0))));
    assert!(tokens.verify(&before, at(0)).is_some());
    assert_eq!(tokens.jwks().keys.len(), 3);
}

#[test]
fn a_change_of_the_algorithm_ends_no_token_and_waits_its_minute() {
    let folder = tempfile::tempdir().unwrap();
    let former = create_key(folder.path(), Algorithm::Rs256, at(0)).unwrap();
    let before = AccessTokens::open(settings(Algorithm::Rs256), KeySource::Folder(folder.path().to_owned())).unwrap();
    let old = sign(&before, at(1));
    let next = create_key(folder.path(), Algorithm::EdDsa, at(100)).unwrap();

    let after = open_folder(folder.path());

    assert_eq!([159, 160].map(|second| kid_of(&sign(&after, at(second)))), [former, next]);
    assert!(after.verify(&old, at(160)).is_some());
    assert!(before.verify(&sign(&after, at(160)), at(160)).is_some(), "an instance that has not changed yet");
    assert_eq!(after.jwks().keys.len(), 2);
}

#[test]
fn a_key_verifies_its_own_algorithm_alone() {
    let (rsa, edwards) = (pem(Algorithm::Rs256), pem(Algorithm::EdDsa));
    let tokens = open(settings(Algorithm::Rs256), &format!("{rsa}\n{edwards}"));
    let (header, claims) = genuine(&tokens);
    let other = sign(&open(settings(Algorithm::EdDsa), &edwards), at(0));
    assert!(tokens.verify(&other, at(0)).is_some());

    let mixed = Header { alg: jsonwebtoken::Algorithm::EdDSA, ..header };

    assert!(tokens.verify(&forge(&edwards, &mixed, &claims), at(0)).is_none());
}

#[test]
fn two_processes_that_start_together_understand_each_other() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| ensure_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap());
        }
    });
    let (one, other) = (open_folder(folder.path()), open_folder(folder.path()));

    assert!(other.verify(&sign(&one, at(1)), at(1)).is_some());
    assert_eq!(ensure_key(folder.path(), Algorithm::EdDsa, at(2)).unwrap(), None);
}

#[test]
#[cfg(unix)]
fn keys_are_for_their_owners_eyes_only() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("keys");
    create_key(&folder, Algorithm::Es256, at(0)).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();

    assert_eq!(files.len(), 1);
    assert_eq!((mode(&folder), mode(&files[0])), (0o700, 0o600));
}

#[test]
fn unfit_keys_are_clear_faults_that_quote_nothing() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap();
    let tokens = open_folder(folder.path());
    let secret = pem(Algorithm::Rs256).replace('\n', "");
    fs::write(folder.path().join("1-broken.pem"), &secret).unwrap();

    let Err(fault) = tokens.reload() else { panic!("a broken file was read") };

    assert!(format!("{fault:?}").contains("1-broken.pem"), "{fault:?}");
    assert!(!format!("{fault:?}").contains(&secret[40..80]));
    assert!(tokens.verify(&sign(&tokens, at(0)), at(0)).is_some());
    assert!(AccessTokens::open(settings(Algorithm::Es256), KeySource::Pem(pem(Algorithm::EdDsa))).is_err());

    let weak = key::write_pem(&BASE64_STANDARD.decode(WEAK).unwrap()).to_string();
    let weak = AccessTokens::open(settings(Algorithm::Rs256), KeySource::Pem(weak));
    assert!(format!("{:?}", weak.err()).contains("at least 2048 bits"));
}

fn path_of(folder: &std::path::Path, kid: &str) -> std::path::PathBuf {
    let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.to_str().unwrap().contains(kid)).unwrap()
}

#[test]
fn a_removed_key_is_forgotten_although_another_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let leaked = create_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap();
    let tokens = open_folder(folder.path());
    let forged = sign(&tokens, at(1));
    create_key(folder.path(), Algorithm::EdDsa, at(1)).unwrap();
    fs::write(folder.path().join("1-broken.pem"), "broken").unwrap();
    fs::remove_file(path_of(folder.path(), &leaked)).unwrap();

    assert!(tokens.reload().is_err());

    assert!(tokens.verify(&forged, at(2)).is_none());
    assert!(tokens.verify(&sign(&tokens, at(100)), at(100)).is_some());
}

#[test]
fn a_key_stays_while_its_file_is_there_and_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let kid = create_key(folder.path(), Algorithm::EdDsa, at(0)).unwrap();
    let tokens = open_folder(folder.path());
    fs::write(path_of(folder.path(), &kid), "half a k").unwrap();

    assert!(tokens.reload().is_err());

    assert!(tokens.verify(&sign(&tokens, at(1)), at(1)).is_some());
    assert!(list_keys(folder.path(), Algorithm::EdDsa, at(1)).is_err());
}

#[test]
fn without_its_last_key_a_server_takes_no_token_and_makes_none() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("keys");
    for remove in [
        |folder: &std::path::Path, kid: &str| fs::remove_file(path_of(folder, kid)),
        |folder: &std::path::Path, _: &str| fs::remove_dir_all(folder),
    ] {
        let leaked = create_key(&folder, Algorithm::EdDsa, at(0)).unwrap();
        let tokens = open_folder(&folder);
        let forged = sign(&tokens, at(1));
        remove(&folder, &leaked).unwrap();

        assert!(tokens.reload().is_err());

        assert!(tokens.verify(&forged, at(1)).is_none() && tokens.sign(details(), at(1)).is_err());
        assert!(tokens.jwks().keys.is_empty());
        create_key(&folder, Algorithm::EdDsa, at(2)).unwrap();
        tokens.reload().unwrap();
        assert!(tokens.verify(&sign(&tokens, at(2)), at(2)).is_some() && tokens.verify(&forged, at(2)).is_none());
        fs::remove_dir_all(&folder).unwrap();
    }
}

/// An RSA key of 512 bits, PKCS#8 in base64.
const WEAK: &str = "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA0lH5hx6/ho0SjKREC6AxioANltIJyc7vsJXrLiW2DiDspcbd1oG3\
    D4HJXrhKVF04puzBcfkjKqeZo2Y2CS9wLQIDAQABAkAWI+EDs13wGRuxyH0NSEDO1qoXjWbQYsNisHWAdyHSHL5IZgKdqYaU4zp9\
    npbq5SgYVNZQ/TWbur1n8VJUXJqBAiEA8WiAgJ+CEYRgIVyWbk4+sFesiEPyNJqvC508BzmTtQ0CIQDfCGyCaHTuqmtpHi6asqnL\
    dG82sziYg5B3ERWUFlYfoQIhAOIHiJnlv3ELUr6p5Cevlz6hOGf1xme+lTr4o2XYYRZZAiAam/uuN140F1sHSJWQ2V4Oqw6VvR40\
    fAXhXsVvTJbr4QIhANhzfLCwqo+Rb3j6HVBQGZfthIFOeVeso8CUt5q4jI4O";
