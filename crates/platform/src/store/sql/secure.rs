//! How the connection to a PostgreSQL server is protected. What crosses a network is encrypted, and the server's
//! certificate is checked, unless the address says `sslmode=disable`; a socket and this machine need neither.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::StoreError;

/// What an address says about encryption, and the address without it.
pub(super) struct Address {
    pub(super) url: String,
    mode: Option<String>,
    /// PEM file of the certificates that are trusted, instead of those of the system.
    roots: Option<String>,
}

impl Address {
    /// Takes `sslmode` and `sslrootcert` out of a URL: the client library knows only some of libpq's words for them.
    pub(super) fn read(text: &str) -> Result<Self, StoreError> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        if !place.starts_with("postgres://") && !place.starts_with("postgresql://") {
            return Err(no_address("say postgres://user:secret@host/database"));
        }
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').map_or(pair, |(name, _)| name) {
                "sslmode" => mode = value_of(pair),
                "sslrootcert" => roots = value_of(pair).filter(|path| path != "system"),
                _ => rest.push(pair),
            }
        }
        let url = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        Ok(Self { url, mode, roots })
    }

    /// Sets how the server is talked to. None: in the clear.
    pub(super) fn protect(&self, config: &mut Config) -> Result<Option<MakeRustlsConnect>, StoreError> {
        let wanted = match self.mode.as_deref() {
            None => !stays_here(config),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => {
                let words = "sslmode is disable or verify-full: anything between may end in the clear";
                return Err(no_address(words));
            }
        };
        config.ssl_mode(if wanted { SslMode::Require } else { SslMode::Disable });
        if !wanted {
            return Ok(None);
        }
        let tls = client(self.roots.as_deref().map(Path::new))?;
        Ok(Some(MakeRustlsConnect::new(tls)))
    }
}

/// The value of a pair, its escapes resolved.
fn value_of(pair: &str) -> Option<String> {
    let url = Url::parse(&format!("x:?{pair}")).ok()?;
    url.query_pairs().next().map(|(_, value)| value.into_owned())
}

fn no_address(why: &str) -> StoreError {
    StoreError::Address(why.to_owned())
}

/// Whether everything that is said stays on this machine.
fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(here) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// TLS 1.2 and 1.3, trusting the certificates of a file, or those that the system trusts.
fn client(roots: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let unusable = |error: rustls::Error| StoreError::Address(format!("TLS: {error}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match roots {
        Some(path) => builder.with_root_certificates(trusted(path)?),
        None => builder.with_platform_verifier().map_err(unusable)?,
    };
    Ok(builder.with_no_client_auth())
}

fn trusted(path: &Path) -> Result<RootCertStore, StoreError> {
    let unusable = |why: String| StoreError::Address(format!("sslrootcert {}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("it holds no certificate".to_owned())) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(url: &str) -> Result<bool, StoreError> {
        let address = Address::read(url)?;
        let mut config: Config = address.url.parse().unwrap();
        address.protect(&mut config).map(|tls| tls.is_some())
    }

    #[test]
    fn what_crosses_a_network_is_encrypted_unless_the_address_says_otherwise() {
        for here in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql", "[::1]"] {
            assert!(!protected(&format!("postgres://me@{here}/club")).unwrap(), "{here}");
            assert!(protected(&format!("postgres://me@{here}/club?sslmode=verify-full")).unwrap(), "{here}");
        }
        for away in ["db.example.org", "10.0.0.7", "localhost,db.example.org"] {
            assert!(protected(&format!("postgres://me:secret@{away}/club")).unwrap(), "{away}");
            assert!(!protected(&format!("postgres://me@{away}/club?sslmode=disable")).unwrap(), "{away}");
        }
        assert!(protected("postgres://me@localhost/club?hostaddr=10.0.0.7").unwrap());
        for mode in ["prefer", "allow", "", "on"] {
            assert!(
                protected(&format!("postgres://me@db.example.org/club?sslmode={mode}")).is_err(),
                "{mode}"
            );
        }
    }

    #[test]
    fn the_other_parameters_of_an_address_stay() {
        let address = Address::read(
            "postgres://me@db/club?connect_timeout=3&sslrootcert=%2Fa%20b&sslmode=require&options=-c%20x%3D1",
        )
        .unwrap();
        assert_eq!(address.url, "postgres://me@db/club?connect_timeout=3&options=-c%20x%3D1");
        assert_eq!(address.roots.as_deref(), Some("/a b"));
        let told = |url: &str| protected(url).unwrap_err().to_string();
        let missing = told("postgres://me@db.example.org/club?sslrootcert=/nowhere/ca.pem");
        assert!(missing.contains("/nowhere/ca.pem"), "{missing}");
        assert!(told("host=db password=s3cret").contains("postgres://"));
    }
}
