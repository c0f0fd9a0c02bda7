//! Lets the fuzzer parse a service's answers and the output of this program, and checks the resulting texts.

use crate::error::{FetchError, FetchFault, Refusal};
use crate::keys::{self, Service};
use crate::quote;
use nbft_connect::nvme::keys::Found;
use std::collections::VecDeque;
use zeroize::Zeroizing;

/// A service that returns the given answers in order, whatever the request.
struct Canned<'a> {
    answers: VecDeque<&'a [u8]>,
    asked: Vec<String>,
    secrets: quote::Secrets,
}

impl Service for Canned<'_> {
    fn start(&self) -> &str {
        "/redfish/v1/KeyService"
    }

    fn called(&self, path: &str) -> String {
        quote::resource("https://192.0.2.9", path, self.start(), &self.secrets)
    }

    fn secrets(&self) -> &[Zeroizing<String>] {
        &self.secrets
    }

    async fn get(&mut self, path: &str) -> Result<Zeroizing<Vec<u8>>, FetchFault> {
        self.asked.push(path.to_owned());
        let answer = self.answers.pop_front().map(|answer| Zeroizing::new(answer.to_vec()));
        answer.ok_or_else(|| FetchFault::Refused { resource: self.called(path), refusal: Refusal::NotFound })
    }
}

/// Reads these answers of a service and prints the result; returns the texts for people and logs. `secret` is a password.
///
/// # Panics
///
/// When a text is too long, or the output for a program differs from what was found.
pub async fn answers(answers: &[&[u8]], hostnqn: &str, secret: &str) -> Vec<String> {
    let secrets = vec![Zeroizing::new(secret.to_owned())];
    let mut service = Canned { answers: answers.iter().copied().collect(), asked: Vec::new(), secrets };
    let fetched = match keys::read(&mut service, hostnqn).await {
        Ok(fetched) => fetched,
        Err(fault) => return vec![FetchError::from(fault).to_string()],
    };
    assert!(service.asked.len() <= 1024);
    let lines: String = fetched.found.iter().map(|found| found.line().to_string()).collect();
    let read = Found::parse_all(lines.as_bytes()).unwrap_or_else(|why| panic!("{why}"));
    let parts = |found: &Found| {
        let key = found.secret.as_ref().map(|key| key.expose().to_owned()).map_err(ToString::to_string);
        (found.name, found.subsystem.clone(), key)
    };
    assert!(read.iter().map(parts).eq(fetched.found.iter().map(parts)));
    texts(&fetched.found).chain(fetched.refused).collect()
}

/// Reads alleged output of `nbft-redfish`, as `nbft` does; returns the resulting texts.
#[must_use]
pub fn lines(output: &[u8]) -> Vec<String> {
    match Found::parse_all(output) {
        Ok(found) => texts(&found).collect(),
        Err(why) => vec![why.to_string()],
    }
}

fn texts(found: &[Found]) -> impl Iterator<Item = String> {
    found.iter().map(|found| found.to_string().trim_end_matches('\n').to_owned())
}
