//! The commands that work on the file alone: what they print, where, and with which exit code.

use std::process::{Command, Output};

use anyhow::Result;
use overgrow_tests::sidecar;
use tempfile::TempDir;

const GOOD: &str = r#"[legacy]
url = "http://127.0.0.1:3000"

[[route]]
id      = "orders"
match   = { path = "/orders/*" }
handler = "http://127.0.0.1:9000"
rust    = 25                      # careful
sticky  = { header = "x-user" }
"#;

struct Folder(TempDir);

impl Folder {
    fn with(routes: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("routes.toml"), routes)?;
        Ok(Self(folder))
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        let mut command = Command::new(sidecar::binary()?);
        Ok(command.args(args).current_dir(self.0.path()).output()?)
    }

    /// Exit code, standard output, standard error.
    fn said(&self, args: &[&str]) -> Result<(i32, String, String)> {
        let output = self.run(args)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Ok((code, text(&output.stdout), text(&output.stderr)))
    }
}

#[test]
fn a_fault_is_1_for_check_and_64_for_those_who_need_the_file() -> Result<()> {
    let folder = Folder::with(&GOOD.replace("25", "250"))?;
    for (args, expect) in [
        (&["check"][..], 1),
        (&["serve"], 64),
        (&["routes"], 64),
        (&["explain", "GET", "/"], 64),
    ] {
        let (code, out, err) = folder.said(args)?;
        assert_eq!((code, out.as_str()), (expect, ""), "{args:?}");
        assert!(err.contains("routes.toml:8:11"), "{err}");
    }
    Ok(())
}

#[test]
fn check_tells_faults_as_json() -> Result<()> {
    let folder = Folder::with(&GOOD.replace("25", "250"))?;
    let (code, out, _) = folder.said(&["check", "--json"])?;
    let faults: serde_json::Value = serde_json::from_str(&out)?;
    assert_eq!((code, &faults[0]["line"]), (1, &8.into()));
    Ok(())
}

#[test]
fn set_and_rollback_show_the_line_and_keep_the_comment() -> Result<()> {
    let folder = Folder::with(GOOD)?;
    let (code, out, _) = folder.said(&["set", "orders", "50"])?;
    assert_eq!(code, 0);
    assert!(out.contains("routes.toml:8\n"), "{out}");
    assert!(
        out.contains("+ rust    = 50                      # careful"),
        "{out}"
    );
    assert_eq!(folder.said(&["rollback", "--all"])?.0, 0);
    let (_, out, _) = folder.said(&["routes", "--json"])?;
    let routes: serde_json::Value = serde_json::from_str(&out)?;
    assert_eq!(routes[0]["rust"].as_f64(), Some(0.0));
    Ok(())
}

#[test]
fn a_wrong_route_is_no_and_a_wrong_dial_is_usage() -> Result<()> {
    let folder = Folder::with(GOOD)?;
    let (code, _, err) = folder.said(&["set", "ordres", "50"])?;
    assert_eq!(code, 1);
    assert!(err.contains("routes.toml has orders"), "{err}");
    assert_eq!(folder.said(&["set", "orders", "250"])?.0, 2);
    assert_eq!(folder.said(&["rollback"])?.0, 2);
    Ok(())
}

#[test]
fn explain_says_what_decided() -> Result<()> {
    let folder = Folder::with(GOOD)?;
    let explain = |args: &[&str]| folder.said(&[&["explain", "get", "/orders/7"], args].concat());
    let (_, out, _) = explain(&["-H", "x-user: bob"])?;
    assert!(out.contains("because header x-user always draws "), "{out}");
    let (_, out, _) = explain(&[])?;
    assert!(
        out.contains("without header x-user each request draws afresh"),
        "{out}"
    );
    Ok(())
}

#[test]
fn a_reader_who_leaves_is_no_fault() -> Result<()> {
    let folder = Folder::with(GOOD)?;
    let binary = sidecar::binary()?;
    let script = format!(
        "{} routes | true; exit ${{PIPESTATUS[0]}}",
        binary.display()
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.0.path())
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), errors.as_ref()), (Some(0), ""));
    Ok(())
}
