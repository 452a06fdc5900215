//! Checks the first message of a WebSocket to the gateway, `connect`, in the legacy's order and words.
//!
//! It must not know sockets, files or clocks: the nonce, the time and the known devices are passed in, and a pairing
//! that has to be kept is given back. The surprise: a device shows a signature *and* a token, and either a token of the
//! gateway's or one of its own will do.

mod asking;
mod connect;
mod device;
mod devices;
mod failure;
mod json;
mod schema;

use overgrow_settings::Gateway;

use self::asking::Asking;
use self::connect::Frame;
use self::json::Json;
use crate::credentials::Method;

pub use devices::{Approval, Devices, Paired, Pending, Roster, Token};
pub use failure::{Answer, Details, ErrorShape, Failure};

/// The protocol that is spoken.
pub const PROTOCOL: u32 = 3;

/// What is known of a connection when its first message comes.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whom the gateway lets in.
    pub gateway: &'a Gateway,
    /// The nonce that it was challenged with.
    pub nonce: &'a str,
    /// Milliseconds since 1970.
    pub now: u64,
    /// Where it comes from.
    pub standing: Standing,
    /// Its tailnet login, from [`tailnet_user`](crate::tailnet_user) and nowhere else.
    pub tailnet: Option<&'a str>,
    /// The devices that were let in before.
    pub devices: &'a dyn Devices,
    /// The name of a new pairing, should there have to be one; a random one.
    pub request: &'a str,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This machine, by [`Origin::is_local_direct`](crate::Origin::is_local_direct): its devices need nobody's approval.
    Local,
    /// Anywhere else.
    Remote,
}

/// A connection that is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The name of the request, to be answered with it.
    pub id: String,
    /// What it may do.
    pub role: Role,
    /// The scopes that it has.
    pub scopes: Vec<String>,
    /// The device that it is.
    pub device: Option<String>,
    /// By what it was let in.
    pub admission: Admission,
    /// The pairing that has to be kept, approved.
    pub pairing: Option<Pairing>,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ask the gateway.
    Operator,
    /// Be asked by it.
    Node,
}

/// By what a connection was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As any caller is.
    Gateway(Method),
    /// By the device's own token.
    DeviceToken,
}

/// A device that asks to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Its name.
    pub request: String,
    /// The device.
    pub device: String,
    /// The device's key, in Base64 for URLs.
    pub key: String,
    /// The role that it asks for.
    pub role: Role,
    /// The scopes that it asks for.
    pub scopes: Vec<String>,
}

impl Role {
    fn of(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("operator") => Some(Self::Operator),
            Some("node") => Some(Self::Node),
            Some(_) => None,
        }
    }

    /// Its name in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }

    /// An operator that asks for no scopes gets the one that holds them all.
    fn scopes(self, asked: &[String]) -> Vec<String> {
        if asked.is_empty() && self == Self::Operator {
            return vec!["operator.admin".to_owned()];
        }
        asked.to_vec()
    }
}

/// Decides on a first message.
///
/// # Errors
/// When the connection is not let in, with how to answer and close it.
pub fn check(frame: &[u8], context: &Context<'_>) -> Result<Welcome, Failure> {
    let json = Json::parse(frame).ok_or_else(|| Failure::silent(1000, ""))?;
    let frame = Frame::of(json).ok_or_else(|| Failure::silent(1008, "invalid request frame"))?;
    let judged = frame
        .connect()
        .and_then(|connect| Asking { connect, context }.judge());
    match judged {
        Ok(welcome) => Ok(Welcome {
            id: frame.id,
            ..welcome
        }),
        Err(failure) => Err(failure.to(frame.id)),
    }
}

#[cfg(test)]
mod tests;
