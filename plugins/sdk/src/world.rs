//! The macro that makes a crate a plugin.

/// Generates the traits of a world in the module where it stands: `exports::overgrow::plugin::…::Guest`, and the macro
/// `export!`. What the world imports is [`host`](crate::host), the same types for every world.
///
/// - `world!("tool-plugin")` takes a world of `wit/0.1`; `worlds.wit` lists them.
/// - `world!("tool-plugin", "../wit/0.1")` says where the contract is, from the crate's own folder. `../../wit/0.1` when not
///   given.
/// - `world!("mine", "../../wit/0.1", "package me:mine; world mine { … }")` takes a world of the plugin's own, for one that
///   exports what no ready world has together:
///
/// ```
/// overgrow_sdk::world!("mine", "../../wit/0.1", "
///     package me:mine;
///     world mine {
///         include overgrow:plugin/imports@0.1.0;
///         export overgrow:plugin/lifecycle@0.1.0;
///         export overgrow:plugin/webhook@0.1.0;
///         export overgrow:plugin/service@0.1.0;
///     }
/// ");
/// use exports::overgrow::plugin::service::Next;
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! world {
    ($world:literal) => {
        $crate::world!($world, "../../wit/0.1");
    };
    ($world:literal, $wit:literal) => {
        $crate::__world! { path: $wit, world: $world, }
    };
    ($world:literal, $wit:literal, $own:literal) => {
        $crate::__world! { path: $wit, inline: $own, world: $world, }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __world {
    ($($options:tt)*) => {
        $crate::wit_bindgen::generate!({
            $($options)*
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
