//! Reads resources of a Redfish service by HTTPS (DMTF DSP0266), with HTTP Basic authentication or a session.

use crate::error::{FetchFault, Refusal};
use crate::keys::Service;
use crate::place::Place;
use crate::quote::{self, Secrets};
use crate::settings::Settings;
use crate::trust::{self, LastDistrust};
use base64ct::{Base64, Encoding};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use nbft_connect::output::cut;
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// The time limit for one answer.
const ANSWER: Duration = Duration::from_secs(8);

/// The time limit for a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The largest resource that the client reads, in bytes.
const MAX_BODY: usize = 4 << 20;

/// How many bytes of host and port messages show.
const MAX_AUTHORITY: usize = 256;

/// The most redirects that the client follows.
const MAX_REDIRECTS: usize = 3;

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

type Http = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client of one service.
pub(crate) struct Client {
    http: Http,
    authority: Authority,
    start: String,
    user: Option<(Zeroizing<String>, Zeroizing<String>)>,
    places: String,
    /// The authentication header: Basic, or the session's token.
    proof: Option<(HeaderName, HeaderValue)>,
    /// Path of the session, once there is one.
    session: Option<String>,
    distrust: LastDistrust,
    /// Texts that no message may quote.
    secrets: Secrets,
}

impl Client {
    /// A client for a place, over a NIC if it has one.
    pub(crate) fn new(place: Place, nic: Option<&str>, settings: Settings) -> Result<Self, FetchFault> {
        let (config, distrust) = trust::config(&settings)?;
        let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_only();
        let https = match place.name {
            Some(name) => builder.with_server_name_resolver(FixedServerNameResolver::new(name)).enable_http1(),
            None => builder.enable_http1(),
        };
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .build(https.wrap_connector(connector(nic)));
        let proof = settings.user.as_ref().map(|(user, password)| (AUTHORIZATION, basic(user, password)));
        let (user, places) = (settings.user, settings.places);
        let secrets = user.iter().flat_map(|(user, password)| [password.clone(), text(user, password)]).collect();
        let Place { authority, start, .. } = place;
        Ok(Self { http, authority, start, user, places, proof, session: None, distrust, secrets })
    }

    /// The service, for messages.
    pub(crate) fn base(&self) -> String {
        format!("https://{}", cut(self.authority.as_str(), MAX_AUTHORITY))
    }

    /// Ends the session, if there is one: services allow only a few.
    pub(crate) async fn log_out(&mut self) {
        if let Some(session) = self.session.take() {
            // If this fails, the session expires.
            let _ = self.send(Method::DELETE, &session, None).await;
        }
    }

    async fn log_in(&mut self) -> Result<(), FetchFault> {
        let Some((user, password)) = &self.user else { return Ok(()) };
        #[derive(serde::Serialize)]
        struct Login<'a> {
            #[serde(rename = "UserName")]
            user: &'a str,
            #[serde(rename = "Password")]
            password: &'a str,
        }
        let login = nbft_connect::output::json::compact(&Login { user, password })
            .map_err(|error| FetchFault::Login(error.into()))?
            .into_bytes();
        self.proof = None;
        let response = self.send(Method::POST, SESSIONS, Some(login)).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(SESSIONS, status));
        }
        let Some(token) = response.headers().get(TOKEN) else {
            return Err(FetchFault::NoToken(format!("{}{SESSIONS}", self.base())));
        };
        let words = Zeroizing::new(token.to_str().unwrap_or_default().to_owned());
        self.proof = Some((TOKEN, sensitive(token.clone())));
        self.secrets.push(words);
        let session = response.headers().get(LOCATION).and_then(|at| at.to_str().ok());
        self.session = Some(session.and_then(|at| self.own(at)).unwrap_or_else(|| SESSIONS.to_owned()));
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, json: Option<Vec<u8>>) -> Result<Response<Incoming>, FetchFault> {
        let path = self.own(path).ok_or_else(|| self.elsewhere(path))?;
        let uri = Uri::builder().scheme(Scheme::HTTPS).authority(self.authority.clone()).path_and_query(path.as_str());
        let resource = || self.called(&path);
        let uri = uri.build().map_err(|error| FetchFault::Request { resource: resource(), error })?;
        let mut request = Request::builder().method(method).uri(uri).header(ACCEPT, "application/json");
        request = request.header("odata-version", "4.0");
        if let Some((name, value)) = &self.proof {
            request = request.header(name, value);
        }
        if json.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::from(json.unwrap_or_default()))
            .map_err(|error| FetchFault::Request { resource: resource(), error })?;
        match tokio::time::timeout(ANSWER, self.http.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(match self.distrust.lock().ok().and_then(|mut distrust| distrust.take()) {
                Some(distrust) => FetchFault::Certificate { service: self.base(), distrust },
                None => self.broken(&path, &error),
            }),
            Err(_) => Err(FetchFault::NoAnswer { resource: resource(), seconds: ANSWER.as_secs(), has_begun: false }),
        }
    }

    async fn body(&self, path: &str, response: Response<Incoming>) -> Result<Zeroizing<Vec<u8>>, FetchFault> {
        let resource = || self.called(path);
        let late = || FetchFault::NoAnswer { resource: resource(), seconds: ANSWER.as_secs(), has_begun: true };
        let (mut body, mut whole) = (response.into_body(), Zeroizing::new(Vec::new()));
        let end = Instant::now() + ANSWER;
        while let Some(frame) = timeout_at(end, body.frame()).await.map_err(|_| late())? {
            match frame {
                Ok(frame) => whole.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                // Old servers end a connection without TLS's close_notify. The JSON parser notices if the answer is cut off.
                Err(error) if is_cut_off(&error) && !whole.is_empty() => break,
                Err(error) => return Err(self.broken(path, &error)),
            }
            if whole.len() > MAX_BODY {
                return Err(FetchFault::Long { resource: resource(), limit: MAX_BODY });
            }
        }
        Ok(whole)
    }

    /// A connection that failed.
    fn broken(&self, path: &str, error: &dyn Error) -> FetchFault {
        let error = quote::error(&last(error), &self.secrets).into_owned();
        FetchFault::Connection { resource: self.called(path), error }
    }

    /// The error for a reference that leads to another service. It names only that service's address.
    fn elsewhere(&self, reference: &str) -> FetchFault {
        let to = reference.parse::<Uri>().ok().and_then(|uri| {
            let host = uri.host().map(str::to_owned).filter(|host| quote::is_plain(&format!("/{host}"), &self.secrets));
            Some(format!("{}://{}", uri.scheme().filter(|scheme| is_web(scheme))?, host?))
        });
        FetchFault::Elsewhere { service: self.base(), to }
    }

    /// The path of a reference, if the reference leads to this service.
    fn own(&self, reference: &str) -> Option<String> {
        let uri: Uri = reference.parse().ok()?;
        let same = uri.authority().is_none_or(|authority| *authority == self.authority)
            && uri.scheme().is_none_or(|scheme| *scheme == Scheme::HTTPS);
        Some(uri.path_and_query()?.as_str().to_owned()).filter(|path| same && path.starts_with('/'))
    }

    fn redirected(&self, path: &str, response: &Response<Incoming>) -> Result<String, FetchFault> {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        to.map(str::to_owned).ok_or_else(|| self.refused(path, response.status()))
    }

    fn refused(&self, path: &str, status: StatusCode) -> FetchFault {
        let refusal = match (status, &self.user) {
            (StatusCode::UNAUTHORIZED, None) => Refusal::NoUser(self.places.clone()),
            // One attempt only: services lock users out.
            (StatusCode::UNAUTHORIZED, Some(_)) => Refusal::OtherUser,
            (StatusCode::FORBIDDEN, _) => Refusal::Forbidden,
            (StatusCode::NOT_FOUND, _) => Refusal::NotFound,
            (status, _) => Refusal::Status(status),
        };
        FetchFault::Refused { resource: self.called(path), refusal }
    }
}

impl Service for Client {
    fn start(&self) -> &str {
        &self.start
    }

    fn secrets(&self) -> &[Zeroizing<String>] {
        &self.secrets
    }

    fn called(&self, path: &str) -> String {
        quote::resource(&self.base(), path, &self.start, &self.secrets)
    }

    async fn get(&mut self, path: &str) -> Result<Zeroizing<Vec<u8>>, FetchFault> {
        let mut path = path.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(Method::GET, &path, None).await?;
            match response.status() {
                StatusCode::OK => return self.body(&path, response).await,
                StatusCode::UNAUTHORIZED if self.session.is_none() && self.user.is_some() => self.log_in().await?,
                status if status.is_redirection() => path = self.redirected(&path, &response)?,
                status => return Err(self.refused(&path, status)),
            }
        }
        Err(FetchFault::Redirects(self.called(&path)))
    }
}

fn connector(nic: Option<&str>) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT));
    if let Some(nic) = nic {
        connector.set_interface(nic);
    }
    connector
}

fn is_web(scheme: &Scheme) -> bool {
    *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP
}

/// User and password in the form of HTTP Basic authentication.
fn text(user: &str, password: &str) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{user}:{password}"));
    Zeroizing::new(Base64::encode_string(plain.as_bytes()))
}

fn basic(user: &str, password: &str) -> HeaderValue {
    let text = Zeroizing::new(format!("Basic {}", *text(user, password)));
    // A header may contain any Base64 text.
    sensitive(HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("")))
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// The last cause of an error, which is the most precise.
fn last(error: &dyn Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn is_cut_off(error: &dyn Error) -> bool {
    let io = |cause: &(dyn Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    causes(error).any(|cause| io(cause) == Some(io::ErrorKind::UnexpectedEof))
}

fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}
