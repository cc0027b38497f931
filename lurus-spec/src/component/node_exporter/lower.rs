//! Exporters with the file system of their host.

use crate::component::Lowering;
use crate::component::node_exporter::{METRICS, NodeExporter};
use crate::literal::Duration;
use crate::plan::{Health, HostDir, HostPath, Resources, Symbol, Text, Workload, checked};
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
        // Mounts of containers come and go, and are the host's disks seen again.
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run|var/lib/(docker|containerd|kubelet))($|/)"
            .to_owned(),
        format!("--web.listen-address={}:{port}", Symbol::OwnBind),
    ];
    vec![Workload {
        command: flags.map(Text::from).to_vec(),
        host_paths: vec![HostPath {
            path: HostDir::Root,
            mount: checked(HOST),
        }],
        health: Some(Health::command(
            [
                "wget".to_owned(),
                "-q".to_owned(),
                "-T".to_owned(),
                "4".to_owned(),
                "-O".to_owned(),
                "/dev/null".to_owned(),
                format!("http://{}:{port}/", Symbol::OwnAddress),
            ],
            Duration::secs(10),
        )),
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
