//! A certificate that signs itself: paths and names in, two new files in PEM out. For development alone: no client trusts
//! it that was not told to.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

/// The folder around the key keeps others away; who reads it in a container is another user than whoever made it.
const MODE: u32 = 0o644;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, names @ ..] = &arguments[..] else {
        eprintln!("usage: lurus-certificate CERTIFICATE KEY NAME...");
        return ExitCode::from(2);
    };
    match make(certificate, key, names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn make(certificate: &str, key: &str, names: &[String]) -> Result<(), String> {
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    write(key, &made.signing_key.serialize_pem())?;
    write(certificate, &made.cert.pem())
}

/// Writes a file that is not there yet.
fn write(path: &str, text: &str) -> Result<(), String> {
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(MODE)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| format!("{path}: {error}"))
}
