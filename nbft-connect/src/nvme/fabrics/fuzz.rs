//! Lets the fuzzer read the frames between nbft and its helper process.

use super::protocol::{self, Answer, Question};

/// Reads frames as both sides do.
///
/// # Panics
///
/// When a frame that was read changes by being written and read again.
pub fn frames(mut bytes: &[u8]) {
    while let Ok(Some(frame)) = protocol::read(&mut bytes) {
        if let Some(question) = Question::parse(&frame) {
            let copy = protocol::content(&question).and_then(|content| Question::parse(&content));
            assert_eq!(copy, Some(question));
        }
        if let Some(answer) = Answer::parse(&frame) {
            let copy = protocol::content(&answer).and_then(|content| Answer::parse(&content));
            assert_eq!(copy, Some(answer));
        }
    }
}
