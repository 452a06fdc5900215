//! The answers of `/tools/invoke`, byte for byte as the gateway gives them.
//!
//! They know nothing of why. The surprise: a tool that fails is the caller's 400, because that is what a JavaScript tool
//! that throws is; only what the host is to blame for is a 5xx.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use overgrow_handler::Body;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::CallError;
use crate::webhook::status_of;
use crate::wit::tool::{Content, Output};

/// One of the answers.
#[derive(Debug)]
pub(super) enum Reply {
    /// Tools are posted.
    Method,
    /// The body names no tool.
    NoTool,
    /// The body is larger than may be. The gateway means to say this, but closes the connection before it does.
    Large,
    /// What the tool gave.
    Done(Answer),
    /// The tool says that it failed, in its own words.
    Failed(String),
    /// The call failed.
    Broken(CallError),
}

/// What a tool gave, as the gateway's JavaScript tools give it.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    content: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Item {
    Text {
        text: String,
    },
    Image {
        data: String,
        #[serde(rename = "mimeType")]
        mime_type: String,
    },
}

#[derive(Serialize)]
struct Done {
    ok: bool,
    result: Answer,
}

impl Reply {
    /// Of what a call of a tool gave.
    pub(super) fn of(called: Result<Output, CallError>) -> Self {
        let output = match called {
            Ok(output) => output,
            Err(CallError::Failed { message, .. }) => return Self::Failed(message),
            Err(error) => return Self::Broken(error),
        };
        if output.is_error {
            return Self::Failed(words(&output.content));
        }
        match Answer::of(output) {
            Some(answer) => Self::Done(answer),
            None => Self::Failed("the tool answered what is no JSON".to_owned()),
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if matches!(self, Self::Method) {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        let kind = match self {
            Self::Method => "text/plain; charset=utf-8",
            _ => "application/json; charset=utf-8",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response.map(|_| self.body())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Done(_) => StatusCode::OK,
            Self::NoTool | Self::Failed(_) => StatusCode::BAD_REQUEST,
            Self::Broken(error) => status_of(error),
        }
    }

    fn body(self) -> Body {
        match self {
            Self::Method => Body::from("Method Not Allowed"),
            Self::NoTool => invalid("tools.invoke requires body.tool"),
            Self::Large => invalid("payload too large"),
            Self::Done(result) => {
                let done = Done { ok: true, result };
                Body::from(serde_json::to_vec(&done).unwrap_or_default())
            }
            Self::Failed(message) => failed(&message),
            Self::Broken(error) => failed(public(&error)),
        }
    }
}

impl Answer {
    /// `None` when something in it should be JSON and is not.
    fn of(output: Output) -> Option<Self> {
        let details = output.details.map(|details| serde_json::from_str(&details));
        Some(Self {
            details: details.transpose().ok()?,
            content: output
                .content
                .into_iter()
                .map(item)
                .collect::<Option<_>>()?,
        })
    }
}

/// A document becomes the text that the gateway's own tools make of one.
fn item(content: Content) -> Option<Item> {
    Some(match content {
        Content::Text(text) => Item::Text { text },
        Content::Json(json) => {
            let value: Value = serde_json::from_str(&json).ok()?;
            let text = serde_json::to_string_pretty(&value).ok()?;
            Item::Text { text }
        }
        Content::Image((mime_type, bytes)) => Item::Image {
            data: STANDARD.encode(bytes),
            mime_type,
        },
    })
}

fn words(content: &[Content]) -> String {
    let word = |content: &Content| match content {
        Content::Text(text) | Content::Json(text) => Some(text.clone()),
        Content::Image(_) => None,
    };
    let words: Vec<_> = content.iter().filter_map(word).collect();
    match words.is_empty() {
        true => "the tool failed".to_owned(),
        false => words.join("\n"),
    }
}

/// What a stranger may know; the log has the rest.
fn public(error: &CallError) -> &'static str {
    match error {
        CallError::Deadline(_) => "the tool was not done in time",
        CallError::Busy => "the tool is busy",
        CallError::Gone => "the tool is not there",
        _ => "the tool failed",
    }
}

fn invalid(message: &str) -> Body {
    // Written out, since the gateway writes the message first.
    let message = json!(message);
    Body::from(format!(
        r#"{{"error":{{"message":{message},"type":"invalid_request_error"}}}}"#
    ))
}

fn failed(message: &str) -> Body {
    let message = json!(message);
    Body::from(format!(
        r#"{{"ok":false,"error":{{"type":"tool_error","message":{message}}}}}"#
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;
    use crate::call::Retry;

    async fn told(reply: Reply) -> (u16, String) {
        let response = reply.into_response();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("whole");
        let text = String::from_utf8(body.to_bytes().to_vec()).expect("text");
        (status, text)
    }

    fn output(content: Vec<Content>, details: Option<&str>, is_error: bool) -> Output {
        Output {
            content,
            details: details.map(str::to_owned),
            is_error,
        }
    }

    #[tokio::test]
    async fn content_is_as_the_gateways_tools_give_it() {
        let content = vec![
            Content::Text("hi".to_owned()),
            Content::Json(r#"{"a":[1,{}]}"#.to_owned()),
            Content::Image(("image/png".to_owned(), vec![1, 2])),
        ];
        let (status, body) = told(Reply::of(Ok(output(content, Some(r#"{"x":1}"#), false)))).await;
        assert_eq!(status, 200);
        let pretty = r#"{\n  \"a\": [\n    1,\n    {}\n  ]\n}"#;
        let expect = format!(
            r#"{{"ok":true,"result":{{"content":[{{"type":"text","text":"hi"}},{{"type":"text","text":"{pretty}"}},{{"type":"image","data":"AQI=","mimeType":"image/png"}}],"details":{{"x":1}}}}}}"#
        );
        assert_eq!(body, expect);
        let (_, body) = told(Reply::of(Ok(output(Vec::new(), None, false)))).await;
        assert_eq!(body, r#"{"ok":true,"result":{"content":[]}}"#);
    }

    #[tokio::test]
    async fn a_tool_that_fails_is_the_callers_400() {
        let failed = CallError::Failed {
            code: "bad".to_owned(),
            message: "no \"such\" city".to_owned(),
            retry: Retry::Never,
        };
        let expect = r#"{"ok":false,"error":{"type":"tool_error","message":"no \"such\" city"}}"#;
        assert_eq!(told(Reply::of(Err(failed))).await, (400, expect.to_owned()));
        let said = output(vec![Content::Text("no".to_owned())], None, true);
        let (status, body) = told(Reply::of(Ok(said))).await;
        assert!(
            status == 400 && body.contains(r#""message":"no""#),
            "{body}"
        );
        let broken = output(vec![Content::Json("{".to_owned())], None, false);
        assert_eq!(told(Reply::of(Ok(broken))).await.0, 400);
    }

    #[tokio::test]
    async fn what_the_host_is_to_blame_for_is_a_5xx_that_tells_nothing() {
        let cases = [
            (CallError::Trap("s3cret".to_owned()), 500),
            (CallError::Deadline(Duration::ZERO), 504),
            (CallError::Busy, 503),
        ];
        for (error, expect) in cases {
            let (status, body) = told(Reply::of(Err(error))).await;
            assert!(status == expect && !body.contains("s3cret"), "{body}");
        }
    }

    #[tokio::test]
    async fn refusals_are_the_gateways() {
        let no_tool = r#"{"error":{"message":"tools.invoke requires body.tool","type":"invalid_request_error"}}"#;
        assert_eq!(told(Reply::NoTool).await, (400, no_tool.to_owned()));
        assert_eq!(
            told(Reply::Method).await,
            (405, "Method Not Allowed".to_owned())
        );
        assert_eq!(told(Reply::Large).await.0, 413);
    }
}
