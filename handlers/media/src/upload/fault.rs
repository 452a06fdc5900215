//! Why an upload is not kept, and how the client is told.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use overgrow_handler::{Body, BoxError};
use overgrow_store::StoreError;
use serde_json::{Value, json};

use super::helpers::Refusal;

/// Why an upload is not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("a file may have at most {0} bytes")]
    TooLarge(u64),
    #[error("there is no file in the request")]
    NoFile,
    #[error("the body broke off")]
    BrokenOff,
    #[error("not a form: {0}")]
    Form(multer::Error),
    #[error("not an object with a url: {0}")]
    Link(serde_json::Error),
    #[error("Content-Type says nothing")]
    Untyped,
    #[error("nobody here does that")]
    Unhelped,
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault {
    /// The answer to the client.
    ///
    /// # Errors
    /// When the fault is ours, which is the route's business.
    pub(super) fn answer(self) -> Result<Response<Body>, BoxError> {
        let Some(status) = self.status() else {
            return Err(self.into());
        };
        let body = json!({ "ok": false, "error": self.to_string() });
        Ok(answer(status, &body))
    }

    fn status(&self) -> Option<StatusCode> {
        Some(match self {
            Self::NoFile | Self::BrokenOff | Self::Form(_) | Self::Link(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge(_) | Self::Refusal(Refusal::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Untyped => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unhelped => StatusCode::NOT_IMPLEMENTED,
            Self::Refusal(Refusal::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refusal(Refusal::Failed(_)) => StatusCode::BAD_GATEWAY,
            Self::Store(StoreError::Full { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(StoreError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Store(_) => return None,
        })
    }
}

/// A JSON answer.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let body = body.to_string();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, body.len().into());
    response.map(|_| body.into())
}
