//! A volume for which the disk would be large enough, were it empty: the others and the logs need some too.

use super::lowered;
use lurus_spec::plan::Plan;
use lurus_spec::size;

pub(crate) fn plan() -> Plan {
    lowered::with("etcd", |etcd| etcd.volumes[0].size = size!("80GiB"))
}
