//! Reads a body to its end, under a cap.

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use overgrow_handler::{Body, BoxError};

use crate::answer::Refusal;

/// The whole body, or the refusal of one that is too large.
///
/// # Errors
/// When the client is gone.
pub(crate) async fn body(body: Body, most: usize) -> Result<Result<Bytes, Refusal>, BoxError> {
    // What says so at once need not be read.
    if body.size_hint().lower() > most as u64 {
        return Ok(Err(Refusal::too_large(most)));
    }
    match Limited::new(body, most).collect().await {
        Ok(whole) => Ok(Ok(whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(Err(Refusal::too_large(most))),
        Err(error) => Err(error),
    }
}
