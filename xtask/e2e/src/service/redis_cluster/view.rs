//! What a node says of its cluster: its answers in, whether the cluster is whole in its eyes out. It connects to nothing.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};

/// What one node says.
pub(super) struct View<'a> {
    pub(super) info: &'a str,
    pub(super) nodes: &'a str,
    pub(super) replication: &'a str,
}

/// One line of `CLUSTER NODES`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: String,
    /// The id of the master that it follows.
    pub(super) follows: Option<String>,
    pub(super) address: SocketAddr,
    pub(super) master: bool,
    /// Flags that mean trouble, such as `fail?` or `handshake`.
    pub(super) trouble: Vec<String>,
    pub(super) linked: bool,
    /// First and last slot of each range.
    pub(super) slots: Vec<(u16, u16)>,
}

/// Slots of a cluster.
pub(super) const SLOTS: u16 = 16384;

/// Whether this node sees a complete cluster of `members` nodes and is itself in its place.
pub(super) fn whole(view: &View<'_>, members: usize, replicas: u32) -> Result<()> {
    ensure!(
        field(view.info, "cluster_state") == Some("ok"),
        "cluster_state is not ok"
    );
    let covered = field(view.info, "cluster_slots_ok").unwrap_or("0");
    ensure!(
        covered == SLOTS.to_string(),
        "{covered} of {SLOTS} slots are served"
    );
    let nodes = parse_nodes(view.nodes)?;
    ensure!(
        nodes.len() == members,
        "{} of {members} nodes are known",
        nodes.len()
    );
    for node in &nodes {
        ensure!(
            node.trouble.is_empty(),
            "{} is {}",
            node.address,
            node.trouble.join(", ")
        );
        ensure!(node.linked, "there is no link to {}", node.address);
        ensure!(
            !node.master || !node.slots.is_empty(),
            "{} is a master without slots",
            node.address
        );
    }
    match field(view.replication, "role") {
        Some("master") => {
            let connected = field(view.replication, "connected_slaves").unwrap_or("0");
            ensure!(
                connected == replicas.to_string(),
                "{connected} of {replicas} replicas are connected"
            );
            let online = view.replication.matches("state=online").count();
            ensure!(
                online.to_string() == connected,
                "{online} of {connected} connected replicas are online"
            );
        }
        Some("slave") => {
            let link = field(view.replication, "master_link_status").unwrap_or("unknown");
            ensure!(link == "up", "the link to its master is {link}");
        }
        role => bail!("its role is {}", role.unwrap_or("unknown")),
    }
    Ok(())
}

/// The value of `name:value` in an answer of lines.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// Reads `CLUSTER NODES`.
pub(super) fn parse_nodes(text: &str) -> Result<Vec<Node>> {
    text.lines()
        .filter(|line| !line.is_empty())
        .map(parse_node)
        .collect()
}

/// Reads `<id> <ip:port@bus[,hostname]> <flags> <master> <ping> <pong> <epoch> <link> <slot>…`.
fn parse_node(line: &str) -> Result<Node> {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, address, flags, follows, _, _, _, link, slots @ ..] = words.as_slice() else {
        bail!("CLUSTER NODES has an unknown line: {line}");
    };
    let address = address
        .split_once('@')
        .map_or(*address, |(client, _)| client);
    let flags: Vec<&str> = flags.split(',').collect();
    let trouble = ["fail", "fail?", "handshake", "noaddr"];
    let range = |word: &&str| -> Result<(u16, u16)> {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        Ok((first.parse()?, last.parse()?))
    };
    Ok(Node {
        id: (*id).to_owned(),
        follows: (*follows != "-").then(|| (*follows).to_owned()),
        address: address
            .parse()
            .with_context(|| format!("`{address}` is announced where an address is expected"))?,
        master: flags.contains(&"master"),
        trouble: flags
            .iter()
            .filter(|flag| trouble.contains(flag))
            .map(|&flag| flag.to_owned())
            .collect(),
        linked: *link == "connected",
        // A slot on its way to another node stands in brackets.
        slots: slots
            .iter()
            .filter(|word| !word.starts_with('['))
            .map(range)
            .collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "\
07c3 10.0.1.31:7001@17001 myself,master - 0 1700000000000 1 connected 0-5460 7000
67ed 10.0.1.32:7002@17002,host-2 master - 0 1700000000000 2 connected 5461-6999 7001-16383
292f 10.0.1.33:7003@17003 slave 07c3 0 1700000000000 1 connected
6ec2 10.0.1.34:7004@17004 slave 67ed 0 1700000000000 2 connected
";
    const INFO: &str =
        "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n";
    const MASTER: &str = "# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.1.33,port=7003,state=online,offset=5,lag=0\r\n";
    const REPLICA: &str = "role:slave\r\nmaster_host:10.0.1.31\r\nmaster_link_status:up\r\n";

    fn shortfall(info: &str, nodes: &str, replication: &str) -> String {
        whole(
            &View {
                info,
                nodes,
                replication,
            },
            4,
            1,
        )
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
    }

    #[test]
    fn the_lines_of_cluster_nodes_are_read() {
        let nodes = parse_nodes(NODES).unwrap();
        assert_eq!(nodes[0].slots, [(0, 5460), (7000, 7000)]);
        assert_eq!(nodes[1].address.to_string(), "10.0.1.32:7002");
        assert_eq!(nodes[1].follows, None);
        assert_eq!(nodes[2].follows.as_ref(), Some(&nodes[0].id));
        assert!(nodes[1].master && !nodes[2].master && nodes[2].slots.is_empty());
        assert!(parse_nodes("07c3 :7001@17001 myself,master").is_err());
        assert!(
            parse_nodes("a b,c d e f g h connected\n")
                .unwrap_err()
                .to_string()
                .contains("`b,c`")
        );
    }

    #[test]
    fn a_whole_cluster_is_whole_from_master_and_replica() {
        assert_eq!(shortfall(INFO, NODES, MASTER), "");
        assert_eq!(shortfall(INFO, NODES, REPLICA), "");
    }

    #[test]
    fn each_shortfall_is_named() {
        assert_eq!(
            shortfall(
                &INFO.replace("ok\r\ncluster_slots_a", "fail\r\ncluster_slots_a"),
                NODES,
                MASTER
            ),
            "cluster_state is not ok"
        );
        assert_eq!(
            shortfall(&INFO.replace("ok:16384", "ok:10923"), NODES, MASTER),
            "10923 of 16384 slots are served"
        );
        let fewer = NODES.lines().take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(shortfall(INFO, &fewer, MASTER), "3 of 4 nodes are known");
        assert_eq!(
            shortfall(
                INFO,
                &NODES.replace("slave 07c3", "slave,fail? 07c3"),
                MASTER
            ),
            "10.0.1.33:7003 is fail?"
        );
        let unlinked = NODES.replace("2 connected\n", "2 disconnected\n");
        assert_eq!(
            shortfall(INFO, &unlinked, MASTER),
            "there is no link to 10.0.1.34:7004"
        );
        let empty = NODES.replace(" 0-5460 7000", "");
        assert_eq!(
            shortfall(INFO, &empty, MASTER),
            "10.0.1.31:7001 is a master without slots"
        );
        assert_eq!(
            shortfall(INFO, NODES, &MASTER.replace("slaves:1", "slaves:0")),
            "0 of 1 replicas are connected"
        );
        let syncing = MASTER.replace("state=online", "state=wait_bgsave");
        assert_eq!(
            shortfall(INFO, NODES, &syncing),
            "0 of 1 connected replicas are online"
        );
        assert_eq!(
            shortfall(INFO, NODES, &REPLICA.replace("up", "down")),
            "the link to its master is down"
        );
    }
}
