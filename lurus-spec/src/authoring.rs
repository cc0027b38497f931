//! What a component of one's own needs: `use lurus_spec::authoring::*;`, in `spec/` as in a folder of the compiler.
//!
//! It has what the standard library's prelude has and a `no_std` crate lacks, and every type that
//! [`Component`] speaks of.

pub use std::borrow::ToOwned;
pub use std::boxed::Box;
pub use std::collections::{BTreeMap, BTreeSet};
pub use std::format;
pub use std::string::{String, ToString};
pub use std::vec;
pub use std::vec::Vec;

pub use crate::check::{Check, Rule, View};
pub use crate::component::observe::{
    Alert, Asked, Catalogue, Dashboard, Metrics, Observed, Observer, Panel, PanelView, Proof,
    Recording, RuleGroup, Severity, Unit,
};
pub use crate::component::{
    Component, Declaration, Endpoint, EndpointRef, Group, Login, Lowering, Need, Quorum, Reach,
    SecretDeclaration, Site, Survival, Value, place, place_beside, place_by_host, place_task,
};
pub use crate::literal::{
    AbsPath, Cidr, DomainName, Duration, EnvName, Given, HostName, Ip, Name, Port, SecretName,
    Size, Url,
};
pub use crate::model::{
    ComponentRef, HostRef, ImageRef, Meta, NetworkRef, Refused, Setting, Upgrade, VersionStep,
};
pub use crate::plan::{
    Act, Ask, Body, ConfigDir, ConfigFile, Contract, Cost, Health, Instruction, Kind, Opening,
    Outside, Probe, Procedure, ProcedureKind, Resources, Stop, Symbol, Text, Volume, Workload,
    checked,
};
pub use crate::report::{Code, Diagnostic, Origin, Report};
pub use crate::template;
pub use crate::words::Words;
pub use crate::yaml::{Node, map, seq};
