//! Which bucket, and how to get there.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use overgrow_settings::Secret;

use super::Objects;
use super::http::Lent;

/// A bucket of an S3-compatible store. Without keys of its own it takes those of the environment, as any AWS tool does
/// (`AWS_ACCESS_KEY_ID` and the rest, or a role of the machine).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// The first part of all keys; may be empty.
    pub prefix: String,
    /// `https://host[:port]` of the store, with the bucket's name in the path; AWS itself when there is none. Plain `http`
    /// is taken as it is written: for a store on the same machine.
    pub endpoint: Option<String>,
    /// `us-east-1` unless it says otherwise.
    pub region: Option<String>,
    /// Its keys, unless the environment has them.
    pub keys: Option<Keys>,
}

/// A pair of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The one that names the account.
    pub access: Secret,
    /// The one that signs.
    pub secret: Secret,
}

/// No store can be made of what was configured.
#[derive(Debug, thiserror::Error)]
pub enum NotS3 {
    /// The bucket, endpoint or keys make no sense.
    #[error("the S3 store cannot be used as configured")]
    Config(#[from] object_store::Error),
    /// The system's trusted certificates cannot be had.
    #[error("no trusted certificates")]
    Trust(#[from] std::io::Error),
}

impl S3 {
    pub(crate) fn build(&self) -> Result<Objects, NotS3> {
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&self.bucket)
            .with_http_connector(Lent::new()?);
        if let Some(endpoint) = &self.endpoint {
            let plain = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_allow_http(plain);
        }
        if let Some(keys) = &self.keys {
            builder = builder
                .with_access_key_id(keys.access.reveal())
                .with_secret_access_key(keys.secret.reveal());
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        Ok(Objects::new(Arc::new(builder.build()?), &self.prefix))
    }
}
