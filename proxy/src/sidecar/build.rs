//! Which build of this program runs: its handlers change with it, and what is known of them is known of one build.

use std::io::Read;
use std::sync::OnceLock;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// A hash of this program's file, read when it is first asked for; of a file that cannot be read the version stands for
/// it.
pub(super) fn hash() -> u64 {
    static BUILD: OnceLock<u64> = OnceLock::new();
    *BUILD.get_or_init(|| {
        hash_of_program().unwrap_or_else(|_| xxh3_64(env!("CARGO_PKG_VERSION").as_bytes()))
    })
}

fn hash_of_program() -> std::io::Result<u64> {
    let mut program = std::fs::File::open(std::env::current_exe()?)?;
    let (mut hash, mut piece) = (Xxh3::new(), vec![0; 1 << 20]);
    loop {
        match program.read(&mut piece)? {
            0 => return Ok(hash.digest()),
            length => hash.update(&piece[..length]),
        }
    }
}
