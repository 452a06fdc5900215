//! A guest that was built for WASI, as any ordinary program is: it loads, and what it asks of the world is not there.

mod rig;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use overgrow_plugins::{CallError, Engine, Grant, Plugin};
use rig::{engine, load, misdeed};

/// The hostile guest once more, by the target whose standard library asks WASI for everything.
fn component() -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    std::fs::read(BUILT.get_or_init(build)).expect("it was built")
}

fn build() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = root.join("target/guests");
    let built = Command::new(env!("CARGO"))
        .current_dir(&root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "overgrow-plugin-hostile",
        ])
        .args([
            "--target",
            "wasm32-wasip2",
            "--profile",
            "guest-quick",
            "--target-dir",
        ])
        .arg(&target)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "it does not build: is the target there? `rustup target add wasm32-wasip2`"
    );
    target.join("wasm32-wasip2/guest-quick/overgrow_plugin_hostile.wasm")
}

async fn plugin(engine: &Engine) -> Plugin {
    load(engine, "hostile", component(), Grant::default()).await
}

#[tokio::test]
async fn what_it_asks_of_the_world_is_not_there() {
    let engine = engine();
    let plugin = plugin(&engine).await;
    let wasi = &plugin.imports().wasi;
    assert!(
        wasi.iter().any(|name| name.starts_with("wasi:filesystem/")),
        "{wasi:?}"
    );

    let files = misdeed(&plugin, "files", "").await.expect("an answer");
    assert_eq!(files.matches("Err(").count(), 3, "{files}");
    let environment = misdeed(&plugin, "environment", "").await;
    assert_eq!(environment.as_deref(), Ok("0 variables, 0 arguments"));
    let network = misdeed(&plugin, "network", "").await.expect("an answer");
    assert_eq!(network.matches("Err(").count(), 2, "{network}");
    assert!(!PathBuf::from("/tmp/overgrow-was-here").exists());
}

#[tokio::test]
async fn what_it_prints_is_no_failure_and_its_panic_is_told() {
    let engine = engine();
    let plugin = plugin(&engine).await;
    let printed = misdeed(&plugin, "print", "a line").await;
    assert_eq!(printed.as_deref(), Ok("printed"));
    let Err(CallError::Trap(reason)) = misdeed(&plugin, "trap", "").await else {
        panic!("it traps");
    };
    assert!(
        reason.contains("misdeeds.rs") && reason.ends_with(": on purpose"),
        "{reason}"
    );
    let Err(CallError::Trap(reason)) = misdeed(&plugin, "exit", "").await else {
        panic!("it ends itself");
    };
    assert!(reason.contains("ended itself"), "{reason}");
    let fine = misdeed(&plugin, "fine", "still here").await;
    assert_eq!(fine.as_deref(), Ok("still here"));
}
