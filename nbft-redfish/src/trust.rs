//! Verifies a service's certificate: its fingerprint is listed, or a listed authority has signed it.
//!
//! Management controllers have self-signed certificates, often without a name, and a booting machine may have the wrong date. A check of
//! the fingerprint needs neither.

use crate::error::{AuthoritiesFault, Distrust, DistrustReason, FetchFault};
use crate::quote::{self, Secrets};
use crate::settings::Settings;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// Why the last certificate was not trusted.
pub(crate) type LastDistrust = Arc<Mutex<Option<Distrust>>>;

#[derive(Debug)]
struct Trust {
    fingerprints: Vec<[u8; 32]>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    places: String,
    distrust: LastDistrust,
    /// Texts that no message may quote.
    secrets: Secrets,
}

/// The TLS configuration for the settings, and the place where a refused certificate leaves its reason.
pub(crate) fn config(settings: &Settings) -> Result<(ClientConfig, LastDistrust), FetchFault> {
    let provider = Arc::new(ring::default_provider());
    let distrust = LastDistrust::default();
    let trust = Trust {
        fingerprints: settings.fingerprints.clone(),
        authorities: settings
            .authorities
            .as_deref()
            .map(|pem| authorities(pem, &provider))
            .transpose()
            .map_err(FetchFault::Authorities)?,
        provider: Arc::clone(&provider),
        places: settings.places.clone(),
        distrust: Arc::clone(&distrust),
        secrets: settings.user.iter().map(|(_, password)| password.clone()).collect(),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(FetchFault::Tls)?.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    Ok((config.with_no_client_auth(), distrust))
}

fn authorities(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, AuthoritiesFault> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| AuthoritiesFault::Pem(malformed(&error)))?;
        roots.add(certificate).map_err(AuthoritiesFault::Certificate)?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map_err(AuthoritiesFault::Verifier)
}

/// Why a text is not PEM. The library's own message is not used: it quotes the text, which may be a key.
fn malformed(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no end",
        pem::Error::IllegalSectionStart { .. } => "a section's first line is malformed",
        pem::Error::Base64Decode(_) => "a section is not base64",
        pem::Error::NoItemsFound => "there is none",
        _ => "it cannot be read",
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fingerprint: [u8; 32] = Sha256::digest(certificate).into();
        if self.fingerprints.contains(&fingerprint) {
            return Ok(ServerCertVerified::assertion());
        }
        let by_authority =
            self.authorities.as_ref().map(|of| of.verify_server_cert(certificate, intermediates, name, ocsp, now));
        let why = match by_authority {
            Some(Ok(verified)) => return Ok(verified),
            Some(Err(error)) => DistrustReason::Authority(quote::error(&error.to_string(), &self.secrets).into_owned()),
            None if self.fingerprints.is_empty() => DistrustReason::NoSettings(self.places.clone()),
            None => DistrustReason::Unlisted,
        };
        let distrust = Distrust { why, fingerprint };
        self.distrust.lock().map_or_else(|_| {}, |mut last| *last = Some(distrust));
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
