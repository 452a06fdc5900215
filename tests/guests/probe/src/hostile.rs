//! What no honest guest does.

use serde::Deserialize;
use serde_json::Value;

/// `{"do": "hostile", "kind": "spin"}`
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Hostility {
    /// Panics.
    Panic,
    /// Never ends, and calls nothing.
    Spin,
    /// Never ends, and calls the host all the time.
    Chatter,
    /// Takes memory until there is none.
    Memory,
    /// Calls itself until the stack is full.
    Stack,
    /// Answers with so many bytes.
    Answer { bytes: usize },
    /// Opens a secret again and again without letting go.
    Handles { secret: String },
}

impl Hostility {
    pub(crate) fn run(self) -> Value {
        match self {
            Self::Panic => panic!("as told"),
            Self::Spin => spin(),
            Self::Chatter => loop {
                overgrow_sdk::host::env::now();
            },
            Self::Memory => memory(),
            Self::Stack => stack(&[0; 1024]).into(),
            Self::Answer { bytes } => "x".repeat(bytes).into(),
            Self::Handles { secret } => handles(&secret),
        }
    }
}

fn spin() -> ! {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

fn memory() -> ! {
    let mut held = Vec::new();
    loop {
        held.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// What is done behind the call keeps the compiler from making a loop of it.
fn stack(frame: &[u64; 1024]) -> u64 {
    let mut next = std::hint::black_box(*frame);
    next[0] += 1;
    match std::hint::black_box(true) {
        true => stack(&next).wrapping_add(next[0]),
        false => 0,
    }
}

/// Ends with what the host says at last, if it says anything.
fn handles(name: &str) -> Value {
    let mut held = Vec::new();
    loop {
        match overgrow_sdk::host::secrets::open(name) {
            Ok(secret) => held.push(secret),
            Err(error) => return crate::answer::failed(error),
        }
    }
}
