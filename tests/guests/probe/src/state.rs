//! What it can be told about its state, its secrets and the media store.

use overgrow_sdk::host::media::Blob;
use overgrow_sdk::host::secrets::{self, Mac};
use overgrow_sdk::host::{kv, media};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{answer, bytes, done, failed};

/// `{"do": "kv", "op": "get", "key": …}`
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Kv {
    Get {
        key: String,
    },
    Set {
        key: String,
        value: String,
        ttl: Option<u64>,
    },
    /// A value of so many bytes.
    Fill {
        key: String,
        bytes: usize,
    },
    Swap {
        key: String,
        expected: u64,
        value: String,
        ttl: Option<u64>,
    },
    Delete {
        key: String,
    },
    Keys {
        prefix: String,
        after: Option<String>,
        limit: u32,
    },
}

impl Kv {
    pub(crate) fn run(self) -> Value {
        match self {
            Self::Get { key } => answer(kv::get(&key).map(|found| {
                found.map(|entry| json!({ "value": bytes(entry.value), "version": entry.version }))
            })),
            Self::Set { key, value, ttl } => answer(kv::set(&key, value.as_bytes(), ttl)),
            Self::Fill { key, bytes } => answer(kv::set(&key, &vec![b'x'; bytes], None)),
            Self::Swap {
                key,
                expected,
                value,
                ttl,
            } => answer(kv::compare_and_set(&key, expected, value.as_bytes(), ttl)),
            Self::Delete { key } => answer(kv::delete(&key)),
            Self::Keys {
                prefix,
                after,
                limit,
            } => answer(kv::list_keys(&prefix, after.as_deref(), limit)),
        }
    }
}

/// `{"do": "secret", "op": "sign", "name": …}`
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Secrets {
    Open {
        name: String,
    },
    Sign {
        name: String,
        mac: String,
        data: String,
    },
    Matches {
        name: String,
        presented: String,
    },
    Reveal {
        name: String,
    },
    Store {
        name: String,
        value: String,
    },
}

impl Secrets {
    pub(crate) fn run(self) -> Value {
        match self {
            Self::Open { name } => done(secrets::open(&name).map(drop)),
            Self::Sign { name, mac, data } => answer(
                secrets::open(&name).and_then(|secret| secret.sign(kind(&mac), data.as_bytes())),
            ),
            Self::Matches { name, presented } => {
                answer(secrets::open(&name).map(|secret| secret.matches(presented.as_bytes())))
            }
            Self::Reveal { name } => {
                let revealed = secrets::open(&name).and_then(|secret| secret.reveal());
                answer(revealed.map(bytes))
            }
            Self::Store { name, value } => done(secrets::store(&name, value.as_bytes())),
        }
    }
}

fn kind(mac: &str) -> Mac {
    match mac {
        "sha1" => Mac::HmacSha1,
        "sha512" => Mac::HmacSha512,
        _ => Mac::HmacSha256,
    }
}

/// `{"do": "media", "op": "put", "data": …}`
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Media {
    Put {
        data: String,
        content_type: Option<String>,
        filename: Option<String>,
    },
    Open {
        id: String,
    },
    Read {
        id: String,
        offset: u64,
        len: u32,
    },
    Publish {
        id: String,
        ttl: u64,
    },
}

impl Media {
    pub(crate) fn run(self) -> Value {
        match self {
            Self::Put {
                data,
                content_type,
                filename,
            } => answer(
                media::put(
                    data.as_bytes(),
                    content_type.as_deref(),
                    filename.as_deref(),
                )
                .map(|blob| info(&blob)),
            ),
            Self::Open { id } => answer(media::open(&id).map(|blob| info(&blob))),
            Self::Read { id, offset, len } => {
                let read = media::open(&id).and_then(|blob| blob.read(offset, len));
                answer(read.map(bytes))
            }
            Self::Publish { id, ttl } => match media::open(&id) {
                Ok(blob) => answer(media::publish(&blob, ttl)),
                Err(error) => failed(error),
            },
        }
    }
}

pub(crate) fn info(blob: &Blob) -> Value {
    let info = blob.info();
    json!({
        "id": info.id, "size": info.size, "contentType": info.content_type,
        "filename": info.filename, "created": info.created,
    })
}
