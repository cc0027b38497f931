//! Exporters with the file system of their host.

use crate::component::Lowering;
use crate::component::node_exporter::{METRICS, NodeExporter};
use crate::literal::Duration;
use crate::plan::{
    Ask, Health, HostDir, HostPath, Probe, Resources, Symbol, Text, Workload, checked,
};
use crate::words::Words;

/// Where the exporter sees the file system of its host.
const HOST: &str = "/host";

pub(super) fn lower(exporter: &NodeExporter, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &exporter.meta;
    let port = Symbol::OwnPort(METRICS.into());
    let flags = [
        format!("--path.rootfs={HOST}"),
        format!("--path.procfs={HOST}/proc"),
        format!("--path.sysfs={HOST}/sys"),
        // What is in memory, and what shows the host's disks once more.
        "--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|\
         fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$"
            .to_owned(),
        format!("--web.listen-address={}:{port}", Symbol::OwnBind),
    ];
    vec![Workload {
        command: flags.map(Text::from).to_vec(),
        host_paths: vec![HostPath {
            path: HostDir::Root,
            mount: checked(HOST),
        }],
        health: Some(Health::http(METRICS, "/", Duration::secs(10))),
        live: Some(Probe {
            port: METRICS.into(),
            asks: Ask::Http("/".to_owned()),
        }),
        // `nobody`, as whom the image runs it.
        unprivileged: Some((65_534, 65_534)),
        ..lowering.workload(
            meta,
            &meta.name.value,
            Words::new(
                "node exporter, the metrics of the host",
                "node exporter，主机指标",
            ),
            Resources::memory(exporter.exporter_memory(), meta.blame(meta.memory.as_ref())),
        )
    }]
}
