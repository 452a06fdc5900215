//! What one instance may take: bytes of memory and of tables together, and how many things a component may be made of.
//!
//! The surprise: a refusal is an answer the guest can live with (`memory.grow` gives -1), so it is remembered, and only
//! when the call fails after all it is the reason.

use wasmtime::ResourceLimiter;

/// Counts what an instance takes and refuses what is too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meter {
    limit: u64,
    taken: u64,
    refused: bool,
}

/// Core instances of one component; ordinary ones have three to fifteen.
pub(crate) const INSTANCES: u32 = 64;
/// Linear memories of one component; ordinary ones have one.
pub(crate) const MEMORIES: u32 = 8;
/// Tables of one component; ordinary ones have two.
pub(crate) const TABLES: u32 = 32;
/// Elements of one table. The largest seen, a JavaScript engine's, has 9,000.
pub(crate) const ELEMENTS: usize = 1 << 16;
/// A table's element is a pointer of the host's.
const ELEMENT: usize = size_of::<usize>();

impl Meter {
    /// A meter for one instance, `limit` in bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            taken: 0,
            refused: false,
        }
    }

    /// The limit, in bytes, when something was refused over it.
    pub(crate) fn refused(&self) -> Option<u64> {
        self.refused.then_some(self.limit)
    }

    fn grow(&mut self, current: usize, desired: usize, unit: usize) -> bool {
        let more = desired.saturating_sub(current).saturating_mul(unit) as u64;
        let sum = self.taken.saturating_add(more);
        if sum > self.limit {
            self.refused = true;
            return false;
        }
        self.taken = sum;
        true
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, 1))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > ELEMENTS {
            self.refused = true;
            return Ok(false);
        }
        Ok(self.grow(current, desired, ELEMENT))
    }

    fn instances(&self) -> usize {
        INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(meter: &mut Meter, current: usize, desired: usize) -> bool {
        meter.memory_growing(current, desired, None).expect("never")
    }

    #[test]
    fn memories_and_tables_share_the_limit() {
        let mut meter = Meter::new(1000);
        assert!(memory(&mut meter, 0, 600));
        assert!(meter.table_growing(0, 50, None).expect("never"));
        assert_eq!((meter.taken, meter.refused()), (1000, None));
        assert!(!memory(&mut meter, 600, 601));
        assert_eq!((meter.taken, meter.refused()), (1000, Some(1000)));
    }

    /// `(table 0 funcref) (func (export "g") (result i32) (table.grow 0 (ref.null func) (i32.const N)))`
    fn growing(elements: [u8; 3]) -> Vec<u8> {
        let [a, b, c] = elements;
        let parts: [&[u8]; 6] = [
            b"\0asm\x01\0\0\0",
            &[1, 5, 1, 0x60, 0, 1, 0x7f],
            &[3, 2, 1, 0],
            &[4, 4, 1, 0x70, 0, 0],
            &[7, 5, 1, 1, b'g', 0, 0],
            &[
                10, 13, 1, 11, 0, 0xd0, 0x70, 0x41, a, b, c, 0xfc, 0x0f, 0, 0x0b,
            ],
        ];
        parts.concat()
    }

    fn grow(elements: [u8; 3], limit: u64) -> (i32, Option<u64>) {
        let engine = wasmtime::Engine::default();
        let module = wasmtime::Module::new(&engine, growing(elements)).expect("a module");
        let mut store = wasmtime::Store::new(&engine, Meter::new(limit));
        store.limiter(|meter| meter);
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).expect("an instance");
        let grow = instance.get_typed_func::<(), i32>(&mut store, "g");
        let before = grow.expect("g").call(&mut store, ()).expect("no trap");
        (before, store.data().refused())
    }

    #[test]
    fn a_table_grows_within_the_limit_and_no_further() {
        // In LEB128: 65,536 and 65,537.
        let (most, more) = ([0x80, 0x80, 4], [0x81, 0x80, 4]);
        let ample = 1 << 20;
        assert_eq!(grow(most, ample), (0, None));
        assert_eq!(grow(more, ample), (-1, Some(ample)));
        assert_eq!(grow(most, ample / 2 - 1), (-1, Some(ample / 2 - 1)));
    }

    #[test]
    fn numbers_that_overflow_are_refused() {
        let mut meter = Meter::new(u64::MAX - 1);
        assert!(memory(&mut meter, 0, 10));
        assert!(!memory(&mut meter, 0, usize::MAX));
        assert!(!meter.table_growing(0, usize::MAX, None).expect("never"));
        assert!(meter.refused().is_some());
    }
}
