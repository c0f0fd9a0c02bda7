//! Defines why a model cannot be written.

use crate::parse::Owner;

/// Why a model cannot be written: a value has no place in a table or would read back as another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{owner}: {problem}")]
pub struct WriteError {
    owner: Owner,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the major revision is {0}; it must be 1")]
    Major(u8),
    #[error("it is not marked valid (flags, bit 0), so that no reader would see it")]
    NotValid,
    #[error("the {0} is not marked valid (flags, bit 0), so that no reader would see it")]
    ObjectNotValid(&'static str),
    #[error("the list has {0} descriptors; at most 255 can be counted")]
    Count(usize),
    #[error("the {0} is empty; leave it out instead")]
    Empty(&'static str),
    #[error("the {0} holds a NUL, which ends a string in the table")]
    Nul(&'static str),
    #[error("the {field} has {length} bytes; at most {max} are read")]
    Long { field: &'static str, length: usize, max: usize },
    #[error("the {field} has no place: {condition}, so that no reader would look at it")]
    Unused { field: &'static str, condition: &'static str },
    #[error("the table would have {0} bytes, more than its length field can hold")]
    Size(usize),
}

impl WriteError {
    pub(super) const fn new(owner: Owner, problem: Problem) -> Self {
        Self { owner, problem }
    }
}

impl Owner {
    /// An error unless the descriptor is marked valid.
    pub(super) fn require_valid(self, valid: bool) -> Result<(), WriteError> {
        if valid { Ok(()) } else { Err(WriteError::new(self, Problem::NotValid)) }
    }

    /// An error unless the structure in the heap is marked valid.
    pub(super) fn require_object_valid(self, field: &'static str, valid: bool) -> Result<(), WriteError> {
        if valid { Ok(()) } else { Err(WriteError::new(self, Problem::ObjectNotValid(field))) }
    }

    /// An error if the model has a value that the flags do not put in use.
    pub(super) fn require_used(
        self,
        field: &'static str,
        used: bool,
        condition: &'static str,
    ) -> Result<(), WriteError> {
        if used { Ok(()) } else { Err(WriteError::new(self, Problem::Unused { field, condition })) }
    }
}
