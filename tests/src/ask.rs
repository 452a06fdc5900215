//! One request in a readable form, and a client that keeps its connection.
//!
//! It must not know what is asked for. The surprise: a connection that was kept and has ended meanwhile is opened once more, as every
//! HTTP client does, and that is counted, because some tests allow it and others do not.

use crate::raw::{Answer, Outcome, Wire};
use anyhow::{Result, bail};
use std::net::SocketAddr;

/// A request under construction.
#[derive(Debug, Clone)]
pub struct Ask {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// `GET target`.
pub fn get(target: &str) -> Ask {
    Ask::new("GET", target)
}

/// `POST target` with a body.
pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Ask {
    Ask::new("POST", target).body(body)
}

impl Ask {
    /// A request without body; its `Host` is `localhost` unless another one is given.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives it a body, with its length.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The request as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\r\n"));
        if !self.names("host") {
            line("host", "localhost");
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        if !self.body.is_empty() {
            line("content-length", &self.body.len().to_string());
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }

    /// Sends it on a connection of its own.
    pub async fn send(&self, to: SocketAddr) -> Result<Answer> {
        Client::new(to).ask(self).await
    }

    /// Sends it on an open connection.
    pub async fn on(&self, wire: &mut Wire) -> Result<Answer> {
        match wire.exchange(&self.bytes()).await {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Silence(silence) => bail!("{} {}: {silence:?}", self.method, self.target),
        }
    }

    fn names(&self, header: &str) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|name| name.eq_ignore_ascii_case(header))
    }
}

/// A client that keeps one connection for as long as it may.
pub struct Client {
    to: SocketAddr,
    kept: Option<Wire>,
    reopened: usize,
}

impl Client {
    /// Not connected yet.
    pub fn new(to: SocketAddr) -> Self {
        Self {
            to,
            kept: None,
            reopened: 0,
        }
    }

    /// How often a kept connection turned out to have ended without a word.
    pub fn reopened(&self) -> usize {
        self.reopened
    }

    /// Asks on the kept connection, or on a fresh one.
    pub async fn ask(&mut self, request: &Ask) -> Result<Answer> {
        if let Some(mut wire) = self.kept.take() {
            if let Ok(answer) = request.on(&mut wire).await {
                return Ok(self.keep(wire, answer));
            }
            self.reopened += 1;
        }
        let mut wire = Wire::connect(self.to).await?;
        let answer = request.on(&mut wire).await?;
        Ok(self.keep(wire, answer))
    }

    fn keep(&mut self, wire: Wire, answer: Answer) -> Answer {
        let over = answer.closed || !answer.complete || answer.announces_close();
        self.kept = (!over).then_some(wire);
        answer
    }
}
