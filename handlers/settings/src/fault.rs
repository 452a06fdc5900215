//! What can be wrong with the legacy's configuration.
//!
//! It must not know any value of the file: a fault names files, places and variables, and never quotes what stands
//! there, because it may be a secret.

use std::fmt;
use std::path::PathBuf;

/// Why settings cannot be taken from a file. No variant carries a value of it.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is larger than a configuration ever is.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// A file is not JSON5.
    #[error("{path}{at}: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: At,
        /// What is wrong there.
        reason: String,
    },
    /// An `$include` cannot be followed.
    #[error("{path}: {reason}")]
    Include {
        /// The file it stands in.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A `${VARIABLE}` has no value.
    #[error("{key}: environment variable {variable} is not set")]
    Variable {
        /// Where it is asked for, as a JSON path.
        key: String,
        /// Its name.
        variable: String,
    },
    /// Known keys hold what they cannot hold; one line each.
    #[error("{}", .0.join("\n"))]
    Values(Vec<String>),
}

/// A place in a text; shown as `:line:column`, or not at all where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub Option<(usize, usize)>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}
