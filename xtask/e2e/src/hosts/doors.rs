//! Who may connect: a knock at every port of every member, from outside and from each host.
//!
//! In: the ports of the site, and who needs which. Out: a check for each place to knock from. It must not know why a port is open.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use super::Field;
use super::agent::{self, Ask, Door};

/// The port of SSH, which every host must keep open.
const SSH: u16 = 22;

impl Field {
    /// Knocks at every port of every member, from outside and from the hosts whose members need it.
    pub(super) async fn knock(&mut self) -> Result<()> {
        eprintln!("doors");
        for service in &self.options.unseen {
            self.score
                .leave_out(service, "nothing is expected of its ports");
        }
        let runs = |service: &str| self.projects.values().any(|project| project.has(service));
        let doors: Vec<_> = self
            .site
            .doors
            .iter()
            .filter(|door| runs(&door.service))
            .collect();
        let mut checks = Vec::new();
        let client = self.client_post();
        for (anyone, expected, title) in [
            (
                true,
                Door::Open,
                "from outside, what is offered to everyone answers",
            ),
            (
                false,
                Door::Silent,
                "from outside, every other port of every member is silent",
            ),
        ] {
            let doors: Vec<_> = doors.iter().filter(|door| door.anyone == anyone).collect();
            let at: Vec<(String, SocketAddr)> = doors
                .iter()
                .map(|door| (format!("{} at {}", door.service, door.at), door.at))
                .collect();
            checks.push((client.clone(), at, vec![expected], title.to_owned()));
        }
        let ssh = self.site.hosts.iter().flat_map(|(name, host)| {
            let at = host.addresses.iter();
            at.map(move |address| {
                (
                    format!("{name} at {address}"),
                    SocketAddr::new(*address, SSH),
                )
            })
        });
        checks.push((
            client,
            ssh.collect(),
            vec![Door::Open, Door::Refused],
            "the packet filter lets SSH through on every address".to_owned(),
        ));
        for host in self.site.hosts.keys() {
            let unseen = &self.options.unseen;
            let at = doors.iter().filter(|door| !unseen.contains(&door.service));
            let at = at.filter(|door| door.from.contains(host));
            let at = at.map(|door| (format!("{} at {}", door.service, door.at), door.at));
            let title = format!("from {host}, every port that its members need answers");
            checks.push((self.post(host), at.collect(), vec![Door::Open], title));
        }
        for (post, at, expected, title) in checks {
            ensure!(!at.is_empty(), "{title}: there is no such port");
            let addresses = at.iter().map(|(_, address)| *address).collect();
            let found: Vec<Door> = agent::ask(&post, &Ask::Knock(addresses)).await?;
            let named = at.into_iter().map(|(name, _)| name).zip(found);
            let named: Vec<_> = named.collect();
            let title = format!("{title} ({})", named.len());
            self.score
                .check("", &title, agent::compare(&named, &expected));
        }
        Ok(())
    }
}
