//! What the pods of a group find in their file system besides the image.
//!
//! In: the template of a group. Out: its mounts, and its volumes other than those that each member claims for its data
//! (`storage`). A member sees its own files only: where they differ, it mounts the folder that is called after it.

use crate::literal::Size;
use crate::plan::{Member, Workload};
use crate::target::k3s::address::pod;
use crate::target::k3s::config::config_name;
use crate::target::k3s::fill::{OWN_HOST, OWN_NAME};
use crate::target::k3s::pod::{HOST_FIELD, Template, bytes, certificate};
use crate::yaml::{Node, map, seq};

impl Template<'_> {
    /// `volumeMounts` of the container.
    pub(super) fn mounts(&self) -> Node {
        let workload = self.workload;
        let config = self.directories.iter().zip(0..).map(|(directory, number)| {
            map([
                ("name", Node::str(format!("config-{number}"))),
                ("mountPath", Node::str(directory.dir.mount.to_string())),
                ("readOnly", Node::Bool(true)),
            ])
            .with_some(
                "subPathExpr",
                directory
                    .of_member
                    .then(|| format!("$({})", self.folder_variable().0)),
            )
        });
        let writable = |name: String, mount: String| {
            map([("name", Node::str(name)), ("mountPath", Node::str(mount))])
        };
        let data = workload
            .volumes
            .iter()
            .map(|volume| writable(volume.name.to_owned(), volume.mount.to_string()));
        let scratch = self
            .scratch()
            .zip(0..)
            .map(|(path, number)| writable(format!("scratch-{number}"), path));
        let shared = workload
            .resources
            .shared_memory
            .map(|_| writable("shared-memory".to_owned(), "/dev/shm".to_owned()));
        let provided = workload.provided.iter().map(|provided| {
            map([
                ("name", Node::str(certificate(&provided.name))),
                ("mountPath", Node::str(provided.mount.to_string())),
                ("readOnly", Node::Bool(true)),
            ])
        });
        let of_host = workload.host_paths.iter().zip(0..).map(|(path, number)| {
            map([
                ("name", Node::str(format!("host-{number}"))),
                ("mountPath", Node::str(path.mount.to_string())),
                ("readOnly", Node::Bool(true)),
                // What is mounted on the host later is seen too.
                ("mountPropagation", Node::str("HostToContainer")),
            ])
        });
        seq(config
            .chain(data)
            .chain(scratch)
            .chain(shared)
            .chain(provided)
            .chain(of_host))
    }

    /// Where files may be written that nobody keeps.
    fn scratch(&self) -> impl Iterator<Item = String> {
        let workload = self.workload;
        let paths = workload.scratch.iter().chain(&workload.scratch_programs);
        paths.map(ToString::to_string)
    }

    /// The volumes of the pods besides those that the group claims.
    pub(super) fn volumes(&self) -> Node {
        let workload = self.workload;
        let config = self.directories.iter().zip(0..).map(|(directory, number)| {
            let items = directory.items.iter().map(|(path, key)| {
                map([
                    ("key", Node::str(key.as_str())),
                    ("path", Node::str(path.as_str())),
                ])
            });
            map([
                ("name", Node::str(format!("config-{number}"))),
                (
                    "configMap",
                    map([
                        ("name", Node::str(config_name(workload))),
                        ("items", seq(items)),
                    ]),
                ),
            ])
        });
        let in_memory = |name: String, limit: Option<Size>| {
            let medium =
                map([("medium", Node::str("Memory"))]).with_some("sizeLimit", limit.map(bytes));
            map([("name", Node::str(name)), ("emptyDir", medium)])
        };
        let scratch = self
            .scratch()
            .zip(0..)
            .map(|(_, number)| in_memory(format!("scratch-{number}"), None));
        let shared = workload
            .resources
            .shared_memory
            .map(|size| in_memory("shared-memory".to_owned(), Some(size)));
        let provided = workload.provided.iter().map(|provided| {
            let name = certificate(&provided.name);
            map([
                ("name", Node::str(name.as_str())),
                ("secret", map([("secretName", name.as_str())])),
            ])
        });
        let of_host = workload.host_paths.iter().zip(0..).map(|(path, number)| {
            let path = path.path.to_string();
            map([("name", Node::str(format!("host-{number}")))]).with(
                "hostPath",
                map([("path", path.as_str()), ("type", "Directory")]),
            )
        });
        seq(config
            .chain(scratch)
            .chain(shared)
            .chain(provided)
            .chain(of_host))
    }

    /// The variable with the name of the folder that [`own_folder`] gives a member, and the field that it is from.
    pub(super) fn folder_variable(&self) -> (&'static str, &'static str) {
        if self.workload.is_of_hosts() {
            (OWN_HOST, HOST_FIELD)
        } else {
            (OWN_NAME, "metadata.name")
        }
    }
}

/// The folder of a member among files that differ from member to member.
pub(super) fn own_folder(workload: &Workload, member: &Member) -> String {
    if member.of_host {
        member.host.to_string()
    } else {
        pod(workload, member)
    }
}
