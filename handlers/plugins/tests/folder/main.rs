//! The folder of plugins from outside: files come, change and go, and everything is answered meanwhile. The plugin is
//! tests/guests/steady, as `cargo xtask plugins` builds it.

mod kit;
mod people;
mod reload;
mod requests;
#[path = "../rig/mod.rs"]
mod rig;
mod tools;
