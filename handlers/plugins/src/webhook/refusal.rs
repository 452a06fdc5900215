//! How a request ends that a plugin did not answer, or not well.
//!
//! The one place where a status is chosen. The surprise: the answers say nothing of why, because a stranger reads them;
//! the log does.

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use overgrow_handler::Body;
use overgrow_keep::KeepError;

use super::response::Unfit;
use crate::call::CallError;

/// How a request ends without a plugin's answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// No such plugin is loaded.
    #[error("the plugin is not loaded")]
    Absent,
    /// The plugin takes other methods at this path.
    #[error("the plugin takes {0}")]
    Method(String),
    /// The body is larger than the plugin's route takes, bytes.
    #[error("the body is larger than {0} bytes")]
    Large(u64),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// HTTP has no such answer.
    #[error("the plugin's answer cannot be sent: {0}")]
    Unfit(#[from] Unfit),
    /// The plugin leaves work behind and has nothing to do it with.
    #[error("the plugin left the job `{0}` behind and exports no `jobs`")]
    NoJobs(String),
    /// The plugin leaves work behind and it could not be kept.
    #[error("the job could not be kept: {0}")]
    NotKept(#[from] KeepError),
    /// The plugin leaves work behind and there is nowhere to keep it.
    #[error("there is no folder to keep jobs in")]
    Nowhere,
    /// The plugin passed, after it saw more of the body than can be sent again.
    #[error("the plugin passed on a body that is too large to be sent again")]
    Late,
}

impl Refusal {
    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status();
        let text = status.canonical_reason().unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Self::Method(methods) = &self
            && let Ok(allow) = HeaderValue::from_str(methods)
        {
            headers.insert(ALLOW, allow);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }

    /// Whether the operator should hear of it; what a stranger can bring about at will is not worth a line.
    pub(super) fn is_news(&self) -> bool {
        !matches!(self, Self::Method(_) | Self::Large(_) | Self::Absent)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Large(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Call(error) => of(error),
            Self::Unfit(_) | Self::NoJobs(_) | Self::Late => StatusCode::BAD_GATEWAY,
            Self::Absent | Self::NotKept(_) | Self::Nowhere => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The status for a call that failed.
pub(crate) fn of(error: &CallError) -> StatusCode {
    match error {
        CallError::Deadline(_) => StatusCode::GATEWAY_TIMEOUT,
        CallError::Busy | CallError::Gone => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn failures_have_their_status_and_leak_nothing() {
        let secret = || "s3cret".to_owned();
        let failed = CallError::Failed {
            code: secret(),
            message: secret(),
            retry: crate::call::Retry::Never,
        };
        let cases = [
            (CallError::Trap(secret()).into(), 500),
            (CallError::Memory(1).into(), 500),
            (CallError::Answer(1).into(), 500),
            (CallError::Absent("webhook").into(), 500),
            (failed.into(), 500),
            (CallError::Deadline(Duration::ZERO).into(), 504),
            (CallError::Busy.into(), 503),
            (CallError::Gone.into(), 503),
            (Refusal::Absent, 503),
            (Refusal::Nowhere, 503),
            (KeepError::Closed.into(), 503),
            (Unfit::Header(secret()).into(), 502),
            (Refusal::NoJobs(secret()), 502),
            (Refusal::Late, 502),
            (Refusal::Large(1), 413),
        ];
        for (refusal, status) in cases {
            let refusal: Refusal = refusal;
            let response = refusal.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(
                response.headers()["content-type"],
                "text/plain; charset=utf-8"
            );
            let body = response
                .into_body()
                .collect()
                .await
                .expect("whole")
                .to_bytes();
            assert!(!body.is_empty() && !body.windows(6).any(|part| part == b"s3cret"));
        }
    }

    #[test]
    fn another_method_is_told_which() {
        let response = Refusal::Method("GET, POST".to_owned()).into_response();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "GET, POST");
    }
}
