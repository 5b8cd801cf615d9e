//! Accepting connections, with and without TLS, and ending in good order: whatever was begun is answered.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::accept::{DefaultAcceptor, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::TlsFiles;

/// More than any client of the API sends.
const MOST_HEADERS: usize = 64;
/// Bytes of a request's head.
const LONGEST_HEAD: u16 = u16::MAX;
const STREAMS_PER_CONNECTION: u32 = 128;

/// Why a certificate can not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path} can not be read: {error}")]
    File { path: PathBuf, error: pem::Error },
    #[error("certificate and key do not serve together: {0}")]
    Pair(#[from] rustls::Error),
}

/// An address that is answered on.
pub struct Listening {
    handle: Handle<SocketAddr>,
    serving: JoinHandle<()>,
    tls: Option<(TlsFiles, RustlsConfig)>,
}

/// Answers on `listener` from now on. `idle` is the longest that a connection may take for a request's head, and so
/// also the longest that it may be silent between two requests.
///
/// # Errors
/// [`TlsError`] where the certificate can not be used; nothing is answered then.
pub fn listen(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsFiles>,
    idle: Duration,
) -> Result<Listening, TlsError> {
    let tls = match tls {
        Some(files) => {
            let config = RustlsConfig::from_config(Arc::new(read(&files)?));
            Some((files, config))
        }
        None => None,
    };
    let handle = Handle::new();
    let mut server = Server::from_listener(listener).handle(handle.clone());
    bound(&mut server, idle);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // A change that is told while the one before is not acknowledged would else wait for that, up to 40 ms.
    let at_once = NoDelayAcceptor::new();
    let serving = match &tls {
        Some((_, config)) => {
            let secured = RustlsAcceptor::new(config.clone()).handshake_timeout(idle).acceptor(at_once);
            let server = server.acceptor(secured);
            tokio::spawn(async move { ended(server.serve(service).await) })
        }
        None => {
            let server = server.acceptor(at_once);
            tokio::spawn(async move { ended(server.serve(service).await) })
        }
    };
    Ok(Listening { handle, serving, tls })
}

fn bound(server: &mut Server<SocketAddr, DefaultAcceptor>, idle: Duration) {
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_headers(MOST_HEADERS)
        .max_buf_size(usize::from(LONGEST_HEAD));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(idle)
        .keep_alive_timeout(idle)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_header_list_size(u32::from(LONGEST_HEAD));
}

fn ended(served: io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(%error, "the server ended");
    }
}

/// TLS 1.2 and 1.3 with the certificate chain and the key of two PEM files.
fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |error| TlsError::File { path, error }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(&files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(unreadable(&files.key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

impl Listening {
    /// Reads the certificate again; connections from now on get the new one.
    ///
    /// # Errors
    /// [`TlsError`] where it can not be used: the old one stays.
    pub fn renew_certificate(&self) -> Result<(), TlsError> {
        if let Some((files, config)) = &self.tls {
            config.reload_from_config(Arc::new(read(files)?));
        }
        Ok(())
    }

    /// Takes no new connections, and answers what was begun, within `grace`.
    pub async fn stop(mut self, grace: Duration) {
        self.handle.graceful_shutdown(Some(grace));
        if (&mut self.serving).await.is_err() {
            tracing::error!("the server ended abnormally");
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.serving.abort();
    }
}
