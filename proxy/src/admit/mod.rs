//! Who is let in.
mod dress;
mod limit;
