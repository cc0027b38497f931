//! Where this driver may connect to.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

/// An address on the loopback interface or in a private network.
///
/// The driver kills and floods what it is pointed at, so no other address gets past this door: `127.0.0.1:5000` and
/// `10.0.1.31:7001` do, `203.0.113.9:5432` and `db.example.com:5432` do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct LocalAddress(SocketAddr);

impl LocalAddress {
    /// The address as the standard library has it.
    pub fn socket(self) -> SocketAddr {
        self.0
    }

    /// The same port of another address of the same site.
    pub(crate) fn moved_to(self, address: IpAddr) -> Self {
        Self(SocketAddr::new(address, self.0.port()))
    }
}

impl TryFrom<String> for LocalAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address: SocketAddr = text.parse().map_err(|_| {
            format!("`{text}` is not an address and a port, such as 127.0.0.1:5000")
        })?;
        let local = match address {
            SocketAddr::V4(v4) => v4.ip().is_loopback() || v4.ip().is_private(),
            SocketAddr::V6(v6) => v6.ip().is_loopback() || v6.ip().is_unique_local(),
        };
        if local {
            Ok(Self(address))
        } else {
            Err(format!(
                "`{text}` is neither a loopback nor a private address: the end-to-end test stays on this machine"
            ))
        }
    }
}

impl std::fmt::Display for LocalAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        LocalAddress::try_from(text.to_owned()).unwrap_err()
    }

    #[test]
    fn an_address_elsewhere_is_refused() {
        let text = refusal("203.0.113.9:4222");
        assert!(text.contains("stays on this machine"), "{text}");
        let text = refusal("nats.example.com:4222");
        assert!(text.contains("not an address and a port"), "{text}");
        assert!(LocalAddress::try_from("10.0.1.31:7001".to_owned()).is_ok());
    }
}
