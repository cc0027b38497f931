//! What a member's container is made of: mounts, volumes, the image that is built, and the time to stop.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Check, Rule};
use crate::literal::{AbsPath, Image, Name};
use crate::plan::check::origin;
use crate::plan::{Plan, Workload};
use crate::report::{Code, Diagnostic, Report};

const MOUNTS_CODE: Code = Code::new("L1005");
const STOP_CODE: Code = Code::new("L0604");
const BUILDS_CODE: Code = Code::new("L1008");

pub(super) const MOUNTS: Rule = Rule {
    code: MOUNTS_CODE.as_str(),
    ensures: "Ensure every volume has one writer, and no mount hides another.",
    explain: r"Two programs on one data directory destroy it: each believes that it is alone. A volume's name is made of its member's and its
own, so that two members can get one name when their names are cut differently (`a` with `b-data`, `a-b` with `data`).

Of two mounts at one path, one is hidden. A mount inside a directory that is mounted read-only has no place to stand,
and one inside a volume leaves an empty directory of root's in the volume. A directory in memory may hold mounts: it is
made first. Two directories of files with one last name would be one directory on the host.

This is a mistake in the code of a component, or two names that were chosen badly: rename one component.",
    source: "the meaning of a volume in a plan; OCI runtime specification, mounts",
    check: Check::Planned(mounts),
};

pub(super) const STOP: Rule = Rule {
    code: STOP_CODE.as_str(),
    ensures: "Ensure a program is killed only after the longest time that it takes to stop.",
    explain: "\
A program that is stopped gets a signal and a grace time; then it is killed. A NATS server sends its clients elsewhere \
first, PostgreSQL writes a checkpoint, Redis waits for its replicas. When the grace time is not longer than what the \
program's own settings allow it, every orderly stop may end as a crash: clients see errors, and the next start \
recovers.

Shorten the setting that lets the program take so long, such as `.lame_duck(…)` of NATS. A component of your own says \
both times in `Stop`: raise `grace`.",
    source: "the engines' stop timeout: SIGKILL follows it; nats-server, lame duck mode; PostgreSQL, shutdown checkpoint",
    check: Check::Planned(stops_in_time),
};

pub(super) const BUILDS: Rule = Rule {
    code: BUILDS_CODE.as_str(),
    ensures: "Ensure an image is built from one recipe, by every workload that runs it.",
    explain: r"An image that no registry offers is built from a recipe under its name. Two recipes under one name would overwrite each other,
and whichever was built last runs. A workload that names the image without the recipe would look for it in a registry
that does not have it.

Give the second image a name of its own, or the workload the same recipe.",
    source: "OCI image specification: a name refers to one image at a time",
    check: Check::Planned(builds),
};

fn mounts(plan: &Plan, report: &mut Report) {
    let mut writers: BTreeMap<String, Vec<&Name>> = BTreeMap::new();
    for workload in &plan.workloads {
        for member in &workload.members {
            for volume in &workload.volumes {
                writers
                    .entry(Workload::volume(member, volume))
                    .or_default()
                    .push(&member.name);
            }
        }
        for why in hidden(workload) {
            report.push(
                Diagnostic::error(
                    MOUNTS_CODE,
                    format!("{} cannot mount all that it has: {why}", workload.name),
                )
                .primary(
                    origin(workload),
                    format!("a part of {}", workload.component),
                ),
            );
        }
    }
    for (volume, writers) in writers.into_iter().filter(|(_, writers)| writers.len() > 1) {
        let mut finding = Diagnostic::error(
            MOUNTS_CODE,
            format!("volume {volume} has {} writers", writers.len()),
        );
        for writer in writers {
            if let Some((workload, member)) = plan.member(writer) {
                finding = finding.primary(
                    member.origin.clone(),
                    format!("{writer}, of {}", workload.component),
                );
            }
        }
        report.push(finding.help("give one of the components another name"));
    }
}

/// What a mount does to the mounts inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Others can be mounted inside.
    Mounts,
    /// Nothing can, or nothing should be.
    Nothing,
}

/// Why some of a workload's mounts, folders and files would hide others.
fn hidden(workload: &Workload) -> BTreeSet<String> {
    let mut why = BTreeSet::new();
    let config = workload
        .all_config()
        .map(|dir| (&dir.mount, Holds::Nothing));
    let volumes = workload
        .volumes
        .iter()
        .map(|volume| (&volume.mount, Holds::Nothing));
    let provided = workload
        .provided
        .iter()
        .map(|provided| (&provided.mount, Holds::Nothing));
    let scratch = workload
        .scratch
        .iter()
        .chain(&workload.scratch_programs)
        .map(|path| (path, Holds::Mounts));
    let all: Vec<(&AbsPath, Holds)> = config
        .chain(volumes)
        .chain(provided)
        .chain(scratch)
        .collect();
    for (index, (path, _)) in all.iter().enumerate() {
        if all[..index].iter().any(|(other, _)| other == path) {
            why.insert(format!("two are at {path}"));
        }
        for (outer, _) in all.iter().filter(|(_, holds)| *holds == Holds::Nothing) {
            if path
                .as_str()
                .strip_prefix(outer.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
            {
                why.insert(format!("{path} is inside {outer}"));
            }
        }
    }
    let mut folders: BTreeMap<&str, &AbsPath> = BTreeMap::new();
    for dir in workload.all_config() {
        if let Some(other) = folders
            .insert(dir.mount.file_name(), &dir.mount)
            .filter(|other| **other != dir.mount)
        {
            why.insert(format!(
                "{other} and {} would be one folder of files",
                dir.mount
            ));
        }
        let mut files = BTreeSet::new();
        for file in dir.files.iter().filter(|file| !files.insert(&file.name)) {
            why.insert(format!("{} has two files {}", dir.mount, file.name));
        }
    }
    why
}

fn stops_in_time(plan: &Plan, report: &mut Report) {
    for workload in &plan.workloads {
        let (grace, needed) = (workload.stop.grace, workload.stop.needed);
        if let (true, Some(member)) = (grace <= needed, workload.members.first()) {
            report.push(
                Diagnostic::error(
                    STOP_CODE,
                    format!("{} is killed before it has stopped", workload.name),
                )
                .primary(
                    member.origin.clone(),
                    format!("it may take {needed} to stop, and is killed after {grace}"),
                )
                .help("shorten the time that the program takes to stop, or raise the grace time of its component"),
            );
        }
    }
}

fn builds(plan: &Plan, report: &mut Report) {
    let mut images: BTreeMap<&Image, Vec<&Workload>> = BTreeMap::new();
    for workload in &plan.workloads {
        images.entry(&workload.image).or_default().push(workload);
    }
    for (image, workloads) in images {
        let recipe =
            |workload: &Workload| workload.build.as_ref().map(|build| build.recipe.clone());
        let recipes: BTreeSet<Option<String>> =
            workloads.iter().map(|workload| recipe(workload)).collect();
        if recipes.len() < 2 {
            continue;
        }
        let mut finding = Diagnostic::error(
            BUILDS_CODE,
            format!("image {image} has {} origins", recipes.len()),
        );
        for workload in workloads {
            let how = match &workload.build {
                Some(_) => "builds it",
                None => "expects it in a registry",
            };
            finding = finding.primary(origin(workload), format!("{} {how}", workload.name));
        }
        report.push(
            finding.help("give one of the images another name, or every workload the same recipe"),
        );
    }
}
