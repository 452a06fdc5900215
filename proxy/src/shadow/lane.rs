//! The threads that ask, and the way to them.
//!
//! Each thread has a scheduler of its own and a fixed number of workers; they take jobs from one bounded queue. The
//! surprise: the bound is kept by tickets, taken before anything is copied, so that a request which finds the lane full
//! costs its client nothing.

use std::num::NonZero;
use std::panic::AssertUnwindSafe;
use std::thread::{Builder, available_parallelism};

use async_channel::{Receiver, Sender};
use futures_util::FutureExt;
use tokio::runtime;
use tokio::task::JoinSet;

use super::job::{Asked, Job};
use super::ticket::{Places, Ticket};
use crate::tee::Budget;

/// Requests in hand, from the sample to the verdict: what a side that answers in 100 ms needs at 5,000 a second.
const IN_HAND: usize = 512;

/// Questions put at the same time, per thread.
const WORKERS: usize = 64;

/// Memory for all copies of bodies together: room for the caps of fourteen comparisons at once, or for all in hand when
/// bodies are below 32 KiB.
const COPIES: usize = 32 << 20;

/// One thread keeps up with the traffic of several that lead it.
const CORES_PER_THREAD: usize = 4;

/// How much further back in the system's queue the lane's threads stand than those that clients wait for.
const NICENESS: i32 = 5;

/// The way to the shadow threads. They end when the last one who knows it is gone.
#[derive(Debug, Clone)]
pub struct Lane {
    queue: Sender<Job>,
    places: Places,
    /// What all copies may take together.
    pub(super) budget: Budget,
}

impl Lane {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (queue, jobs) = async_channel::bounded(IN_HAND);
        for index in 0..threads() {
            let jobs = jobs.clone();
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Builder::new()
                .name(format!("shadow-{index}"))
                .spawn(move || run(&runtime, jobs))?;
        }
        Ok(Self {
            queue,
            places: Places::new(IN_HAND),
            budget: Budget::new(COPIES),
        })
    }

    /// Room for the requests of one route: half of all, so that no route takes the others' place.
    pub(super) fn places_of_a_route() -> Places {
        Places::new(IN_HAND / 2)
    }

    /// A place for one more request; `None` when the lane or the route's share of it is full.
    pub(super) fn enter(&self, of_route: &Places) -> Option<Ticket> {
        Ticket::take(&self.places, of_route)
    }

    /// How many requests are in hand, and how many may be.
    pub fn room(&self) -> (usize, usize) {
        (IN_HAND - self.places.free(), IN_HAND)
    }

    /// Hands a job over. Whoever has a ticket finds room in the queue.
    pub(super) fn submit(&self, job: Job) {
        // Only a lane whose threads are gone refuses, and then the sidecar is ending.
        let _ = self.queue.try_send(job);
    }
}

fn threads() -> usize {
    available_parallelism()
        .map_or(1, NonZero::get)
        .div_ceil(CORES_PER_THREAD)
}

fn run(runtime: &runtime::Runtime, jobs: Receiver<Job>) {
    let this = rustix::thread::gettid();
    // Where it may not be changed the lane runs like everybody else.
    let _ = rustix::process::setpriority_process(Some(this), NICENESS);
    runtime.block_on(async move {
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            workers.spawn(work(jobs.clone()));
        }
        while workers.join_next().await.is_some() {}
    });
}

/// Takes one job after the other. The wait for the first side's answer is not a worker's: clients may read slowly.
async fn work(jobs: Receiver<Job>) {
    while let Ok(job) = jobs.recv().await {
        let asking = AssertUnwindSafe(job.ask()).catch_unwind();
        if let Ok(Some(asked)) = asking.await {
            tokio::spawn(Asked::conclude(asked));
        }
    }
}
