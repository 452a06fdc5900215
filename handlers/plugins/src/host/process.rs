//! Programs of the operator's, by the names that he gave them.
//!
//! The plugin chooses the arguments behind the operator's own; there is no shell, no environment but the granted names, no
//! input unless given. The surprise: a program leads a process group of its own, so that what it started ends with it.

mod running;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use overgrow_handler::Effect;
use serde_json::{Value, json};
use tokio::time::timeout;
use wasmtime::component::Resource;

use self::running::Running;
use super::{State, answer};
use crate::bindings::overgrow::plugin::process::{Error, Host, HostChild, Output};
use crate::grant::ProcessGrant;
use crate::plan;
use crate::who::Who;

/// Bytes of all arguments together, well below what systems take.
const ARGUMENTS: usize = 64 * 1024;

/// A program that runs; one that was planned has ended without a line.
#[derive(Debug)]
pub struct Child {
    name: String,
    running: Option<Running>,
}

impl Host for State {
    async fn run(
        &mut self,
        name: String,
        args: Vec<String>,
        stdin: Vec<u8>,
        timeout: u64,
    ) -> wasmtime::Result<Result<Output, Error>> {
        let time = Duration::from_millis(timeout);
        Ok(self.run_program(&name, args, stdin, time).await)
    }

    async fn spawn(
        &mut self,
        name: String,
        args: Vec<String>,
    ) -> wasmtime::Result<Result<Resource<Child>, Error>> {
        Ok(match self.spawn_program(name, args).await {
            Ok(child) => Ok(self.table.push(child)?),
            Err(error) => Err(error),
        })
    }
}

impl HostChild for State {
    async fn next_line(
        &mut self,
        child: Resource<Child>,
        patience: u64,
    ) -> wasmtime::Result<Result<Option<String>, Error>> {
        let Some(running) = &mut self.table.get_mut(&child)?.running else {
            return Ok(Ok(None));
        };
        let line = timeout(Duration::from_millis(patience), running.line()).await;
        Ok(line.unwrap_or(Err(Error::Timeout)))
    }

    async fn write(
        &mut self,
        child: Resource<Child>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let effects = self.ask.effects.clone();
        let Child { name, running } = self.table.get_mut(&child)?;
        let effect = Effect::new("process", format!("write {name}")).payload(&data);
        let perform = || async move {
            match running {
                Some(running) => running.write(&data).await,
                None => Err(running::ended()),
            }
        };
        Ok(effects.run(effect, (), perform).await)
    }

    async fn drop(&mut self, child: Resource<Child>) -> wasmtime::Result<()> {
        self.table.delete(child)?;
        Ok(())
    }
}

impl State {
    async fn run_program(
        &mut self,
        name: &str,
        args: Vec<String>,
        stdin: Vec<u8>,
        time: Duration,
    ) -> Result<Output, Error> {
        let who = Arc::clone(&self.who);
        let grant = who.program(name)?;
        check(&args)?;
        let effect = self.process_effect("run", name, &args, &stdin);
        let planned = planned(&who, name);
        let (effects, time) = (self.ask.effects.clone(), time.min(self.left()));
        let perform = || async {
            let running = Running::start(&who, grant, &args, Stdio::piped())?;
            let done = running.finish(stdin, who.grant.limits.answer);
            let done = timeout(time, done).await;
            done.unwrap_or(Err(Error::Timeout))
        };
        effects.run(effect, planned, perform).await
    }

    async fn spawn_program(&mut self, name: String, args: Vec<String>) -> Result<Child, Error> {
        let who = Arc::clone(&self.who);
        let grant = who.program(&name)?;
        check(&args)?;
        let effect = self.process_effect("spawn", &name, &args, &[]);
        let effects = self.ask.effects.clone();
        let perform = || async { Running::start(&who, grant, &args, Stdio::null()).map(Some) };
        let running = effects.run(effect, None, perform).await?;
        Ok(Child { name, running })
    }

    fn process_effect(&self, what: &str, name: &str, args: &[String], stdin: &[u8]) -> Effect {
        let input = Effect::new("process", "").payload(stdin).detail;
        let detail = json!({ "args": self.shown(&json!(args)), "stdin": input });
        Effect::new("process", format!("{what} {name}")).detail(detail)
    }
}

impl Who {
    fn program(&self, name: &str) -> Result<&ProcessGrant, Error> {
        let mut granted = self.grant.process.iter();
        granted.find(|grant| grant.name == name).ok_or_else(|| {
            let missing = format!("process = [{{ name = {name:?}, program = \"/..\" }}]");
            self.denied("process", &missing)
        })
    }
}

fn check(args: &[String]) -> Result<(), Error> {
    if args.iter().map(|it| it.len() + 1).sum::<usize>() > ARGUMENTS {
        return Err(Error::TooLarge(ARGUMENTS as u64));
    }
    match args.iter().any(|it| it.contains('\0')) {
        true => Err(answer::invalid("an argument has a NUL in it")),
        false => Ok(()),
    }
}

/// A rule's answer is a text for standard output, or an object of `status`, `stdout` and `stderr`.
fn planned(who: &Who, name: &str) -> Output {
    let rule = plan::rule(&who.grant.plan, "process", name);
    let answer = rule.map_or(&Value::Null, |rule| &rule.answer);
    let text = |value: &Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let status = answer.get("status").and_then(Value::as_i64).unwrap_or(0);
    Output {
        status: i32::try_from(status).unwrap_or(0),
        stdout: text(answer.get("stdout").unwrap_or(answer)),
        stderr: text(answer.get("stderr").unwrap_or(&Value::Null)),
    }
}
