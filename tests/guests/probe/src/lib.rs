//! A guest that does whatever it is told, for the tests of the host.

use overgrow_sdk::host::log;
use overgrow_sdk::host::types::{CallContext, Failure, RetryAdvice};

overgrow_sdk::world!("tool-plugin", "../../../wit/0.1");

use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use exports::overgrow::plugin::tool::{Content, Definition, Guest as Tool, Invocation, Output};

struct Hello;

impl Lifecycle for Hello {
    fn describe() -> Identity {
        Identity {
            id: "probe".into(),
            name: "Probe".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Says hello.".into(),
        }
    }
    fn check_config(_config: String) -> Vec<Problem> {
        Vec::new()
    }
}

impl Tool for Hello {
    fn definitions() -> Vec<Definition> {
        vec![Definition {
            name: "hello".into(),
            label: "Hello".into(),
            description: "Says hello to somebody.".into(),
            parameters:
                r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#
                    .into(),
            effect: false,
        }]
    }
    fn invoke(_ctx: CallContext, call: Invocation) -> Result<Output, Failure> {
        let arguments: serde_json::Value =
            serde_json::from_str(&call.arguments).map_err(|error| Failure {
                code: "invalid-arguments".into(),
                message: error.to_string(),
                retry: RetryAdvice::Never,
            })?;
        let name = arguments["name"].as_str().unwrap_or("you");
        log::write(
            log::Level::Info,
            "saying hello",
            &[("name".into(), name.into())],
        );
        Ok(Output {
            content: vec![Content::Text(format!("hello, {name}"))],
            details: None,
            is_error: false,
        })
    }
}

#[cfg(target_family = "wasm")]
export!(Hello);
