//! Bytes as JSON can hold them: text where they are UTF-8, else base64. Header values are Latin-1, one character a byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The name that HAR has for it.
const BASE64: &str = "base64";

/// The text and, unless it is the bytes themselves, its encoding.
pub(super) fn write(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (encode(bytes), Some(BASE64.to_owned())),
    }
}

/// The bytes of a text in an encoding.
pub(super) fn read(text: String, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        None | Some("") => Ok(text.into()),
        Some(BASE64) => decode(&text),
        Some(other) => Err(format!("the encoding {other:?} is not known, only base64")),
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Result<Bytes, String> {
    let bytes = STANDARD.decode(text);
    bytes
        .map(Bytes::from)
        .map_err(|error| format!("not base64: {error}"))
}

/// A header value as text.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// A header value's bytes. Text that is not Latin-1 was UTF-8 on the wire.
pub(super) fn header(text: &str) -> Bytes {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.unwrap_or_else(|_| text.as_bytes().to_vec()).into()
}
