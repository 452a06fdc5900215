//! Both plugins side by side: told the same, asked the same, and compared.

use anyhow::{Result, ensure};
use overgrow_tests::ask::Ask;
use overgrow_tests::legacy::VoiceCall;
use serde_json::Value;

use super::double::{Asked, Double};
use super::ours::Ours;
use super::provider::{ORIGIN, Provider, Webhook};

/// Ours and theirs, each with a double of the provider's API.
pub(crate) struct Sides {
    pub(crate) ours: Ours,
    pub(crate) theirs: Theirs,
    doubles: [Double; 2],
}

/// The legacy's plugin, told what the provider would tell it.
pub(crate) struct Theirs {
    plugin: VoiceCall,
    provider: Provider,
}

/// An answer to a webhook, as far as a provider reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

/// The ids of the same call on both sides, ours first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pair([String; 2]);

impl Sides {
    /// Starts both; `over` is laid over the provider's configuration, null takes away.
    pub(crate) async fn start(provider: Provider, over: Value) -> Result<Self> {
        let doubles = [Double::start().await?, Double::start().await?];
        let [ours, mut theirs] = doubles.each_ref().map(|double| {
            let mut config = provider.config(double);
            for (name, value) in over.as_object().into_iter().flatten() {
                match value {
                    Value::Null => drop(config.as_object_mut().map(|config| config.remove(name))),
                    value => config[name] = value.clone(),
                }
            }
            config
        });
        for account in theirs.as_object_mut().into_iter().flatten() {
            account.1.as_object_mut().map(|one| one.remove("apiBase"));
        }
        Ok(Self {
            ours: Ours::start(ours, "10s").await?,
            theirs: Theirs {
                plugin: VoiceCall::start(theirs, doubles[1].address).await?,
                provider,
            },
            doubles,
        })
    }

    /// Has both tools do the same; the ids of the call that comes of it.
    pub(crate) async fn both_invoke(&self, arguments: Value) -> Result<Pair> {
        self.both_invoke_about(&Pair::default(), |_| arguments.clone())
            .await
    }

    /// The same about a call.
    pub(crate) async fn both_invoke_about(
        &self,
        call: &Pair,
        arguments: impl Fn(&str) -> Value,
    ) -> Result<Pair> {
        let Pair([our_id, their_id]) = call;
        let ours = self.ours.invoke(&arguments(our_id)).await?;
        let theirs = self.theirs.plugin.invoke(&arguments(their_id)).await?;
        let theirs = theirs["details"].clone();
        let pair =
            [&ours, &theirs].map(|one| one["callId"].as_str().unwrap_or_default().to_owned());
        let (left, right) = (
            even(ours, our_id, &pair[0]),
            even(theirs, their_id, &pair[1]),
        );
        ensure!(
            left == right,
            "{}:\n ours {left}\ntheirs {right}",
            arguments("ID")
        );
        Ok(Pair(pair))
    }

    /// Tells both the same.
    pub(crate) async fn both_are_told(&self, webhook: &Webhook, call: &Pair) -> Result<()> {
        let Pair([our_id, their_id]) = call;
        let mut ours = self.ours.webhook(webhook, our_id).await?;
        let mut theirs = self.theirs.webhook(webhook, their_id).await?;
        for (told, id) in [(&mut ours, our_id), (&mut theirs, their_id)] {
            if !id.is_empty() {
                told.body = told.body.replace(id.as_str(), "ID");
            }
        }
        ensure!(
            ours == theirs,
            "{webhook:?}:\n ours {ours:?}\ntheirs {theirs:?}"
        );
        Ok(())
    }

    /// Both have the call that was made.
    pub(crate) fn both_know(&self, call: &Pair) -> Result<()> {
        ensure!(call.0.iter().all(|id| id.len() == 36), "no call: {call:?}");
        Ok(())
    }

    /// Whatever was asked of one provider was asked of the other, and that is so much.
    pub(crate) async fn both_asked_the_same(&self, count: usize) -> Result<()> {
        let [ours, theirs] = &self.doubles;
        let (ours, theirs) = (ours.asked(count).await?, theirs.asked(count).await?);
        let (left, right) = (lines(&ours), lines(&theirs));
        ensure!(left == right, " ours {left:#?}\ntheirs {right:#?}");
        ensure!(left.len() == count, "{count}: {left:#?}");
        Ok(())
    }
}

impl Theirs {
    pub(crate) async fn webhook(&self, webhook: &Webhook, id: &str) -> Result<Told> {
        let (sent, headers) = webhook.about(self.provider, id);
        // Theirs takes its address from here when it hands one out.
        let host = ORIGIN.trim_start_matches("https://");
        let mut request = Ask::new(sent.method, &sent.target()).header("host", host);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let answer = request
            .body(sent.body.clone())
            .send(self.plugin.webhooks())
            .await?;
        Ok(Told {
            status: answer.status(),
            content_type: answer.header("content-type").map(str::to_owned),
            body: answer.text(),
        })
    }
}

/// A payload without what is made up: ids and times.
fn even(payload: Value, known: &str, made: &str) -> Value {
    let mut text = payload.to_string();
    for id in [known, made] {
        if !id.is_empty() {
            text = text.replace(id, "ID");
        }
    }
    let mut payload = serde_json::from_str(&text).unwrap_or_default();
    timeless(&mut payload);
    payload
}

fn timeless(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "timestamp" | "startedAt" | "answeredAt" | "endedAt" => *member = 0.into(),
                    // Theirs are random where the provider gives none, ours say whose repeat would be the same.
                    "processedEventIds" => *member = member.as_array().map_or(0, Vec::len).into(),
                    _ => timeless(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        _ => {}
    }
}

/// Requests as text, without ids that were made up.
fn lines(asked: &[Asked]) -> Vec<String> {
    let uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    let Ok(uuid) = regex::Regex::new(uuid) else {
        return Vec::new();
    };
    // Theirs forgets which request has become which call, and takes back a request by the id of the call.
    let moot = |one: &&Asked| one.method == "DELETE" && one.path.contains("/Request/");
    let line = |one: &Asked| {
        let mut one = one.clone();
        // Theirs names a type for what it does not send.
        one.content_type = one
            .content_type
            .filter(|_| !one.body.as_array().is_some_and(Vec::is_empty));
        for made in ["command_id", "client_state"] {
            if let Some(id) = one.body.get_mut(made) {
                *id = "made up".into();
            }
        }
        let text = format!(
            "{} {} {} {:?} {}",
            one.method, one.path, one.by, one.content_type, one.body
        );
        uuid.replace_all(&text, "ID").into_owned()
    };
    asked.iter().filter(|one| !moot(one)).map(line).collect()
}
