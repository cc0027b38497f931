//! What stands for each symbol: in a file of one member, and in what all pods of a group have in common.
//!
//! In: texts with holes. Out: texts as Kubernetes reads them. Variables and commands stand in one template for the whole
//! group, so that what differs between members is a reference to a variable that Kubernetes sets in each pod. A file is
//! written for each member where it differs.

use std::collections::{BTreeMap, BTreeSet};

use crate::literal::{Ip, Name};
use crate::plan::{Index, Member, Piece, Plan, Symbol, Text, Workload};
use crate::target::k3s::address::{any, fixed, has_fixed, of_member, of_service, pod};

/// The variable with the name of the pod, which is the member's.
pub(super) const OWN_NAME: &str = "LURUS_NAME";
/// The variable with the number of the pod in its group.
pub(super) const OWN_INDEX: &str = "LURUS_INDEX";
/// The variable with the name of the host that carries the pod.
pub(super) const OWN_HOST: &str = "LURUS_HOST";
/// The variable with the address of the pod.
pub(super) const OWN_IP: &str = "LURUS_IP";

/// The label with the number of a pod in its group.
pub(super) const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// A plan with what is computed of all of it.
pub(super) struct Filler<'a> {
    pub(super) plan: &'a Plan,
    pub(super) index: Index<'a>,
    pub(super) fixed: BTreeMap<Name, Ip>,
}

/// Text that one template for all pods of a group can hold, with the variables that it refers to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Templated {
    pub(super) text: String,
    pub(super) refers: BTreeSet<Reference>,
}

/// A variable that Kubernetes sets in each pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reference {
    /// From the pod itself: the variable, and the field.
    Field(&'static str, String),
    /// From a secret: the key.
    Secret(String),
}

impl Reference {
    pub(super) fn variable(&self) -> String {
        match self {
            Self::Field(name, _) => (*name).to_owned(),
            Self::Secret(key) => format!("LURUS_SECRET_{key}"),
        }
    }
}

impl<'a> Filler<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self {
            plan,
            index: Index::of(plan),
            fixed: fixed(plan).addresses,
        }
    }

    /// A symbol in a file that one member reads.
    pub(super) fn in_file(&self, workload: &Workload, member: &Member, symbol: &Symbol) -> String {
        let cluster = &self.plan.cluster;
        match symbol {
            Symbol::OwnName => member.name.to_string(),
            Symbol::OwnIndex => member.index.to_string(),
            Symbol::OwnHost => member.host.to_string(),
            Symbol::OwnAddress => of_member(cluster, &workload.name, member),
            Symbol::OwnIp if member.of_host => member.address.to_string(),
            Symbol::OwnIp => self
                .fixed
                .get(&member.name)
                .expect("a workload that names its own IP asks for a stable address")
                .to_string(),
            Symbol::OwnBind => "0.0.0.0".to_owned(),
            Symbol::OwnPort(name) => port(member, name),
            Symbol::FirstElse(first, others) => {
                if member.index == 1 { first } else { others }.clone()
            }
            Symbol::Beside(other, name) => format!(
                "{}:{}",
                self.beside(workload, member, other),
                self.port_of(other, name)
            ),
            Symbol::BesideAddress(other, _) => self.beside(workload, member, other),
            Symbol::BesidePort(other, name) => self.port_of(other, name),
            Symbol::EachBeside(other, name) => format!(
                "{}:{}",
                of_service(cluster, &any(other)),
                self.port_of(other, name)
            ),
            Symbol::Outside(other, name) | Symbol::Inside(other, name) => {
                let (of, other) = self.member(other);
                let address = of_member(cluster, &of.name, other);
                format!("{address}:{}", port(other, name))
            }
            Symbol::Lasting(other, name) => {
                let (of, other) = self.member(other);
                let address = if has_fixed(of) {
                    of_service(cluster, &pod(of, other))
                } else {
                    of_member(cluster, &of.name, other)
                };
                format!("{address}:{}", port(other, name))
            }
            Symbol::Secret(_) => unreachable!("a checked plan has secrets in variables only"),
        }
    }

    /// Text of a variable or a command, for these members of a workload. `None` where they need texts between which no
    /// variable of Kubernetes decides.
    pub(super) fn templated(
        &self,
        workload: &Workload,
        members: &[Member],
        text: &Text,
    ) -> Option<Templated> {
        let mut out = Templated::default();
        for piece in text.pieces() {
            match piece {
                Piece::Literal(literal) => out.text += &literal.replace('$', "$$"),
                Piece::Hole(symbol) => self.template(workload, members, symbol, &mut out)?,
            }
        }
        Some(out)
    }

    fn template(
        &self,
        workload: &Workload,
        members: &[Member],
        symbol: &Symbol,
        out: &mut Templated,
    ) -> Option<()> {
        let refer = |out: &mut Templated, reference: Reference| {
            out.text += &format!("$({})", reference.variable());
            out.refers.insert(reference);
        };
        let field = |variable, field: &str| Reference::Field(variable, field.to_owned());
        let index = || field(OWN_INDEX, &format!("metadata.labels['{POD_INDEX}']"));
        let cluster = &self.plan.cluster;
        let of_hosts = workload.is_of_hosts();
        let several = members.len() > 1;
        // Pods of a StatefulSet are called as their members are; those of hosts are not.
        let numbered = several && !of_hosts;
        let called_after_hosts = || {
            let mut members = members.iter();
            members
                .all(|member| member.name.as_str() == format!("{}-{}", workload.name, member.host))
        };
        match symbol {
            Symbol::Secret(secret) => {
                refer(out, Reference::Secret(secret.env_name().to_string()));
            }
            Symbol::OwnHost => refer(out, field(OWN_HOST, "spec.nodeName")),
            Symbol::OwnIp => refer(out, field(OWN_IP, "status.podIP")),
            Symbol::OwnAddress if several && of_hosts => refer(out, field(OWN_IP, "status.podIP")),
            Symbol::OwnName if several && of_hosts && called_after_hosts() => {
                out.text += &format!("{}-", workload.name);
                refer(out, field(OWN_HOST, "spec.nodeName"));
            }
            Symbol::OwnName if numbered => refer(out, field(OWN_NAME, "metadata.name")),
            Symbol::OwnIndex if numbered => refer(out, index()),
            Symbol::OwnAddress if numbered => {
                refer(out, field(OWN_NAME, "metadata.name"));
                let service = of_service(cluster, workload.name.as_str());
                out.text += &format!(".{service}");
            }
            Symbol::Beside(other, _) | Symbol::BesideAddress(other, _)
                if numbered && self.is_of_same_component(workload, other) =>
            {
                // The n-th member stands beside the n-th, or there is nothing to say for all of them.
                let beside = |member: &Member| self.index.beside(other, &member.host);
                let in_step = members.iter().all(|member| {
                    let beside = beside(member).filter(|beside| !beside.of_host);
                    beside.is_some_and(|beside| beside.index == member.index)
                });
                if !in_step {
                    return None;
                }
                out.text += &format!("{other}-");
                refer(out, index());
                out.text += &format!(".{}", of_service(cluster, other.as_str()));
                if let Symbol::Beside(_, name) = symbol {
                    out.text += &format!(":{}", self.port_of(other, name));
                }
            }
            Symbol::OwnName
            | Symbol::OwnIndex
            | Symbol::OwnAddress
            | Symbol::OwnBind
            | Symbol::OwnPort(_)
            | Symbol::FirstElse(..)
            | Symbol::Beside(..)
            | Symbol::BesideAddress(..)
            | Symbol::BesidePort(..)
            | Symbol::EachBeside(..)
            | Symbol::Outside(..)
            | Symbol::Inside(..)
            | Symbol::Lasting(..) => {
                let of = |member| self.in_file(workload, member, symbol);
                let texts: BTreeSet<String> = members.iter().map(of).collect();
                let mut texts = texts.into_iter();
                let (Some(text), None) = (texts.next(), texts.next()) else {
                    return None;
                };
                out.text += &text.replace('$', "$$");
            }
        }
        Some(())
    }

    /// A word of a command that is run inside a pod to know whether it works: nothing is set there that the template does
    /// not say. `None` where it asks for something that differs between members.
    pub(super) fn probed(
        &self,
        workload: &Workload,
        members: &[Member],
        text: &Text,
    ) -> Option<String> {
        let mut out = String::new();
        for piece in text.pieces() {
            match piece {
                Piece::Literal(literal) => out += &literal.replace('$', "$$"),
                // Whatever listens, listens on all addresses of the pod.
                Piece::Hole(Symbol::OwnAddress | Symbol::OwnIp) => out += "127.0.0.1",
                Piece::Hole(symbol) => {
                    let mut templated = Templated::default();
                    self.template(workload, members, symbol, &mut templated)?;
                    if !templated.refers.is_empty() {
                        return None;
                    }
                    out += &templated.text;
                }
            }
        }
        Some(out)
    }

    /// Where the member of another workload beside a member is found: one of the same component is that very member, and
    /// of any other component one serves as well as the other.
    fn beside(&self, workload: &Workload, member: &Member, other: &Name) -> String {
        let cluster = &self.plan.cluster;
        if !self.is_of_same_component(workload, other) {
            return of_service(cluster, &any(other));
        }
        let beside = self
            .index
            .beside(other, &member.host)
            .expect("a checked plan refers to members beside that exist");
        of_member(cluster, other, beside)
    }

    pub(super) fn is_of_same_component(&self, workload: &Workload, other: &Name) -> bool {
        let other = self.plan.workload(other);
        other.is_some_and(|other| other.component == workload.component)
    }

    fn port_of(&self, workload: &Name, name: &str) -> String {
        let workload = self.plan.workload(workload);
        let first = workload.and_then(|workload| workload.members.first());
        port(
            first.expect("a checked plan refers to workloads that exist"),
            name,
        )
    }

    fn member(&self, name: &Name) -> (&'a Workload, &'a Member) {
        self.index
            .member(name)
            .expect("a checked plan refers to members that exist")
    }
}

fn port(member: &Member, name: &str) -> String {
    member
        .port(name)
        .expect("a checked plan names ports that exist")
        .to_string()
}

/// What stands in the holes of a workload's variables and commands.
pub(super) fn of_template(workload: &Workload) -> BTreeSet<&Symbol> {
    let texts = workload.command.iter().chain(workload.env.values());
    texts.flat_map(Text::holes).collect()
}

/// What stands in the holes of a workload's files.
pub(super) fn of_files(workload: &Workload) -> BTreeSet<Symbol> {
    let files = workload.all_config().flat_map(|dir| &dir.files);
    files.flat_map(|file| file.body.holes()).collect()
}
