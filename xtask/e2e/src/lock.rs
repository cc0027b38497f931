//! One run at a time on one engine: runs of all clusters want the same networks and ports, and delete what they find.
//!
//! In: the identity of an engine. Out: a [`Lock`], held as long as it lives. The operating system lets go of it when the process
//! ends, however it ends, so there is no lock that nobody holds.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// This run's right to be the only one on its engine.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the engine `id`.
    ///
    /// # Errors
    /// When another run on this machine holds it.
    pub(crate) fn take(id: &str) -> Result<Self> {
        Self::take_in(&std::env::temp_dir(), id)
    }

    fn take_in(directory: &Path, id: &str) -> Result<Self> {
        // An identity may hold characters that have a meaning in paths.
        let name: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = directory.join(format!("lurus-e2e-{name}.lock"));
        let cannot = || format!("{} cannot be locked", path.display());
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another end-to-end test runs on this Docker engine, and both want the same networks and ports: wait until it has ended"
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_on_one_engine_is_refused_until_the_first_has_ended() {
        let directory = std::env::temp_dir();
        let engine = format!("test-{}", std::process::id());
        let first = Lock::take_in(&directory, &engine).unwrap();
        let Err(refusal) = Lock::take_in(&directory, &engine) else {
            panic!("two runs hold one lock");
        };
        assert!(
            refusal.to_string().contains("another end-to-end test"),
            "{refusal}"
        );
        assert!(Lock::take_in(&directory, "another").is_ok());
        drop(first);
        assert!(Lock::take_in(&directory, &engine).is_ok());
    }
}
