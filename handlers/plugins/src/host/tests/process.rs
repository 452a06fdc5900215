//! Programs: what they are given, what comes back, and how they end.

use serde_json::json;
use wasmtime::component::Resource;

use super::*;
use crate::bindings::overgrow::plugin::process::{Host, HostChild, Output};
use crate::grant::{PlanRule, ProcessGrant};

/// A grant of `/bin/sh -c SCRIPT`; what the plugin adds is `$0` and on.
fn granting(script: &str) -> Grant {
    Grant {
        process: vec![ProcessGrant {
            name: "sh".to_owned(),
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: vec!["CARGO_PKG_NAME".to_owned()],
        }],
        ..Grant::default()
    }
}

async fn run(state: &mut State, args: &[&str], stdin: &str, millis: u64) -> Result<Output, Error> {
    let args = args.iter().map(|it| (*it).to_owned()).collect();
    let ran = Host::run(state, "sh".to_owned(), args, stdin.into(), millis).await;
    ran.unwrap()
}

async fn spawn(state: &mut State) -> Result<Resource<Child>, Error> {
    Host::spawn(state, "sh".to_owned(), Vec::new())
        .await
        .unwrap()
}

async fn line(state: &mut State, child: u32, millis: u64) -> Result<Option<String>, Error> {
    let child = Resource::new_borrow(child);
    HostChild::next_line(state, child, millis).await.unwrap()
}

#[tokio::test]
async fn a_program_gets_arguments_and_input_and_nothing_else() {
    let script = "cat; printf '|%s|%s|' \"$0\" \"$1\"; pwd; env >&2; exit 3";
    let mut state = Bench::new().state(granting(script));
    let args = ["; rm -rf /", "$(id)"];
    let ran = run(&mut state, &args, "input", 30_000).await.unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert_eq!((ran.status, &*stdout), (3, "input|; rm -rf /|$(id)|/\n"));
    let environment = String::from_utf8(ran.stderr).unwrap();
    // The shell itself sets `PWD` and the like.
    assert!(environment.contains("CARGO_PKG_NAME=overgrow-plugins\n"));
    for name in ["HOME=", "PATH=/", "CARGO_MANIFEST_DIR="] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[tokio::test]
async fn what_is_not_granted_or_not_there_is_told_apart() {
    let bench = Bench::new();
    let words = "process = [{ name = \"sh\", program = \"/..\" }]";
    let mut none = bench.state(Grant::default());
    assert!(denial(run(&mut none, &[], "", 1).await).ends_with(words));
    let mut grant = granting("");
    grant.process[0].program = "/nonexistent/program".into();
    let gone = run(&mut bench.state(grant), &[], "", 1000).await;
    assert!(matches!(gone, Err(Error::Unavailable(text)) if !text.contains("nonexistent")));
    let mut state = bench.state(granting(""));
    let bent = run(&mut state, &["a\0b"], "", 1000).await;
    assert!(matches!(bent, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn too_much_output_ends_it() {
    let mut grant = granting("yes");
    grant.limits.answer = 1000;
    let mut state = Bench::new().state(grant);
    let ran = run(&mut state, &[], "", 30_000).await;
    assert!(matches!(ran, Err(Error::TooLarge(1000))));
}

#[tokio::test]
async fn one_that_takes_too_long_is_ended_with_all_that_it_started() {
    let bench = Bench::new();
    let pipe = bench.folder.path().join("alive");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    // A grandchild holds the pipe open for as long as it lives.
    let script = format!("sleep 600 > {} & wait", pipe.display());
    let mut state = bench.state(granting(&script));
    let reader = tokio::task::spawn_blocking(move || std::fs::read(pipe));
    let ran = run(&mut state, &[], "", 300).await;
    assert!(matches!(ran, Err(Error::Timeout)));
    let read = tokio::time::timeout(PATIENCE, reader).await;
    assert!(
        read.expect("the grandchild ended")
            .unwrap()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn lines_are_pulled_and_written_to() {
    let script = "echo ready; read a; echo \"got $a\"; printf 'last\\r\\nrest'";
    let mut state = Bench::new().state(granting(script));
    let child = spawn(&mut state).await.unwrap().rep();
    assert_eq!(
        line(&mut state, child, 30_000).await.unwrap().unwrap(),
        "ready"
    );
    assert!(matches!(
        line(&mut state, child, 20).await,
        Err(Error::Timeout)
    ));
    let wrote = HostChild::write(&mut state, Resource::new_borrow(child), b"it\n".into()).await;
    wrote.unwrap().unwrap();
    let mut lines = Vec::new();
    while let Some(text) = line(&mut state, child, 30_000).await.unwrap() {
        lines.push(text);
    }
    assert_eq!(lines, ["got it", "last", "rest"]);
}

#[tokio::test]
async fn a_child_that_is_dropped_is_asked_to_end_and_no_more_run_than_may() {
    let bench = Bench::new();
    let said = bench.folder.path().join("said");
    let script = format!(
        "trap 'echo bye > {}; exit' TERM; echo ready; while :; do sleep 0.05; done",
        said.display()
    );
    let mut state = bench.state(granting(&script));
    let mut children = Vec::new();
    while let Ok(child) = spawn(&mut state).await {
        children.push(child);
    }
    assert_eq!(children.len(), 16);
    for child in &children {
        assert_eq!(
            line(&mut state, child.rep(), 30_000)
                .await
                .unwrap()
                .unwrap(),
            "ready"
        );
    }
    let programs = Arc::clone(&state.who.programs);
    drop(state);
    let ended = programs.acquire_many(16);
    drop(
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("all ended"),
    );
    assert_eq!(std::fs::read_to_string(said).unwrap(), "bye\n");
}

#[tokio::test]
async fn a_plan_starts_nothing() {
    let bench = Bench::new();
    let trace = bench.folder.path().join("trace");
    let mut grant = granting(&format!("echo x > {}", trace.display()));
    grant.plan = vec![PlanRule {
        kind: "process".to_owned(),
        target: "sh".to_owned(),
        status: 200,
        answer: json!({"status": 7, "stdout": "out"}),
    }];
    let (mut state, plan) = bench.planning(grant);
    let ran = run(&mut state, &["a"], "in", 1000).await.unwrap();
    assert_eq!((ran.status, &*ran.stdout), (7, &b"out"[..]));
    let child = spawn(&mut state).await.unwrap().rep();
    assert_eq!(line(&mut state, child, 1000).await.unwrap(), None);
    let write = HostChild::write(&mut state, Resource::new_borrow(child), b"x".into()).await;
    write.unwrap().unwrap();
    let effects = plan.take();
    let expected = ["process run sh", "process spawn sh", "process write sh"];
    assert_eq!(lines(&effects), expected);
    assert_eq!(effects[0].detail["args"], json!(["a"]));
    assert!(!trace.exists());
}
