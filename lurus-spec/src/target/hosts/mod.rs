//! Production: one compose project per host, on the host's own network.
//!
//! In: a plan. Out: a folder per host with a compose file and its members' files. Members are addressed by the IP
//! plan, and listen on the addresses of their host and on no other.

mod render;

use crate::file_tree::FileTree;
use crate::literal::Cidr;
use crate::model::Inventory;
use crate::plan::{Member, Plan};
use crate::report::Report;
use crate::target::Target;

/// Hosts with an engine each.
#[derive(Clone, Copy, Debug)]
pub struct Hosts;

impl Target for Hosts {
    fn name(&self) -> &'static str {
        "hosts"
    }

    fn summary(&self) -> &'static str {
        "production: one compose project per host, on the addresses of the IP plan"
    }

    fn address(&self, member: &Member) -> String {
        member.address.to_string()
    }

    fn source(&self, _inventory: &Inventory, member: &Member) -> Cidr {
        Cidr::containing(member.address, 32)
    }

    fn resolver(&self) -> Option<&'static str> {
        None
    }

    fn check(&self, _plan: &Plan) -> Report {
        Report::default()
    }

    fn render(&self, plan: &Plan) -> FileTree {
        render::render(plan)
    }
}
