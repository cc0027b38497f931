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
                says: Words::new("Bring each host its folder:", "把各主机的目录分发过去："),
                command: format!(
                    "for host in {}; do {}; done",
                    hosts.join(" "),
                    bring(cluster, "$host")
                ),
            },
            first(cluster),
        ];
        // Members start only on a host that is set up.
        steps.splice(1..1, system::start(plan));
        steps.extend(change(cluster));
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

impl Hosts {
    /// What is typed to start members of a host, or to make them anew where their files have changed: all members that are
    /// named, and nothing else.
    pub fn up(cluster: &Name, host: &str, members: &str) -> String {
        format!("ssh {host} {} up -d --no-deps {members}", compose(cluster))
    }

    /// What is typed at the end of a change: it removes what is described no more.
    pub fn rest(cluster: &Name, host: &str) -> String {
        format!("ssh {host} {} up -d --remove-orphans", compose(cluster))
    }

    /// What is typed then: it ends once every member that there is on the host is ready.
    pub fn ready(cluster: &Name, host: &str) -> String {
        let states = "{{.State}} {{.Health}} {{.ExitCode}}";
        let ready = "running (healthy)? ?0|exited  ?0";
        format!(
            "ssh {host} 'while {} ps --all --format \"{states}\" | grep -qvxE \"{ready}\"; do sleep 2; done'",
            compose(cluster)
        )
    }
}

fn compose(cluster: &Name) -> String {
    format!("docker compose -f {cluster}/docker-compose.yml")
}

/// What is typed to bring a host the files that it has now, in place of those that it had.
fn bring(cluster: &Name, host: &str) -> String {
    format!("rsync -a --delete \"generated/{cluster}/hosts/{host}/\" \"{host}:{cluster}/\"")
}

/// How members are started for the first time.
fn first(cluster: &Name) -> Step {
    let all = format!("ssh HOST {} up -d", compose(cluster));
    let says = Words::new(
        format!(
            "Start one component after the other, in their [order](#order): the first line on each of its hosts, then the second, which ends once everything on the host is ready, then the component's [check](#check). `HOST` is for you to replace, and `MEMBERS` by what the order lists for the host. In a hurry, `{all}` for each host starts everything at once, and it comes to the same; but nothing then says which step keeps the others waiting:"
        ),
        format!(
            "按[顺序](#order)逐个启动组件：先在该组件的每台主机上执行第一行，再执行第二行（主机上的一切就绪后才会结束），然后完成该组件的[检查](#check)。`HOST` 由你替换，`MEMBERS` 替换为顺序中为该主机列出的成员。如果着急，可以对每台主机执行 `{all}` 一次启动全部，结果相同，只是无法看出是哪一步让其他步骤等待："
        ),
    );
    Step {
        says,
        command: format!(
            "{}\n{}",
            Hosts::up(cluster, "HOST", "MEMBERS"),
            Hosts::ready(cluster, "HOST")
        ),
    }
}

/// How a change is brought to hosts that run, how to know that it is done, and what is left to be removed then.
fn change(cluster: &Name) -> [Step; 2] {
    [
        Step {
            says: Words::new(
                "Later changes go in the same order, one host at a time: `cargo xtask diff` lists the components that a change makes anew, in order, with their members on each host, and what else each changed file costs. For each component begin with hosts on which nothing of it leads, as its [check](#check) shows; for each host give away what its members lead ([switch over](#switchover)), type these lines, complete the check, and [give back](#fail-back) what belongs there. Only then comes the next host. `HOST` and `MEMBERS` are for you to replace:",
                "之后的变更按同样的顺序进行，每次一台主机：`cargo xtask diff` 会按顺序列出变更所重建的组件及其在每台主机上的成员，以及每个变更文件的其他代价。对每个组件，先从没有其主节点的主机开始（见其[检查](#check)）；在每台主机上，先把其成员的主节点角色移走（[主动切换](#switchover)），再执行以下各行，完成检查，然后把属于这里的角色[切回](#fail-back)。之后才能继续下一台主机。`HOST` 和 `MEMBERS` 由你替换：",
            ),
            command: format!(
                "{}\n{}\n{}",
                bring(cluster, "HOST"),
                Hosts::up(cluster, "HOST", "MEMBERS"),
                Hosts::ready(cluster, "HOST")
            ),
        },
        Step {
            says: Words::new(
                "At the end, on each host: this removes what is described no more. Where the change is complete it changes nothing else; tasks run again, which they may:",
                "最后在每台主机上执行：它会移除不再描述的内容。如果变更已经完成，则不会改变其他任何东西；任务会再运行一次，这没有影响：",
            ),
            command: Hosts::rest(cluster, "HOST"),
        },
    ]
}
