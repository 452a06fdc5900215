//! JWTs, signed as issuers sign them, and an issuer that publishes keys.
//!
//! It must not know who believes them. The surprise: ring makes no RSA keys, so the openssl program does.

use anyhow::{Context, Result, anyhow, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use ring::{hmac, signature};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The start of 2100.
const LATER: u64 = 4_102_444_800;

/// Something that signs tokens.
pub(crate) enum Signer {
    Secret(String),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    /// A fresh Ed25519 key.
    pub(crate) fn ed25519() -> Result<Self> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let pkcs8 = pkcs8.map_err(|_| anyhow!("no randomness"))?;
        Ok(Self::Ed25519(Box::new(Ed25519KeyPair::from_pkcs8(
            pkcs8.as_ref(),
        )?)))
    }

    /// A fresh RSA key.
    pub(crate) fn rsa() -> Result<Self> {
        let arguments = ["genpkey", "-algorithm", "RSA", "-outform", "DER"];
        let made = Command::new("openssl").args(arguments).output();
        let made = made.context("the openssl program")?;
        ensure!(made.status.success(), "{made:?}");
        // Not every release of the program wraps the key in PKCS #8 when it is asked for DER.
        let key = RsaKeyPair::from_pkcs8(&made.stdout);
        let key = key.or_else(|_| RsaKeyPair::from_der(&made.stdout));
        Ok(Self::Rsa(Box::new(key?)))
    }

    /// A token for Ada that holds until the end of the century.
    pub(crate) fn token(&self, key: &str) -> Result<String> {
        self.sign(key, &json!({ "sub": "ada", "exp": LATER }))
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, key: &str, claims: &Value) -> Result<String> {
        let header = json!({ "alg": self.algorithm(), "kid": key });
        let signed = format!(
            "{}.{}",
            written(header.to_string()),
            written(claims.to_string())
        );
        let signature = self.signature(signed.as_bytes())?;
        Ok(format!("{signed}.{}", written(signature)))
    }

    /// Its public half under that name, as issuers publish it. A secret has none.
    pub(crate) fn published(&self, key: &str) -> Value {
        match self {
            Self::Secret(_) => Value::Null,
            Self::Ed25519(pair) => {
                let x = written(pair.public_key());
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": key, "x": x })
            }
            Self::Rsa(pair) => {
                let public: PublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({ "kty": "RSA", "kid": key, "n": written(public.n), "e": written(public.e) })
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }

    fn signature(&self, signed: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                Ok(hmac::sign(&key, signed).as_ref().to_vec())
            }
            Self::Ed25519(pair) => Ok(pair.sign(signed).as_ref().to_vec()),
            Self::Rsa(pair) => rsa(pair, signed),
        }
    }
}

fn rsa(pair: &RsaKeyPair, signed: &[u8]) -> Result<Vec<u8>> {
    let mut signature = vec![0; pair.public().modulus_len()];
    let padding: &dyn signature::RsaEncoding = &RSA_PKCS1_SHA256;
    pair.sign(padding, &SystemRandom::new(), signed, &mut signature)
        .map_err(|_| anyhow!("no signature"))?;
    Ok(signature)
}

fn written(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A server that publishes keys; it takes no connections any more once it is dropped.
pub(crate) struct Issuer {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
    accepting: JoinHandle<std::io::Result<()>>,
}

#[derive(Default)]
struct Shelf {
    /// Nothing while it is out of order.
    keys: Option<Vec<Value>>,
    asked: usize,
}

impl Issuer {
    /// Out of order until it publishes something.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shelf = Arc::default();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shelf));
        let accepting = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            shelf,
            accepting,
        })
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&self, keys: impl IntoIterator<Item = Value>) {
        self.with(|shelf| shelf.keys = Some(keys.into_iter().collect()));
    }

    /// Answers 500 until it publishes again.
    pub(crate) fn fail(&self) {
        self.with(|shelf| shelf.keys = None);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.with(|shelf| shelf.asked)
    }

    /// The `auth` key of a route that believes it.
    pub(crate) fn auth(&self) -> String {
        let Self { address, .. } = self;
        format!("auth = {{ jwt = {{ jwks = \"http://{address}/keys\" }} }}")
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shelf) -> T) -> T {
        act(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(State(shelf): State<Arc<Mutex<Shelf>>>) -> Result<String, StatusCode> {
    let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.asked += 1;
    let keys = shelf
        .keys
        .as_ref()
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(json!({ "keys": keys }).to_string())
}
