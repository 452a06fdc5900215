//! The webhook: answers at once, and has the update delivered behind the answer.

use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exports::overgrow::plugin::jobs::Guest as Jobs;
use crate::exports::overgrow::plugin::webhook::{
    Guest as Webhooks, Outcome, PathMatch, Request, Route,
};
use crate::settings::{Account, Settings, plain_path};
use crate::{Zalo, answer, complain, current, deliver};

/// Name of the work behind an answer.
const UPDATE: &str = "update";

/// Its payload.
#[derive(Serialize, Deserialize)]
struct Taken {
    account: String,
    update: Value,
}

impl Webhooks for Zalo {
    /// Each path as the provider calls it, so that the operator grants what the settings say.
    fn routes(config: String) -> Result<Vec<Route>, Failure> {
        let (settings, faults) = Settings::read(&config);
        complain(&faults);
        Ok(settings.paths().into_iter().map(route).collect())
    }

    fn handle(_: CallContext, req: Request) -> Result<Outcome, Failure> {
        let settings = current();
        let path = plain_path(&req.path);
        if settings.at(&path).next().is_none() {
            return Ok(Outcome::Pass);
        }
        if let Some(reply) = answer::wrong_method(&req.method) {
            return Ok(reply.into());
        }
        let Some(account) = shown(&settings, &path, &req) else {
            return Ok(answer::stranger().into());
        };
        match answer::update(&req.body) {
            Ok(update) => taken(account, update),
            Err(reply) => Ok(reply.into()),
        }
    }
}

fn route(path: String) -> Route {
    Route {
        id: path.clone(),
        path: PathMatch::Exact(path),
        methods: Vec::new(),
        max_body: answer::BODY_MAX as u64,
    }
}

/// The account whose secret the request shows. A secret that is not set or not granted is nobody's.
fn shown<'s>(settings: &'s Settings, path: &str, req: &Request) -> Option<&'s Account> {
    let values: Vec<_> = overgrow_sdk::headers::all(&req.headers, answer::SECRET).collect();
    let presented = values.join(", ");
    let mut accounts = settings.at(path);
    let found = accounts.find(|(_, webhook)| {
        secret::open(&webhook.secret).is_ok_and(|secret| secret.matches(presented.as_bytes()))
    });
    found.map(|(account, _)| account)
}

fn taken(account: &Account, update: Value) -> Result<Outcome, Failure> {
    let account = account.name.clone();
    let then = answer::taken().then(UPDATE, &Taken { account, update })?;
    Ok(then.into())
}

impl Jobs for Zalo {
    fn run(_: CallContext, name: String, payload: String) -> Result<(), Failure> {
        if name != UPDATE {
            return Err(Failure::permanent("no-such-job", name));
        }
        let Taken { account, update } = serde_json::from_str(&payload)?;
        let settings = current();
        match settings.account(Some(&account)) {
            Some(account) => deliver::deliver(&settings, account, update),
            None => Err(Failure::permanent("no-account", account)),
        }
    }
}
