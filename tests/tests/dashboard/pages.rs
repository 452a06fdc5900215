//! What people do with the page.

use crate::sides::Sides;
use anyhow::{Context, Result};
use overgrow_tests::browser::Visit;
use overgrow_tests::sidecar;
use std::fmt::Write;

/// Where pictures are left.
fn pictures() -> Result<String> {
    let folder = sidecar::target()?.join("dashboard");
    std::fs::create_dir_all(&folder)?;
    folder
        .into_os_string()
        .into_string()
        .ok()
        .context("a path in UTF-8")
}

#[tokio::test]
async fn a_dial_is_turned_by_pointer_and_by_keyboard() -> Result<()> {
    let sides = Sides::start().await?;
    let arguments = [sides.admin(), sides.proxy()];
    Visit::begin("operate.mjs", arguments)?.ended().await?;
    let routes = std::fs::read_to_string(sides.sidecar.routes())?;
    let line = routes.lines().find(|line| line.starts_with("rust "));
    let line = line.context("the dial of the first route")?;
    assert!(line.starts_with("rust    = 100 "), "{line}");
    assert!(line.contains("# page "), "{line}");
    Ok(())
}

#[tokio::test]
async fn hostile_differences_stay_text_and_one_is_accepted() -> Result<()> {
    let sides = Sides::start().await?;
    let arguments = [sides.admin(), sides.proxy()];
    Visit::begin("differ.mjs", arguments)?.ended().await?;
    let routes = std::fs::read_to_string(sides.sidecar.routes())?;
    let first = routes
        .split("[[route]]")
        .nth(1)
        .context("the first route")?;
    assert!(first.contains("expect"), "{first}");
    assert!(first.contains("json:/price"), "{first}");
    assert!(first.contains("the legacy <b>rounds</b>"), "{first}");
    Ok(())
}

#[tokio::test]
async fn a_token_is_asked_for_and_not_kept() -> Result<()> {
    let sides = Sides::with_token("s3cret-and-long").await?;
    let arguments = [sides.admin(), "s3cret-and-long".to_owned()];
    Visit::begin("login.mjs", arguments)?.ended().await
}

#[tokio::test]
async fn axe_finds_nothing_on_the_first_view_in_any_theme_and_size() -> Result<()> {
    look("home").await
}

#[tokio::test]
async fn axe_finds_nothing_on_a_routes_page_in_any_theme_and_size() -> Result<()> {
    look("route").await
}

async fn look(view: &str) -> Result<()> {
    let sides = Sides::start().await?;
    let arguments = [sides.admin(), sides.proxy(), pictures()?, view.to_owned()];
    Visit::begin("looks.mjs", arguments)?.ended().await
}

#[tokio::test]
async fn a_refused_file_and_a_lost_sidecar_are_said_loudly() -> Result<()> {
    let sides = Sides::start().await?;
    let visit = Visit::begin("wrong.mjs", [sides.admin(), pictures()?])?;
    visit.says("waiting for a refused file").await?;
    let routes = std::fs::read_to_string(sides.sidecar.routes())?;
    sides.sidecar.edit(&routes.replace("shadow ", "shaddow "))?;
    visit.says("waiting for the end").await?;
    drop(sides);
    visit.ended().await
}

#[tokio::test]
async fn five_hundred_routes_are_read_at_ease() -> Result<()> {
    let sides = Sides::with("", &five_hundred()?).await?;
    let arguments = [sides.admin(), pictures()?];
    Visit::begin("many.mjs", arguments)?.ended().await
}

/// Of which the last is at 100, and one more for the rest.
fn five_hundred() -> Result<String> {
    let mut routes = String::new();
    for number in 0..500 {
        let dial = if number == 499 { 100 } else { number % 100 };
        writeln!(
            routes,
            "[[route]]\nid = \"route-{number}\"\nmatch = {{ path = \"/service-{number}/*\" }}\nhandler = \"http://RUST\"\nrust = {dial}\n"
        )?;
    }
    routes.push_str("[[route]]\nid = \"rest\"\nmatch = { path = \"/*\" }\n");
    Ok(routes)
}
