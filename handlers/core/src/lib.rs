//! The contract between overgrow and a native handler.
