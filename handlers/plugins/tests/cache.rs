//! Compiled plugins over restarts.

mod rig;

use std::fs;
use std::path::Path;

use overgrow_plugins::{EngineConfig, Grant, Made};
use rig::{component, engine_of, load, misdeed};

/// Starts an engine on the folder, loads and calls the plugin, and says where its code came from.
async fn start(folder: &Path) -> Made {
    let engine = engine_of(EngineConfig {
        threads: 1,
        instances: 2,
        cache: Some(folder.to_owned()),
    });
    let plugin = load(&engine, "template", component("template"), Grant::default()).await;
    let said = misdeed(&plugin, "hello", r#"{"name":"you"}"#).await;
    assert_eq!(said.as_deref(), Ok("hello, you"));
    plugin.made()
}

#[tokio::test]
async fn a_plugin_is_compiled_once_and_again_when_its_code_was_touched() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("compiled");
    assert_eq!(start(&folder).await, Made::Compiled);
    assert_eq!(start(&folder).await, Made::Cached);
    let files = fs::read_dir(&folder).expect("there").flatten();
    let code = files
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "cwasm"))
        .expect("its code");
    let mut bytes = fs::read(&code).expect("its code");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x80;
    fs::write(&code, bytes).expect("written");
    assert_eq!(start(&folder).await, Made::Compiled);
    assert_eq!(start(&folder).await, Made::Cached);
}

#[tokio::test]
async fn a_folder_that_others_can_read_is_done_without() {
    use std::os::unix::fs::PermissionsExt;
    let temporary = tempfile::tempdir().expect("a folder");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(temporary.path(), open).expect("set");
    assert_eq!(start(temporary.path()).await, Made::Compiled);
    assert_eq!(start(temporary.path()).await, Made::Compiled);
    assert_eq!(fs::read_dir(temporary.path()).expect("there").count(), 0);
}
