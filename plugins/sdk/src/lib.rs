//! Makes a plugin for overgrow pleasant to write.
//!
//! A plugin is a crate with `crate-type = ["cdylib"]` that names its world with [`world!`], implements the `Guest` traits
//! of what that world exports, and ends with `export!`. Everything it asks of the host is in [`host`].

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/, where the documentation is"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/0.1",
        world: "imports",
        generate_all,
    });
}

mod world;

pub use bindings::overgrow::plugin as host;
#[doc(hidden)]
pub use wit_bindgen;
