//! The whole cluster on one engine, for development and for tests of the real thing.
//!
//! In: a plan. Out: one compose file per stack, one that includes all, and every member's files. Members are
//! addressed by name on the declared networks, and what an operator uses is published on the loopback address.

mod address;
mod check;
mod render;

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::check::Rule;
use crate::file_tree::FileTree;
use crate::literal::{Cidr, Name};
use crate::model::{Ability, Inventory};
use crate::plan::{Act, Duty, Elections, Member, Plan, Role, Symbol};
use crate::target::compose::command;
use crate::target::{Step, Target};
use crate::words::Words;

use render::Engine;

/// The name of the file that includes every stack; no stack may have it.
const WHOLE: &str = "distributed";

/// One engine.
#[derive(Clone, Copy, Debug)]
pub struct Local;

impl Target for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn summary(&self) -> Words {
        Words::new(
            "the whole cluster on one Docker engine, for development and for tests of the real thing",
            "整个集群运行在一个 Docker 引擎上，用于开发和真实环境的测试",
        )
    }

    fn is_for_all(&self) -> bool {
        true
    }

    fn address(&self, _cluster: &Name, _group: &Name, member: &Member) -> String {
        member.name.to_string()
    }

    fn duties(&self) -> &'static [Duty] {
        &[]
    }

    fn role_address(&self, _cluster: &Name, _group: &Name, _role: &Role) -> Option<String> {
        None
    }

    fn elections(&self, _cluster: &Name) -> Option<Elections> {
        None
    }

    fn own_network(&self) -> Option<Cidr> {
        // Containers have addresses of the declared networks, and what is published on the machine's has to differ.
        None
    }

    fn moves_members(&self) -> bool {
        false
    }

    /// A container joins the networks of everything that it connects to, and gets any free address there.
    fn source(&self, inventory: &Inventory, _member: &Member, network: &Name) -> Cidr {
        inventory
            .network_named(network)
            .expect("a member of a checked plan is on a declared network")
            .cidr
    }

    fn resolver(&self) -> Option<&'static str> {
        // The engine's own name service, at the same address in every container.
        Some("127.0.0.11:53")
    }

    fn has(&self, ability: Ability) -> bool {
        match ability {
            Ability::Placement => !self.moves_members(),
            Ability::Networks => self.own_network().is_none(),
            Ability::Stacks => true,
            // One machine, on whose loopback address its ports are published, and an engine that starts again what ends.
            Ability::Hosts | Ability::Callers | Ability::Operators | Ability::Liveness => false,
        }
    }

    fn sets_up_hosts(&self) -> bool {
        false
    }

    fn start(&self, plan: &Plan) -> Vec<Step> {
        let cluster = &plan.cluster;
        let stacks: BTreeSet<&Name> = plan
            .workloads
            .iter()
            .map(|workload| &workload.stack)
            .collect();
        let alone: Vec<String> = stacks
            .iter()
            .map(|stack| format!("docker compose -f {} up -d", path(plan, stack.as_str())))
            .collect();
        vec![
            Step {
                says: Words::new("Make the secrets that are missing:", "生成缺少的密钥："),
                command: format!("cargo xtask secrets {cluster}"),
            },
            Step {
                says: Words::new("Start everything:", "启动全部服务："),
                command: format!("docker compose -f {} up -d", path(plan, WHOLE)),
            },
            Step {
                says: Words::new("Or start one stack alone:", "或者只启动某一个 stack："),
                command: alone.join("\n"),
            },
        ]
    }

    fn reload(&self, _plan: &Plan, _member: &Member, _how: &str) -> Option<String> {
        // The folders that are mounted are replaced as a whole, and a running container keeps the old one.
        None
    }

    fn command(&self, plan: &Plan, member: &Member, act: &Act) -> Option<String> {
        let engine = LazyCell::new(|| Engine::of(plan));
        let fill = |symbol: &Symbol| engine.fill(member, symbol);
        command(plan, &path(plan, WHOLE), member, act, &fill)
    }

    fn rules(&self) -> &'static [Rule] {
        check::RULES
    }

    fn render(&self, plan: &Plan) -> FileTree {
        render::render(plan)
    }
}

/// The compose file of a stack, from the root of the repository.
fn path(plan: &Plan, stack: &str) -> String {
    format!(
        "generated/{}/local/{}",
        plan.cluster,
        render::file_name(stack)
    )
}
