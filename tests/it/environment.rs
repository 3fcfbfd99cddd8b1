//! The process environment and the file `.env` below it, read by the binary itself.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use authgraph::config::RENAMED;
use authgraph::config::list::settings;

use crate::settings::{PRODUCTION, read};
use crate::support::database::Database;
use crate::support::process::{Process, run, run_with_input};

/// Makes a key where `JWT_KEYS_DIR` says, which needs nothing else.
fn rotate(dotenv: &str, settings: &[(&str, &str)]) -> (tempfile::TempDir, Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), dotenv).unwrap();
    let output = run(folder.path(), &["keys", "rotate"], &[&[("AUTHGRAPH_ENV", "development")], settings].concat());
    (folder, output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_empty_variable_does_not_hide_what_the_file_says() {
    for empty in ["", " "] {
        let (folder, code, told) = rotate("JWT_KEYS_DIR=elsewhere\n", &[("JWT_KEYS_DIR", empty)]);

        assert_eq!(code, Some(0), "{told}");
        assert!(folder.path().join("elsewhere").is_dir());
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let (folder, code, told) = rotate("JWT_KEYS_DIR=elsewhere\n", &[("JWT_KEYS_DIR", "here")]);

    assert_eq!(code, Some(0), "{told}");
    assert!(folder.path().join("here").is_dir() && !folder.path().join("elsewhere").exists());
}

#[test]
fn a_variable_that_is_not_utf_8_is_a_fault_told_with_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_authgraph"));
    command.current_dir(folder.path()).env_clear().args(["keys", "list"]).env("LISTEN", "everywhere");
    let output = command.env("METRICS_AUTH_TOKEN", OsStr::from_bytes(b"abcdefgh12345678\xff")).output().unwrap();

    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("METRICS_AUTH_TOKEN: got a value that is not UTF-8") && told.contains("LISTEN"), "{told}");
    assert!(!told.contains("abcdefgh"), "{told}");
}

#[test]
fn a_value_whose_dollar_would_be_expanded_is_refused_and_not_told() {
    for value in [
        "abcdefgh12345678$SECRETPART",
        "\"abcdefgh12345678$SECRETPART\"",
        "abcdefgh12345678${SECRETPART}",
        "abcdefgh12345678$SECRETPART}",
        "abcdefgh12345678${SECRETPART",
        "abcdefgh12345678$HOME",
        "abcdefgh12345678$",
        "abcdefgh12345678\\$SECRETPART",
        "'abcdefgh12345678'$SECRETPART",
    ] {
        let (_folder, code, told) =
            rotate(&format!("METRICS_AUTH_TOKEN={value}\n"), &[("HOME", "/root"), ("LISTEN", "everywhere")]);

        assert_eq!(code, Some(2), "{value}: {told}");
        assert!(told.contains("METRICS_AUTH_TOKEN: got a value in .env with a $") && told.contains("LISTEN"), "{told}");
        assert!(!told.contains("abcdefgh") && !told.contains("SECRETPART"), "{value}: {told}");
    }
}

#[test]
fn a_dollar_in_single_quotes_is_a_dollar() {
    let (folder, code, told) =
        rotate("# costs $5\nJWT_KEYS_DIR='a$HOME ${b} $' # $c\nOTHERS=$HOME\n", &[("HOME", "/root")]);

    assert_eq!(code, Some(0), "{told}");
    assert!(folder.path().join("a$HOME ${b} $").is_dir());
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault() {
    for dotenv in ["JWT_KEYS_DIR\n", "JWT_KEYS_DIR='open\n"] {
        let (_folder, code, told) = rotate(dotenv, &[]);

        assert_eq!(code, Some(2), "{dotenv}");
        assert!(told.contains(".env: the file cannot be read"), "{told}");
    }
}

#[test]
fn a_misspelt_name_in_the_file_stops_the_start_and_names_of_others_are_told() {
    let (_folder, code, told) = rotate("REGISTRATION_OPENED=false\n", &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(".env: REGISTRATION_OPENED is not a setting; did you mean REGISTRATION_OPEN?"), "{told}");

    let (_folder, code, told) = rotate("POSTGRES_PASSWORD=hunter2\n", &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("POSTGRES_PASSWORD in .env is not a setting of authgraph") && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn a_name_in_the_environment_that_is_nearly_a_setting_is_warned_of() {
    let (_folder, code, told) = rotate(
        "",
        &[
            ("RATE_LIMIT_AUHT", "9/1m"),
            ("METRICS_TOKEN", "hunter2"),
            ("PATH", "/bin"),
            ("AUTHGRAPH_SERVICE_HOST", "10.0.0.1"),
        ],
    );

    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("Did you mean RATE_LIMIT_AUTH?"), "{told}");
    assert!(told.contains("METRICS_TOKEN in the environment is not a setting") && !told.contains("hunter2"), "{told}");
    assert!(!told.contains("PATH") && !told.contains("SERVICE_HOST"), "{told}");
}

#[test]
fn a_provider_may_be_configured_in_the_file_and_the_environment() {
    let dotenv = "OIDC_ACME_ISSUER=https://id.acme.example\nOIDC_ACME_CLIENT_SECRET='hunter2$'\n";
    let (_folder, code, told) = rotate(dotenv, &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("OIDC_ACME_CLIENT_ID: not set") && !told.contains("hunter2"), "{told}");

    let (_folder, code, told) = rotate("", &[("OIDC_ACME_CLIENT_ID", "authgraph"), ("OIDC_acme_ISSUER", "x")]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("OIDC_ACME_ISSUER: not set") && told.contains("got the name acme"), "{told}");

    let (_folder, code, told) = rotate(dotenv, &[("OIDC_ACME_CLIENT_ID", "authgraph"), ("OIDC_ACME_ISSUER", " ")]);
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("is not a setting"), "{told}");
}

#[test]
fn a_misspelt_setting_of_a_provider_is_told_like_any_other() {
    let (_folder, code, told) = rotate("OIDC_ACME_ISUER=https://id.acme.example\n", &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(".env: OIDC_ACME_ISUER is not a setting; did you mean OIDC_ACME_ISSUER?"), "{told}");

    let (_folder, code, told) = rotate("", &[("OIDC_ACME_ISUER", "x"), ("OIDC_ACME_PROMPT", "login")]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("Did you mean OIDC_ACME_ISSUER?") && told.contains("OIDC_ACME_PROMPT in the environment"),
        "{told}"
    );
}

#[test]
fn the_value_of_a_provider_is_told_where_it_cannot_be_read() {
    let (_folder, code, told) = rotate("OIDC_ACME_CLIENT_SECRET=abc$DEF\n", &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("OIDC_ACME_CLIENT_SECRET: got a value in .env with a $") && !told.contains("abc"), "{told}");
}

#[test]
fn a_renamed_setting_is_refused_with_its_new_name_in_every_mode() {
    for (old, new) in RENAMED {
        for mode in ["development", "production"] {
            let faults = read(&[PRODUCTION, &[("AUTHGRAPH_ENV", mode), (old, "1")]].concat()).unwrap_err();

            assert_eq!(faults, [format!("{old}: renamed; use {new} instead")]);
        }
        let are_settings = new.split(" and ").all(|new| settings().any(|setting| setting.name == new));
        assert!(are_settings && settings().all(|setting| setting.name != *old), "{old} -> {new}");
    }
}

#[test]
fn all_renamed_settings_are_listed_together_and_first() {
    let mut old: Vec<(&str, &str)> = vec![("LISTEN", "everywhere")];
    old.extend(RENAMED.iter().map(|(old, _)| (*old, "1")));

    let faults = read(&old).unwrap_err();

    assert!(
        faults.len() > RENAMED.len()
            && faults.iter().take(RENAMED.len()).all(|fault| fault.contains(": renamed; use "))
    );
}

#[test]
fn old_names_in_the_file_and_the_environment_are_listed_together() {
    for mode in ["development", "production"] {
        let dotenv = "LIVE_BACKLOG=64\nLETTER_RETENTION=7d\nHASH_QUEUE=\n";
        let (_folder, code, said) = rotate(dotenv, &[("COST_IN_ANSWERS", "false"), ("AUTHGRAPH_ENV", mode)]);

        assert_eq!(code, Some(2), "{said}");
        let listed: Vec<&str> = said.lines().skip(1).take(3).collect();
        assert_eq!(
            listed,
            [
                "  COST_IN_ANSWERS: renamed; use COST_EXTENSION instead",
                "  LIVE_BACKLOG: renamed; use SUBSCRIPTION_BACKLOG instead",
                "  LETTER_RETENTION: renamed; use MAIL_RETENTION instead",
            ]
        );
        assert!(!said.contains("HASH_QUEUE:"), "an empty value counts as not set: {said}");
    }
}

/// The driver reads PGHOST from the environment, but the check did not see it there.
#[test]
fn a_host_in_the_environment_counts_for_the_encryption_of_the_database() {
    let settings = [("AUTHGRAPH_ENV", "production"), ("DATABASE_URL", "postgres:///authgraph")];

    let (_folder, code, said) = rotate("", &[&settings[..], &[("PGHOST", "10.0.0.1")]].concat());

    assert_eq!(code, Some(2));
    assert!(said.contains("DATABASE_URL: got *** (") && said.contains("sslmode=require"), "{said}");
}

#[test]
fn a_byte_order_mark_in_the_file_hides_no_setting() {
    let (folder, code, told) = rotate("\u{feff}JWT_KEYS_DIR=elsewhere\n", &[]);

    assert_eq!(code, Some(0), "{told}");
    assert!(folder.path().join("elsewhere").is_dir());
}

#[test]
fn quotes_that_no_shell_has_taken_away_are_no_part_of_a_value() {
    for quoted in ["\"a folder\"", "'a folder'"] {
        let (folder, code, told) =
            rotate("", &[("JWT_KEYS_DIR", quoted), ("MAIL_FROM", "\"Example <no-reply@example.com>\"")]);

        assert_eq!(code, Some(0), "{told}");
        assert!(folder.path().join("a folder").is_dir());
    }
}

#[tokio::test]
async fn a_password_that_powershell_pipes_is_the_one_that_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*database.url)];
    let arguments = ["users", "create-admin", "--email", "ann@example.com", "--password-stdin"];

    let created = run_with_input(folder.path(), &arguments, &settings, "\u{feff}Correct-Horse-7\r\n");

    assert!(created.status.success(), "{created:?}");
    let process = Process::start(folder.path(), &database).await;
    assert_eq!(process.login("ann@example.com").await, Some(true));
}
