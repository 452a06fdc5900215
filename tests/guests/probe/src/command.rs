//! What it can be told.

use overgrow_sdk::Failure;
use overgrow_sdk::RetryAdvice;
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::host::{config, env, legacy, log, process, timers};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{answer, bytes, done, failed};
use crate::hostile::Hostility;
use crate::outside::{Fetch, Inbound};
use crate::state::{Kv, Media, Secrets};

/// One thing to do: `{"do": "now"}`.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Command {
    /// Gives what it was given.
    Echo {
        value: Value,
    },
    /// The context of the call.
    Context,
    /// Writes lines, `count` times.
    Log {
        level: Option<String>,
        message: String,
        #[serde(default)]
        fields: Vec<(String, String)>,
        count: Option<u32>,
    },
    Now,
    Monotonic,
    Random {
        len: u32,
    },
    Config {
        path: Option<String>,
    },
    /// Fails as a whole.
    Fail {
        code: String,
        message: String,
        /// Milliseconds; 0 for back-off, absent for never.
        retry: Option<u64>,
    },
    Arm {
        name: String,
        at: u64,
        every: Option<u64>,
        payload: Value,
    },
    Cancel {
        name: String,
    },
    Legacy {
        method: String,
        params: Value,
        timeout: Option<u64>,
    },
    Run {
        name: String,
        args: Vec<String>,
        #[serde(default)]
        stdin: String,
        timeout: u64,
    },
    /// Reads up to `lines` lines of a helper, after writing `stdin` if there is any.
    Spawn {
        name: String,
        args: Vec<String>,
        stdin: Option<String>,
        lines: usize,
        timeout: u64,
    },
    Kv(Kv),
    Media(Media),
    Secret(Secrets),
    Fetch(Fetch),
    Inbound(Inbound),
    Hostile(Hostility),
}

/// Runs one, or a list in order.
pub(crate) fn run(told: &Value, ctx: &CallContext) -> Result<Value, Failure> {
    match told {
        Value::Array(list) => list.iter().map(|told| run(told, ctx)).collect(),
        Value::Null => Ok(Value::Null),
        one => Command::deserialize(one)?.run(ctx),
    }
}

impl Command {
    fn run(self, ctx: &CallContext) -> Result<Value, Failure> {
        Ok(match self {
            Self::Echo { value } => value,
            Self::Context => context(ctx),
            Self::Now => env::now().into(),
            Self::Monotonic => env::monotonic().into(),
            Self::Random { len } => env::random(len).into(),
            Self::Config { path: None } => serde_json::from_str(&config::all())?,
            Self::Config { path: Some(path) } => parsed(config::get(&path))?,
            Self::Fail {
                code,
                message,
                retry,
            } => return Err(failure(code, message, retry)),
            Self::Cancel { name } => answer(timers::cancel(&name)),
            Self::Legacy {
                method,
                params,
                timeout,
            } => parsed(legacy::call(&method, &params.to_string(), timeout))?,
            Self::Kv(kv) => kv.run(),
            Self::Media(media) => media.run(),
            Self::Secret(secret) => secret.run(),
            Self::Fetch(fetch) => fetch.run(),
            Self::Inbound(inbound) => inbound.run(),
            Self::Hostile(hostility) => hostility.run(),
            other => other.run_with_fields(),
        })
    }

    /// Those with more than a few fields.
    fn run_with_fields(self) -> Value {
        match self {
            Self::Log {
                level,
                message,
                fields,
                count,
            } => {
                let level = self::level(level.as_deref());
                (0..count.unwrap_or(1)).for_each(|_| log::write(level, &message, &fields));
                Value::Null
            }
            Self::Arm {
                name,
                at,
                every,
                payload,
            } => {
                let payload = payload.to_string();
                done(timers::arm(&timers::Timer {
                    name,
                    at,
                    every,
                    payload,
                }))
            }
            Self::Run {
                name,
                args,
                stdin,
                timeout,
            } => {
                let ran = process::run(&name, &args, stdin.as_bytes(), timeout);
                answer(ran.map(|output| {
                    json!({
                        "status": output.status,
                        "stdout": bytes(output.stdout),
                        "stderr": bytes(output.stderr),
                    })
                }))
            }
            Self::Spawn {
                name,
                args,
                stdin,
                lines,
                timeout,
            } => match process::spawn(&name, &args) {
                Ok(child) => lines_of(&child, stdin, lines, timeout),
                Err(error) => failed(error),
            },
            _ => Value::Null,
        }
    }
}

fn lines_of(child: &process::Child, stdin: Option<String>, lines: usize, timeout: u64) -> Value {
    let written = stdin.map(|text| done(child.write(text.as_bytes())));
    let mut read = Vec::new();
    while read.len() < lines {
        match child.next_line(timeout) {
            Ok(Some(line)) => read.push(line.into()),
            Ok(None) => return json!({ "lines": read, "ended": true, "written": written }),
            Err(error) => {
                read.push(failed(error));
                break;
            }
        }
    }
    json!({ "lines": read, "ended": false, "written": written })
}

fn context(ctx: &CallContext) -> Value {
    json!({
        "callId": ctx.call_id, "attempt": ctx.attempt, "deadline": ctx.deadline,
        "account": ctx.account, "traceparent": ctx.traceparent,
    })
}

/// JSON that the host gave, as a value.
fn parsed(given: Result<String, overgrow_sdk::host::types::Error>) -> Result<Value, Failure> {
    Ok(match given {
        Ok(text) => json!({ "ok": serde_json::from_str::<Value>(&text)? }),
        Err(error) => failed(error),
    })
}

fn failure(code: String, message: String, retry: Option<u64>) -> Failure {
    let retry = match retry {
        None => RetryAdvice::Never,
        Some(0) => RetryAdvice::Backoff,
        Some(wait) => RetryAdvice::After(wait),
    };
    Failure::new(code, message, retry)
}

fn level(name: Option<&str>) -> log::Level {
    match name {
        Some("trace") => log::Level::Trace,
        Some("debug") => log::Level::Debug,
        Some("warn") => log::Level::Warn,
        Some("error") => log::Level::Error,
        _ => log::Level::Info,
    }
}
