//! What a planned call wrote, over what is there.
//!
//! It lives as long as its call, so that a plan sees its own writes and leaves nothing behind. Keys and values have an
//! overlay of their own, in [`overgrow_keep::Space`].

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::media::Stored;

/// What a planned call wrote; empty in any other.
#[derive(Default)]
pub(super) struct Overlay {
    /// Secrets by name.
    pub(super) secrets: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Files by id.
    pub(super) files: BTreeMap<String, Stored>,
}
