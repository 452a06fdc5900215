//! Calls of `webhook` and `jobs`: requests in, and the work they leave behind.

use super::{Plugin, exports};
use crate::call::{Ask, CallError};
use crate::host::{self, State};
use crate::wit::webhook::{Outcome, Request, Response, Route};

impl Plugin {
    /// The paths wanted under a configuration, as JSON.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn routes(&self, ask: &Ask, config: String) -> Result<Vec<Route>, CallError> {
        let export = self.as_webhook()?.routes;
        let (routes,) = self.call(ask, export, |_| (config,)).await?;
        Ok(routes?)
    }

    /// Answers a request. Dropping the future cancels the call.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn handle_webhook(&self, ask: &Ask, request: Request) -> Result<Outcome, CallError> {
        let export = self.as_webhook()?.handle;
        let through = host::plugins_in(&request.headers);
        let prepare = |state: &mut State| state.came_through(through);
        let arguments = |ctx| (ctx, request);
        let handled = self.call_prepared(ask, export, prepare, arguments);
        let (outcome,) = handled.await?;
        self.fits(outcome?, weight)
    }

    /// Does what a timer or a webhook's answer left to be done. Idempotent for one id of `ask`.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn run_job(&self, ask: &Ask, name: String, payload: String) -> Result<(), CallError> {
        let jobs = self.loaded.exports.jobs.ok_or(CallError::Absent("jobs"))?;
        let arguments = |ctx| (ctx, name, payload);
        let (done,) = self.call(ask, jobs.run, arguments).await?;
        Ok(done?)
    }

    fn as_webhook(&self) -> Result<exports::Webhook, CallError> {
        self.loaded
            .exports
            .webhook
            .ok_or(CallError::Absent("webhook"))
    }
}

fn weight(outcome: &Outcome) -> usize {
    let response = |response: &Response| {
        let headers = response.headers.iter();
        let headers = headers.map(|(name, value)| name.len() + value.len());
        response.body.len() + headers.sum::<usize>()
    };
    match outcome {
        Outcome::Reply(reply) => response(reply),
        Outcome::ReplyThen((reply, name, payload)) => response(reply) + name.len() + payload.len(),
        Outcome::Pass => 0,
    }
}
