//! The guides, followed as a reader would: every command of a page is typed, in order, into one shell, and what the page says
//! comes out does come out.
//!
//! The surprise: numbers count as equal, but for dials, statuses and exit codes. A page shows one run, and no two are alike;
//! its words have to be those of today.

mod links;
mod page;
mod shell;

use anyhow::{Context, Result, ensure};
use page::Page;
use shell::Shell;

#[tokio::test]
async fn the_readme_goes_from_pass_through_to_a_flipped_route() -> Result<()> {
    follow("README.md").await
}

#[tokio::test]
async fn shadowing_safely() -> Result<()> {
    follow("docs/shadowing.md").await
}

#[tokio::test]
async fn a_staged_rollout_and_its_rollback() -> Result<()> {
    follow("docs/rollout.md").await
}

#[tokio::test]
async fn signing_off_with_golden_traces() -> Result<()> {
    follow("docs/sign-off.md").await
}

/// Types what a page says, and compares.
async fn follow(path: &str) -> Result<()> {
    let page = Page::read(path)?;
    ensure!(!page.steps.is_empty(), "{path} has nothing to type");
    let shell = Shell::open()?;
    let said = shell.run(&page).await.with_context(|| path.to_owned())?;
    for (step, said) in page.steps.iter().zip(&said) {
        let missing = step.missing(said);
        ensure!(
            missing.is_empty(),
            "{path}:{}: the page says\n\n{}\n\nand what comes is\n\n{said}",
            step.line,
            missing.join("\n")
        );
    }
    Ok(())
}
