//! Parity against gateways that are never twice the same: noise is learned, regressions are found, nothing is invented or forgotten.

#[path = "../shadow/in_process.rs"]
mod in_process;
mod openclaw;
mod survival;
mod volatile;
