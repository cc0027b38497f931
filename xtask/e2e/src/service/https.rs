//! The edge: requests from outside, through TLS, to what applications answer. One lane an address for requests that may be
//! repeated, and one for streams of events.
//!
//! In: an entry of the contract. Out: answers of applications, which are ready only while they reach what they keep their data in.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Alarm, Cause, Offer, Step};
use crate::contract::{self, AddressedMember, Route};
use crate::http::{Authority, Client};
use crate::layout::Layout;
use crate::ledger::Answer;

pub(crate) struct Https {
    entry: contract::Https,
    authority: Authority,
}

/// One route through one address.
pub(crate) struct Writer {
    client: Client,
    path: String,
    streaming: bool,
}

/// Events that come this much later than the one before were not held back with it.
const APART: Duration = Duration::from_millis(50);

/// How many events must come apart from each other.
const APARTS: usize = 3;

impl Https {
    /// `directory` is where the contract is.
    pub(crate) fn new(entry: &contract::Https, directory: &Path) -> Result<Self> {
        Ok(Self {
            entry: entry.clone(),
            authority: Authority::read(&entry.authorities(directory))?,
        })
    }

    pub(crate) fn component(&self) -> &str {
        &self.entry.component
    }

    pub(crate) fn members(&self) -> Vec<String> {
        let members = self.entry.members.iter();
        members.map(|member| member.service.clone()).collect()
    }

    /// The groups of services that answer on the routes.
    pub(crate) fn answering(&self) -> impl Iterator<Item = &str> {
        self.entry.routes.iter().map(|route| route.to.as_str())
    }

    pub(crate) async fn exercise(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (member, route) in self.ways() {
            let Route {
                host,
                path,
                to,
                streaming,
            } = route;
            let through = &member.service;
            let title = match streaming {
                true => format!(
                    "events of https://{host}{path} come one by one from {to} through {through}"
                ),
                false => format!("https://{host}{path} is answered by {to} through {through}"),
            };
            let outcome = match self.writer(member, route) {
                Ok(mut writer) => writer.write().await.map(drop),
                Err(error) => Err(error),
            };
            steps.push((format!("{}: {title}", self.entry.component), outcome));
        }
        steps
    }

    /// Asks for a WebSocket at `host/path` through each address.
    pub(crate) async fn upgrades(&self, at: &str) -> Vec<Step> {
        let (host, path) = at.find('/').map_or((at, "/"), |slash| at.split_at(slash));
        let mut steps = Vec::new();
        for member in &self.entry.members {
            let title = format!(
                "{}: wss://{at} is a WebSocket through {}, and a ping on it is answered",
                self.entry.component, member.service
            );
            let client = Client::secure(member.address.socket(), host, &self.authority);
            let outcome = match client {
                Ok(client) => client.websocket(path).await,
                Err(error) => Err(error),
            };
            steps.push((title, outcome));
        }
        steps
    }

    pub(crate) fn lanes(&self) -> Result<Vec<Offer>> {
        // One route of each form shows what is lost with a member; more of the same would only show it again.
        let first = |streaming| {
            self.entry
                .routes
                .iter()
                .find(|route| route.streaming == streaming)
        };
        let mut offers = Vec::new();
        for route in [first(false), first(true)].into_iter().flatten() {
            for member in &self.entry.members {
                let Route { host, path, .. } = route;
                offers.push(Offer {
                    key: format!("{host}{path} {}", member.address),
                    title: format!("{host}{path} through {}", member.service),
                    door: Some(member.address.socket()),
                    writer: super::Writer::Https(self.writer(member, route)?),
                });
            }
        }
        Ok(offers)
    }

    /// One instance stops of a service that answers, and others go on.
    pub(crate) fn alarm(&self, layout: &Layout) -> Option<Alarm> {
        let group = self.answering().last()?;
        let (instance, _) = layout
            .services()
            .filter(|(name, _)| layout.group(name) == group)
            .last()?;
        Some(Alarm {
            alert: "ServiceInstanceDown",
            cause: Cause::Stopped(vec![instance.to_owned()]),
            builds_up: Duration::ZERO,
        })
    }

    fn ways(&self) -> impl Iterator<Item = (&AddressedMember, &Route)> {
        let routes = self.entry.routes.iter();
        routes.flat_map(|route| self.entry.members.iter().map(move |member| (member, route)))
    }

    fn writer(&self, member: &AddressedMember, route: &Route) -> Result<Writer> {
        Ok(Writer {
            client: Client::secure(member.address.socket(), &route.host, &self.authority)?,
            path: route.path.clone(),
            streaming: route.streaming,
        })
    }
}

impl Writer {
    /// The time between two requests.
    pub(crate) const PACE: Duration = Duration::from_millis(200);

    pub(crate) async fn write(&mut self) -> Result<Answer> {
        if self.streaming {
            let moments = self.client.events(&self.path).await?;
            came_apart(&moments)?;
        } else {
            let answer = self.client.get(&self.path).await?;
            ensure!(
                answer.status == 200,
                "{}: {}",
                answer.status,
                answer.text.chars().take(200).collect::<String>()
            );
        }
        // Nothing is kept of a request.
        Ok(Answer::Unconfirmed)
    }
}

/// Whether the pieces of a stream came as they were sent, and not all at its end.
fn came_apart(moments: &[Instant]) -> Result<()> {
    let apart = moments
        .windows(2)
        .filter(|pair| pair[1].duration_since(pair[0]) >= APART)
        .count();
    ensure!(
        apart + 1 >= APARTS,
        "of {} pieces only {} came apart from the one before: something on the way holds events back",
        moments.len(),
        apart
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_come_together_were_held_back() {
        let zero = Instant::now();
        let at = |milliseconds: &[u64]| -> Vec<Instant> {
            let moments = milliseconds.iter();
            moments
                .map(|at| zero + Duration::from_millis(*at))
                .collect()
        };
        assert!(came_apart(&at(&[0, 200, 400, 600, 601])).is_ok());
        let refusal = came_apart(&at(&[0, 1, 2, 3, 800])).unwrap_err().to_string();
        assert!(
            refusal.contains("of 5 pieces only 1 came apart"),
            "{refusal}"
        );
        assert!(came_apart(&[]).is_err());
    }
}
