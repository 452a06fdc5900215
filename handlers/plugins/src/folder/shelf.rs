//! All places, by name.
//!
//! Readers never wait: the map is replaced as a whole. The surprise: where two plugins claim the same thing (a tool's
//! name, a channel), the first by its own name has it, so that the order of loading decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::slot::{PluginState, Slot};
use super::version::Version;

/// Places by name.
pub(crate) type Slots = BTreeMap<String, Arc<Slot>>;

/// All places; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(Arc<ArcSwap<Slots>>);

impl Shelf {
    /// All of them, as they are now.
    pub(crate) fn slots(&self) -> Arc<Slots> {
        self.0.load_full()
    }

    /// One of them.
    pub(crate) fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.0.load().get(name).cloned()
    }

    /// The first version, by the plugin's name, of which something is so.
    pub(crate) fn first(
        &self,
        is_so: impl Fn(&Version) -> bool,
    ) -> Option<(Arc<Slot>, Arc<Version>)> {
        self.0.load().values().find_map(|slot| {
            let version = slot.version().filter(|version| is_so(version))?;
            Some((Arc::clone(slot), version))
        })
    }

    /// How many are in each state.
    pub(crate) fn states(&self) -> Vec<(&'static str, usize)> {
        let slots = self.0.load();
        let count = |state| slots.values().filter(|slot| slot.state() == state).count();
        PluginState::ALL
            .map(|state| (state.word(), count(state)))
            .into()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Slots)) {
        let mut slots = Slots::clone(&self.0.load());
        change(&mut slots);
        self.0.store(Arc::new(slots));
    }
}
