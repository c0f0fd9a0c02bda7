//! What the fuzzer gets at: the frames between the process that connects and its child.

use super::protocol::{self, Answer, Question};

/// Reads what goes between the process that connects and the one that writes, from either side.
///
/// # Panics
///
/// When what was read cannot be written so that it reads the same.
pub fn frames(mut bytes: &[u8]) {
    while let Ok(Some(frame)) = protocol::read(&mut bytes) {
        if let Some(question) = Question::parse(&frame) {
            let again = protocol::content(&question).and_then(|content| Question::parse(&content));
            assert_eq!(again, Some(question));
        }
        if let Some(answer) = Answer::parse(&frame) {
            let again = protocol::content(&answer).and_then(|content| Answer::parse(&content));
            assert_eq!(again, Some(answer));
        }
    }
}
