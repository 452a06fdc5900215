//! The host as these tests run it, and where the components are.

use std::path::PathBuf;

/// The component of a guest, as `cargo xtask plugins` leaves it.
pub(crate) fn component(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../target/plugins")
        .join(format!("{name}.wasm"));
    assert!(
        file.is_file(),
        "{} is not there: run `cargo xtask plugins` first",
        file.display()
    );
    file
}
