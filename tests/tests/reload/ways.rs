//! The ways in which a file changes.

use crate::sides::{Sides, rejected, rename_over, until_side};
use anyhow::{Context, Result};
use overgrow_tests::admin::{json, until_config};
use overgrow_tests::sidecar::{Sidecar, folder};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_in_place_write_is_taken_over() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    until_side(sidecar.addr(), "legacy").await?;
    sidecar.edit(&sides.after())?;
    until_side(sidecar.addr(), "rust").await?;
    let config = json(sidecar.admin(), "/api/config").await?;
    assert_eq!(
        (&config["generation"], &config["synchronized"]),
        (&2.into(), &true.into())
    );
    Ok(())
}

#[tokio::test]
async fn an_editors_rename_is_taken_over_again_and_again() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    for _ in 0..3 {
        rename_over(&sidecar.routes(), &sides.after())?;
        until_side(sidecar.addr(), "rust").await?;
        rename_over(&sidecar.routes(), &sides.before())?;
        until_side(sidecar.addr(), "legacy").await?;
    }
    Ok(())
}

/// As vim does by default: the old file becomes the backup, a new one is written under its name.
#[tokio::test]
async fn a_file_that_is_away_for_a_moment_is_no_fault() -> Result<()> {
    let sides = Sides::start().await?;
    let sidecar = Sidecar::start(&sides.before()).await?;
    let file = sidecar.routes();
    for round in 0..5 {
        let (text, wanted) = match round % 2 {
            0 => (sides.after(), "rust"),
            _ => (sides.before(), "legacy"),
        };
        fs::rename(&file, file.with_extension("toml~"))?;
        // The moment itself is what is tested.
        tokio::time::sleep(Duration::from_millis(30)).await;
        fs::write(&file, text)?;
        until_side(sidecar.addr(), wanted).await?;
    }
    assert_eq!(rejected(sidecar.admin()).await?, 0.0);
    Ok(())
}

#[tokio::test]
async fn a_kubernetes_link_swap_is_taken_over_each_time() -> Result<()> {
    let sides = Sides::start().await?;
    let folder = folder()?;
    let mount = folder.path().to_owned();
    version(&mount, "..2026_1", &sides.before())?;
    symlink("..2026_1", mount.join("..data"))?;
    symlink("..data/routes.toml", mount.join("routes.toml"))?;
    let sidecar = Sidecar::start_in(folder).await?;
    for (name, text, wanted) in [
        ("..2026_2", sides.after(), "rust"),
        ("..2026_3", sides.before(), "legacy"),
        ("..2026_4", sides.after(), "rust"),
    ] {
        version(&mount, name, &text)?;
        symlink(name, mount.join("..data_tmp"))?;
        let swapped = Instant::now();
        fs::rename(mount.join("..data_tmp"), mount.join("..data"))?;
        until_side(sidecar.addr(), wanted).await?;
        println!("{name} after {:?}", swapped.elapsed());
    }
    assert_eq!(rejected(sidecar.admin()).await?, 0.0);
    Ok(())
}

fn version(mount: &Path, name: &str, text: &str) -> Result<()> {
    fs::create_dir(mount.join(name))?;
    Ok(fs::write(mount.join(name).join("routes.toml"), text)?)
}

/// Cut where it is a fault, and cut between two routes, where the first half is a good file of its own.
#[tokio::test]
async fn a_half_written_file_is_neither_a_fault_nor_a_generation() -> Result<()> {
    let sides = Sides::start().await?;
    let second = "[[route]]\nid = \"second\"\nmatch = { path = \"/second\" }\n\n";
    let both = |rust| {
        sides
            .text("first", rust)
            .replace("[[route]]", &format!("{second}[[route]]"))
    };
    let sidecar = Sidecar::start(&both("0")).await?;
    for round in 0..8 {
        let text = both(if round % 2 == 0 { "100" } else { "0" });
        let cut = match round % 4 < 2 {
            true => text.find("[[route]]\nid = \"first\"").context("a cut")?,
            false => text.find("/second").context("a cut")?,
        };
        write_in_halves(&sidecar.routes(), &text, cut).await?;
        let generation = round + 2;
        let config = until_config(sidecar.admin(), "the whole file", |config| {
            config["generation"].as_u64() >= Some(generation)
        })
        .await?;
        assert_eq!(
            config["generation"], generation,
            "round {round}: half a generation"
        );
        let routes = json(sidecar.admin(), "/api/routes").await?;
        assert_eq!(routes.as_array().map(Vec::len), Some(2), "round {round}");
    }
    assert_eq!(rejected(sidecar.admin()).await?, 0.0);
    Ok(())
}

async fn write_in_halves(file: &Path, text: &str, cut: usize) -> Result<()> {
    let mut open = File::create(file)?;
    open.write_all(&text.as_bytes()[..cut])?;
    // The pause of a slow writer is what is tested.
    tokio::time::sleep(Duration::from_millis(120)).await;
    Ok(open.write_all(&text.as_bytes()[cut..])?)
}
