//! The macro that makes a crate a plugin.

/// Generates the traits of a world of `wit/0.1` in the module where it stands: `exports::overgrow::plugin::…::Guest`,
/// and the macro `export!`. What the world imports is [`host`](crate::host), the same types for every world.
///
/// The second argument is the folder of the contract, from the crate's own; `../../wit/0.1` when it is not given.
#[macro_export]
macro_rules! world {
    ($world:literal) => {
        $crate::world!($world, "../../wit/0.1");
    };
    ($world:literal, $wit:literal) => {
        $crate::wit_bindgen::generate!({
            path: $wit,
            world: $world,
            runtime_path: "overgrow_sdk::wit_bindgen::rt",
            with: {
                "overgrow:plugin/types@0.1.0": overgrow_sdk::host::types,
                "overgrow:plugin/log@0.1.0": overgrow_sdk::host::log,
                "overgrow:plugin/env@0.1.0": overgrow_sdk::host::env,
                "overgrow:plugin/config@0.1.0": overgrow_sdk::host::config,
                "overgrow:plugin/secrets@0.1.0": overgrow_sdk::host::secrets,
                "overgrow:plugin/http@0.1.0": overgrow_sdk::host::http,
                "overgrow:plugin/media@0.1.0": overgrow_sdk::host::media,
                "overgrow:plugin/kv@0.1.0": overgrow_sdk::host::kv,
                "overgrow:plugin/timers@0.1.0": overgrow_sdk::host::timers,
                "overgrow:plugin/inbound@0.1.0": overgrow_sdk::host::inbound,
                "overgrow:plugin/legacy@0.1.0": overgrow_sdk::host::legacy,
                "overgrow:plugin/process@0.1.0": overgrow_sdk::host::process,
            },
        });
    };
}
