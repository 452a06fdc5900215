//! What a body says.

use overgrow_handler::{Body, BoxError};

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::js::trim_str;
use crate::json::{Document, Kind};
use crate::reply::Reply;
use crate::stop::Stop;

/// Reads a body of at most `most` bytes; one that says that it is larger is not read at all.
///
/// # Errors
/// When it is larger, or breaks off.
pub(crate) async fn read(body: Body, most: u64) -> Result<Bytes, Stop> {
    if body.size_hint().lower() > most {
        return Err(Reply::TooLarge.into());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let collected = Limited::new(body, most).collect().await;
    Ok(collected.map_err(unread)?.to_bytes())
}

fn unread(error: BoxError) -> Stop {
    if error.is::<LengthLimitError>() {
        return Reply::TooLarge.into();
    }
    Stop::Fail(error)
}

/// The payload of a body: what is not UTF-8 becomes U+FFFD, an empty body and what is neither an object nor an array
/// become an empty object.
///
/// # Errors
/// The answer when it is no JSON, whatever hook it is for.
pub(crate) fn parse(body: &[u8]) -> Result<Document, Reply> {
    let text = String::from_utf8_lossy(body);
    let source = trim_str(&text);
    if source.is_empty() {
        return Ok(Document::of_texts([]));
    }
    let document = Document::parse(source).map_err(|fault| Reply::Bad(fault.words(source)))?;
    match document.root().kind() {
        Kind::Object | Kind::Array => Ok(document),
        _ => Ok(Document::of_texts([])),
    }
}
