//! Whose a name is: the directory says, and is believed for a day.
//!
//! The surprise: only a name that is exactly one person's is anybody's. The legacy takes the first that is found.

use overgrow_sdk::host::log::Level;
use overgrow_sdk::{Failure, form};
use serde_json::Value;

use crate::files::hosts::Scope;
use crate::memory;
use crate::settings::Settings;
use crate::token;
use crate::world::{Request, World};

/// How long an answer is believed, ms: a day, and an hour that there was none.
const KNOWN: u64 = 24 * 60 * 60 * 1000;
const UNKNOWN: u64 = 60 * 60 * 1000;
/// How many names are looked up for one message.
const MOST: usize = 20;

/// Those of the names that are this person's, by their id in the directory.
pub fn known<'a>(
    world: &impl World,
    settings: &Settings,
    names: impl Iterator<Item = &'a str>,
    id: &str,
) -> Vec<String> {
    let theirs = |name: &&str| match lookup(world, settings, name) {
        Ok(found) => found.as_deref() == Some(id),
        Err(failure) => {
            let why = failure.line();
            world.log(
                Level::Warn,
                "the directory says nothing of a name",
                &[("name", name), ("why", &why)],
            );
            false
        }
    };
    names.take(MOST).filter(theirs).map(str::to_owned).collect()
}

/// People whom a name or an address may mean, as id and name.
///
/// # Errors
/// What the directory says.
pub fn search(
    world: &impl World,
    settings: &Settings,
    name: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let secret = token::token(world, settings, Scope::Graph)?;
    let request = question(&settings.services.graph, name).bearer(secret);
    let reply = world.ask(&request)?;
    if !reply.is_good() {
        let code = format!("http-{}", reply.status);
        return Err(Failure::permanent(code, "the directory did not answer"));
    }
    Ok(people(&reply.json()))
}

fn lookup(world: &impl World, settings: &Settings, name: &str) -> Result<Option<String>, Failure> {
    let key = format!("name/{}", name.to_lowercase());
    if let Some(kept) = memory::recall::<Option<String>>(world, &key)? {
        return Ok(kept);
    }
    let found = only(&search(world, settings, name)?, name);
    let time = if found.is_some() { KNOWN } else { UNKNOWN };
    memory::keep(world, &key, &found, time)?;
    Ok(found)
}

/// The one person of that name; an address is unique by itself.
fn only(people: &[(String, String)], name: &str) -> Option<String> {
    let exact = |(_, called): &&(String, String)| {
        name.contains('@') || called.to_lowercase() == name.to_lowercase()
    };
    let mut found = people.iter().filter(exact);
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Some(id.clone()),
        _ => None,
    }
}

fn question(graph: &str, name: &str) -> Request {
    let select = ("$select", "id,displayName,mail,userPrincipalName");
    if name.contains('@') {
        let quoted = name.replace('\'', "''");
        let filter = format!("(mail eq '{quoted}' or userPrincipalName eq '{quoted}')");
        return Request::get(format!(
            "{graph}/v1.0/users?{}",
            form::write([("$filter", filter.as_str()), select])
        ));
    }
    let search = format!("\"displayName:{}\"", name.replace(['"', '\\'], " "));
    let pairs = [("$search", search.as_str()), select, ("$top", "10")];
    let mut request = Request::get(format!("{graph}/v1.0/users?{}", form::write(pairs)));
    // The directory searches only for those who say that an answer may be a little old.
    request
        .headers
        .push(("ConsistencyLevel", "eventual".to_owned()));
    request
}

fn people(answer: &Value) -> Vec<(String, String)> {
    let list = answer["value"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let person = |one: &Value| {
        let name = one["displayName"]
            .as_str()
            .or(one["userPrincipalName"].as_str());
        Some((
            one["id"].as_str()?.to_owned(),
            name.unwrap_or_default().to_owned(),
        ))
    };
    list.iter().filter_map(person).collect()
}
