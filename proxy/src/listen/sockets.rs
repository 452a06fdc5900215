//! The listening sockets, bound here or taken over from the process before.
//!
//! Pingora carries sockets between processes by a name of our choice. The name is `role=configured@bound`, so that
//! the new process knows the real port of an address that was configured as port 0, and whose it is.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::IntoRawFd;
use std::path::Path;

use pingora_core::server::Fds;

use crate::wire::notice_vanished;

/// A socket could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address cannot be bound.
    #[error("cannot listen on {address}")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No running process handed its sockets over.
    #[error("no running overgrow handed its sockets over at {path} ({reason})")]
    HandOver {
        /// The upgrade socket.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The running process could not give its sockets away.
    #[error("the sockets could not be handed over at {path} ({reason})")]
    Give {
        /// The upgrade socket.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// Listening sockets by name, ready to be given to Pingora.
pub struct Sockets {
    inherited: Vec<String>,
    fds: Fds,
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new()
    }
}

impl Sockets {
    /// No socket yet; all will be bound.
    pub fn new() -> Self {
        Self {
            inherited: Vec::new(),
            fds: Fds::new(),
        }
    }

    /// Waits at the upgrade socket for the running process to hand its sockets over. Blocks for up to six seconds.
    ///
    /// # Errors
    /// When nobody came.
    pub fn take_over(path: &Path) -> Result<Self, BindError> {
        let path = path.display().to_string();
        let mut fds = Fds::new();
        let taken = fds.get_from_sock(path.as_str());
        taken.map_err(|reason| BindError::HandOver {
            path: path.clone(),
            reason: reason.to_string(),
        })?;
        let (inherited, _) = fds.serialize();
        Ok(Self { inherited, fds })
    }

    /// The socket of a role's configured address: an inherited one, else a fresh one. Gives its name and its real
    /// address. Two roles may both ask for port 0 of the same host.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn open(
        &mut self,
        role: &str,
        configured: SocketAddr,
    ) -> Result<(String, SocketAddr), BindError> {
        let prefix = format!("{role}={configured}@");
        let inherited = self
            .inherited
            .iter()
            .position(|name| name.starts_with(&prefix));
        if let Some(position) = inherited {
            let name = self.inherited.swap_remove(position);
            let bound = name[prefix.len()..].parse().unwrap_or(configured);
            return Ok((name, bound));
        }
        let bind = || {
            let listener = TcpListener::bind(configured)?;
            listener.set_nonblocking(true)?;
            notice_vanished(&listener);
            Ok((listener.local_addr()?, listener.into_raw_fd()))
        };
        let (bound, fd) = bind().map_err(|source| BindError::Bind {
            address: configured,
            source,
        })?;
        let name = format!("{prefix}{bound}");
        self.fds.add(name.clone(), fd);
        Ok((name, bound))
    }

    /// Closes inherited sockets that nobody opened: their addresses are no longer configured.
    pub fn into_fds(mut self) -> Fds {
        let (names, _) = self.fds.serialize();
        let used = names
            .into_iter()
            .filter(|name| !self.inherited.contains(name))
            .collect();
        for closed in self.fds.close_unclaimed(&used) {
            tracing::info!(
                socket = closed,
                "closed an inherited socket that is no longer configured"
            );
        }
        self.fds
    }
}

/// Hands every socket to the process that waits at the upgrade socket. Blocks for up to six seconds.
///
/// # Errors
/// When nobody waits there.
pub fn hand_over(fds: &Fds, path: &Path) -> Result<(), BindError> {
    let path = path.display().to_string();
    let given = fds.send_to_sock(path.as_str());
    given.map(drop).map_err(|reason| BindError::Give {
        path,
        reason: reason.to_string(),
    })
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets")
            .field("inherited", &self.inherited)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_is_bound_and_named_with_its_real_address() {
        let mut sockets = Sockets::new();
        let (name, bound) = sockets
            .open("listen", "127.0.0.1:0".parse().unwrap())
            .unwrap();
        assert_ne!(bound.port(), 0);
        assert_eq!(name, format!("listen=127.0.0.1:0@{bound}"));
    }

    #[test]
    fn accepted_sockets_notice_a_peer_that_vanished() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        notice_vanished(&listener);
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(socket2::SockRef::from(&accepted).keepalive().unwrap());
    }

    #[test]
    fn a_taken_address_is_named_in_the_error() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = holder.local_addr().unwrap();
        let error = Sockets::new().open("listen", taken).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {taken}"));
    }

    #[test]
    fn sockets_cross_to_another_owner() {
        let folder = std::env::temp_dir().join(format!("overgrow-sockets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("upgrade.sock");
        let configured: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut old = Sockets::new();
        let mut open = |role| (role, old.open(role, configured).unwrap());
        let opened = ["listen", "admin", "other"].map(&mut open);
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Sockets::take_over(&path)
        });
        hand_over(&old.into_fds(), &path).unwrap();
        let mut new = waiting.join().unwrap().unwrap();
        for (role, socket) in opened {
            assert_eq!(new.open(role, configured).unwrap(), socket, "{role}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
