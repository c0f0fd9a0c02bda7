//! Says what is wrong with JSON from outside, and where, without quoting any of it: it may hold secrets.

use serde_json::error::Category;

/// What is wrong with JSON, and where. Display is a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (line {line}, column {column})")]
pub struct JsonError {
    /// What is wrong.
    pub fault: JsonFault,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// What is wrong with JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// It ends too early.
    #[error("it ends too early")]
    CutOff,
    /// A value is missing or has the wrong type.
    #[error("a value is missing or has the wrong type")]
    Type,
    /// It is not JSON.
    #[error("it is not JSON")]
    NotJson,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let fault = match error.classify() {
            Category::Eof => JsonFault::CutOff,
            Category::Data => JsonFault::Type,
            Category::Syntax | Category::Io => JsonFault::NotJson,
        };
        Self { fault, line: error.line(), column: error.column() }
    }
}
