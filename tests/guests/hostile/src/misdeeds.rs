//! The ways to misbehave; each is a tool.

use std::hint::black_box;

use overgrow_sdk::host::types::{CallContext, Failure, RetryAdvice};
use overgrow_sdk::host::{env, log};

use crate::exports::overgrow::plugin::tool::{Content, Definition, Guest, Invocation, Output};
use crate::{Hostile, wasi};

/// Steps in which memory is asked for.
const STEP: usize = 16 << 20;

impl Guest for Hostile {
    fn definitions() -> Vec<Definition> {
        vec![Definition {
            name: "fine".into(),
            label: "Fine".into(),
            description: "Behaves.".into(),
            parameters: "{}".into(),
            effect: false,
        }]
    }

    fn invoke(_ctx: CallContext, call: Invocation) -> Result<Output, Failure> {
        let answer = match call.name.as_str() {
            "fine" => call.arguments,
            "trap" => trap(),
            "spin" => spin(),
            "memory" => memory(4 << 30),
            "reply" => reply(call.arguments.parse().unwrap_or(1 << 30)),
            "stack" => stack(&[0; 64]).to_string(),
            "flood" => flood(call.arguments.parse().unwrap_or(u64::MAX)),
            "calls" => calls(),
            "files" => wasi::files(),
            "environment" => wasi::environment(),
            "network" => wasi::network(),
            "print" => wasi::print(&call.arguments),
            "fetch" => fetch(&call.arguments)?,
            "exit" => std::process::exit(3),
            "fail" => return Err(failure()),
            "echoes" => return Ok(echoes()),
            other => format!("no such misdeed: {other}"),
        };
        Ok(Output {
            content: vec![Content::Text(answer)],
            details: None,
            is_error: false,
        })
    }
}

fn failure() -> Failure {
    Failure {
        code: "on-purpose".into(),
        message: "it was asked to".into(),
        retry: RetryAdvice::After(1500),
    }
}

fn trap() -> String {
    panic!("on purpose")
}

fn spin() -> String {
    let mut turns = 0_u64;
    while black_box(true) {
        turns = black_box(turns.wrapping_add(1));
    }
    turns.to_string()
}

/// Takes and uses memory, step by step.
fn memory(bytes: u64) -> String {
    let mut taken: Vec<Vec<u8>> = Vec::new();
    for _ in 0..bytes / STEP as u64 {
        taken.push(black_box(vec![1; STEP]));
    }
    format!("{} steps", taken.len())
}

fn reply(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Four gigabytes of reply in one megabyte of memory: each part of it is the same text.
fn echoes() -> Output {
    let text = "x".repeat(1 << 20).leak();
    let (start, length) = (text.as_mut_ptr(), text.len());
    // SAFETY: none of these is ever dropped or written to: the call ends in the host's refusal.
    let echo = |_| unsafe { Content::Text(String::from_raw_parts(start, length, length)) };
    Output {
        content: (0..4096).map(echo).collect(),
        details: None,
        is_error: false,
    }
}

fn stack(below: &[u8; 64]) -> u64 {
    if black_box(false) {
        return 0;
    }
    let mut frame = *below;
    frame[0] = frame[0].wrapping_add(1);
    stack(black_box(&frame)) + u64::from(black_box(frame[1]))
}

fn flood(lines: u64) -> String {
    for number in 0..lines {
        log::write(
            log::Level::Warn,
            "noise",
            &[("n".into(), number.to_string())],
        );
    }
    format!("{lines} lines")
}

/// Asks whoever is at the address, which may be itself.
fn fetch(url: &str) -> Result<String, Failure> {
    let answer = overgrow_sdk::http::get(url).send()?;
    Ok(format!("status {}", answer.status()))
}

/// Never computes for long, and never ends.
fn calls() -> String {
    let mut sum = 0_u64;
    while black_box(true) {
        sum = sum.wrapping_add(env::random(16).len() as u64);
    }
    sum.to_string()
}
