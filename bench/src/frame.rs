//! WebSocket frames, as little of them as an echo needs.
//!
//! It must not know sockets. The surprise: frames of the load generator carry a mask of zeros, which is valid and costs neither side
//! the masking, so the loop measures the proxy between them and not the XOR.

/// The longest head: two bytes, an eight-byte length, a mask.
const LONGEST_HEAD: usize = 14;
const MASKED: u8 = 0x80;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// The head of one frame, parsed from the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// The final bit, the reserved bits and the opcode, as they came.
    pub first: u8,
    /// Bytes of the head itself.
    pub size: usize,
    /// Bytes of the payload that follows.
    pub payload: usize,
    /// The client's mask; a server's frames have none.
    pub mask: Option<[u8; 4]>,
}

impl Head {
    /// Reads a head, or `None` while it is incomplete.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [first, second] = *bytes.first_chunk()?;
        let (size, payload) = match second & !MASKED {
            126 => (4, u16::from_be_bytes(*bytes[2..].first_chunk()?).into()),
            127 => (
                10,
                usize::try_from(u64::from_be_bytes(*bytes[2..].first_chunk()?)).ok()?,
            ),
            short => (2, short.into()),
        };
        if second & MASKED == 0 {
            return Some(Self {
                first,
                size,
                payload,
                mask: None,
            });
        }
        let mask = Some(*bytes.get(size..)?.first_chunk()?);
        Some(Self {
            first,
            size: size + 4,
            payload,
            mask,
        })
    }

    /// Whether this frame asks for the end of the connection.
    pub fn is_close(&self) -> bool {
        self.first & 0xF == CLOSE
    }

    /// Bytes of head and payload together.
    pub fn frame(&self) -> usize {
        self.size.saturating_add(self.payload)
    }
}

/// A binary frame as a client sends it, with `payload` bytes.
pub fn from_client(payload: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(LONGEST_HEAD + payload);
    put_head(&mut frame, 0x82, payload, MASKED);
    frame.resize(frame.len() + 4 + payload, 0);
    frame
}

/// The size of the server's frame around `payload` bytes.
pub fn size_from_server(payload: usize) -> usize {
    let mut head = Vec::with_capacity(LONGEST_HEAD);
    put_head(&mut head, 0x82, payload, 0);
    head.len() + payload
}

/// Writes the server's echo of a client's frame to `out`; a ping is answered with a pong.
pub fn echo(head: &Head, payload: &[u8], out: &mut Vec<u8>) {
    let first = if head.first & 0xF == PING {
        head.first & 0xF0 | PONG
    } else {
        head.first
    };
    put_head(out, first, payload.len(), 0);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(mask) = head.mask.filter(|mask| mask != &[0; 4]) {
        unmask(&mut out[start..], mask);
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

fn put_head(out: &mut Vec<u8>, first: u8, payload: usize, masked: u8) {
    out.push(first);
    match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short @ ..126), _) => out.push(masked | short),
        (_, Ok(middle)) => {
            out.push(masked | 126);
            out.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(payload as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: usize, head: usize) {
        let frame = from_client(payload);
        let parsed = Head::parse(&frame).unwrap();
        assert_eq!((parsed.size, parsed.payload), (head, payload));
        assert_eq!(parsed.frame(), frame.len());
        assert_eq!(size_from_server(payload), head - 4 + payload);
    }

    #[test]
    fn heads_of_all_lengths_are_read_back() {
        check(0, 6);
        check(125, 6);
        check(126, 8);
        check(65_535, 8);
        check(65_536, 14);
    }

    #[test]
    fn an_incomplete_head_is_waited_for() {
        let frame = from_client(200);
        assert!((0..8).all(|cut| Head::parse(&frame[..cut]).is_none()));
    }

    #[test]
    fn a_masked_frame_is_echoed_in_the_clear() {
        let head = Head {
            first: 0x81,
            size: 6,
            payload: 2,
            mask: Some([1, 2, 3, 4]),
        };
        let mut out = Vec::new();
        echo(&head, &[b'h' ^ 1, b'i' ^ 2], &mut out);
        assert_eq!(out, [0x81, 2, b'h', b'i']);
    }

    #[test]
    fn a_ping_is_answered_with_a_pong() {
        let mut out = Vec::new();
        echo(
            &Head {
                first: 0x89,
                size: 2,
                payload: 0,
                mask: None,
            },
            &[],
            &mut out,
        );
        assert_eq!(out, [0x8A, 0]);
    }
}
