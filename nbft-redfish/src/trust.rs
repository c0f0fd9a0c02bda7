//! Verifies a service's certificate: its fingerprint is listed, or a listed authority has signed it.
//!
//! Management controllers have self-signed certificates, often without a name, and a machine that boots may have the wrong date. A
//! fingerprint needs neither.

use crate::Failure;
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

/// Why a certificate is refused, for the message.
pub(crate) type Refusal = Arc<Mutex<Option<String>>>;

#[derive(Debug)]
struct Trust {
    fingerprints: Vec<[u8; 32]>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    places: String,
    refusal: Refusal,
    /// Texts that no message may quote.
    secrets: Secrets,
}

/// The TLS configuration of the settings, and the place of the reason if a certificate is refused.
pub(crate) fn config(settings: &Settings) -> Result<(ClientConfig, Refusal), Failure> {
    let provider = Arc::new(ring::default_provider());
    let refusal = Refusal::default();
    let trust = Trust {
        fingerprints: settings.fingerprints.clone(),
        authorities: settings.authorities.as_deref().map(|pem| authorities(pem, &provider)).transpose()?,
        provider: Arc::clone(&provider),
        places: settings.places.clone(),
        refusal: Arc::clone(&refusal),
        secrets: settings.user.iter().map(|(_, password)| password.clone()).collect(),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(Failure::good)?.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    Ok((config.with_no_client_auth(), refusal))
}

fn authorities(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::good(format_args!("the certificates of authorities for Redfish: {error}"))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| wrong(&malformed(&error)))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map_err(|error| wrong(&error))
}

/// Says why a text is not PEM. The library's own message quotes the text, which may be a key.
fn malformed(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no end",
        pem::Error::IllegalSectionStart { .. } => "a section's first line is malformed",
        pem::Error::Base64Decode(_) => "a section is not base64",
        pem::Error::NoItemsFound => "there is none",
        _ => "it cannot be read",
    }
}

/// As `openssl x509 -fingerprint -sha256` prints it.
fn words(fingerprint: &[u8; 32]) -> String {
    fingerprint.map(|byte| format!("{byte:02X}")).join(":")
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
            Some(Err(error)) => {
                format!("no authority vouches for it ({})", quote::error(&error.to_string(), &self.secrets))
            }
            None if self.fingerprints.is_empty() => {
                format!("nothing says which is right ({}; NAME is ca or fingerprint)", self.places)
            }
            None => "it is none of those that are listed".to_owned(),
        };
        let fingerprint = words(&fingerprint);
        let refusal =
            format!("its certificate is not trusted: {why}; the SHA-256 fingerprint of what it shows is {fingerprint}");
        self.refusal.lock().map_or_else(|_| {}, |mut said| *said = Some(refusal));
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
