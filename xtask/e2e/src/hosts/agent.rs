//! What runs on a host: the clients of the services, where the host's own programs would be.
//!
//! In: an [`Ask`] a line on standard input. Out: for each a [`Reply`] on a line of standard output; the end of the input ends it. It
//! must not know why it is asked. The other side of the pipe is [`Agent`].

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::program::Program;
use crate::compose::Inside;
use crate::contract::Clients;
use crate::env_file::EnvFile;
use crate::ledger::Answer;
use crate::service::{self, Hazard, Service, Victim, Writer};

/// What an agent is asked for; services by their place in the list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Its lanes, as [`Listed`].
    Lanes,
    /// Writes number `id` on a lane once: an [`Answer`].
    Write { place: usize, key: String, id: u64 },
    /// Uses a service once: titles, each with what went wrong.
    Exercise(usize),
    /// Whether a service that is asked over the network is whole.
    Whole(usize),
    /// The member of such a service whose loss hurts most.
    Leader(usize),
    /// Where its roles are that a person gives back after a failure.
    Roles(usize),
    /// Who is to take over, one for each role at one of these addresses.
    Heirs { place: usize, host: Vec<IpAddr> },
    /// Gives them back to where they were.
    GiveBack {
        place: usize,
        roles: Vec<SocketAddr>,
    },
    /// The numbers that a lane of this host finds, where 1 to `last` were tried.
    ReadBack {
        place: usize,
        key: String,
        last: u64,
    },
    /// How addresses answer to one who connects: [`Door`]s in the same order.
    Knock(Vec<SocketAddr>),
}

/// The value that was asked for, or why there is none.
#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Value(serde_json::Value),
    Failed(String),
}

/// A lane, as an agent lists it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) place: usize,
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) pace: Duration,
}

/// How an address answers to one who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Door {
    /// Somebody listens.
    Open,
    /// The host says that nobody listens: its packet filter lets the question through.
    Refused,
    /// Nothing comes back.
    Silent,
}

/// What an agent is told when it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The host's name, which tells its lanes from those of others.
    pub host: String,
    /// The addresses of the host: of the ways to a service that begin on one host, only those that begin here have a lane.
    pub own: Vec<IpAddr>,
    /// The address through which requests from outside come in.
    pub through: Option<IpAddr>,
    /// The cluster's name.
    pub cluster: String,
    /// The facts about the cluster.
    pub clients: PathBuf,
    /// The values of the secrets.
    pub env_file: PathBuf,
}

/// How long one write may take: less than the lane's own patience, so that the answer is the agent's.
const WRITE: Duration = Duration::from_secs(4);

/// How long a connection may take before nobody seems to be there. A first packet that is lost is sent again after a second.
const KNOCK: Duration = Duration::from_millis(2500);

/// How long an answer may take that is no write: everything that a lane wrote may be read back in it.
const REPLY: Duration = Duration::from_secs(60);

/// Writes are rarer than on one engine: each goes through the pipe of its own agent, and there are agents on every host.
const PACE: u32 = 4;

/// Answers until nobody asks any more.
///
/// # Errors
/// When a file cannot be read. What goes wrong in an answer is told in it.
pub async fn run(options: &Options) -> Result<()> {
    let text = read(&options.clients)?;
    let mut clients = Clients::parse(&text, &options.cluster)?;
    if let Some(through) = options.through {
        clients.come_in_through(through);
    }
    let secrets = EnvFile::parse(&read(&options.env_file)?)?;
    let directory = options.clients.parent().unwrap_or(Path::new(""));
    let mut desk = Desk {
        services: service::services(&clients, &secrets, directory, &options.host)?,
        own: options.own.clone(),
        only_outside: options.through.is_some(),
        writers: BTreeMap::new(),
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut out = tokio::io::stdout();
    while let Some(line) = lines.next_line().await? {
        let ask = serde_json::from_str(&line).context("an unknown question")?;
        let reply = match desk.answer(ask).await {
            Ok(value) => Reply::Value(value),
            Err(error) => Reply::Failed(format!("{error:#}")),
        };
        let mut line = serde_json::to_string(&reply)?;
        line.push('\n');
        out.write_all(line.as_bytes()).await?;
        out.flush().await?;
    }
    Ok(())
}

struct Desk {
    services: Vec<Service>,
    own: Vec<IpAddr>,
    /// Whether only the services that are asked from outside have lanes.
    only_outside: bool,
    writers: BTreeMap<(usize, String), Writer>,
}

/// An agent reaches members over the network only.
struct NoContainers;

impl Inside for NoContainers {
    async fn exec(&self, service: &str, _command: &[String]) -> Result<String> {
        bail!("{service} is not asked from here: an agent runs no command in a container")
    }
}

impl Desk {
    async fn answer(&mut self, ask: Ask) -> Result<serde_json::Value> {
        Ok(match ask {
            Ask::Lanes => {
                let mut listed = Vec::new();
                for place in 0..self.services.len() {
                    for offer in self.offers(place).await? {
                        listed.push(Listed {
                            place,
                            pace: offer.writer.pace() * PACE,
                            key: offer.key,
                            title: offer.title,
                        });
                    }
                }
                serde_json::to_value(listed)?
            }
            Ask::Write { place, key, id } => {
                let lane = (place, key);
                if !self.writers.contains_key(&lane) {
                    let offers = self.offers(place).await?.into_iter();
                    self.writers
                        .extend(offers.map(|offer| ((place, offer.key), offer.writer)));
                }
                let writer = self
                    .writers
                    .get_mut(&lane)
                    .context("there is no such lane")?;
                match tokio::time::timeout(WRITE, writer.write(id)).await {
                    Ok(answer) => serde_json::to_value(answer?)?,
                    Err(_) => bail!("no answer within {} s", WRITE.as_secs()),
                }
            }
            Ask::Exercise(place) => {
                let steps = self.service(place)?.exercise().await.into_iter();
                let steps: Vec<(String, Option<String>)> = steps
                    .map(|(title, outcome)| (title, outcome.err().map(|why| format!("{why:#}"))))
                    .collect();
                serde_json::to_value(steps)?
            }
            Ask::Whole(place) => {
                self.service(place)?.whole(&NoContainers).await?;
                serde_json::Value::Null
            }
            Ask::Leader(place) => {
                serde_json::to_value(self.service(place)?.leader(&NoContainers).await?)?
            }
            Ask::Roles(place) => serde_json::to_value(self.service(place)?.roles().await?)?,
            Ask::Heirs { place, host } => {
                serde_json::to_value(self.service(place)?.heirs(&host).await?)?
            }
            Ask::GiveBack { place, roles } => {
                self.service(place)?.give_back(&roles).await?;
                serde_json::Value::Null
            }
            Ask::ReadBack { place, key, last } => {
                serde_json::to_value(self.service(place)?.read_back(&key, last).await?)?
            }
            Ask::Knock(addresses) => {
                let doors = addresses.into_iter().map(knock);
                serde_json::to_value(futures_util::future::join_all(doors).await)?
            }
        })
    }

    fn service(&self, place: usize) -> Result<&Service> {
        self.services.get(place).context("there is no such service")
    }

    /// The lanes of a service that begin here.
    async fn offers(&self, place: usize) -> Result<Vec<service::Offer>> {
        let service = self.service(place)?;
        let outside = matches!(service, Service::Https(_));
        if outside != self.only_outside {
            return Ok(Vec::new());
        }
        let mut offers = service.lanes(Hazard::Killed).await?;
        if !outside {
            offers.retain(|offer| offer.door.is_none_or(|door| self.own.contains(&door.ip())));
        }
        Ok(offers)
    }
}

async fn knock(address: SocketAddr) -> Door {
    match tokio::time::timeout(KNOCK, tokio::net::TcpStream::connect(address)).await {
        Ok(Ok(_)) => Door::Open,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => Door::Refused,
        Ok(Err(_)) | Err(_) => Door::Silent,
    }
}

/// How an agent is started.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) program: Program,
    /// The host that it runs on.
    pub(crate) host: String,
    /// The command line there.
    pub(crate) words: Vec<String>,
}

/// An agent at work, from this side of the pipe. It ends with its input.
pub(crate) struct Agent {
    _child: Child,
    asks: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
}

impl Agent {
    pub(crate) fn start(post: &Post) -> Result<Self> {
        let words: Vec<&str> = post.words.iter().map(String::as_str).collect();
        let mut command = post.program.command(&post.host, &words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command
            .spawn()
            .with_context(|| format!("no agent can be started on {}", post.host))?;
        let asks = child.stdin.take().context("the agent has no input")?;
        let replies = child.stdout.take().context("the agent has no output")?;
        Ok(Self {
            _child: child,
            asks,
            replies: BufReader::new(replies).lines(),
        })
    }

    /// Asks once.
    ///
    /// # Errors
    /// The outer one says that the agent is of no more use, the inner one is its answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> Result<Result<T>> {
        let mut line = serde_json::to_string(ask)?;
        line.push('\n');
        self.asks.write_all(line.as_bytes()).await?;
        self.asks.flush().await?;
        let Ok(reply) = tokio::time::timeout(REPLY, self.replies.next_line()).await else {
            bail!("the agent did not answer within {} s", REPLY.as_secs());
        };
        let reply = reply?.context("the agent is gone")?;
        Ok(match serde_json::from_str(&reply)? {
            Reply::Value(value) => serde_json::from_value(value).map_err(Into::into),
            Reply::Failed(why) => Err(anyhow!(why)),
        })
    }
}

/// Asks an agent that is started for it.
///
/// # Errors
/// When it cannot be asked, or fails.
pub(crate) async fn ask<T: DeserializeOwned>(post: &Post, ask: &Ask) -> Result<T> {
    let mut agent = Agent::start(post)?;
    agent
        .ask(ask)
        .await
        .and_then(|answer| answer)
        .with_context(|| format!("on {}", post.host))
}

/// A lane on another host.
pub(crate) struct Remote {
    post: Post,
    place: usize,
    key: String,
    pace: Duration,
    agent: Option<Agent>,
}

/// Between two attempts to start an agent on a host that is gone.
const GONE: Duration = Duration::from_secs(1);

impl Remote {
    pub(crate) fn new(post: &Post, listed: &Listed) -> Self {
        Self {
            post: post.clone(),
            place: listed.place,
            key: listed.key.clone(),
            pace: listed.pace,
            agent: None,
        }
    }

    pub(crate) async fn write(&mut self, id: u64) -> Result<Answer> {
        let ask = Ask::Write {
            place: self.place,
            key: self.key.clone(),
            id,
        };
        let mut agent = match self.agent.take() {
            Some(agent) => agent,
            None => Agent::start(&self.post)?,
        };
        match agent.ask(&ask).await {
            Ok(answer) => {
                self.agent = Some(agent);
                answer
            }
            Err(error) => {
                tokio::time::sleep(GONE).await;
                Err(error)
            }
        }
    }

    pub(crate) fn pace(&self) -> Duration {
        self.pace
    }
}

/// What is wrong with doors that answer otherwise than they should; nothing when all is well.
pub(crate) fn compare(found: &[(String, Door)], expected: &[Door]) -> Result<()> {
    let wrong: Vec<&str> = found
        .iter()
        .filter(|(_, door)| !expected.contains(door))
        .map(|(name, _)| name.as_str())
        .collect();
    ensure!(
        wrong.is_empty(),
        "{} of {}: {}",
        wrong.len(),
        found.len(),
        wrong.join(", ")
    );
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The victim, so that it can come through the pipe.
pub(crate) type Lead = Option<Victim>;
