//! A migration, as programs do it that keep a database's tables up to date.
//!
//! In: what a migration connects with. Out: whether its session is its own from its first statement to its last, and the
//! table of the run. It must not know what is on the way.

use anyhow::{Result, ensure};
use tokio_postgres::Config;

use super::{TABLE, bounded, connect, in_recovery, show};

/// Migrations that run at the same time wait for each other here.
const LOCK: &str = "SELECT pg_advisory_lock(20061)";

/// Whether the lock was held until now.
const UNLOCK: &str = "SELECT pg_advisory_unlock(20061)";

/// How long a statement may take, said once and meant for all that follow.
const TIMEOUT: &str = "19s";

/// Locks, sets, prepares, makes the table, and looks whether all of it held. Between the statements another session takes a
/// connection and gives it back: in a pool that would be the one that the migration had.
pub(super) async fn migrate(config: &Config) -> Result<()> {
    let client = connect(config).await?;
    ensure!(
        !in_recovery(&client).await?,
        "a replica answers where the primary is expected"
    );
    let session = "SELECT pg_backend_pid()::text";
    let begun = show(&client, session).await?;
    bounded(client.batch_execute(LOCK)).await?;
    let set = format!("SET statement_timeout = '{TIMEOUT}'");
    bounded(client.batch_execute(&set)).await?;
    bounded(client.batch_execute("PREPARE made AS SELECT 'made'::text")).await?;
    let other = connect(config).await?;
    bounded(other.batch_execute("SELECT 1")).await?;
    let theirs = show(&other, session).await?;
    ensure!(
        theirs != begun,
        "two sessions at a time are one on the server: they share its locks and settings"
    );
    bounded(client.batch_execute(TABLE)).await?;
    let still = show(&client, "SHOW statement_timeout").await?;
    ensure!(
        still == TIMEOUT,
        "statement_timeout is {still} after it was set to {TIMEOUT}"
    );
    bounded(client.batch_execute("EXECUTE made")).await?;
    let held: bool = bounded(client.query_typed_one(UNLOCK, &[]))
        .await?
        .try_get(0)?;
    ensure!(held, "the advisory lock was not held until the end");
    let ended = show(&client, session).await?;
    ensure!(
        ended == begun,
        "the session began as process {begun} of the server and ended as {ended}"
    );
    Ok(())
}
