//! One email of each kind, with and without a name, to try templates on at the start and not when an email is due.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::values::email_address::EmailAddress;
use crate::values::mail::{Mail, PrintedName};
use crate::values::time::Time;

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// What the emails of one sample say.
struct Sample {
    name: Option<PrintedName>,
    device: Option<PrintedName>,
    at: Time,
}

/// Every email there is, twice.
pub fn all() -> Vec<Mail> {
    [Some("Ann Miller"), None].into_iter().flat_map(every_mail).collect()
}

/// Every email there is, to a person of this name.
pub fn every_mail(name: Option<&str>) -> Vec<Mail> {
    let name = name.and_then(PrintedName::from_stranger);
    let device = name.as_ref().and_then(|_| PrintedName::from_stranger("Firefox 153 on macOS"));
    let sample = Sample { name, device, at: Time::UNIX_EPOCH + Duration::from_secs(1_795_221_753) };
    [sample.links(), sample.notices(), sample.address_changes()].concat()
}

impl Sample {
    /// Emails with a link to act on.
    fn links(&self) -> Vec<Mail> {
        let Self { name, device, at } = self;
        vec![
            Mail::VerifyEmail { name: name.clone(), link: link("verify-email"), valid_for: hours(24) },
            Mail::ResetPassword { name: name.clone(), link: link("reset-password"), valid_for: hours(1) },
            Mail::Invitation { name: name.clone(), link: link("accept-invitation"), valid_for: hours(7 * 24) },
            Mail::AccountExists { name: name.clone(), sign_in_link: "https://app.example.com/sign-in".to_owned() },
            Mail::NewDevice {
                name: name.clone(),
                device: device.clone(),
                address: ADDRESS,
                at: *at,
                disown_link: link("disown-session"),
                valid_for: hours(7 * 24),
            },
        ]
    }

    /// Emails about what has happened to an account.
    fn notices(&self) -> Vec<Mail> {
        let (name, device, at, address) = (|| self.name.clone(), || self.device.clone(), self.at, ADDRESS);
        let sessions_link = || "https://app.example.com/sessions".to_owned();
        let remaining = if self.name.is_some() { 6 } else { 1 };
        let address_if_named = self.name.is_some().then_some(address);
        vec![
            Mail::AccountDeleted { name: name(), device: device(), address: address_if_named, at },
            Mail::BackupCodesRegenerated { name: name(), device: device(), address, at },
            Mail::MfaCodesRefused { name: name(), device: device(), address, at },
            Mail::MfaEnabled { name: name(), device: device(), address, at },
            Mail::MfaDisabled { name: name(), device: device(), address, at },
            Mail::BackupCodeUsed { name: name(), device: device(), address, at, remaining },
            Mail::ProviderLinked { name: name(), device: device(), address, at, provider: "GitHub".to_owned() },
            Mail::ProviderUnlinked { name: name(), device: device(), address, at, provider: "GitHub".to_owned() },
            Mail::MfaReset { name: name(), at, sessions_link: sessions_link() },
            Mail::SessionCompromised { name: name(), device: device(), address, at, sessions_link: sessions_link() },
        ]
    }

    /// Emails about another address or password, and what can be undone.
    fn address_changes(&self) -> Vec<Mail> {
        let (name, device, at, address) = (|| self.name.clone(), || self.device.clone(), self.at, ADDRESS);
        let former_address = EmailAddress::parse("ann@example.com").ok().filter(|_| self.name.is_some());
        let mut mails = vec![
            Mail::UnverifiedEmailChanged { name: name(), at },
            Mail::PasswordChanged {
                name: name(),
                device: device(),
                address,
                at,
                undo_until: former_address.as_ref().map(|_| at + hours(7 * 24)),
                former_address: former_address.clone(),
            },
        ];
        let Ok(new_address) = EmailAddress::parse("ann.miller@example.net") else { return mails };
        mails.extend([
            Mail::ConfirmEmailChange {
                name: name(),
                link: link("confirm-email-change"),
                valid_for: hours(24),
                new_address: new_address.clone(),
                former_address,
                undo_for: hours(7 * 24),
            },
            Mail::EmailChangeRequested {
                name: name(),
                device: device(),
                address,
                at,
                new_address: new_address.clone(),
            },
            Mail::EmailChanged {
                name: name(),
                undo_link: link("undo-email-change"),
                valid_for: hours(7 * 24),
                new_address,
            },
        ]);
        mails
    }
}

fn link(page: &str) -> String {
    format!("https://app.example.com/{page}?token=ago_w5Vq3cTn8sYdJ0hRkLz2xPfUe7BmGaQi4oXtCvNy1E8")
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}
