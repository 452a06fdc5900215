//! Where instances live: a pool of memories, tables and stacks that are reserved once and used again.
//!
//! Resetting a pooled instance takes microseconds, mapping a new one three times as long. The surprise: addresses are
//! not memory. A thousand memories reserve four terabytes of addresses and take what their guests touched.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;
use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails,
};

use super::EngineError;
use super::limits::{ELEMENTS, INSTANCES, MEMORIES, TABLES};

/// How many instances there is room for. A place is one memory and [`TABLES_PER_PLACE`] tables.
#[derive(Debug)]
pub(crate) struct Room(Arc<Semaphore>);

/// A call's places, given back when dropped.
pub(crate) type Places = OwnedSemaphorePermit;

/// What `wit-component` makes has two tables.
const TABLES_PER_PLACE: u32 = 4;
/// Of the guest's own frames. The host's, below them on the same stack, have the rest of [`STACK`].
const WASM_STACK: usize = 512 * 1024;
/// Of one call, the host's functions included.
const STACK: usize = 2 * 1024 * 1024;
/// Bytes of a memory that are wiped rather than given back to the kernel, which would fault each of them in again.
const RESIDENT: usize = 512 * 1024;
/// The same for tables, which are small.
const TABLE_RESIDENT: usize = 64 * 1024;
/// Places that keep their last guest's pages while nobody uses them: 50 MiB at most.
const WARM: u32 = 100;

impl Room {
    /// Room for so many places.
    pub(crate) fn new(instances: u32) -> Self {
        Self(Arc::new(Semaphore::new(instances.max(1) as usize)))
    }

    /// Waits for room; dropping the future gives up.
    pub(crate) async fn take(&self, places: u32) -> Option<Places> {
        let room = Arc::clone(&self.0);
        room.acquire_many_owned(places).await.ok()
    }

    /// How many places are free.
    pub(crate) fn free(&self) -> usize {
        self.0.available_permits()
    }
}

/// How many places an instance of it takes; `None` when it can only be known by trying, which is for components that
/// take core modules as arguments.
pub(crate) fn places(component: &Component) -> Option<u32> {
    let needs = component.resources_required()?;
    Some(
        needs
            .num_memories
            .max(needs.num_tables.div_ceil(TABLES_PER_PLACE))
            .max(1),
    )
}

/// Wasmtime with a pool, or without one where its addresses are not to be had.
pub(crate) fn engine(instances: u32) -> Result<wasmtime::Engine, EngineError> {
    let instances = instances.max(1);
    let pooled = InstanceAllocationStrategy::Pooling(pool(instances));
    wasmtime::Engine::new(&config(pooled))
        .or_else(|error| {
            warn!(
                instances,
                "plugins run without a pool, more slowly: {error:#}"
            );
            wasmtime::Engine::new(&config(InstanceAllocationStrategy::OnDemand))
        })
        .map_err(|error| EngineError::Wasmtime(format!("{error:#}")))
}

fn config(allocation: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(STACK)
        .debug_info(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .allocation_strategy(allocation);
    config
}

fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(INSTANCES))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(TABLES_PER_PLACE))
        .total_stacks(instances)
        .max_core_instances_per_component(INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES)
        .table_elements(ELEMENTS)
        .max_unused_warm_slots(WARM)
        .linear_memory_keep_resident(RESIDENT)
        .table_keep_resident(TABLE_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_no_machine_has_room_for_is_done_without() {
        // 2^32 memories of 4 GiB are 2^64 bytes of addresses.
        engine(u32::MAX).expect("on demand then");
    }

    #[tokio::test]
    async fn places_are_given_back() {
        let room = Room::new(2);
        let taken = room.take(2).await.expect("room");
        assert_eq!(room.free(), 0);
        drop(taken);
        assert_eq!(room.free(), 2);
    }
}
