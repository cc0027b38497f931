//! Prometheus' own tool reads the configuration with all files of rules, and runs their tests; Alertmanager's reads its.

use super::{Program, Service, Subject, succeeded, words};

/// The configuration, and the files of rules that it names.
pub(super) const CONFIGURATION: Program = Program {
    judge: "promtool check config",
    programs: &["promtool"],
    get: "promtool, which comes with Prometheus",
    reads_of: |service| own(service, "/etc/prometheus/prometheus.yml"),
    asks: |setting| {
        // Beside the service's container, the files of rules are not where the configuration says.
        let inside = setting.case.inside.as_deref() == Some(setting.config.as_str());
        let depth: &[&str] = if inside { &[] } else { &["--syntax-only"] };
        words(&["promtool", "check", "config"])
            .chain(words(depth))
            .chain(words(&[&setting.config]))
            .collect()
    },
    until: None,
    reads: |_, end| succeeded(end),
};

/// Every alert, with a series that fires it and one that does not.
pub(super) const TESTS: Program = Program {
    judge: "promtool test rules",
    programs: &["promtool"],
    get: "promtool, which comes with Prometheus",
    reads_of: |service| service.mounted("promtool.tests.yml").map(Subject::File),
    asks: |setting| words(&["promtool", "test", "rules", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};

/// Routes and receivers.
pub(super) const ALERTMANAGER: Program = Program {
    judge: "amtool check-config",
    programs: &["amtool"],
    get: "amtool, which comes with Alertmanager",
    reads_of: |service| own(service, "/etc/alertmanager/alertmanager.yml"),
    asks: |setting| words(&["amtool", "check-config", &setting.config]).collect(),
    until: None,
    reads: |_, end| succeeded(end),
};

/// A file by its place: files of rules are called after components, so that one may have the same name.
fn own(service: &Service, file: &str) -> Option<Subject> {
    let exists = service.on_disk(file).is_some_and(|file| file.is_file());
    exists.then(|| Subject::File(file.to_owned()))
}
