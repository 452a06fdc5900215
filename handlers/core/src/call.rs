//! What a handler is told about the call besides the request itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderValue;

use crate::Effects;

/// Travels in the extensions of every request that reaches a handler.
#[derive(Debug, Clone)]
pub struct Call {
    /// Id of the route that matched.
    pub route: Arc<str>,
    /// Names the request in logs, in error answers and at the legacy.
    pub request_id: RequestId,
    /// The client's address, after trusted proxies.
    pub client: IpAddr,
    /// Whether a client waits for the answer.
    pub role: Role,
    /// When the answer's head must be there; past it the future is dropped.
    pub deadline: Instant,
    /// The way to the world; in a shadow call it may only record.
    pub effects: Effects,
}

/// Whether a call answers a client or only a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The answer goes to the client.
    Primary,
    /// The answer is compared and thrown away.
    Shadow,
}

/// A request id: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Longest id taken from a peer; a longer one is a payload, not a name.
    pub const MAX: usize = 128;

    /// Takes an id that a peer sent; `None` when it is empty, too long or not visible ASCII.
    pub fn accept(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let fits = (1..=Self::MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        fits.then(|| Self(value.clone()))
    }

    /// Makes an id of 32 hexadecimal digits from 128 random bits.
    pub fn from_bits(bits: u128) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (place, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[(bits >> (124 - 4 * place)) as usize & 15];
        }
        Self(HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-")))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("-")
    }

    /// The id as a header value, without a copy.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_written_as_32_hex_digits() {
        assert_eq!(
            RequestId::from_bits(0xabc).as_str(),
            format!("{:032x}", 0xabc)
        );
        assert_eq!(RequestId::from_bits(u128::MAX).as_str(), "f".repeat(32));
    }

    #[test]
    fn a_sent_id_must_be_short_and_visible() {
        let accept =
            |text: &str| RequestId::accept(&HeaderValue::from_str(text).unwrap()).is_some();
        assert!(accept("abc-123"));
        assert!(!accept(""));
        assert!(!accept("with space"));
        assert!(!accept(&"x".repeat(129)));
        assert!(RequestId::accept(&HeaderValue::from_bytes(b"\xff").unwrap()).is_none());
    }
}
