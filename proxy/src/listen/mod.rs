//! The chassis: what stands between an accepted socket and the engine that speaks HTTP on it.
//!
//! It must not know routes, handlers or configuration files. The one surprise: bytes are judged here, before the
//! engine parses them, because an engine that forgives a malformed request cannot say afterwards that it did.

pub mod guard;
