//! TLS to a mail server, whose certificate must be one that this machine trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use url::Host;

use crate::error::{Fault, OrFault, Result};

/// The name that the certificate must have, and the authorities that may have issued it.
pub struct Tls {
    pub connector: TlsConnector,
    pub server_name: ServerName<'static>,
}

impl Tls {
    /// Trusts the authorities of the file, or without one those of the system (also by `SSL_CERT_FILE` and `SSL_CERT_DIR`,
    /// as OpenSSL has them).
    ///
    /// # Errors
    /// A fault where there is no certificate of an authority, so that no server could be trusted.
    pub fn open(host: &Host, ca_file: Option<&Path>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        match ca_file {
            Some(file) => {
                for certificate in CertificateDer::pem_file_iter(file).or_fault("reading SMTP_CA_FILE")? {
                    roots.add(certificate.or_fault("reading SMTP_CA_FILE")?).or_fault("reading SMTP_CA_FILE")?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            let cause = "looking for authorities that vouch for the mail server: none in SMTP_CA_FILE, or without it in \
                the system's store (Debian: ca-certificates)";
            return Err(Fault::new(cause).into());
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .or_fault("preparing TLS to the mail server")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: Arc::new(config).into(), server_name: server_name(host)? })
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>> {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_owned();
            ServerName::try_from(name).or_fault("reading the host of SMTP_URL: no certificate can be for this name")
        }
        Host::Ipv4(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(std::net::IpAddr::from(*address).into())),
    }
}
