//! What hosts say of themselves.

use crate::component::node_exporter::METRICS;
use crate::component::observe::{Alert, Dashboard, Metrics, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

pub(super) fn metrics(name: &Name) -> Metrics {
    Metrics::new(
        name,
        name,
        METRICS,
        "node_exporter 1.7.0",
        include_str!("metrics.tsv"),
    )
}

/// Labels of a disk, in expressions, and in proofs with their values.
const DISK: &str =
    "$job,instance=\"a\",host=\"h\",device=\"/dev/vda\",fstype=\"ext4\",mountpoint=\"/\"";
const HOST: &[(&str, &str)] = &[("job", "$name"), ("instance", "a"), ("host", "h")];

pub(super) fn rules(name: &Name) -> RuleGroup {
    let disk = |metric: &str| format!("{metric}{{{DISK}}}");
    let (free, size, readonly) = (
        disk("node_filesystem_avail_bytes"),
        disk("node_filesystem_size_bytes"),
        disk("node_filesystem_readonly"),
    );
    let (inodes, inodes_free) = (
        disk("node_filesystem_files"),
        disk("node_filesystem_files_free"),
    );
    let on_disk = [
        HOST,
        &[
            ("device", "/dev/vda"),
            ("fstype", "ext4"),
            ("mountpoint", "/"),
        ],
    ]
    .concat();
    RuleGroup::of(name)
        .record(
            "job:node_cpu_busy:ratio5m",
            "1 - avg by (job) (rate(node_cpu_seconds_total{$job,mode=\"idle\"}[5m]))",
        )
        .record(
            "job:node_memory_available:ratio",
            "sum by (job) (node_memory_MemAvailable_bytes{$job}) / sum by (job) (node_memory_MemTotal_bytes{$job})",
        )
        .alert(
            Alert::new("HostDown", Severity::Critical, Duration::minutes(2), "up{$job} == 0")
                .says(
                    "host {{ $labels.host }} does not say how it is",
                    "Its node exporter does not answer. When other alerts of {{ $labels.host }} arrive too, the host is gone: the \
                     book says for each of its members what to do. When not, look at the exporter's log.",
                )
                .fires(&[("up{$job,instance=\"a\",host=\"h\"}", "0x60")], HOST)
                .silent(&[("up{$job,instance=\"a\",host=\"h\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "HostDiskFull",
                Severity::Critical,
                Duration::minutes(10),
                "node_filesystem_avail_bytes{$job} \
                 / node_filesystem_size_bytes{$job} < 0.1 and node_filesystem_readonly{$job} == 0",
            )
            .says(
                "less than a tenth of {{ $labels.mountpoint }} on {{ $labels.host }} is free",
                "A full disk stops databases and message queues at once. Find what grows with `du -xh -d 2 {{ $labels.mountpoint }}`: \
                 logs, unused images, write-ahead logs kept for a replica that is gone.",
            )
            .fires(&[(&free, "5x60"), (&size, "100x60"), (&readonly, "0x60")], &on_disk)
            .silent(&[(&free, "20x60"), (&size, "100x60"), (&readonly, "0x60")]),
        )
        .alert(
            Alert::new(
                "HostDiskFillsInADay",
                Severity::Warning,
                Duration::minutes(60),
                "predict_linear(node_filesystem_avail_bytes{$job}[6h], 86400) < 0 \
                 and node_filesystem_avail_bytes{$job} / node_filesystem_size_bytes{$job} < 0.4",
            )
            .says(
                "{{ $labels.mountpoint }} on {{ $labels.host }} is full within a day if it goes on like this",
                "Find what grows with `du -xh -d 2 {{ $labels.mountpoint }}` before it is urgent.",
            )
            .fires(&[(&free, "39-0.1x120"), (&size, "100x120")], &on_disk)
            .silent(&[(&free, "39x120"), (&size, "100x120")]),
        )
        .alert(
            Alert::new(
                "HostInodesLow",
                Severity::Warning,
                Duration::minutes(10),
                "node_filesystem_files_free{$job} / (node_filesystem_files{$job} > 0) < 0.1",
            )
            .says(
                "{{ $labels.mountpoint }} on {{ $labels.host }} has no room for many more files",
                "Look for a folder with very many small files: `find {{ $labels.mountpoint }} -xdev -type d -size +1M`.",
            )
            .fires(&[(&inodes_free, "5x60"), (&inodes, "100x60")], &on_disk)
            .silent(&[(&inodes_free, "50x60"), (&inodes, "100x60")]),
        )
        .alert(
            Alert::new(
                "HostDiskReadonly",
                Severity::Critical,
                Duration::minutes(1),
                "min by (job, instance, host, device) (node_filesystem_readonly{$job,fstype=~\"ext4|xfs|btrfs\"}) == 1",
            )
            .says(
                "{{ $labels.device }} on {{ $labels.host }} can only be read",
                "The kernel gave up writing after errors of the disk: see `dmesg`. Move what runs there, then check or replace the disk.",
            )
            .fires(
                &[(&readonly, "1x60")],
                &[HOST, &[("device", "/dev/vda")]].concat(),
            )
            .silent(&[(&readonly, "0x60")]),
        )
        .alert(
            Alert::new(
                "HostMemoryLow",
                Severity::Warning,
                Duration::minutes(10),
                "node_memory_MemAvailable_bytes{$job} / node_memory_MemTotal_bytes{$job} < 0.1",
            )
            .says(
                "less than a tenth of the memory of {{ $labels.host }} is left",
                "The kernel kills programs when it is gone. Compare what each member uses with its limit; something \
                 outside of the cluster may be the one that grows.",
            )
            .fires(
                &[
                    ("node_memory_MemAvailable_bytes{$job,instance=\"a\",host=\"h\"}", "5x60"),
                    ("node_memory_MemTotal_bytes{$job,instance=\"a\",host=\"h\"}", "100x60"),
                ],
                HOST,
            )
            .silent(&[
                ("node_memory_MemAvailable_bytes{$job,instance=\"a\",host=\"h\"}", "50x60"),
                ("node_memory_MemTotal_bytes{$job,instance=\"a\",host=\"h\"}", "100x60"),
            ]),
        )
        .alert(
            Alert::new(
                "HostCpuBusy",
                Severity::Warning,
                Duration::minutes(15),
                "1 - avg by (job, instance, host) (rate(node_cpu_seconds_total{$job,mode=\"idle\"}[5m])) > 0.9",
            )
            .says(
                "the processors of {{ $labels.host }} have been busy for a quarter of an hour",
                "Elections and health checks become late, and members are taken for dead. See who uses them with `top`.",
            )
            .fires(
                &[("node_cpu_seconds_total{$job,instance=\"a\",host=\"h\",cpu=\"0\",mode=\"idle\"}", "0+1x60")],
                HOST,
            )
            .silent(&[("node_cpu_seconds_total{$job,instance=\"a\",host=\"h\",cpu=\"0\",mode=\"idle\"}", "0+50x60")]),
        )
        .alert(
            Alert::new(
                "HostKilledForMemory",
                Severity::Warning,
                Duration::minutes(1),
                "increase(node_vmstat_oom_kill{$job}[10m]) > 0",
            )
            .says(
                "the kernel of {{ $labels.host }} killed a program for its memory",
                "`dmesg` says which one. A container that reached its limit is started again by itself; raise the limit, or find \
                 what it keeps.",
            )
            .fires(
                &[("node_vmstat_oom_kill{$job,instance=\"a\",host=\"h\"}", "0+1x60")],
                HOST,
            )
            .silent(&[("node_vmstat_oom_kill{$job,instance=\"a\",host=\"h\"}", "3x60")]),
        )
        .alert(
            Alert::new(
                "HostClockUnsynchronised",
                Severity::Warning,
                Duration::minutes(10),
                "min_over_time(node_timex_sync_status{$job}[5m]) == 0",
            )
            .says(
                "nobody sets the clock of {{ $labels.host }}",
                "Certificates, leases and the order of log lines depend on it. Look at the time service: `timedatectl`, `chronyc tracking`.",
            )
            .fires(
                &[("node_timex_sync_status{$job,instance=\"a\",host=\"h\"}", "0x60")],
                HOST,
            )
            .silent(&[("node_timex_sync_status{$job,instance=\"a\",host=\"h\"}", "1x60")]),
        )
        .alert(
            Alert::new(
                "HostClockSkew",
                Severity::Warning,
                Duration::minutes(10),
                "abs(node_timex_offset_seconds{$job}) > 0.05",
            )
            .says(
                "the clock of {{ $labels.host }} is off by more than 50 ms",
                "Look at its time service with `chronyc sources`: it may follow a server that is wrong.",
            )
            .fires(
                &[("node_timex_offset_seconds{$job,instance=\"a\",host=\"h\"}", "-0.2x60")],
                HOST,
            )
            .silent(&[("node_timex_offset_seconds{$job,instance=\"a\",host=\"h\"}", "0.001x60")]),
        )
        .alert(
            Alert::new(
                "HostConnectionsTracked",
                Severity::Warning,
                Duration::minutes(5),
                "node_nf_conntrack_entries{$job} / node_nf_conntrack_entries_limit{$job} > 0.8",
            )
            .says(
                "the firewall of {{ $labels.host }} can track few more connections",
                "New connections are dropped without a word when the table is full. Raise `net.netfilter.nf_conntrack_max`, or find \
                 who opens so many: `conntrack -L | awk '{print $5}' | sort | uniq -c | sort -rn | head`.",
            )
            .fires(
                &[
                    ("node_nf_conntrack_entries{$job,instance=\"a\",host=\"h\"}", "90x60"),
                    ("node_nf_conntrack_entries_limit{$job,instance=\"a\",host=\"h\"}", "100x60"),
                ],
                HOST,
            )
            .silent(&[
                ("node_nf_conntrack_entries{$job,instance=\"a\",host=\"h\"}", "10x60"),
                ("node_nf_conntrack_entries_limit{$job,instance=\"a\",host=\"h\"}", "100x60"),
            ]),
        )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last("Hosts", Unit::UpDown, &[("up{$job}", "{{host}}")]),
            Panel::lines(
                "Processors that are busy",
                Unit::Ratio,
                &[(
                    "1 - avg by (host) (rate(node_cpu_seconds_total{$job,mode=\"idle\"}[5m]))",
                    "{{host}}",
                )],
            ),
            Panel::lines(
                "Memory in use",
                Unit::Ratio,
                &[(
                    "1 - node_memory_MemAvailable_bytes{$job} / node_memory_MemTotal_bytes{$job}",
                    "{{host}}",
                )],
            ),
            Panel::lines(
                "Disk in use",
                Unit::Ratio,
                &[(
                    "1 - node_filesystem_avail_bytes{$job} / node_filesystem_size_bytes{$job}",
                    "{{host}} {{mountpoint}}",
                )],
            ),
            Panel::lines(
                "Disks that are busy",
                Unit::Ratio,
                &[(
                    "rate(node_disk_io_time_seconds_total{$job}[5m])",
                    "{{host}} {{device}}",
                )],
            ),
            Panel::lines(
                "Received",
                Unit::BytesPerSecond,
                &[(
                    "sum by (host) (rate(node_network_receive_bytes_total{$job,device!=\"lo\"}[5m]))",
                    "{{host}}",
                )],
            ),
        ],
    )
}
