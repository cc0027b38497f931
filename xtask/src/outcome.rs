//! How a command ends: its verdict or its failure in, the exit code and the last words out.

use std::fmt;
use std::process::ExitCode;

use crate::sync::SyncError;

use crate::terminal::{ERROR, eprint};

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is well: 0.
    Fine,
    /// There are findings, or something is stale; the command has said what: 1.
    Findings,
}

/// Why a command could not do its work. Texts are lowercase, name the thing and say what to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It was asked for something that does not exist: 2.
    Usage(String),
    /// The machine refused: 1.
    Machine(String),
    /// The description was refused, and its findings are printed: 1.
    Refused,
}

impl Failure {
    /// A refusal of the machine, as something that can be printed.
    pub(crate) fn machine(error: impl fmt::Display) -> Failure {
        Failure::Machine(error.to_string())
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Failure {
        Failure::machine(error)
    }
}

/// The end of a run.
pub(crate) struct Ending(u8);

impl Ending {
    /// The end of a command that returned this; prints what is left to say.
    pub(crate) fn of(result: Result<Verdict, Failure>) -> Ending {
        let (code, text) = match result {
            Ok(Verdict::Fine) => (0, None),
            Ok(Verdict::Findings) | Err(Failure::Refused) => (1, None),
            Err(Failure::Machine(text)) => (1, Some(text)),
            Err(Failure::Usage(text)) => (2, Some(text)),
        };
        if let Some(text) = text {
            eprint(&format!("{ERROR}error:{ERROR:#} {text}\n"));
        }
        Ending(code)
    }

    /// The exit code.
    pub(crate) fn exit(self) -> ExitCode {
        ExitCode::from(self.0)
    }
}
