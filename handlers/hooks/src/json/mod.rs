//! JSON as V8 reads and writes it: the same values, and for a broken text the same words.
//!
//! It knows neither hooks nor HTTP. The surprise: the values of a document lie in one list and name each other by
//! place, so that a text nested a hundred thousand deep costs no stack, neither read, written nor dropped.

mod document;
mod fault;
mod parse;
mod scan;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use document::{Document, Kind, Value};
pub(crate) use fault::Fault;
pub(crate) use write::{TooDeep, quote};
