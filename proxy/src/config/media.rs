//! `[media]`: where the native media handler keeps files, and how much of them.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::Secret;

/// `[media]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaConfig {
    /// Where files are kept.
    pub place: PlaceConfig,
    /// How long a file lives.
    pub ttl: Duration,
    /// Largest file, bytes.
    pub max: u64,
    /// What all files may take together, bytes.
    pub disk: u64,
    /// Whether `POST /media` stores a file.
    pub upload: bool,
}

/// Where files are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceConfig {
    /// `media` in the legacy's state folder where `[legacy].config` is given, else in `[server].data`.
    Default,
    /// A folder.
    Folder(PathBuf),
    /// An S3-compatible store.
    S3(Box<S3Config>),
}

/// `[media].s3`.
#[derive(Debug, Clone, PartialEq)]
pub struct S3Config {
    /// The bucket.
    pub bucket: String,
    /// The region.
    pub region: String,
    /// The service, unless it is Amazon's.
    pub endpoint: Option<Url>,
    /// What stands before every name.
    pub prefix: String,
    /// The access key, unless the environment has it.
    pub access_key: Option<Secret>,
    /// The secret key.
    pub secret_key: Option<Secret>,
}
