//! Makes a version of a file: loads it and asks it everything that it must answer before it may replace another.
//!
//! It puts nothing in anybody's hands. The surprise: all questions are asked in plan mode, so that a plugin which is
//! turned down has done nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use overgrow_handler::Effects;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::fault::Fault;
use super::version::{Component, Tool, Version};
use crate::artifact::Trust;
use crate::call::{Ask, CallError};
use crate::engine::Engine;
use crate::grant::Grant;
use crate::hands::Hands;
use crate::plugin::{LoadError, Plugin};
use crate::web::WebComponent;
use crate::webhook::Routes;
use crate::wit::channel::ChannelInfo;
use crate::wit::tool::Definition;

/// What plugins are made with.
#[derive(Debug, Clone)]
pub(crate) struct Workshop {
    pub(crate) engine: Engine,
    pub(crate) hands: Hands,
    pub(crate) trust: Trust,
}

/// What may become a version.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) wasm: Arc<[u8]>,
    pub(crate) signature: Option<String>,
    pub(crate) grant: Grant,
    /// Its configuration, JSON.
    pub(crate) document: Arc<str>,
}

/// Time for all questions together, compiling apart.
const PATIENCE: Duration = Duration::from_secs(20);

impl Workshop {
    /// Makes a version. Dropping the future gives up.
    ///
    /// # Errors
    /// As [`Fault`] says; nothing has happened then.
    pub(crate) async fn version(&self, candidate: Candidate) -> Result<Version, Fault> {
        let Candidate { wasm, .. } = &candidate;
        self.trust.check(wasm, candidate.signature.as_deref())?;
        match self.plugin(&candidate).await {
            // Whatever has no `lifecycle` is no plugin of ours, and may still answer requests.
            Err(LoadError::Export(missing)) => match self.web(&candidate).await {
                Ok(component) => Ok(alone(component, &candidate)),
                Err(_) => Err(LoadError::Export(missing).into()),
            },
            Err(error) => Err(error.into()),
            Ok(plugin) => asked(plugin, candidate).await,
        }
    }

    async fn plugin(&self, of: &Candidate) -> Result<Plugin, LoadError> {
        let wasm = Arc::clone(&of.wasm);
        let (grant, hands) = (of.grant.clone(), self.hands.clone());
        Plugin::load(&self.engine, &of.name, wasm, grant, hands).await
    }

    async fn web(&self, of: &Candidate) -> Result<WebComponent, LoadError> {
        let wasm = Arc::clone(&of.wasm);
        let (grant, hands) = (of.grant.clone(), self.hands.clone());
        WebComponent::load(&self.engine, &of.name, wasm, grant, hands).await
    }
}

/// Everything that a plugin must answer.
async fn asked(plugin: Plugin, candidate: Candidate) -> Result<Version, Fault> {
    let ask = question();
    Ok(Version {
        sha256: candidate.sha256(),
        routes: routes(&plugin, &ask, &candidate.document).await?,
        channel: channel(&plugin, &ask).await?,
        tools: tools(&plugin, &ask).await?,
        events: events(&plugin, &ask).await?,
        component: Component::Plugin(plugin),
        document: candidate.document,
    })
}

/// A component that knows no contract has nothing to be asked.
fn alone(component: WebComponent, candidate: &Candidate) -> Version {
    Version {
        component: Component::Web(component),
        sha256: candidate.sha256(),
        document: Arc::clone(&candidate.document),
        routes: Routes::default(),
        channel: None,
        tools: Vec::new(),
        events: Vec::new(),
    }
}

impl Candidate {
    fn sha256(&self) -> String {
        hexadecimal(digest(&SHA256, &self.wasm).as_ref())
    }
}

fn question() -> Ask {
    let (effects, _plan) = Effects::planning();
    Ask {
        id: "load".to_owned(),
        attempt: 1,
        deadline: Instant::now() + PATIENCE,
        account: None,
        effects,
    }
}

/// The configuration is checked first: routes under a bad one mean nothing.
async fn routes(plugin: &Plugin, ask: &Ask, document: &str) -> Result<Routes, Fault> {
    let checked = plugin.check_config(ask, document.to_owned()).await;
    let problems = checked.map_err(failed("check-config"))?;
    if !problems.is_empty() {
        return Err(Fault::Config(problems));
    }
    if !plugin.exports().contains(&"webhook") {
        return Ok(Routes::default());
    }
    let routes = plugin.routes(ask, document.to_owned()).await;
    let routes = routes.map_err(failed("routes"))?;
    Ok(Routes::new(plugin.name(), routes, &plugin.grant().webhook)?)
}

async fn channel(plugin: &Plugin, ask: &Ask) -> Result<Option<ChannelInfo>, Fault> {
    if !plugin.exports().contains(&"channel") {
        return Ok(None);
    }
    let info = plugin.channel(ask).await.map_err(failed("channel"))?;
    match info.id.is_empty() {
        true => Err(Fault::Channel),
        false => Ok(Some(info)),
    }
}

async fn tools(plugin: &Plugin, ask: &Ask) -> Result<Vec<Tool>, Fault> {
    if !plugin.exports().contains(&"tool") {
        return Ok(Vec::new());
    }
    let definitions = plugin.tools(ask).await.map_err(failed("definitions"))?;
    let mut tools: Vec<Tool> = Vec::with_capacity(definitions.len());
    for definition in definitions {
        if tools
            .iter()
            .any(|tool| tool.definition.name == definition.name)
        {
            return Err(wrong(&definition, "is there twice"));
        }
        tools.push(tool(definition)?);
    }
    Ok(tools)
}

async fn events(plugin: &Plugin, ask: &Ask) -> Result<Vec<String>, Fault> {
    if !plugin.exports().contains(&"events") {
        return Ok(Vec::new());
    }
    let names = plugin.subscriptions(ask).await;
    names.map_err(failed("subscribe"))
}

/// What the gateway's models take for a tool: a name, and the schema of an object.
fn tool(definition: Definition) -> Result<Tool, Fault> {
    if definition.name.is_empty() || definition.name != definition.name.trim() {
        return Err(wrong(&definition, "has no proper name"));
    }
    let schema: Value = serde_json::from_str(&definition.parameters).map_err(|error| {
        wrong(
            &definition,
            format!("has parameters that are no JSON: {error}"),
        )
    })?;
    if !schema.is_object() || schema.get("type").is_some_and(|kind| kind != "object") {
        return Err(wrong(
            &definition,
            "has parameters that are not the schema of an object",
        ));
    }
    Ok(Tool { definition, schema })
}

fn wrong(definition: &Definition, why: impl Into<String>) -> Fault {
    Fault::Tool {
        tool: definition.name.clone(),
        why: why.into(),
    }
}

fn failed(asked: &'static str) -> impl FnOnce(CallError) -> Fault {
    move |error| Fault::Call { asked, error }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, parameters: &str) -> Result<(), String> {
        let definition = Definition {
            name: name.to_owned(),
            label: String::new(),
            description: String::new(),
            parameters: parameters.to_owned(),
            effect: false,
        };
        tool(definition)
            .map(drop)
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_tool_has_a_name_and_the_schema_of_an_object() {
        assert_eq!(made("t", r#"{"type":"object"}"#), Ok(()));
        assert_eq!(made("t", "{}"), Ok(()));
        for (name, parameters) in [
            ("", r#"{"type":"object"}"#),
            (" t", r#"{"type":"object"}"#),
            ("t", "{"),
            ("t", r#"{"type":"string"}"#),
            ("t", "[]"),
        ] {
            made(name, parameters).expect_err(parameters);
        }
    }

    #[test]
    fn hashes_are_written_as_sha256sum_does() {
        let hash = hexadecimal(digest(&SHA256, b"").as_ref());
        assert!(hash.starts_with("e3b0c442") && hash.len() == 64);
    }
}
