//! The gateway's own settings decide what its hooks ask for, and they change while the sidecar runs.
//!
//! Nothing here touches routes.toml. The surprise: no gateway runs here; what is left to the legacy is told by who answers.

use crate::rig::{HOOKS, hook, with_settings};
use anyhow::Result;
use overgrow_tests::admin::{json, scrape, until, until_config};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::Sidecar;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

const FIRST: &str = r#"{ hooks: { enabled: true, token: "the-first-token" } }"#;
const SECOND: &str = r#"{ hooks: { enabled: true, token: "the-second-token" } }"#;

/// A sidecar with native hooks, a legacy that says who it is, and a folder of settings.
struct Rig {
    legacy: Service,
    sidecar: Sidecar,
    folder: TempDir,
}

impl Rig {
    async fn start(files: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text)?;
        }
        let legacy = Service::start("legacy").await?;
        let settings = folder.path().join("openclaw.json");
        let routes = with_settings(legacy.address(), &settings, HOOKS)?;
        let sidecar = Sidecar::start(&routes).await?;
        Ok(Self {
            legacy,
            sidecar,
            folder,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file as editors do: whole, and then into its place.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.file("draft"), text)?;
        Ok(std::fs::rename(self.file("draft"), self.file(name))?)
    }

    async fn ask(&self, token: &str) -> Result<Answer> {
        hook("wake", token, r#"{"text":"hello"}"#)
            .send(self.sidecar.addr())
            .await
    }

    /// Who answers a hook with that token, and how: `native 401`.
    async fn answered(&self, token: &str) -> Result<String> {
        let answer = self.ask(token).await?;
        let who = answer.header("x-backend").unwrap_or("native");
        Ok(format!("{who} {}", answer.status()))
    }

    async fn until_answered(&self, token: &str, expected: &str) -> Result<()> {
        until(&format!("{expected} for {token}"), async || {
            Ok((self.answered(token).await? == expected).then_some(()))
        })
        .await
    }

    async fn until_fault(&self) -> Result<String> {
        let admin = self.sidecar.admin();
        let fault = |config: &Value| config["settings"]["error"].is_string();
        let config = until_config(admin, "a fault in the settings", fault).await?;
        Ok(config["settings"]["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    async fn left(&self, reason: &str) -> Result<f64> {
        let labels = [("route", "hooks"), ("reason", reason)];
        let counted = scrape(self.sidecar.admin()).await?;
        Ok(counted.sum("overgrow_fallback_total", &labels))
    }
}

#[tokio::test]
async fn a_new_token_holds_at_once_and_the_old_one_no_more() -> Result<()> {
    let rig = Rig::start(&[("openclaw.json", FIRST)]).await?;
    assert_eq!(rig.answered("the-first-token").await?, "native 200");
    assert_eq!(rig.answered("the-second-token").await?, "native 401");
    rig.write("openclaw.json", SECOND)?;
    rig.until_answered("the-second-token", "native 200").await?;
    assert_eq!(rig.answered("the-first-token").await?, "native 401");
    let config = json(rig.sidecar.admin(), "/api/config").await?;
    assert_eq!(
        (&config["generation"], &config["settings"]["error"]),
        (&1.into(), &Value::Null)
    );
    Ok(())
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_is_told_with_its_place() -> Result<()> {
    let rig = Rig::start(&[("openclaw.json", FIRST)]).await?;
    rig.write(
        "openclaw.json",
        "{\n  hooks: { enabled: true,\n    token: oops }\n}",
    )?;
    let fault = rig.until_fault().await?;
    let place = format!("{}:3:", rig.file("openclaw.json").display());
    assert!(fault.starts_with(&place), "{fault}");
    assert_eq!(rig.answered("the-first-token").await?, "native 200");
    assert_eq!(rig.answered("oops").await?, "native 401");
    rig.write("openclaw.json", SECOND)?;
    rig.until_answered("the-second-token", "native 200").await?;
    let config = json(rig.sidecar.admin(), "/api/config").await?;
    assert_eq!(config["settings"]["error"], Value::Null);
    Ok(())
}

/// A fault may quote what is in the file, but no secret that is.
#[tokio::test]
async fn a_fault_in_the_settings_tells_no_secret() -> Result<()> {
    let rig = Rig::start(&[("openclaw.json", FIRST)]).await?;
    for broken in [
        r#"{ hooks: { enabled: true, token: "hush-hush-hush }"#,
        r#"{ hooks: { enabled: "hush-hush-hush", token: "hush-hush-hush" } }"#,
    ] {
        rig.write("openclaw.json", broken)?;
        let fault = rig.until_fault().await?;
        assert!(!fault.contains("hush"), "{fault}");
        rig.write("openclaw.json", FIRST)?;
        until_config(rig.sidecar.admin(), "good settings", |config| {
            config["settings"]["error"].is_null()
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_included_file_counts_as_much() -> Result<()> {
    let main = r#"{ hooks: { $include: "./hooks.json5" } }"#;
    let hooks = |token: &str| format!("{{ enabled: true, token: '{token}' }}");
    let rig = Rig::start(&[
        ("openclaw.json", main),
        ("hooks.json5", &hooks("the-first-token")),
    ])
    .await?;
    assert_eq!(rig.answered("the-first-token").await?, "native 200");
    rig.write("hooks.json5", &hooks("the-second-token"))?;
    rig.until_answered("the-second-token", "native 200").await?;
    assert_eq!(rig.answered("the-first-token").await?, "native 401");
    std::fs::remove_file(rig.file("hooks.json5"))?;
    let fault = rig.until_fault().await?;
    assert!(fault.contains("hooks.json5"), "{fault}");
    assert_eq!(rig.answered("the-second-token").await?, "native 200");
    Ok(())
}

#[tokio::test]
async fn without_settings_the_legacy_answers_until_there_are_some() -> Result<()> {
    let rig = Rig::start(&[]).await?;
    assert_eq!(rig.answered("the-first-token").await?, "legacy 200");
    assert_eq!(
        (rig.legacy.asked(), rig.left("not_enabled").await?),
        (1, 1.0)
    );
    let fault = rig.until_fault().await?;
    assert!(fault.contains("openclaw.json"), "{fault}");
    rig.write("openclaw.json", FIRST)?;
    rig.until_answered("the-first-token", "native 200").await
}

#[tokio::test]
async fn hooks_that_are_switched_off_are_left_to_the_legacy() -> Result<()> {
    let rig = Rig::start(&[("openclaw.json", FIRST)]).await?;
    assert_eq!(rig.answered("the-first-token").await?, "native 200");
    rig.write("openclaw.json", &FIRST.replace("true", "false"))?;
    rig.until_answered("the-first-token", "legacy 200").await?;
    assert!(rig.left("not_enabled").await? > 0.0);
    Ok(())
}
