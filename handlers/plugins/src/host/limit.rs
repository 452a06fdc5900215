//! How much memory an instance may take.
//!
//! The surprise: a guest that is refused memory traps with whatever its language says; that it was the memory is kept
//! here for whoever names the failure.

use wasmtime::ResourceLimiter;

/// Elements of one table; guests need one for each function whose address they take.
const ELEMENTS: usize = 100_000;

/// Bounds the linear memory and the tables of one store.
#[derive(Debug)]
pub(crate) struct Limit {
    bytes: usize,
    /// Whether memory was refused.
    pub(crate) hit: bool,
}

impl Limit {
    pub(super) fn new(bytes: u64) -> Self {
        Self {
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
            hit: false,
        }
    }
}

impl ResourceLimiter for Limit {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.bytes;
        self.hit |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= ELEMENTS)
    }
}
