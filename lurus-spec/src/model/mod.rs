//! What authors say: a cluster, its inventory, and its components with everything that was set on them.
//!
//! In: data of `spec/*.toml` and builder calls of `spec/*.rs`. Out: a [`Cluster`] that records exactly what was
//! said, each value with its place; defaults are applied later, in `lower`. The model knows no product, no target
//! and no file format.

mod ability;
mod certificate;
mod cluster;
mod inventory;
mod loss;
mod mirror;
#[doc(hidden)]
pub mod rows;
mod rule_file;
mod setting;
mod upgrade;

pub use ability::{Ability, Omitted};
pub use certificate::{Certificate, CertificateName};
pub use cluster::Cluster;
pub use inventory::{Address, Host, HostRef, ImagePin, ImageRef, Inventory, Network, NetworkRef};
pub use loss::{FailureDomain, Loss};
pub use mirror::Mirrors;
pub use rule_file::RuleFile;
pub(crate) use setting::accept;
pub use setting::{
    COMMON_OPTIONS, ComponentRef, Described, Manual, Meta, OptionCost, OptionDoc, Refused, Setting,
    SettingRecord, Settings,
};
pub use upgrade::{Upgrade, VersionStep};
