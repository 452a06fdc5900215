//! The pilot of a real sidecar: it climbs on evidence, falls on failures, and leaves alone what people touch.

mod climb;
mod fall;
mod people;
mod stage;
mod told;
mod trouble;
