//! What the test on hosts is given: a folder that all of them see, with each one's own folder, and who may connect to whom.
//!
//! In: the plan for hosts, and the program that makes them. Out: the driver's verdict. Who may connect is computed here anew from the
//! flows and openings of the plan, and not read from the packet filter that is put to the test.

use std::collections::{BTreeMap, BTreeSet};

use crate::sync::{Mode, Scope, sync};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use lurus_spec::Compiled;
use lurus_spec::file_tree::TreePath;
use lurus_spec::literal::{Cidr, Ip};
use lurus_spec::plan::{Act, Content, Member, Outside, Plan, ProcedureKind, Workload};
use lurus_spec::target::Target as _;
use lurus_spec::target::hosts::Hosts;
use serde_json::{Value, json};

use super::{book, driver, passed, verdict, write};
use crate::commands::diff::{effect, rollout};
use crate::commands::secrets;
use crate::description;
use crate::outcome::{Failure, Verdict};
use crate::workspace::Workspace;

/// The folder of what the operator provides.
const PROVIDED: &str = "provided";

/// The folder of what is generated after the change.
const CHANGED: &str = "changed";

pub(super) fn drill(
    workspace: &Workspace,
    compiled: &Compiled,
    program: &Utf8Path,
    rest: &[String],
) -> Result<Verdict, Failure> {
    let name = compiled.name.as_str();
    let plan = compiled
        .plans
        .get(Hosts.name())
        .ok_or_else(|| Failure::Machine(format!("{name} is not compiled for hosts")))?;
    let program = program
        .canonicalize_utf8()
        .map_err(|error| Failure::Machine(format!("{program}: {error}")))?;
    let directory = tempfile::Builder::new()
        .prefix("lurus-e2e-")
        .tempdir()
        .map_err(Failure::machine)?;
    let generated = Utf8PathBuf::try_from(directory.path().to_owned()).map_err(Failure::machine)?;
    sync(&compiled.tree, &generated, &Scope::Whole, Mode::Write).map_err(Failure::machine)?;
    let cluster = generated.join(name);
    let folder = cluster.join(Hosts.name());
    let own = Workspace {
        generated: generated.clone(),
        ..workspace.clone()
    };
    provide(&own, compiled, plan, &cluster)?;
    secrets::keep(&own, compiled)?;
    // The clients of the test have what an operator has.
    fs::copy(cluster.join(".env"), folder.join(".env")).map_err(Failure::machine)?;
    if cluster.join(PROVIDED).exists() {
        copy(&cluster.join(PROVIDED), &folder.join(PROVIDED))?;
    }
    let change = changed(&own, compiled, plan, cluster.as_path(), &folder)?;
    let site = serde_json::to_string(&site(plan, &change)?).map_err(Failure::machine)?;
    fs::write(folder.join("site.json"), site).map_err(Failure::machine)?;

    let mut command = driver(workspace);
    command
        .arg("hosts")
        .args(["--cluster", name])
        .args(["--project", &format!("lurus-{name}")])
        .args(["--program", program.as_str()])
        .args(["--folder", folder.as_str()])
        .args(rest);
    verdict(name, &mut command)
}

/// What an operator provides: certificates that sign themselves, so that each host gets its copy like any other.
fn provide(
    workspace: &Workspace,
    compiled: &Compiled,
    plan: &Plan,
    cluster: &Utf8Path,
) -> Result<(), Failure> {
    for provided in plan
        .workloads
        .iter()
        .flat_map(|workload| &workload.provided)
    {
        let folder = cluster.join(PROVIDED).join(provided.name.as_str());
        if folder.exists() {
            continue;
        }
        fs::create_dir_all(&folder).map_err(Failure::machine)?;
        let Content::Certificate { names } = &provided.content;
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        secrets::provided::make(workspace, &folder, &names).map_err(Failure::Machine)?;
    }
    secrets::provided::provide(workspace, compiled, cluster).map(drop)
}

/// The addresses of each host that has members, in the order of its networks' names.
fn hosts(plan: &Plan) -> BTreeMap<&str, Vec<String>> {
    let members = plan.workloads.iter().flat_map(|workload| &workload.members);
    let used: BTreeSet<&str> = members.map(|member| member.host.as_str()).collect();
    let hosts = plan.inventory.hosts().iter();
    hosts
        .filter(|host| used.contains(host.name.as_str()))
        .map(|host| {
            let mut addresses: Vec<_> = host.addresses.iter().collect();
            addresses.sort_by_key(|address| address.network.as_str());
            let addresses = addresses.iter().map(|address| address.ip.to_string());
            (host.name.as_str(), addresses.collect())
        })
        .collect()
}

/// What the driver must know beyond what clients know.
fn site(plan: &Plan, change: &Value) -> Result<Value, Failure> {
    let hosts = hosts(plan);
    let addresses = plan.inventory.networks().iter().map(|network| {
        free(plan, network.cidr)
            .map(|ip| ip.to_string())
            .ok_or_else(|| {
                Failure::Machine(format!("network {} has no free address", network.name))
            })
    });
    let addresses: Vec<String> = addresses.collect::<Result<_, _>>()?;
    let units: BTreeSet<&str> = plan
        .host_services
        .iter()
        .map(|service| service.unit)
        .collect();
    let hosts: BTreeMap<&str, Value> = hosts
        .into_iter()
        .map(|(name, addresses)| (name, json!({ "addresses": addresses })))
        .collect();
    Ok(json!({
        "hosts": hosts,
        "client": { "name": "client", "addresses": addresses },
        "units": units,
        "doors": doors(plan),
        "turns": turns(plan),
        "lines": {
            "up": Hosts::up(&plan.cluster, "HOST", "MEMBERS"),
            "ready": Hosts::ready(&plan.cluster, "HOST"),
            "rest": Hosts::rest(&plan.cluster, "HOST"),
        },
        "change": change,
    }))
}

/// Each component's turn at a first start, as the book lists them.
fn turns(plan: &Plan) -> Vec<Value> {
    let turns = plan.order.iter().map(|turn| {
        let members: BTreeMap<&str, Vec<&str>> = plan
            .placed(&turn.component)
            .into_iter()
            .map(|(host, members)| {
                let names = members.iter().map(|member| member.name.as_str());
                (host.as_str(), names.collect())
            })
            .collect();
        let after: Vec<&str> = turn.after.iter().map(|name| name.as_str()).collect();
        json!({
            "component": turn.component.as_str(),
            "after": after,
            "watches": turn.watches,
            "members": members,
            "check": book::steps(plan, turn.component.as_str(), ProcedureKind::Check),
        })
    });
    turns.collect()
}

/// The change that is made while the cluster serves, with the folders of the hosts after it; nothing where it is about no component
/// of the cluster.
fn changed(
    own: &Workspace,
    compiled: &Compiled,
    plan: &Plan,
    cluster: &Utf8Path,
    folder: &Utf8Path,
) -> Result<Value, Failure> {
    let change = own.spec.change;
    let asked: Vec<(&Member, Vec<String>)> = plan
        .workloads
        .iter()
        .filter(|workload| workload.component.as_str() == change.component)
        .flat_map(|workload| &workload.members)
        .filter_map(|member| Some((member, (change.ask)(member)?)))
        .collect();
    if asked.is_empty() {
        return Ok(Value::Null);
    }
    let mut described = description::clusters(own, Some(compiled.name.as_str()))?;
    described.iter_mut().for_each(change.make);
    let after = passed(own, &described[0])?;
    let new = Workspace {
        generated: own.generated.join(CHANGED),
        ..own.clone()
    };
    write(&new, &after)?;
    // The same values and certificates as before: the change is the only one.
    let changed = new.generated.join(compiled.name.as_str());
    fs::copy(cluster.join(".env"), changed.join(".env")).map_err(Failure::machine)?;
    if cluster.join(PROVIDED).exists() {
        copy(&cluster.join(PROVIDED), &changed.join(PROVIDED))?;
    }
    secrets::keep(&new, &after)?;
    copy(&changed.join(Hosts.name()), &folder.join(CHANGED))?;

    let project = |compiled: &Compiled, host: &str| {
        let path = format!(
            "{}/{}/{host}/docker-compose.yml",
            compiled.name,
            Hosts.name()
        );
        let path = TreePath::new(&path).ok();
        let file = path.and_then(|path| compiled.tree.get(&path));
        let text = file.map_or("", |file| file.text.as_str());
        effect::Project::read(text).map_err(Failure::Machine)
    };
    let mut projects = BTreeMap::new();
    for host in hosts(plan).into_keys() {
        projects.insert(host, (project(compiled, host)?, project(&after, host)?));
    }
    let pairs = projects
        .iter()
        .map(|(host, (before, after))| (*host, (before, after)))
        .collect();
    let rounds = rollout::rounds(&after.plans[Hosts.name()], &pairs);
    let rounds: Vec<Value> = rounds
        .iter()
        .map(|round| {
            let steps = |kind| book::steps(plan, &round.component, kind);
            json!({
                "component": round.component,
                "hosts": round.hosts,
                "switchover": steps(ProcedureKind::Switchover),
                "fail_back": steps(ProcedureKind::FailBack),
            })
        })
        .collect();
    let shown: Vec<Value> = asked
        .into_iter()
        .filter_map(|(member, words)| {
            let types = Hosts.command(plan, member, &Act::Run(words))?;
            Some(json!({"member": member.name.as_str(), "types": types}))
        })
        .collect();
    Ok(json!({
        "says": change.says,
        "folder": CHANGED,
        "rounds": rounds,
        "shown": shown,
        "answer": change.answer,
    }))
}

/// The last address of a network that nobody has, so that whoever gets it is a stranger.
fn free(plan: &Plan, network: Cidr) -> Option<Ip> {
    let hosts = plan
        .inventory
        .hosts()
        .iter()
        .flat_map(|host| &host.addresses);
    let gateways = plan
        .inventory
        .networks()
        .iter()
        .map(|network| network.gateway);
    let floating = plan.floating.iter().map(|floating| floating.ip);
    let taken: BTreeSet<Ip> = hosts
        .map(|address| address.ip)
        .chain(gateways)
        .chain(floating)
        .collect();
    // Not the very last ones, which some sites give to routers; a large network is not walked through.
    (1..250_u32)
        .rev()
        .filter_map(|number| network.nth(number))
        .find(|ip| network.contains(*ip) && !taken.contains(ip))
}

/// Every port of every member, and the hosts whose members connect to it.
fn doors(plan: &Plan) -> Vec<Value> {
    let mut doors = Vec::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            for port in &member.ports {
                let flows = plan.flows.iter().filter(|flow| {
                    !flow.beside && flow.to == workload.name && flow.port == port.name
                });
                let callers = flows.filter_map(|flow| named(plan, flow.from.as_str()));
                let from: BTreeSet<&str> = callers
                    .flat_map(|caller| &caller.members)
                    .filter(|caller: &&Member| caller.host != member.host)
                    .map(|caller| caller.host.as_str())
                    .collect();
                let anyone = plan.openings.iter().any(|opening| {
                    opening.group == workload.name
                        && opening.port == port.name
                        && matches!(opening.from, Outside::Anyone)
                });
                doors.push(json!({
                    "service": member.name.as_str(),
                    "at": format!("{}:{}", member.address, port.port),
                    "from": from,
                    "anyone": anyone,
                }));
            }
        }
    }
    doors
}

fn named<'a>(plan: &'a Plan, name: &str) -> Option<&'a Workload> {
    let mut workloads = plan.workloads.iter();
    workloads.find(|workload| workload.name.as_str() == name)
}

/// Copies a folder of folders of files, with who may read them.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::machine)?;
    let permissions = fs::metadata(from).map_err(Failure::machine)?.permissions();
    fs::set_permissions(to, permissions).map_err(Failure::machine)?;
    for entry in from.read_dir_utf8().map_err(Failure::machine)? {
        let entry = entry.map_err(Failure::machine)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(Failure::machine)?.is_dir() {
            copy(entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(Failure::machine)?;
        }
    }
    Ok(())
}
