//! Writes the golden traces anew, from the recordings beside them.

use overgrow_tests::{golden, kit};

fn main() -> anyhow::Result<()> {
    for (name, text) in golden::har_files()? {
        let file = kit::tree("golden").join(name);
        std::fs::write(&file, text)?;
        println!("{}", file.display());
    }
    Ok(())
}
