//! What the page brings along of others, against what they published.

use anyhow::{Context, Result};
use overgrow_tests::kit;
use std::path::Path;

/// In the tree, and in the package that the lock file names.
const FILES: [(&str, &str); 3] = [
    ("uplot.js", "dist/uPlot.esm.js"),
    ("uplot.css", "dist/uPlot.min.css"),
    ("uplot-license.txt", "LICENSE"),
];

#[test]
fn uplot_is_byte_for_byte_what_was_published() -> Result<()> {
    let kit = kit::prepare("browser", "browser")?;
    let tree = kit::tree("../proxy/src/dashboard/static");
    for (ours, theirs) in FILES {
        let package = kit.path().join("node_modules/uplot");
        assert!(read(&tree, ours)? == read(&package, theirs)?, "{ours}");
    }
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| path.display().to_string())
}
