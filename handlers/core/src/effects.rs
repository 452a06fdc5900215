//! What a handler does everything to the world through, so that it can be asked what it would do.
//!
//! Performing, an effect is carried out and its description dropped. Planning, the description is kept and nothing is
//! carried out. The surprise: a plan is bounded, and what goes past its bounds is summed up in a last entry instead of
//! being lost, because a comparison of two plans must not take a cut one for a whole one.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

/// The description of one effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What kind, such as `http`, `queue` or `file`.
    pub kind: Cow<'static, str>,
    /// What it acts on, such as `POST https://books.example/orders`.
    pub target: String,
    /// The rest, for people and for comparison.
    pub detail: Value,
}

/// The way to the world, from [`Call::effects`](crate::Call::effects). Cheap to clone; performs unless made by
/// [`planning`](Self::planning).
#[derive(Debug, Clone, Default)]
pub struct Effects(Option<Arc<Mutex<Record>>>);

/// What was recorded by the [`Effects`] it was made with.
#[derive(Debug)]
pub struct Plan(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    effects: Vec<Effect>,
    bytes: usize,
    beyond: usize,
}

impl Effect {
    /// An effect without detail.
    pub fn new(kind: impl Into<Cow<'static, str>>, target: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            target: target.into(),
            detail: Value::Null,
        }
    }

    /// Adds whatever else tells this effect from another one. Secrets do not belong here: people read it.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Describes a payload by its size and hash, for those that are too large or too private to be kept.
    #[must_use]
    pub fn payload(self, bytes: &[u8]) -> Self {
        self.detail(digest(bytes))
    }

    /// Bytes that it takes in a plan, near enough.
    fn weight(&self) -> usize {
        self.kind.len() + self.target.len() + self.detail.to_string().len()
    }
}

impl Effects {
    /// Carries everything out.
    pub fn performing() -> Self {
        Self::default()
    }

    /// Carries nothing out and records it; the [`Plan`] has the record.
    pub fn planning() -> (Self, Plan) {
        let record = Arc::<Mutex<Record>>::default();
        (Self(Some(Arc::clone(&record))), Plan(record))
    }

    /// Whether effects are recorded only. To be asked where the answer depends on it, which should be rare: a plan
    /// is worth something because planning and performing are the same code.
    pub fn is_planning(&self) -> bool {
        self.0.is_some()
    }

    /// Performing: calls `perform` and gives what its future gives; dropping the future cancels it. Planning: records
    /// `effect` and gives `planned`, without calling `perform` at all, so that a client which sends before it is
    /// polled sends nothing.
    ///
    /// # Errors
    /// What `perform` gives; a plan never fails.
    pub async fn run<T, E, F>(
        &self,
        effect: Effect,
        planned: T,
        perform: impl FnOnce() -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        if self.records(effect) {
            return Ok(planned);
        }
        perform().await
    }

    /// Keeps the effect when planning, and says whether that was so.
    fn records(&self, effect: Effect) -> bool {
        let Some(record) = &self.0 else { return false };
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        record.add(effect);
        true
    }
}

impl Plan {
    /// Effects that a plan keeps; a handler that does more in one call is summed up.
    pub const EFFECTS: usize = 64;
    /// Bytes that all of them may take together.
    pub const BYTES: usize = 64 * 1024;

    /// What was recorded since the last time, in order: to be taken when the answer's body has ended. An effect that
    /// is too large for what is left of [`BYTES`](Self::BYTES) has its detail replaced by its size and hash; those
    /// past the bounds are a last entry of kind `beyond`, which says how many.
    pub fn take(&self) -> Vec<Effect> {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *record).close()
    }
}

impl Record {
    fn add(&mut self, effect: Effect) {
        let effect = self.fitted(effect);
        let weight = effect.weight();
        if self.effects.len() == Plan::EFFECTS || weight > self.left() {
            self.beyond += 1;
            return;
        }
        self.bytes += weight;
        self.effects.push(effect);
    }

    /// The effect itself when there is room for it, else with a digest for detail.
    fn fitted(&self, effect: Effect) -> Effect {
        if effect.weight() <= self.left() {
            return effect;
        }
        let whole = effect.detail.to_string();
        effect.payload(whole.as_bytes())
    }

    fn left(&self) -> usize {
        Plan::BYTES.saturating_sub(self.bytes)
    }

    fn close(mut self) -> Vec<Effect> {
        if self.beyond > 0 {
            let sum = Effect::new("beyond", "the bounds of a plan");
            self.effects.push(sum.detail(json!(self.beyond)));
        }
        self.effects
    }
}

fn digest(bytes: &[u8]) -> Value {
    json!({ "bytes": bytes.len(), "xxh3": format!("{:016x}", xxh3_64(bytes)) })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::ready;

    use futures_util::FutureExt;

    use super::*;

    fn run(effects: &Effects, effect: Effect) -> &'static str {
        let performed = || ready(Ok::<_, Infallible>("performed"));
        let ran = effects.run(effect, "planned", performed).now_or_never();
        let Ok(answer) = ran.expect("nothing to wait for");
        answer
    }

    #[test]
    fn performing_calls_and_a_failure_is_the_callers() {
        let effects = Effects::performing();
        assert_eq!(run(&effects, Effect::new("queue", "jobs")), "performed");
        let failing = effects.run(Effect::new("queue", "jobs"), (), || ready(Err("down")));
        assert_eq!(failing.now_or_never(), Some(Err("down")));
    }

    #[test]
    fn planning_records_in_order_and_calls_nothing() {
        let (effects, plan) = Effects::planning();
        let first = Effect::new("http", "POST https://books.example").detail(json!({"id": 1}));
        let second = Effect::new("file", "a.txt").payload(b"hello");
        let never = || -> std::future::Ready<Result<(), Infallible>> { panic!("called") };
        let planned = effects.run(first.clone(), (), never).now_or_never();
        assert_eq!(planned, Some(Ok(())));
        assert_eq!(run(&effects.clone(), second.clone()), "planned");
        assert_eq!(second.detail["bytes"], 5);
        assert_eq!(plan.take(), [first, second]);
        assert_eq!(plan.take(), []);
    }

    #[test]
    fn too_many_effects_are_summed_up() {
        let (effects, plan) = Effects::planning();
        for number in 0..Plan::EFFECTS + 3 {
            run(&effects, Effect::new("queue", number.to_string()));
        }
        let taken = plan.take();
        assert_eq!(taken.len(), Plan::EFFECTS + 1);
        let last = &taken[Plan::EFFECTS];
        assert_eq!((&*last.kind, &last.detail), ("beyond", &json!(3)));
    }

    #[test]
    fn a_detail_that_is_too_large_becomes_its_digest() {
        let (effects, plan) = Effects::planning();
        let large = |letter: &str| json!(letter.repeat(Plan::BYTES));
        run(&effects, Effect::new("file", "a").detail(large("a")));
        run(&effects, Effect::new("file", "b").detail(large("b")));
        let [a, b] = &plan.take()[..] else {
            panic!("two effects")
        };
        assert_eq!(a.detail["bytes"], Plan::BYTES + 2);
        assert_ne!(a.detail["xxh3"], b.detail["xxh3"]);
    }

    #[test]
    fn targets_cannot_fill_the_memory_either() {
        let (effects, plan) = Effects::planning();
        run(&effects, Effect::new("file", "x".repeat(Plan::BYTES)));
        let taken = plan.take();
        assert_eq!((taken.len(), &*taken[0].kind), (1, "beyond"));
    }
}
