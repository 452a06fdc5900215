//! Judges a `connect` whose form is right: protocol, role, device, secret, pairing, in this order.
//!
//! It must not know how a failure is written. The surprise: a connection without a device passes the first step with
//! any token, right or wrong; it is compared two steps later.

use super::connect::{Connect, Device};
use super::device::Key;
use super::{Admission, Approval, Context, Failure, PROTOCOL, Pairing, Role, Standing, Welcome};
use crate::credentials::{self, Method};

/// How far a device's clock may be from ours, in milliseconds.
const SKEW: f64 = 10.0 * 60.0 * 1000.0;

/// One `connect` and what is known of its connection.
pub(super) struct Asking<'a> {
    pub(super) connect: Connect,
    pub(super) context: &'a Context<'a>,
}

/// A device whose signature was good.
struct Known {
    id: String,
    key: String,
}

impl Asking<'_> {
    pub(super) fn judge(&self) -> Result<Welcome, Failure> {
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
