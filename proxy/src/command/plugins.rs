//! `overgrow plugins`: what is loaded, what one asks for beside what it was granted, and a call by hand.
//!
//! It asks the running sidecar, because a plugin that were loaded here as well would work twice.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::ask::{Desk, Unasked};
use super::columns::{Cell, Column, lines, visible};
use super::style::{Paint, Screen};
use super::words::segment;
use super::{AdminArg, FileArg, NO, style};

/// What is asked.
#[derive(Debug, clap::Args)]
pub(super) struct PluginsArgs {
    /// Plugin; absent: one line for each
    name: Option<String>,
    /// Call this tool of it
    #[arg(long, value_name = "TOOL", requires = "name", conflicts_with = "send")]
    call: Option<String>,
    /// Arguments of the tool, JSON
    #[arg(long, value_name = "JSON", requires = "call", default_value = "{}")]
    args: String,
    /// Send this text over its channel
    #[arg(long, value_name = "TEXT", requires_all = ["name", "to"])]
    send: Option<String>,
    /// To whom
    #[arg(long, value_name = "ADDRESSEE", requires = "send")]
    to: Option<String>,
    /// Carry it out; without this what it would do is only shown
    #[arg(long)]
    perform: bool,
    #[command(flatten)]
    admin: AdminArg,
    #[command(flatten)]
    file: FileArg,
}

pub(super) fn run(asked: &PluginsArgs) -> ExitCode {
    match answer(asked) {
        Ok((answer, code)) => {
            let screen = Screen::of_stdout();
            let told = match (asked.admin.json, &asked.name) {
                (true, _) => vec![format!("{answer:#}")],
                (false, None) => overview(&answer, &screen),
                (false, Some(_)) if asked.is_call() => called(&answer),
                (false, Some(_)) => inspected(&answer, &screen),
            };
            told.iter().for_each(style::say);
            code
        }
        Err(Failure::Unasked(error)) => {
            style::complain(&style::with_causes(&error));
            ExitCode::from(NO)
        }
        Err(Failure::Arguments(error)) => {
            style::complain(&format!("--args is not JSON: {error}"));
            ExitCode::from(2)
        }
    }
}

enum Failure {
    Unasked(Unasked),
    Arguments(serde_json::Error),
}

impl From<Unasked> for Failure {
    fn from(error: Unasked) -> Self {
        Self::Unasked(error)
    }
}

impl PluginsArgs {
    fn is_call(&self) -> bool {
        self.call.is_some() || self.send.is_some()
    }

    fn body(&self) -> Result<Value, serde_json::Error> {
        Ok(match &self.call {
            Some(tool) => {
                let args: Value = serde_json::from_str(&self.args)?;
                json!({"tool": tool, "args": args, "perform": self.perform})
            }
            None => json!({"to": self.to, "text": self.send, "perform": self.perform}),
        })
    }
}

/// What the sidecar says; no, when something of what was asked about is not loaded.
fn answer(asked: &PluginsArgs) -> Result<(Value, ExitCode), Failure> {
    let desk = Desk::of(&asked.file.file, &asked.admin);
    let Some(name) = &asked.name else {
        let list = desk.get("/api/plugins")?;
        let all = list
            .as_array()
            .is_some_and(|list| list.iter().all(is_loaded));
        return Ok((list, code(all)));
    };
    let path = format!("/api/plugins/{}", segment(name));
    if asked.is_call() {
        let body = asked.body().map_err(Failure::Arguments)?;
        return Ok((desk.post(&format!("{path}/call"), &body)?, code(true)));
    }
    let inspected = desk.get(&path)?;
    let loaded = is_loaded(&inspected["status"]);
    Ok((inspected, code(loaded)))
}

fn code(fine: bool) -> ExitCode {
    match fine {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(NO),
    }
}

fn is_loaded(status: &Value) -> bool {
    status["state"] == "loaded"
}

fn overview(list: &Value, screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("PLUGIN"),
        Column::Text("STATE"),
        Column::Text("VERSION"),
        Column::Text("GIVES"),
        Column::Number("CALLS"),
        Column::Number("FAILED"),
    ];
    let list: Vec<&Value> = list.as_array().into_iter().flatten().collect();
    if list.is_empty() {
        return vec![
            "no plugins: there is no NAME.wasm in the folder, or routes.toml has no [plugins.NAME]"
                .to_owned(),
        ];
    }
    let rows: Vec<Vec<Cell>> = list.iter().map(|status| row(status)).collect();
    let mut told = lines(COLUMNS, &rows, screen);
    for status in &list {
        told.extend(fault(status));
    }
    told
}

fn row(status: &Value) -> Vec<Cell> {
    let loaded = &status["loaded"];
    vec![
        Cell::new(text(&status["name"])),
        state(&status["state"]),
        Cell::new(loaded["version"].as_str().unwrap_or("-")),
        Cell::new(gives(loaded, &status["service"])),
        Cell::new(number(&status["calls"])),
        Cell::new(number(&status["failures"])),
    ]
}

fn state(state: &Value) -> Cell {
    let word = text(state);
    match word.as_str() {
        "loaded" => Cell::painted(word, Paint::Good),
        "broken" => Cell::painted(word, Paint::Bad),
        _ => Cell::painted(word, Paint::Unsure),
    }
}

/// What a plugin is good for, in a few words.
fn gives(loaded: &Value, service: &Value) -> String {
    let list = |key: &str| -> Vec<String> {
        let items = loaded[key].as_array().into_iter().flatten();
        items.map(text).collect()
    };
    let mut parts = Vec::new();
    if let Some(channel) = loaded["channel"].as_str() {
        parts.push(format!("channel {}", visible(channel)));
    }
    parts.extend(list("routes"));
    parts.extend(list("tools").iter().map(|tool| format!("tool {tool}")));
    if let Some(state) = service["state"].as_str() {
        parts.push(format!("service {}", visible(state)));
    }
    match parts.is_empty() {
        true => "-".to_owned(),
        false => parts.join(", "),
    }
}

fn fault(status: &Value) -> Vec<String> {
    let error = status["error"].as_str();
    let service = status["service"]["error"].as_str();
    let name = text(&status["name"]);
    error
        .into_iter()
        .chain(service)
        .map(|error| format!("\n{name}: {}", visible(error)))
        .collect()
}

fn inspected(inspected: &Value, screen: &Screen) -> Vec<String> {
    const COLUMNS: &[Column] = &[
        Column::Text("ASKS FOR"),
        Column::Text("GIVEN"),
        Column::Text("WHAT"),
    ];
    let status = &inspected["status"];
    let mut told = about(status);
    let imports: Vec<&Value> = inspected["imports"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let rows: Vec<Vec<Cell>> = imports.iter().map(|import| asked_for(import)).collect();
    if !rows.is_empty() {
        told.push(String::new());
        told.extend(lines(COLUMNS, &rows, screen));
    }
    told.extend(missing(&imports, &text(&status["name"])));
    let remarks = inspected["remarks"].as_array().into_iter().flatten();
    told.extend(remarks.map(|remark| format!("\n{}", text(remark))));
    told
}

fn about(status: &Value) -> Vec<String> {
    let loaded = &status["loaded"];
    let mut told = vec![format!(
        "{}  {}",
        text(&status["name"]),
        loaded["description"]
            .as_str()
            .map(visible)
            .unwrap_or_default()
    )];
    told.push(format!("state    {}", text(&status["state"])));
    if let Some(version) = loaded["version"].as_str() {
        told.push(format!("version  {}", visible(version)));
    }
    if let Some(sha256) = loaded["sha256"].as_str() {
        told.push(format!("sha256   {}", visible(sha256)));
    }
    told.push(format!("gives    {}", gives(loaded, &status["service"])));
    told.extend(fault(status));
    told
}

fn asked_for(import: &Value) -> Vec<Cell> {
    let given = text(&import["given"]);
    let granted = import["granted"].as_array().into_iter().flatten();
    let granted: Vec<String> = granted.map(text).collect();
    let paint = if given == "missing" {
        Paint::Unsure
    } else {
        Paint::Good
    };
    vec![
        Cell::new(text(&import["interface"])),
        Cell::painted(given, paint),
        Cell::new(granted.join("; ")),
    ]
}

/// What to write to grant the rest.
fn missing(imports: &[&Value], name: &str) -> Vec<String> {
    let missing = imports.iter().filter(|import| import["given"] == "missing");
    let mut wanted: Vec<String> = missing
        .flat_map(|import| import["lines"].as_array().into_iter().flatten().map(text))
        .collect();
    if !wanted.is_empty() {
        wanted.insert(
            0,
            format!("\nto grant the rest, adapt and add to routes.toml:\n[plugins.{name}]"),
        );
    }
    wanted
}

fn called(answer: &Value) -> Vec<String> {
    let mut told = vec![format!("{:#}", answer["answer"])];
    let planned = answer["planned"].as_array();
    if let Some(planned) = planned {
        told.push(match planned.len() {
            0 => "\nnothing would have been done to the world".to_owned(),
            _ => "\nwould have done (add --perform to do it):".to_owned(),
        });
        told.extend(planned.iter().map(|effect| {
            format!(
                "  {} {} {}",
                text(&effect["kind"]),
                text(&effect["target"]),
                effect["detail"]
            )
        }));
    }
    told
}

fn text(value: &Value) -> String {
    visible(value.as_str().unwrap_or_default())
}

fn number(value: &Value) -> String {
    value.as_u64().unwrap_or_default().to_string()
}
