//! The dashboards as Grafana would draw them: nothing lies over anything else, everything has a name and a reason.

use crate::deploy::{DASHBOARDS, dashboard, file};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// The panels of a dashboard without the titles of rows.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let all = dashboard["panels"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter().filter(|panel| panel["type"] != "row").collect()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

#[test]
fn the_files_are_what_their_source_makes() -> Result<()> {
    let generator = file("grafana/generate.mjs");
    let ran = Command::new("node")
        .arg(generator)
        .arg("--check")
        .output()?;
    ensure!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    Ok(())
}

#[test]
fn dashboards_have_fixed_and_different_ids() -> Result<()> {
    let mut ids = BTreeSet::new();
    for name in DASHBOARDS {
        let dashboard = dashboard(name)?;
        assert_eq!(dashboard["uid"], format!("overgrow-{name}"));
        assert_eq!(dashboard["schemaVersion"], 41, "{name}");
        ensure!(
            dashboard.get("id").is_none(),
            "{name} has an id of one Grafana"
        );
        ids.insert(dashboard["uid"].to_string());
    }
    assert_eq!(ids.len(), DASHBOARDS.len());
    Ok(())
}

#[test]
fn panels_have_ids_descriptions_legends_and_units() -> Result<()> {
    for name in DASHBOARDS {
        let dashboard = dashboard(name)?;
        let panels = panels(&dashboard);
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].to_string()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}");
        for panel in panels {
            let title = panel["title"].as_str().context("a panel without a title")?;
            ensure!(
                is_text(&panel["description"]),
                "{name}: {title} has no description"
            );
            let targets = panel["targets"].as_array().context(title.to_owned())?;
            ensure!(!targets.is_empty(), "{name}: {title} asks nothing");
            for target in targets {
                ensure!(
                    is_text(&target["legendFormat"]),
                    "{name}: {title} has no legend"
                );
                assert_eq!(
                    target["datasource"]["uid"], "${datasource}",
                    "{name}: {title}"
                );
            }
            let unit = &panel["fieldConfig"]["defaults"]["unit"];
            ensure!(
                is_text(unit) || panel["type"] == "table",
                "{name}: {title} has no unit"
            );
        }
    }
    Ok(())
}

#[test]
fn panels_lie_beside_each_other() -> Result<()> {
    for name in DASHBOARDS {
        let dashboard = dashboard(name)?;
        let mut taken = BTreeSet::new();
        for panel in dashboard["panels"].as_array().context("panels")? {
            let at = |key: &str| panel["gridPos"][key].as_u64().context("a place");
            let (x, y, w, h) = (at("x")?, at("y")?, at("w")?, at("h")?);
            ensure!(x + w <= 24, "{name}: {} is too far right", panel["title"]);
            for cell in (y..y + h).flat_map(|row| (x..x + w).map(move |column| (row, column))) {
                ensure!(
                    taken.insert(cell),
                    "{name}: {} lies on another",
                    panel["title"]
                );
            }
        }
    }
    Ok(())
}

/// A spike is one click away from the sidecar's page and from samples: those panels that show one route link to both.
#[test]
fn every_panel_of_a_route_links_to_its_page_and_its_samples() -> Result<()> {
    let dashboard = dashboard("route")?;
    let drawn = panels(&dashboard);
    let drawn = drawn.iter().filter(|panel| panel["type"] != "stat");
    for panel in drawn {
        let links = panel["fieldConfig"]["defaults"]["links"].to_string();
        for wanted in [
            "${page}/#/route/${route}",
            "${page}/api/parity/${route}/samples",
        ] {
            ensure!(
                links.contains(wanted),
                "{} does not link to {wanted}",
                panel["title"]
            );
        }
    }
    Ok(())
}

/// The legacy is cool and rust is warm wherever they are drawn.
#[test]
fn both_sides_have_one_colour_everywhere() -> Result<()> {
    for name in DASHBOARDS {
        let dashboard = dashboard(name)?;
        for panel in panels(&dashboard) {
            let legends = panel["targets"].to_string();
            let overrides = panel["fieldConfig"]["overrides"].to_string();
            if legends.contains("\"{{backend}}") {
                ensure!(overrides.contains("#5794F2"), "{name}: {}", panel["title"]);
                ensure!(overrides.contains("#FF9830"), "{name}: {}", panel["title"]);
            }
        }
    }
    Ok(())
}
