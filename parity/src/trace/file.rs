//! HAR 1.2 as it stands in a file.
//!
//! What the format requires is always written. What can be done without has a default, because browsers leave things
//! out; a key that is read as an `Option` here may also be `null`.

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HarFile {
    pub(super) log: LogFile,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogFile {
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) creator: CreatorFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    pub(super) entries: Vec<EntryFile>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CreatorFile {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryFile {
    pub(super) started_date_time: Option<String>,
    /// Milliseconds.
    pub(super) time: Option<f64>,
    pub(super) request: RequestFile,
    pub(super) response: ResponseFile,
    #[serde(default)]
    pub(super) cache: Nothing,
    #[serde(default)]
    pub(super) timings: TimingsFile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(rename = "_resourceType", skip_serializing_if = "Option::is_none")]
    pub(super) resource_type: Option<String>,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<Vec<MessageFile>>,
    /// Ours.
    #[serde(rename = "_webSocketClose", skip_serializing_if = "Option::is_none")]
    pub(super) close: Option<CloseFile>,
    /// Ours: the messages are the beginning of the conversation.
    #[serde(
        rename = "_webSocketCut",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub(super) conversation_cut: bool,
}

/// An object without keys.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Nothing {}

/// Milliseconds; -1 where it does not apply.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TimingsFile {
    pub(super) send: Option<f64>,
    pub(super) wait: Option<f64>,
    pub(super) receive: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestFile {
    pub(super) method: String,
    pub(super) url: String,
    /// Ours: the target, where the URL does not say it exactly.
    #[serde(rename = "_target", skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<String>,
    pub(super) http_version: Option<String>,
    #[serde(default)]
    pub(super) cookies: Vec<HeaderFile>,
    #[serde(default)]
    pub(super) headers: Vec<HeaderFile>,
    #[serde(default)]
    pub(super) query_string: Vec<HeaderFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_data: Option<PostDataFile>,
    pub(super) headers_size: Option<i64>,
    pub(super) body_size: Option<i64>,
}

/// A header, a cookie or a parameter.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HeaderFile {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostDataFile {
    #[serde(default)]
    pub(super) mime_type: String,
    #[serde(default)]
    pub(super) params: Vec<serde_json::Value>,
    pub(super) text: Option<String>,
    /// Ours, `base64`: the format knows no bytes in a request.
    #[serde(
        rename = "_encoding",
        alias = "encoding",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) encoding: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseFile {
    /// 0 when there was no answer.
    pub(super) status: u16,
    #[serde(default)]
    pub(super) status_text: String,
    pub(super) http_version: Option<String>,
    #[serde(default)]
    pub(super) cookies: Vec<HeaderFile>,
    #[serde(default)]
    pub(super) headers: Vec<HeaderFile>,
    #[serde(default)]
    pub(super) content: ContentFile,
    #[serde(rename = "redirectURL")]
    pub(super) redirect_url: Option<String>,
    pub(super) headers_size: Option<i64>,
    pub(super) body_size: Option<i64>,
    /// As Chromium writes it: why there was no answer.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContentFile {
    pub(super) size: Option<i64>,
    pub(super) mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<String>,
    /// Ours: the text is the beginning of the body.
    #[serde(rename = "_cut", skip_serializing_if = "std::ops::Not::not")]
    pub(super) cut: bool,
}

/// As Chromium writes it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MessageFile {
    #[serde(rename = "type")]
    pub(super) way: String,
    /// Seconds since 1970.
    pub(super) time: Option<f64>,
    pub(super) opcode: i32,
    /// Base64 unless the opcode is 1.
    #[serde(default)]
    pub(super) data: String,
    /// Ours: the payload is as it was on the wire, compressed.
    #[serde(
        rename = "_compressed",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub(super) compressed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CloseFile {
    pub(super) code: u16,
    #[serde(default)]
    pub(super) reason: String,
}
