//! What goes over a WebSocket.

use bytes::Bytes;

use super::body;
use super::file::{CloseFile, MessageFile};
use crate::Extent;

/// The text opcode of RFC 6455.
const TEXT: i32 = 1;
/// The binary opcode.
const BINARY: i32 = 2;

/// The messages of one WebSocket, in order, and how it ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    /// In the order in which the client saw and sent them.
    pub messages: Vec<Message>,
    /// How the service closed it; none when it was still open at the end or the client closed.
    pub close: Option<Close>,
    /// Whether that is all of it. What was cut off may hold further messages, and the end.
    pub extent: Extent,
}

/// A whole message, control frames apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who sent it.
    pub way: Way,
    /// Seconds since 1970.
    pub time: f64,
    /// What it says.
    pub payload: Payload,
}

/// Who sent a message, as seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The client.
    Send,
    /// The service.
    Receive,
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Of a text message.
    Text(String),
    /// Of a binary message.
    Binary(Bytes),
    /// Of a message that was compressed and could not be read: the bytes of the wire, unmasked.
    Compressed(Bytes),
}

/// A close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code; 1005 stands for an empty frame.
    pub code: u16,
    /// The reason, often empty.
    pub reason: String,
}

impl Conversation {
    /// From the keys of an entry. Frames that are no messages, such as Chromium's errors, are left out.
    ///
    /// # Errors
    /// The position of the message whose base64 is none.
    pub(super) fn read(
        messages: Vec<MessageFile>,
        close: Option<CloseFile>,
        extent: Extent,
    ) -> Result<Self, String> {
        let read = messages.into_iter().enumerate().filter_map(|(at, file)| {
            let way = Way::read(&file.way)?;
            let payload = Payload::read(&file)?;
            let message = payload.map(|payload| Message {
                way,
                time: file.time.unwrap_or_default(),
                payload,
            });
            Some(message.map_err(|fault| format!("message {at}: {fault}")))
        });
        Ok(Self {
            messages: read.collect::<Result<_, _>>()?,
            close: close.map(|CloseFile { code, reason }| Close { code, reason }),
            extent,
        })
    }

    pub(super) fn write(&self) -> (Vec<MessageFile>, Option<CloseFile>) {
        let close = self.close.clone();
        (
            self.messages.iter().map(Message::write).collect(),
            close.map(|Close { code, reason }| CloseFile { code, reason }),
        )
    }
}

impl Message {
    fn write(&self) -> MessageFile {
        let (opcode, data) = match &self.payload {
            Payload::Text(text) => (TEXT, text.clone()),
            Payload::Binary(bytes) | Payload::Compressed(bytes) => (BINARY, body::encode(bytes)),
        };
        MessageFile {
            way: self.way.name().to_owned(),
            time: Some(self.time),
            opcode,
            data,
            compressed: matches!(self.payload, Payload::Compressed(_)),
        }
    }
}

impl Way {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::Send, Self::Receive]
            .into_iter()
            .find(|way| way.name() == name)
    }
}

impl Payload {
    fn read(file: &MessageFile) -> Option<Result<Self, String>> {
        match file.opcode {
            TEXT => Some(Ok(Self::Text(file.data.clone()))),
            BINARY if file.compressed => Some(body::decode(&file.data).map(Self::Compressed)),
            BINARY => Some(body::decode(&file.data).map(Self::Binary)),
            _ => None,
        }
    }
}
