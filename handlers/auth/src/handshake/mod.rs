//! Checks the first message of a WebSocket to the gateway, `connect`, in the legacy's order and words.
//!
//! It must not know sockets, files or clocks: the nonce, the time and the known devices are passed in, and a pairing
//! that has to be kept is given back. The surprise: a device shows a signature *and* a token, and either a token of the
//! gateway's or one of its own will do.

mod connect;
mod device;
mod devices;
mod failure;
mod json;
mod schema;

use overgrow_settings::Gateway;

use self::connect::{Connect, Device, Frame};
use self::device::Key;
use self::json::Json;
use crate::credentials::{self, Method};

pub use devices::{Approval, Devices, Paired, Pending, Roster, Token};
pub use failure::{Answer, Details, ErrorShape, Failure};

/// The protocol that is spoken.
pub const PROTOCOL: u32 = 3;

/// How far a device's clock may be from ours, in milliseconds.
const SKEW: f64 = 10.0 * 60.0 * 1000.0;

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

/// A device whose signature was good.
struct Known {
    id: String,
    key: String,
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

/// One `connect` and what is known of its connection.
struct Asking<'a> {
    connect: Connect,
    context: &'a Context<'a>,
}

impl Asking<'_> {
    fn judge(&self) -> Result<Welcome, Failure> {
        let protocol = f64::from(PROTOCOL);
        if self.connect.most < protocol || self.connect.least > protocol {
            return Err(Failure::protocol());
        }
        let role = Role::of(self.connect.role.as_deref());
        let role = role.ok_or_else(|| Failure::invalid("invalid role"))?;
        let scopes = role.scopes(&self.connect.scopes);
        let device = match &self.connect.device {
            Some(device) => Some(self.identify(device, role)?),
            None => self.without_device().map(|()| None)?,
        };
        let admission = self.admit(device.as_ref(), role, &scopes)?;
        let pairing = match &device {
            Some(device) if !self.skips_pairing() => self.pair(device, role, &scopes)?,
            _ => None,
        };
        Ok(Welcome {
            id: String::new(),
            role,
            scopes,
            device: device.map(|device| device.id),
            admission,
            pairing,
        })
    }

    /// Any token passes here, right or wrong; it is compared later.
    fn without_device(&self) -> Result<(), Failure> {
        let may = if self.is_insecure_control_ui() {
            self.connect.has_secret()
        } else if self.connect.is_control_ui() {
            let text = "control ui requires HTTPS or localhost (secure context)";
            return Err(Failure::invalid(text));
        } else {
            self.connect.has_token()
        };
        may.then_some(())
            .ok_or_else(|| Failure::not_paired("device identity required"))
    }

    fn identify(&self, device: &Device, role: Role) -> Result<Known, Failure> {
        let key = Key::read(&device.key).filter(|key| key.device() == device.id);
        let key = key.ok_or_else(|| Failure::invalid("device identity mismatch"))?;
        if (self.context.now as f64 - device.signed_at).abs() > SKEW {
            return Err(Failure::invalid("device signature expired"));
        }
        self.check_nonce(device.nonce.as_deref())?;
        if !key.verifies(&self.signed(device, role), &device.signature) {
            return Err(Failure::invalid("device signature invalid"));
        }
        Ok(Known {
            id: device.id.clone(),
            key: key.canonical(),
        })
    }

    fn check_nonce(&self, nonce: Option<&str>) -> Result<(), Failure> {
        match nonce {
            Some(nonce) if nonce == self.context.nonce => Ok(()),
            Some(_) => Err(Failure::invalid("device nonce mismatch")),
            None if self.context.standing == Standing::Local => Ok(()),
            None => Err(Failure::invalid("device nonce required")),
        }
    }

    /// What the device signs: scopes as asked for, the time in whole milliseconds.
    fn signed(&self, device: &Device, role: Role) -> String {
        let version = device.nonce.as_ref().map_or("v1", |_| "v2");
        let client = &self.connect.client;
        let scopes = self.connect.scopes.join(",");
        let at = device.signed_at as u64;
        let token = self.connect.presented.token.as_deref().unwrap_or_default();
        let (id, name, mode, role) = (&device.id, &client.id, &client.mode, role.as_str());
        let signed = format!("{version}|{id}|{name}|{mode}|{role}|{scopes}|{at}|{token}");
        match &device.nonce {
            Some(nonce) => format!("{signed}|{nonce}"),
            None => signed,
        }
    }

    fn admit(
        &self,
        device: Option<&Known>,
        role: Role,
        scopes: &[String],
    ) -> Result<Admission, Failure> {
        if self.context.tailnet.is_some() {
            return Ok(Admission::Gateway(Method::Tailscale));
        }
        let presented = &self.connect.presented;
        let refused = match credentials::check(&self.context.gateway.auth, presented) {
            Ok(method) => return Ok(Admission::Gateway(method)),
            Err(refused) => refused,
        };
        let paired = device.and_then(|device| self.context.devices.paired(&device.id));
        let shown = presented.token.as_deref().unwrap_or_default();
        if paired.is_some_and(|paired| paired.accepts(shown, role.as_str(), scopes)) {
            return Ok(Admission::DeviceToken);
        }
        Err(Failure::unauthorized(refused, &self.connect.client))
    }

    /// Whether the device is known; if not, its pairing is given back on this machine and refused elsewhere.
    fn pair(
        &self,
        device: &Known,
        role: Role,
        scopes: &[String],
    ) -> Result<Option<Pairing>, Failure> {
        let devices = self.context.devices;
        let known = devices
            .paired(&device.id)
            .filter(|paired| paired.key == device.key);
        if known.is_some_and(|paired| paired.allows(role.as_str(), scopes)) {
            return Ok(None);
        }
        let waits = devices.pending(&device.id);
        let request = waits.map_or(self.context.request, |pending| &pending.request);
        let pairing = Pairing {
            request: request.to_owned(),
            device: device.id.clone(),
            key: device.key.clone(),
            role,
            scopes: scopes.to_vec(),
        };
        // One that waits for the owner waits for the owner, wherever it is asked for again.
        let for_owner = waits.is_some_and(|pending| pending.approval == Approval::Owner);
        if self.context.standing == Standing::Remote || for_owner {
            return Err(Failure::pairing(pairing));
        }
        Ok(Some(pairing))
    }

    fn is_insecure_control_ui(&self) -> bool {
        self.connect.is_control_ui() && self.context.gateway.insecure_control_ui
    }

    fn skips_pairing(&self) -> bool {
        self.is_insecure_control_ui() && self.connect.has_secret()
    }
}

#[cfg(test)]
mod tests;
