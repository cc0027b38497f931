//! Requests over HTTP/1.1, with TLS or without, to one address of this machine.
//!
//! In: an address and, for TLS, the name that is asked for and the authority that signed for it. Out: answers, and the moments at
//! which a streamed answer's pieces came. Each request has a connection of its own, as the first request of a client has.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_TYPE, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::websocket;

/// How long a request may take, its connection included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is asked, and how.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    host: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// The certificates that a client trusts.
#[derive(Clone)]
pub(crate) struct Authority(Arc<ClientConfig>);

impl Authority {
    /// Trusts the certificates of these PEM files, and no other.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for file in files {
            let what = || format!("{} is not a file of certificates", file.display());
            for certificate in CertificateDer::pem_file_iter(file).with_context(what)? {
                roots
                    .add(certificate.with_context(what)?)
                    .with_context(what)?;
            }
        }
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

impl Client {
    /// Without TLS.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            host: address.to_string(),
            tls: None,
        }
    }

    /// With TLS, asking for `host` by SNI and by header.
    ///
    /// # Errors
    /// When `host` is no name.
    pub(crate) fn secure(address: SocketAddr, host: &str, authority: &Authority) -> Result<Self> {
        let name = ServerName::try_from(host.to_owned())
            .with_context(|| format!("`{host}` is no name of a host"))?;
        Ok(Self {
            address,
            host: host.to_owned(),
            tls: Some((TlsConnector::from(Arc::clone(&authority.0)), name)),
        })
    }

    /// `GET path`.
    ///
    /// # Errors
    /// When there is no whole answer in time. An answer with an error status is an answer.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        let request = self.request(Method::GET, path)?.body(Full::default())?;
        self.answered(request).await
    }

    /// `POST path` with a text, and with headers that say who asks.
    ///
    /// # Errors
    /// As of [`Client::get`].
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        text: String,
    ) -> Result<Answer> {
        let mut request = self.request(Method::POST, path)?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answered(request.body(Full::from(text))?).await
    }

    /// `GET path`, whose answer must be JSON with status 200.
    ///
    /// # Errors
    /// When it is not, with the beginning of what it is.
    pub(crate) async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.get(path).await?;
        let beginning = || answer.text.chars().take(200).collect::<String>();
        if answer.status != 200 {
            bail!("{path} answered {}: {}", answer.status, beginning());
        }
        serde_json::from_str(&answer.text)
            .with_context(|| format!("{path} answered something unknown: {}", beginning()))
    }

    /// `POST path`, which asks for server-sent events: the moment at which each piece with events came, to the end of the answer.
    ///
    /// # Errors
    /// When the answer is none of events, or breaks off.
    pub(crate) async fn events(&self, path: &str) -> Result<Vec<Instant>> {
        let request = self
            .request(Method::POST, path)?
            .header(ACCEPT, "text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(r#"{"stream": true}"#))?;
        in_time(async {
            let response = self.send(request).await?;
            if response.status().as_u16() != 200 {
                bail!("{path} answered {}", response.status());
            }
            let kind = response.headers().get(CONTENT_TYPE);
            if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
                bail!("{path} answered with {kind:?} instead of events");
            }
            let mut body = response.into_body();
            let mut moments = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.context("the stream broke off")?;
                if frame
                    .data_ref()
                    .is_some_and(|data| data.windows(5).any(|part| part == b"data:"))
                {
                    moments.push(Instant::now());
                }
            }
            Ok(moments)
        })
        .await
    }

    /// Asks for a WebSocket on `path`, and sends a frame over it that is answered.
    ///
    /// # Errors
    /// When the connection does not become one, or no answer comes in time.
    pub(crate) async fn websocket(&self, path: &str) -> Result<()> {
        let request = self
            .request(Method::GET, path)?
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_KEY, websocket::KEY)
            .header(SEC_WEBSOCKET_VERSION, websocket::VERSION)
            .body(Full::default())?;
        in_time(async {
            let response = self.send(request).await?;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                bail!("{path} answered {} instead of 101", response.status());
            }
            let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
            if accept.is_none_or(|accept| accept != websocket::ACCEPT) {
                bail!("{path} answered the key with {accept:?}");
            }
            let upgraded = hyper::upgrade::on(response).await?;
            websocket::ping(&mut TokioIo::new(upgraded)).await
        })
        .await
    }

    fn request(&self, method: Method, path: &str) -> Result<hyper::http::request::Builder> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host);
        Ok(request)
    }

    /// The whole answer to a request.
    async fn answered(&self, request: Request<Full<Bytes>>) -> Result<Answer> {
        in_time(async {
            let response = self.send(request).await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await?.to_bytes();
            Ok(Answer {
                status,
                text: String::from_utf8_lossy(&body).into_owned(),
            })
        })
        .await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        let stream = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("{} is not connected to", self.address))?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await?;
                exchange(stream, request).await
            }
        }
    }
}

/// Sends one request; the connection lives until its answer was read.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // Its error reaches the reader of the answer as well.
        let _ended = connection.with_upgrades().await;
    });
    Ok(sender.send_request(request).await?)
}

async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => bail!("no answer within {} s", PATIENCE.as_secs()),
    }
}
