//! Why a file is no trace.

/// Why a HAR file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It is not JSON, or a value in it is missing or of the wrong type.
    #[error("{at}: {source}")]
    Shape {
        /// The path to the value, such as `log.entries[3].request.url`.
        at: String,
        /// What is wrong with it, with its line and column.
        source: serde_json::Error,
    },
    /// A value is of the right type and still makes no sense.
    #[error("log.entries[{entry}].{field}: {fault}")]
    Value {
        /// Which entry, from 0.
        entry: usize,
        /// Which field of it.
        field: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// The encoder failed.
    #[error("the trace cannot be written")]
    Write(#[source] serde_json::Error),
}
