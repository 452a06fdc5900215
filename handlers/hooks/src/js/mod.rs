//! What JavaScript does to texts, numbers and dates, where an answer shows it.
//!
//! Nothing here knows JSON or HTTP. The surprise: a text may hold half a surrogate pair, as JavaScript's may.

mod date;
mod number;
mod text;

pub(crate) use date::iso;
pub(crate) use number::shown;
pub(crate) use text::{Text, trim_str};
