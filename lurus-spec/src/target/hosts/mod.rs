//! Production: one compose project per host, on the host's own network.
//!
//! In: a plan. Out: a folder per host with a compose file and its members' files. Members are addressed by the IP
//! plan, and listen on the addresses of their host and on no other.

mod baseline;
mod check;
mod firewall;
mod render;
mod system;
mod time_servers;

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::check::Rule;
use crate::file_tree::FileTree;
use crate::literal::{Cidr, HostName, Name};
use crate::model::{Ability, Inventory};
use crate::plan::{Act, Duty, Elections, Index, Member, Plan, Role, Symbol};
use crate::target::compose::command;
use crate::target::{Step, Target, shell};
use crate::words::Words;

/// Hosts with an engine each.
#[derive(Clone, Copy, Debug)]
pub struct Hosts;

impl Target for Hosts {
    fn name(&self) -> &'static str {
        "hosts"
    }

    fn summary(&self) -> Words {
        Words::new(
            "production: one compose project per host, on the addresses of the IP plan",
            "生产环境：每台主机一个 compose 项目，使用 IP 规划中的地址",
        )
    }

    fn is_for_all(&self) -> bool {
        true
    }

    fn address(&self, _cluster: &Name, _group: &Name, member: &Member) -> String {
        member.address.to_string()
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
        None
    }

    fn moves_members(&self) -> bool {
        false
    }

    /// A host that is on the network itself connects from its address there, and from the member's own otherwise.
    fn source(&self, inventory: &Inventory, member: &Member, network: &Name) -> Cidr {
        let there = inventory
            .host_named(&member.host)
            .and_then(|host| host.address_on(network));
        Cidr::containing(there.map_or(member.address, |address| address.ip), 32)
    }

    fn resolver(&self) -> Option<&'static str> {
        None
    }

    fn has(&self, ability: Ability) -> bool {
        match ability {
            Ability::Placement => !self.moves_members(),
            Ability::Networks => self.own_network().is_none(),
            Ability::Hosts | Ability::Callers | Ability::Operators => true,
            // A host has one project, and an engine that starts again what ends.
            Ability::Stacks | Ability::Liveness => false,
        }
    }

    fn sets_up_hosts(&self) -> bool {
        true
    }

    fn start(&self, plan: &Plan) -> Vec<Step> {
        let cluster = &plan.cluster;
        let hosts: BTreeSet<&HostName> = plan
            .workloads
            .iter()
            .flat_map(|workload| &workload.members)
            .map(|member| &member.host)
            .collect();
        let hosts: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        let mut steps = vec![
            Step {
                says: if plan
                    .workloads
                    .iter()
                    .any(|group| !group.provided.is_empty())
                {
                    Words::new(
                        "Make the secrets that are missing; each host gets those of its own members. Certificates are yours: a \
                         warning names each one that is missing, and the folder where it belongs:",
                        "生成缺少的密钥；每台主机只会得到自己成员所用的密钥。证书须自行提供：缺少证书时会给出警告，并指出应放入的目录：",
                    )
                } else {
                    Words::new(
                        "Make the secrets that are missing; each host gets those of its own members:",
                        "生成缺少的密钥；每台主机只会得到自己成员所用的密钥：",
                    )
                },
                command: format!("cargo xtask secrets {cluster}"),
            },
            Step {
                says: Words::new(
                    "Bring each host its folder, and start what is in it:",
                    "把各主机的目录分发过去，并启动其中的服务：",
                ),
                command: format!(
                    "for host in {}; do\n  \
                       rsync -a --delete \"generated/{cluster}/hosts/$host/\" \"$host:{cluster}/\"\n  \
                       ssh \"$host\" docker compose -f {cluster}/docker-compose.yml up -d\n\
                     done",
                    hosts.join(" ")
                ),
            },
        ];
        // Members start only on a host that is set up.
        steps.splice(1..1, system::start(plan));
        steps.push(change(cluster));
        steps
    }

    fn reload(&self, plan: &Plan, member: &Member, how: &str) -> Option<String> {
        let words = how.split(' ').map(str::to_owned).collect();
        self.command(plan, member, &Act::Run(words))
    }

    fn command(&self, plan: &Plan, member: &Member, act: &Act) -> Option<String> {
        let host = member.host.as_str();
        let file = format!("{}/docker-compose.yml", plan.cluster);
        let terminal = match act {
            Act::OnHost(words) => {
                let words = std::iter::once("sudo").chain(words.iter().map(String::as_str));
                let line = shell::line(words);
                return Some(shell::remote(host, &line, shell::Terminal::None));
            }
            Act::Instead(_) => shell::Terminal::Own,
            Act::Run(_)
            | Act::Logs
            | Act::Stop
            | Act::Start
            | Act::Restart
            | Act::Repeat
            | Act::Erase => shell::Terminal::None,
        };
        let index = LazyCell::new(|| Index::of(plan));
        let fill = |symbol: &Symbol| render::fill(&index, member, symbol);
        let line = command(plan, &file, member, act, &fill)?;
        Some(shell::remote(host, &line, terminal))
    }

    fn rules(&self) -> &'static [Rule] {
        check::RULES
    }

    fn render(&self, plan: &Plan) -> FileTree {
        render::render(plan)
    }
}

/// How a change is brought to a host that runs, and how to know that it is done.
fn change(cluster: &Name) -> Step {
    let compose = format!("docker compose -f {cluster}/docker-compose.yml");
    let states = "{{.State}} {{.Health}} {{.ExitCode}}";
    let ready = "running (healthy)? ?0|exited  ?0";
    Step {
        says: Words::new(
            "Later changes go to one host at a time; `cargo xtask diff` says what each changed file costs. Begin with hosts on which nothing leads: the [checks](#check) show who leads, and [switching over](#switchover) moves a leader away before its host is changed. `HOST` is for you to replace. The last line ends once every service of the host is ready; the next host follows only when the checks of what was changed are complete:",
            "之后的变更每次只在一台主机上进行；`cargo xtask diff` 会说明每个变更文件的代价。先从没有主节点的主机开始：[检查](#check)会显示谁是主节点，变更主节点所在的主机之前，先通过[主动切换](#switchover)把它移走。`HOST` 由你替换。最后一行在该主机的所有服务就绪后才会结束；只有当所变更组件的检查全部通过，才能继续下一台主机：",
        ),
        command: format!(
            "rsync -a --delete \"generated/{cluster}/hosts/HOST/\" \"HOST:{cluster}/\"\n\
             ssh HOST {compose} up -d --remove-orphans\n\
             ssh HOST 'while {compose} ps --all --format \"{states}\" | grep -qvxE \"{ready}\"; do sleep 2; done'"
        ),
    }
}
