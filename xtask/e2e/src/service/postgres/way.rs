//! The ways to a PostgreSQL: who is connected to, and with which connection string.
//!
//! In: who lends connections and who leads to the primary, and the connection strings of applications. Out: for each who is
//! connected to, what to connect with from this machine. It must not know what is asked there.

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::{CONNECT, Postgres};
use crate::contract::{AddressedMember, LocalAddress};

impl Postgres {
    /// How applications reach the primary: each member that they connect to, with what they connect with.
    pub(super) fn ways(&self) -> Vec<(&AddressedMember, Config)> {
        let pooled = self.pooled();
        if !pooled.is_empty() {
            return pooled;
        }
        let write = self.entry.write.iter();
        write
            .map(|member| (member, self.config(member.address)))
            .collect()
    }

    /// Every member of the pool, with the connection string that applications have for one of them.
    pub(super) fn pooled(&self) -> Vec<(&AddressedMember, Config)> {
        let Some((given, _)) = self.given_to(&self.pool) else {
            return Vec::new();
        };
        let pool = self.pool.iter();
        pool.map(|member| (member, toward(given, member.address)))
            .collect()
    }

    /// The first connection string of an application that leads to one of `members`, and to which.
    pub(super) fn given_to<'a>(
        &'a self,
        members: &'a [AddressedMember],
    ) -> Option<(&'a Config, &'a AddressedMember)> {
        self.given.iter().find_map(|given| {
            let member = members.iter().find(|member| leads_to(given, member));
            Some((given, member?))
        })
    }

    /// What the application's role connects with, without a connection string.
    pub(super) fn config(&self, address: LocalAddress) -> Config {
        let socket = address.socket();
        let mut config = Config::new();
        config
            .host(socket.ip().to_string())
            .port(socket.port())
            .user(&self.entry.role)
            .password(&self.password)
            .dbname(&self.entry.database)
            .ssl_mode(SslMode::Disable)
            .connect_timeout(CONNECT)
            .application_name("lurus-e2e");
        config
    }
}

/// What a person calls a member that is connected to.
pub(super) fn named(member: &AddressedMember) -> String {
    format!("{} at {}", member.service, member.address)
}

/// Whether a connection string names the member, by its name or by its address.
fn leads_to(given: &Config, member: &AddressedMember) -> bool {
    let address = member.address.socket();
    let at_port = given.get_ports() == [address.port()];
    given.get_hosts().iter().any(|host| match host {
        Host::Tcp(name) => {
            *name == member.service || (at_port && *name == address.ip().to_string())
        }
        Host::Unix(_) => false,
    })
}

/// A connection string as it is given, led to where a member is reached from here.
pub(super) fn toward(given: &Config, address: LocalAddress) -> Config {
    let socket = address.socket();
    let mut config = Config::new();
    config
        .host(socket.ip().to_string())
        .port(socket.port())
        .ssl_mode(given.get_ssl_mode())
        .connect_timeout(CONNECT)
        .application_name("lurus-e2e");
    given.get_user().map(|user| config.user(user));
    given
        .get_password()
        .map(|password| config.password(password));
    given.get_dbname().map(|database| config.dbname(database));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_led_to_whom_it_names() {
        let member = |text: &str| serde_json::from_str::<AddressedMember>(text).unwrap();
        let pool = member(r#"{"service": "pool-1", "address": "10.0.1.5:16432"}"#);
        let given = |host: &str| -> Config {
            let dsn = format!("postgresql://app:hunter2@{host}/orders?sslmode=disable");
            dsn.parse().unwrap()
        };
        for (host, leads) in [
            ("pool-1:6432", true),
            ("10.0.1.5:16432", true),
            ("10.0.1.5:5000", false),
            ("haproxy-1:6432", false),
        ] {
            assert_eq!(leads_to(&given(host), &pool), leads, "{host}");
        }
        let led = toward(&given("pool-1:6432"), pool.address);
        assert_eq!(led.get_hosts(), [Host::Tcp("10.0.1.5".to_owned())]);
        assert_eq!(led.get_ports(), [16432]);
        assert_eq!(led.get_password(), Some(b"hunter2".as_slice()));
    }
}
