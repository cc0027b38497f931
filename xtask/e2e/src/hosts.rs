//! The order of a run on real hosts: up from each host's own folder in the order of the book, use, knock at every door, change a
//! value as the book says, then cut off and kill one host after the other under load, and count.
//!
//! In: [`Options`], with a folder in which each host's own folder is, and `site.json`. Out: progress on standard error, tables and
//! the count on standard output, and a [`Verdict`]. It must not know how hosts are made: [`program`] says what is asked of whoever
//! makes them.

pub mod agent;
mod book;
mod doors;
mod fault;
mod program;
mod rolling;
mod site;
mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use futures_util::future::try_join_all;

use self::agent::{Ask, Lead, Listed, Post, Remote};
use self::book::Desk;
use self::program::Program;
use self::site::Site;
use crate::compose::{Inside, LeftOut, Project};
use crate::contract::Clients;
use crate::drill::{Bounds, Ending, INTERVAL, Verdict, interruption, print_tables, read, show};
use crate::env_file::EnvFile;
use crate::lane::Lane;
use crate::patience;
use crate::score::Score;
use crate::service::{self, Offer, Service, Victim, Writer};
use crate::table::Table;

/// What to test, and what to hold it to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's name, which the contract must agree with.
    pub cluster: String,
    /// The compose project on each host: the one that its files name, so that lines of the book are typed as they are.
    pub project: String,
    /// The program that makes hosts.
    pub program: PathBuf,
    /// The folder that the hosts see: their own folders, `clients.json`, `site.json`, `.env` and what the operator provides.
    pub folder: PathBuf,
    /// Services that need not answer on every port.
    pub unseen: BTreeSet<String>,
    /// What the times are held to.
    pub bounds: Bounds,
    /// Which hosts are lost.
    pub faults: Faults,
    /// What to do with the hosts at the end.
    pub ending: Ending,
}

/// Which hosts a run loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Each in turn, cut off and killed.
    All,
    /// None: the cluster comes up, is used and changed.
    None,
}

/// Runs everything and prints the result.
///
/// # Errors
/// When the run cannot begin: a file cannot be read or the contract is refused. Whatever goes wrong later is a failed check.
pub async fn run(options: &Options) -> Result<Verdict> {
    let clients = Clients::parse(
        &read(&options.folder.join("clients.json"))?,
        &options.cluster,
    )?;
    clients.must_name_something()?;
    // The hosts run this very program.
    let this = std::env::current_exe().context("this program cannot be found")?;
    std::fs::copy(this, options.folder.join(AGENT)).context("this program cannot be copied")?;
    let secrets = EnvFile::parse(&read(&options.folder.join(".env"))?)?;
    let mut site = Site::parse(&read(&options.folder.join("site.json"))?)?;
    site.virtual_addresses = clients.floating.values().flatten().copied().collect();
    let mut field = Field {
        services: service::services(&clients, &secrets, &options.folder, OBSERVER)?,
        desk: Desk::new(options.folder.join(TOOLS), &options.program, site.names())?,
        program: Program::new(options.program.clone()),
        options: options.clone(),
        clients,
        site,
        projects: BTreeMap::new(),
        lanes: Vec::new(),
        roles: Vec::new(),
        score: Score::default(),
        times: Table::new(2, ["step", "watched", "measured", "bound"]),
    };
    let outcome = tokio::select! {
        outcome = field.run() => outcome,
        signal = interruption() => Err(signal),
    };
    if let Err(why) = &outcome {
        field.score.abort(why);
    }
    let lanes: Vec<&Lane> = field.lanes.iter().map(|lane| &lane.lane).collect();
    print_tables(&field.times, &lanes);
    if !field.score.failures().is_empty() {
        field.explain().await;
    }
    match options.ending {
        Ending::Delete => {
            eprintln!("down, with the disks");
            if let Err(why) = field.program.down().await {
                field.score.abort(&why);
            }
        }
        Ending::Keep => eprintln!(
            "the hosts are kept: `{} down` removes them",
            options.program.display()
        ),
    }
    println!("{}", field.score.summary());
    Ok(if field.score.failures().is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed
    })
}

/// What the driver itself is called in lanes, of which it has none.
const OBSERVER: &str = "driver";

/// The folder of what is typed with.
const TOOLS: &str = "tools";

/// This program, in the folder that the hosts see.
const AGENT: &str = "lurus-e2e";

/// How long a host may take to be set up.
const SET_UP: Duration = Duration::from_secs(60);

/// Everything that a run knows.
struct Field {
    options: Options,
    program: Program,
    clients: Clients,
    site: Site,
    services: Vec<Service>,
    /// Where lines of the book are typed.
    desk: Desk,
    /// The project of each host, by its name.
    projects: BTreeMap<String, Project>,
    lanes: Vec<Placed>,
    /// Where the roles of each service were at first that a person gives back after a failure.
    roles: Vec<Vec<SocketAddr>>,
    score: Score,
    times: Table<4>,
}

/// A time in which lanes may be silent for so long.
struct Pause {
    what: &'static str,
    from: Instant,
    to: Instant,
}

/// A lane, and the host where it begins.
struct Placed {
    host: String,
    lane: Lane,
}

/// The engines of all hosts, to run a command in a container wherever it is.
struct Engines<'a>(&'a BTreeMap<String, Project>);

impl Inside for Engines<'_> {
    async fn exec(&self, service: &str, command: &[String]) -> Result<String> {
        let project = self.0.values().find(|project| project.has(service));
        let project = project.with_context(|| format!("no host has {service}"))?;
        project.exec(service, command).await
    }
}

impl Field {
    async fn run(&mut self) -> Result<()> {
        self.come_up().await?;
        self.exercise().await?;
        self.knock().await?;
        self.open_lanes().await?;
        let post = self.first_post(None)?;
        for place in 0..self.services.len() {
            self.roles
                .push(agent::ask(&post, &Ask::Roles(place)).await?);
        }
        if let Some(change) = self.site.change.take() {
            self.change(&change).await?;
        }
        let faults = match self.options.faults {
            Faults::All => self.site.hosts.keys().cloned().collect(),
            Faults::None => Vec::new(),
        };
        for host in &faults {
            for fault in [fault::Fault::Cut, fault::Fault::Killed] {
                self.lose(host, fault).await?;
            }
        }
        Ok(())
    }

    /// Makes the hosts, and brings each up from its own folder.
    async fn come_up(&mut self) -> Result<()> {
        eprintln!("hosts");
        self.program.down().await?;
        let start = Instant::now();
        let folder = &self.options.folder;
        let hosts = self.site.hosts.iter();
        let hosts: Vec<(&str, String)> = hosts
            .map(|(name, host)| (name.as_str(), host.addresses()))
            .collect();
        self.program.up(folder, &hosts).await?;
        let client = &self.site.client;
        self.program
            .up_bare(folder, &client.name, &client.host.addresses())
            .await?;
        let bound = SET_UP;
        self.measure(
            "up from nothing",
            "the hosts are there",
            start.elapsed(),
            bound,
        );

        eprintln!("their systems");
        try_join_all(self.site.hosts.keys().map(|host| self.set_up(host))).await?;
        try_join_all(self.site.hosts.keys().map(|host| self.boot(host))).await?;

        eprintln!("their members");
        let start = Instant::now();
        for host in self.site.hosts.keys() {
            let home = self.home();
            let mut project = Project::open(
                self.program.engine(host),
                self.options.project.clone(),
                vec![home.join("docker-compose.yml")],
                home.join(".env"),
                &self.clients.groups,
            )
            .await?;
            for LeftOut { service, image } in project.leave_out_what_cannot_be_had().await? {
                let why = format!("{image} cannot be had here");
                self.score.leave_out(&service, &why);
            }
            self.projects.insert(host.clone(), project);
        }
        let bound = self.options.bounds.up;
        self.start_in_order().await?;
        for (host, project) in &self.projects {
            let ready = project.all_ready().await;
            ready.with_context(|| format!("{host} has members in nobody's turn"))?;
        }
        self.measure(
            "up from nothing",
            "every service is ready",
            start.elapsed(),
            bound,
        );
        self.wait_whole(bound.saturating_sub(start.elapsed()), None)
            .await?;
        self.measure(
            "up from nothing",
            "every member is in its place",
            start.elapsed(),
            bound,
        );
        self.score
            .check("", "each host comes up from its own folder", Ok(()));
        self.await_holder(bound.saturating_sub(start.elapsed()), None)
            .await?;
        Ok(())
    }

    /// What the deployment does on a host before anything runs there: its folder, and the files of its system.
    async fn set_up(&self, host: &str) -> Result<()> {
        self.bring(&self.options.folder, host).await?;
        let script = r#"cp -r "$1/system/etc" / && nft -c -f /etc/nftables.conf"#;
        let home = self.home().display().to_string();
        self.program
            .exec(host, &["sh", "-ec", script, "sh", &home])
            .await
            .map(drop)
    }

    /// What a host's system does when it starts: the packet filter, the kernel's settings, and its own services. Settings that are
    /// not of a network would be those of the machine that has the hosts.
    async fn boot(&self, host: &str) -> Result<()> {
        let script = r#"nft -f /etc/nftables.conf
            grep -h ^net /etc/sysctl.d/60-lurus-*.conf | sysctl -q -p -
            for unit; do "$unit"; done"#;
        let mut words = vec!["sh", "-ec", script, "sh"];
        words.extend(self.site.units.iter().map(String::as_str));
        self.program.exec(host, &words).await.map(drop)
    }

    /// Where a host keeps its folder.
    fn home(&self) -> PathBuf {
        PathBuf::from("/root").join(&self.options.cluster)
    }

    /// Uses every service once: data from a host, what is asked from outside through the virtual address.
    async fn exercise(&mut self) -> Result<()> {
        eprintln!("use");
        for (place, service) in self.services.iter().enumerate() {
            let post = match service {
                Service::Https(_) => self.client_post(),
                Service::Postgres(_)
                | Service::RedisCluster(_)
                | Service::JetStream(_)
                | Service::Etcd(_) => self.first_post(None)?,
            };
            let steps: Vec<(String, Option<String>)> =
                agent::ask(&post, &Ask::Exercise(place)).await?;
            for (title, fault) in steps {
                let outcome = fault.map_or(Ok(()), |why| Err(anyhow!(why)));
                self.score.check(service.component(), &title, outcome);
            }
        }
        Ok(())
    }

    /// A lane for each way to each service, from every host and from outside.
    async fn open_lanes(&mut self) -> Result<()> {
        let posts = self.site.hosts.keys().map(|host| self.post(host));
        for post in posts.chain([self.client_post()]).collect::<Vec<_>>() {
            let listed: Vec<Listed> = agent::ask(&post, &Ask::Lanes).await?;
            for listed in listed {
                let offer = Offer {
                    key: listed.key.clone(),
                    title: format!("{}: {}", post.host, listed.title),
                    door: None,
                    writer: Writer::Remote(Remote::new(&post, &listed)),
                };
                let (host, lane) = (post.host.clone(), Lane::new(offer, listed.place));
                self.lanes.push(Placed { host, lane });
            }
        }
        Ok(())
    }

    /// Waits until every member of every service is in its place and up to date, asked without the help of `away`.
    async fn wait_whole(&self, bound: Duration, away: Option<&str>) -> Result<()> {
        let start = Instant::now();
        let post = self.first_post(away)?;
        for (place, service) in self.services.iter().enumerate() {
            let what = format!("{} is whole", service.component());
            let left = bound.saturating_sub(start.elapsed());
            patience::until(&what, left, INTERVAL, async || match service {
                Service::Postgres(_) | Service::Etcd(_) => {
                    service.whole(&Engines(&self.projects)).await
                }
                Service::RedisCluster(_) | Service::JetStream(_) => {
                    agent::ask(&post, &Ask::Whole(place)).await
                }
                Service::Https(_) => Ok(()),
            })
            .await?;
        }
        Ok(())
    }

    /// What a host leads just now, such as `leader of pg`.
    async fn leads(&self, host: &str) -> Result<Vec<String>> {
        let post = self.first_post(None)?;
        let mut roles = Vec::new();
        for (place, service) in self.services.iter().enumerate() {
            let victim: Option<Victim> = match service {
                Service::Postgres(_) | Service::Etcd(_) => {
                    service.leader(&Engines(&self.projects)).await?
                }
                Service::RedisCluster(_) | Service::JetStream(_) => {
                    agent::ask::<Lead>(&post, &Ask::Leader(place)).await?
                }
                Service::Https(_) => None,
            };
            let project = self.projects.get(host);
            let here =
                |victim: &Victim| project.is_some_and(|project| project.has(&victim.service));
            roles.extend(victim.filter(here).map(|victim| victim.role));
        }
        Ok(roles)
    }

    /// Which hosts have the address that moves, of those that are not `away`.
    async fn holders(&self, away: Option<&str>) -> Result<Vec<String>> {
        let mut holders = Vec::new();
        for host in self
            .site
            .hosts
            .keys()
            .filter(|host| Some(host.as_str()) != away)
        {
            let printed = self
                .program
                .exec(host, &["ip", "-o", "-4", "addr", "show"])
                .await?;
            if self
                .site
                .virtual_addresses
                .iter()
                .any(|address| has(&printed, *address))
            {
                holders.push(host.clone());
            }
        }
        Ok(holders)
    }

    /// Waits until exactly one host has it, and says which.
    async fn await_holder(&self, bound: Duration, away: Option<&str>) -> Result<Option<String>> {
        if self.site.virtual_addresses.is_empty() {
            return Ok(None);
        }
        let mut holder = None;
        patience::until(
            "one host has the virtual address",
            bound,
            INTERVAL / 5,
            async || {
                let holders = self.holders(away).await?;
                ensure!(holders.len() == 1, "it is on {} hosts", holders.len());
                holder = holders.into_iter().next();
                Ok(())
            },
        )
        .await?;
        Ok(holder)
    }

    /// An agent on the first host that is not `away`.
    fn first_post(&self, away: Option<&str>) -> Result<Post> {
        let mut hosts = self.site.hosts.keys();
        let host = hosts.find(|host| Some(host.as_str()) != away);
        host.map(|host| self.post(host))
            .context("there is one host only")
    }

    fn post(&self, host: &str) -> Post {
        let own = self.site.hosts.get(host).map(|host| &host.addresses[..]);
        self.post_of(host, own.unwrap_or_default(), None)
    }

    fn client_post(&self) -> Post {
        let client = &self.site.client;
        let through = self.site.virtual_addresses.first();
        self.post_of(&client.name, &client.host.addresses, through)
    }

    fn post_of(&self, host: &str, own: &[IpAddr], through: Option<&IpAddr>) -> Post {
        let folder = &self.options.folder;
        let path = |name: &str| folder.join(name).display().to_string();
        let mut words = vec![path(AGENT), "agent".to_owned()];
        let mut say = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        say("host", host.to_owned());
        own.iter()
            .for_each(|address| say("own", address.to_string()));
        through
            .iter()
            .for_each(|address| say("through", address.to_string()));
        say("cluster", self.options.cluster.clone());
        say("clients", path("clients.json"));
        say("env-file", path(".env"));
        Post {
            program: self.program.clone(),
            host: host.to_owned(),
            words,
        }
    }

    fn measure(&mut self, step: &str, watched: &str, measured: Duration, bound: Duration) {
        let (measured, bound) = (show(measured), show(bound));
        self.times
            .row([step.to_owned(), watched.to_owned(), measured, bound]);
    }

    /// Prints what failed, and what is not ready on each host.
    async fn explain(&self) {
        eprintln!("\nfailed:");
        for failure in self.score.failures() {
            eprintln!("  {failure}");
        }
        for (host, project) in &self.projects {
            eprintln!("{host}:");
            project.autopsy(&[]).await;
        }
    }
}

/// Whether `ip -o addr` lists an address.
fn has(printed: &str, address: IpAddr) -> bool {
    let wanted = format!("{address}/");
    printed
        .split_whitespace()
        .any(|word| word.starts_with(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_taken_for_a_longer_one() {
        let printed = "2: eth0    inet 10.0.0.11/24 scope global eth0\n2: eth0    inet 10.0.0.100/24 scope global";
        assert!(has(printed, "10.0.0.100".parse().unwrap()));
        assert!(!has(printed, "10.0.0.10".parse().unwrap()));
    }
}
