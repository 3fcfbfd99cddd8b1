//! One letter of each kind, with and without a name, to try templates on before somebody waits for a letter.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::values::email_address::EmailAddress;
use crate::values::letter::{Letter, PrintedName};
use crate::values::time::Time;

/// Every letter there is, twice.
pub fn all() -> Vec<Letter> {
    [Some("Ann Miller"), None].into_iter().flat_map(of).collect()
}

/// Every letter there is, to a person of this name.
pub fn of(name: Option<&str>) -> Vec<Letter> {
    let name = name.and_then(PrintedName::from_stranger);
    let device = name.as_ref().and_then(|_| PrintedName::from_stranger("Firefox 153 on macOS"));
    let link =
        |page: &str| format!("https://app.example.com/{page}?token=ago_w5Vq3cTn8sYdJ0hRkLz2xPfUe7BmGaQi4oXtCvNy1E8");
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    let at = Time::UNIX_EPOCH + Duration::from_secs(1_795_221_753);
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let mut letters = vec![
        Letter::VerifyEmail { name: name.clone(), link: link("verify-email"), valid_for: hours(24) },
        Letter::ResetPassword { name: name.clone(), link: link("reset-password"), valid_for: hours(1) },
        Letter::AccountExists {
            name: name.clone(),
            sign_in_link: "https://app.example.com/sign-in".to_owned(),
            reset_link: name.is_some().then(|| "https://app.example.com/forgot-password".to_owned()),
        },
        Letter::AccountDeleted {
            name: name.clone(),
            device: device.clone(),
            address: name.is_some().then_some(address),
            at,
        },
        Letter::UnverifiedEmailChanged { name: name.clone(), at },
        Letter::BackupCodesRegenerated { name: name.clone(), device: device.clone(), address, at },
        Letter::MfaCodesRefused { name: name.clone(), device: device.clone(), address, at },
    ];
    let former_address = EmailAddress::parse("ann@example.com").ok().filter(|_| name.is_some());
    letters.push(Letter::PasswordChanged {
        name: name.clone(),
        device: device.clone(),
        address,
        at,
        undo_until: former_address.as_ref().map(|_| at + hours(7 * 24)),
        former_address: former_address.clone(),
    });
    if let Ok(new_address) = EmailAddress::parse("ann.miller@example.net") {
        letters.push(Letter::ConfirmEmailChange {
            name: name.clone(),
            link: link("confirm-email-change"),
            valid_for: hours(24),
            new_address: new_address.clone(),
            former_address,
            undo_for: hours(7 * 24),
        });
        letters.push(Letter::EmailChangeRequested {
            name: name.clone(),
            device: device.clone(),
            address,
            at,
            new_address: new_address.clone(),
        });
        letters.push(Letter::EmailChanged {
            name: name.clone(),
            undo_link: link("undo-email-change"),
            valid_for: hours(7 * 24),
            new_address,
        });
    }
    letters.push(Letter::NewDevice {
        name: name.clone(),
        device: device.clone(),
        address,
        at,
        disown_link: link("disown-session"),
        valid_for: hours(7 * 24),
    });
    letters.push(Letter::MfaEnabled { name: name.clone(), device: device.clone(), address, at });
    letters.push(Letter::MfaDisabled { name: name.clone(), device: device.clone(), address, at });
    let remaining = if name.is_some() { 6 } else { 1 };
    letters.push(Letter::BackupCodeUsed { name: name.clone(), device: device.clone(), address, at, remaining });
    letters.push(Letter::Invitation { name: name.clone(), link: link("accept-invitation"), valid_for: hours(7 * 24) });
    let sessions_link = "https://app.example.com/sessions".to_owned();
    letters.push(Letter::MfaReset { name: name.clone(), at, sessions_link: sessions_link.clone() });
    letters.push(Letter::SessionCompromised { name, device, address, at, sessions_link });
    letters
}
