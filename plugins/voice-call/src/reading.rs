//! What a webhook says and how it wants to be answered.

use crate::event::Event;
use crate::form::Form;
use crate::signature::Headers;

/// A webhook that is believed.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Its query.
    pub query: &'a Form,
    /// Its headers.
    pub headers: &'a Headers,
    /// Its body.
    pub body: &'a [u8],
    /// The address it came to, without the query.
    pub base: &'a str,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What happened.
    pub events: Vec<Event>,
    /// What is answered.
    pub reply: Reply,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This.
    Plain(Answer),
    /// What the call was made to say, once; else the document given.
    Notice {
        /// The call.
        call_id: String,
        /// The document.
        otherwise: &'static str,
    },
    /// What waits to be spoken.
    Speak {
        /// The call.
        call_id: String,
    },
    /// An ear, after what waits to be spoken.
    Listen {
        /// The call.
        call_id: String,
        /// Where what is heard goes.
        action: String,
    },
}

/// An answer on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its content type, where the provider wants one.
    pub content_type: Option<&'static str>,
    /// Its body.
    pub body: String,
}

impl Incoming<'_> {
    /// The call that our own query names.
    pub fn call_id(&self) -> Option<&str> {
        self.query.last("callId")
    }
}

impl Answer {
    /// A word and no content type, which is what the legacy says.
    pub fn word(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: None,
            body: body.to_owned(),
        }
    }

    /// A document.
    pub fn document(content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status: 200,
            content_type: Some(content_type),
            body: body.into(),
        }
    }
}

impl Reading {
    /// Nothing to be said but that it came.
    pub fn taken(events: Vec<Event>) -> Self {
        let reply = Reply::Plain(Answer::word(200, "OK"));
        Self { events, reply }
    }

    /// A body that cannot be read. The word is the legacy's, odd as it is.
    pub fn unreadable() -> Self {
        let reply = Reply::Plain(Answer::word(400, "OK"));
        Self {
            events: Vec::new(),
            reply,
        }
    }
}
