//! The provider's methods: `POST BASE/botTOKEN/METHOD` with JSON, answered `{"ok", "result", "error_code", "description"}`.
//!
//! The token never comes near: the host puts it into the URL. An answer counts by what it says, not by its status, as it
//! does for the legacy; the status only helps to tell whether another try may.

use std::time::Duration;

use overgrow_sdk::host::secrets::Secret;
use overgrow_sdk::{Failure, http, secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::settings::{Account, Settings, Webhook};

/// Where the token goes in a URL; no letter of it needs an escape.
const TOKEN: &str = "__token__";

/// Where the webhook's secret goes in a body.
const WEBHOOK_SECRET: &str = "__webhook-secret__";

/// The error that says that nothing came while we waited.
const NOTHING_CAME: i64 = 408;

/// What a poll waits at most, as the legacy's do.
pub(crate) const POLL: Duration = Duration::from_secs(30);

/// What an answer may come late after its poll has waited.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    ok: bool,
    result: Option<Value>,
    error_code: Option<i64>,
    description: Option<String>,
}

/// The way to one bot.
pub(crate) struct Bot<'a> {
    base: &'a str,
    token: Secret,
}

impl<'a> Bot<'a> {
    /// Fails when the operator granted no token.
    pub(crate) fn open(settings: &'a Settings, account: &Account) -> Result<Self, Failure> {
        Ok(Self {
            base: &settings.api,
            token: secret::open(&account.token)?,
        })
    }

    /// Sends a text of at most 2000 units; gives its id.
    pub(crate) fn send_message(&self, chat: &str, text: &str) -> Result<String, Failure> {
        message_id(self.call("sendMessage", &json!({ "chat_id": chat, "text": text }))?)
    }

    /// Has the provider fetch a picture; gives the message's id.
    pub(crate) fn send_photo(
        &self,
        chat: &str,
        url: &str,
        caption: Option<&str>,
    ) -> Result<String, Failure> {
        let mut photo = json!({ "chat_id": chat, "photo": url });
        if let Some(caption) = caption {
            photo["caption"] = caption.into();
        }
        message_id(self.call("sendPhoto", &photo)?)
    }

    /// Waits for one update; `None` when none came.
    pub(crate) fn get_update(&self, wait: Duration) -> Result<Option<Value>, Failure> {
        // A number in a text: so does the provider have it.
        let body = json!({ "timeout": wait.as_secs().to_string() });
        let sent = self
            .request("getUpdates")
            .json(&body)
            .timeout(wait + SLACK)
            .send();
        match read(sent?, "getUpdates") {
            Err(Refusal::NothingCame) => Ok(None),
            given => Ok(given?.filter(|result| !result.is_null())),
        }
    }

    /// Tells the provider where to send updates.
    pub(crate) fn set_webhook(&self, webhook: &Webhook) -> Result<(), Failure> {
        let shown = secret::open(&webhook.secret)?;
        let body = json!({ "url": webhook.url, "secret_token": WEBHOOK_SECRET });
        let request = self.request("setWebhook").json(&body);
        read(
            request.secret_in_body(WEBHOOK_SECRET, &shown).send()?,
            "setWebhook",
        )?;
        Ok(())
    }

    /// Tells the provider to keep updates for those who poll.
    pub(crate) fn delete_webhook(&self) -> Result<(), Failure> {
        let request = self
            .request("deleteWebhook")
            .header("Content-Type", "application/json");
        read(request.send()?, "deleteWebhook")?;
        Ok(())
    }

    fn call(&self, method: &str, body: &Value) -> Result<Value, Failure> {
        let result = read(self.request(method).json(body).send()?, method)?;
        // A success without a result is none: what was sent has no id then.
        result.ok_or_else(|| Failure::transient("zalo-answer", format!("{method}: no result")))
    }

    fn request(&self, method: &str) -> http::Request<'_> {
        let url = format!("{}/bot{TOKEN}/{method}", self.base);
        http::post(url).secret_in_url(TOKEN, &self.token)
    }
}

/// Why the provider did not do it.
#[derive(Debug)]
enum Refusal {
    NothingCame,
    Other(Failure),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NothingCame => Self::transient("zalo-408", "nothing came"),
            Refusal::Other(failure) => failure,
        }
    }
}

fn read(answer: http::Answer, method: &str) -> Result<Option<Value>, Refusal> {
    let (status, wait) = (answer.status(), answer.retry_after());
    let said = answer.json().map_err(Refusal::Other)?;
    judge(said, method, status, wait)
}

/// What an answer comes to: its result, or whose fault it is.
fn judge(
    said: Answer,
    method: &str,
    status: u16,
    wait: Option<Duration>,
) -> Result<Option<Value>, Refusal> {
    if said.ok {
        return Ok(said.result);
    }
    if said.error_code == Some(NOTHING_CAME) {
        return Err(Refusal::NothingCame);
    }
    let code = said
        .error_code
        .and_then(|code| u16::try_from(code).ok())
        .unwrap_or(status);
    let wait = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let why = said
        .description
        .unwrap_or_else(|| format!("Zalo API error: {method}"));
    Err(Refusal::Other(Failure::new(
        format!("zalo-{code}"),
        why,
        http::advice(code, wait),
    )))
}

fn message_id(result: Value) -> Result<String, Failure> {
    match &result["message_id"] {
        Value::String(id) => Ok(id.clone()),
        Value::Number(id) => Ok(id.to_string()),
        // It is out: sending it again would be worse than not knowing what it is called.
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use overgrow_sdk::RetryAdvice;

    fn refused(said: Value, status: u16, wait: Option<u64>) -> Failure {
        let said = serde_json::from_value(said).expect("an answer");
        let wait = wait.map(Duration::from_millis);
        judge(said, "sendMessage", status, wait)
            .expect_err("refused")
            .into()
    }

    #[test]
    fn what_an_answer_says_counts_and_not_its_status() {
        let said = serde_json::from_value(json!({ "ok": true, "result": { "message_id": "m" } }))
            .expect("an answer");
        let result = judge(said, "sendMessage", 500, None)
            .expect("done")
            .expect("a result");
        assert_eq!(message_id(result).expect("an id"), "m");
        let failure = refused(
            json!({ "ok": false, "error_code": 401, "description": "Unauthorized" }),
            200,
            None,
        );
        assert_eq!(failure.line(), "zalo-401: Unauthorized");
        assert!(!failure.is_transient());
    }

    #[test]
    fn a_busy_provider_is_asked_again_when_it_says() {
        let failure = refused(json!({ "ok": false, "error_code": 429 }), 200, Some(7000));
        assert!(matches!(failure.retry, RetryAdvice::After(7000)));
        assert_eq!(failure.message, "Zalo API error: sendMessage");
        assert!(refused(json!({}), 502, None).is_transient());
        assert!(!refused(json!({}), 200, None).is_transient());
    }

    #[test]
    fn nothing_came_is_no_fault() {
        let said =
            serde_json::from_value(json!({ "ok": false, "error_code": 408 })).expect("an answer");
        assert!(matches!(
            judge(said, "getUpdates", 200, None),
            Err(Refusal::NothingCame)
        ));
    }
}
