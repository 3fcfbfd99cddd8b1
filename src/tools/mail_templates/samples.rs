//! One email of each kind, with and without a name, to try templates on before somebody waits for an email.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::values::email_address::EmailAddress;
use crate::values::mail::{Mail, PrintedName};
use crate::values::time::Time;

/// Every email there is, twice.
pub fn all() -> Vec<Mail> {
    [Some("Ann Miller"), None].into_iter().flat_map(of).collect()
}

/// Every email there is, to a person of this name.
pub fn of(name: Option<&str>) -> Vec<Mail> {
    let name = name.and_then(PrintedName::from_stranger);
    let device = name.as_ref().and_then(|_| PrintedName::from_stranger("Firefox 153 on macOS"));
    let link =
        |page: &str| format!("https://app.example.com/{page}?token=ago_w5Vq3cTn8sYdJ0hRkLz2xPfUe7BmGaQi4oXtCvNy1E8");
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    let at = Time::UNIX_EPOCH + Duration::from_secs(1_795_221_753);
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let mut mails = vec![
        Mail::VerifyEmail { name: name.clone(), link: link("verify-email"), valid_for: hours(24) },
        Mail::ResetPassword { name: name.clone(), link: link("reset-password"), valid_for: hours(1) },
        Mail::AccountExists { name: name.clone(), sign_in_link: "https://app.example.com/sign-in".to_owned() },
        Mail::AccountDeleted {
            name: name.clone(),
            device: device.clone(),
            address: name.is_some().then_some(address),
            at,
        },
        Mail::UnverifiedEmailChanged { name: name.clone(), at },
        Mail::BackupCodesRegenerated { name: name.clone(), device: device.clone(), address, at },
        Mail::MfaCodesRefused { name: name.clone(), device: device.clone(), address, at },
    ];
    let former_address = EmailAddress::parse("ann@example.com").ok().filter(|_| name.is_some());
    mails.push(Mail::PasswordChanged {
        name: name.clone(),
        device: device.clone(),
        address,
        at,
        undo_until: former_address.as_ref().map(|_| at + hours(7 * 24)),
        former_address: former_address.clone(),
    });
    if let Ok(new_address) = EmailAddress::parse("ann.miller@example.net") {
        mails.push(Mail::ConfirmEmailChange {
            name: name.clone(),
            link: link("confirm-email-change"),
            valid_for: hours(24),
            new_address: new_address.clone(),
            former_address,
            undo_for: hours(7 * 24),
        });
        mails.push(Mail::EmailChangeRequested {
            name: name.clone(),
            device: device.clone(),
            address,
            at,
            new_address: new_address.clone(),
        });
        mails.push(Mail::EmailChanged {
            name: name.clone(),
            undo_link: link("undo-email-change"),
            valid_for: hours(7 * 24),
            new_address,
        });
    }
    mails.push(Mail::NewDevice {
        name: name.clone(),
        device: device.clone(),
        address,
        at,
        disown_link: link("disown-session"),
        valid_for: hours(7 * 24),
    });
    mails.push(Mail::MfaEnabled { name: name.clone(), device: device.clone(), address, at });
    mails.push(Mail::MfaDisabled { name: name.clone(), device: device.clone(), address, at });
    let remaining = if name.is_some() { 6 } else { 1 };
    mails.push(Mail::BackupCodeUsed { name: name.clone(), device: device.clone(), address, at, remaining });
    mails.push(Mail::Invitation { name: name.clone(), link: link("accept-invitation"), valid_for: hours(7 * 24) });
    let sessions_link = "https://app.example.com/sessions".to_owned();
    mails.push(Mail::MfaReset { name: name.clone(), at, sessions_link: sessions_link.clone() });
    mails.push(Mail::SessionCompromised { name, device, address, at, sessions_link });
    mails
}
