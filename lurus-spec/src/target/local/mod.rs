//! The whole cluster on one engine, for development and for tests of the real thing.
//!
//! In: a plan. Out: one compose file per stack, one that includes all, and every member's files. Members are
//! addressed by name on the declared networks, and what an operator uses is published on the loopback address.

mod address;
mod render;

use crate::file_tree::FileTree;
use crate::literal::Cidr;
use crate::model::Inventory;
use crate::plan::{Member, Plan};
use crate::report::Report;
use crate::target::Target;

/// The name of the file that includes every stack; no stack may have it.
const WHOLE: &str = "distributed";

/// One engine.
#[derive(Clone, Copy, Debug)]
pub struct Local;

impl Target for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn summary(&self) -> &'static str {
        "the whole cluster on one Docker engine, for development and for tests of the real thing"
    }

    fn address(&self, member: &Member) -> String {
        member.name.to_string()
    }

    /// Containers get any free address of their network.
    fn source(&self, inventory: &Inventory, member: &Member) -> Cidr {
        inventory
            .network_named(&member.network)
            .expect("a member of a checked plan is on a declared network")
            .cidr
    }

    fn resolver(&self) -> Option<&'static str> {
        // The engine's own name service, at the same address in every container.
        Some("127.0.0.11:53")
    }

    fn check(&self, plan: &Plan) -> Report {
        render::check(plan)
    }

    fn render(&self, plan: &Plan) -> FileTree {
        render::render(plan)
    }
}
