//! WebSocket (RFC 6455), as much of it as shows that a connection is one: the handshake's words, and a ping that is answered.
//!
//! In: a connection that was upgraded. Out: whether frames go both ways. It must not know what the server is for.

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A key that a client may send, and what a server must answer to it: the example of section 1.3.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The version that there is.
pub(crate) const VERSION: &str = "13";

/// What a ping carries, and its answer must carry too.
const PAYLOAD: &[u8] = b"lurus-e2e";

/// A client hides what it sends behind four bytes of its choice, so that nothing on the way takes it for something else.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The bit of a frame that is the last of its message.
const LAST: u8 = 0x80;
/// The bit of a length whose payload is masked.
const MASKED: u8 = 0x80;

const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The longest frame that is read: a server may say something of its own first.
const LONGEST: usize = 1 << 20;

/// Sends a ping and waits for its answer, whatever comes before.
///
/// # Errors
/// When the server closes first, or breaks the protocol.
pub(crate) async fn ping(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<()> {
    let length = u8::try_from(PAYLOAD.len())?;
    let mut frame = vec![LAST | PING, MASKED | length];
    frame.extend(MASK);
    let masked = PAYLOAD.iter().zip(MASK.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    stream.write_all(&frame).await?;
    stream.flush().await?;
    loop {
        let (opcode, payload) = read(stream).await?;
        match opcode {
            PONG => {
                ensure!(
                    payload == PAYLOAD,
                    "the answer to a ping carries something else"
                );
                return Ok(());
            }
            CLOSE => bail!("the server closes before it answers a ping"),
            _ => {}
        }
    }
}

/// The next frame: its opcode and its payload.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<(u8, Vec<u8>)> {
    let read = "the connection ends where a frame is expected";
    let first = stream.read_u8().await.context(read)?;
    let second = stream.read_u8().await.context(read)?;
    ensure!(second & MASKED == 0, "the server masks what it sends");
    let length = match second {
        126 => usize::from(stream.read_u16().await.context(read)?),
        127 => usize::try_from(stream.read_u64().await.context(read)?)?,
        short => usize::from(short),
    };
    ensure!(length <= LONGEST, "a frame of {length} bytes is expected");
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.context(read)?;
    Ok((first & 0xf, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a ping to a server that answers with these bytes. A connection is a pair of ends.
    async fn outcome(answer: &[u8]) -> String {
        let (mut client, mut server) = tokio::io::duplex(1024);
        server.write_all(answer).await.unwrap();
        let outcome = ping(&mut client).await;
        let mut sent = [0; 15];
        server.read_exact(&mut sent).await.unwrap();
        assert_eq!(sent[..6], [0x89, 0x89, 0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(sent[6] ^ 0x37, b'l');
        outcome.map_or_else(|why| why.to_string(), |()| "answered".to_owned())
    }

    #[tokio::test]
    async fn a_ping_is_answered_with_what_it_carries() {
        let pong = b"\x8a\x09lurus-e2e";
        assert_eq!(outcome(pong).await, "answered");
        let after = [b"\x82\x7e\x00\x80".as_slice(), &[b'x'; 128], pong].concat();
        assert_eq!(outcome(&after).await, "answered");
        assert!(outcome(b"\x8a\x01x").await.contains("something else"));
        assert!(outcome(b"\x88\x00").await.contains("closes"));
        assert!(outcome(b"\x8a\x89").await.contains("masks"));
    }
}
