//! Handlers of the program's own behind a route, with the sidecar as a library.

mod calls;
mod declines;
mod failures;
mod fallback;
mod in_process;
mod sockets;
