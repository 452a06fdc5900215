//! Calls of `lifecycle`, `tool` and `events`.

use super::{Plugin, exports};
use crate::call::{Ask, CallError};
use crate::wit::events::Verdict;
use crate::wit::lifecycle::Problem;
use crate::wit::tool::{Content, Definition, Invocation, Output};

impl Plugin {
    /// What is wrong with a configuration, given as JSON; nothing, if it is fine.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn check_config(&self, ask: &Ask, config: String) -> Result<Vec<Problem>, CallError> {
        let export = self.loaded.exports.lifecycle.check_config;
        let (problems,) = self.call(ask, export, |_| (config,)).await?;
        Ok(problems)
    }

    /// The tools it offers.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn tools(&self, ask: &Ask) -> Result<Vec<Definition>, CallError> {
        let export = self.as_tool()?.definitions;
        let (tools,) = self.call(ask, export, |_| ()).await?;
        Ok(tools)
    }

    /// Calls a tool. Dropping the future cancels the call.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn invoke(&self, ask: &Ask, invocation: Invocation) -> Result<Output, CallError> {
        let export = self.as_tool()?.invoke;
        let (output,) = self.call(ask, export, |ctx| (ctx, invocation)).await?;
        self.fits(output?, weight)
    }

    /// Names of the gateway's events it wants to see.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn subscriptions(&self, ask: &Ask) -> Result<Vec<String>, CallError> {
        let export = self.as_events()?.subscribe;
        let (names,) = self.call(ask, export, |_| ()).await?;
        Ok(names)
    }

    /// Shows it an event, its payload as JSON.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn handle_event(
        &self,
        ask: &Ask,
        name: String,
        payload: String,
    ) -> Result<Verdict, CallError> {
        let export = self.as_events()?.handle;
        let arguments = |ctx| (ctx, name, payload);
        let (verdict,) = self.call(ask, export, arguments).await?;
        Ok(verdict?)
    }

    fn as_tool(&self) -> Result<exports::Tool, CallError> {
        self.loaded.exports.tool.ok_or(CallError::Absent("tool"))
    }

    fn as_events(&self) -> Result<exports::Events, CallError> {
        self.loaded
            .exports
            .events
            .ok_or(CallError::Absent("events"))
    }
}

fn weight(output: &Output) -> usize {
    let parts = output.content.iter().map(|part| match part {
        Content::Text(text) | Content::Json(text) => text.len(),
        Content::Image((mime, bytes)) => mime.len() + bytes.len(),
    });
    parts.sum::<usize>() + output.details.as_ref().map_or(0, String::len)
}
