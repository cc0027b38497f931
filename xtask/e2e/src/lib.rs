//! Starts a local cluster from nothing, writes to it with real clients while one member after the other is killed, and reads
//! everything acknowledged back.
//!
//! In: a compose project, the values of its secrets, and the facts of the cluster in `clients.json` (see [`contract`]).
//! Out: progress on standard error, tables of measured times and of writes on standard output, and a count of checks.
//! It knows protocols and how to break a member, and must not know any one cluster: names, ports and layout come from the contract.
//!
//! ```text
//! clients.json ─┐
//! compose file ─┼▶ drill ─▶ services ─▶ lanes (one writer each) ─▶ ledgers ─▶ score, tables
//! env file ─────┘     └▶ compose project: up, kill -9, start, down
//! ```

pub mod contract;
pub mod drill;
pub mod env_file;
pub mod hosts;

mod application;
mod catalogue;
mod compose;
mod dashboard;
mod http;
mod lane;
mod layout;
mod ledger;
mod lock;
mod log_store;
mod patience;
mod process;
mod score;
mod service;
mod table;
mod watch;
mod websocket;
