//! What a person types at the sidecar, and what a script may rely on: each command, its exit codes, its texts, its edits.

use anyhow::Result;
use overgrow_tests::notes::without;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, binary, folder, routes_toml};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

const GOOD: &str = r#"# the front door
[server]
listen = "127.0.0.1:0"
admin  = "127.0.0.1:0"

[legacy]
url = "http://127.0.0.1:9"

[[route]]
id      = "orders"        # the first to go
match   = { path = "/orders/*", methods = ["GET"] }
handler = "http://127.0.0.1:9000"   # ours
rust    = 25     # a quarter
sticky  = { header = "x-user" }

[[route]] # the rest
id = "users"
match = { path = "/users" }
handler = "http://127.0.0.1:9000"
rust = true
"#;

/// How a command ended and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder with a routes.toml in which commands are run.
struct Desk(TempDir);

impl Desk {
    fn with(text: &str) -> Result<Self> {
        let desk = Self(folder()?);
        desk.write(text)?;
        Ok(desk)
    }

    fn write(&self, text: &str) -> Result<()> {
        Ok(std::fs::write(self.0.path().join("routes.toml"), text)?)
    }

    fn file(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.0.path().join("routes.toml"))?)
    }

    fn run(&self, arguments: &[&str]) -> Result<Said> {
        run(self.0.path(), arguments)
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Said> {
    let output = Command::new(binary()?)
        .args(arguments)
        .current_dir(folder)
        // A terminal that wants colours must not matter: nobody sees them here.
        .env("CLICOLOR_FORCE", "")
        .env_remove("NO_COLOR")
        .output()?;
    let said = Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    };
    let colours = said.out.contains('\u{1b}') || said.err.contains('\u{1b}');
    assert!(!colours, "colours without a terminal: {said:?}");
    Ok(said)
}

fn broken() -> String {
    GOOD.replace("rust    = 25 ", "rust    = 250")
        .replace("sticky ", "stiky  ")
}

#[test]
fn check_says_yes_on_stdout() -> Result<()> {
    let said = Desk::with(GOOD)?.run(&["check"])?;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(
        said.out,
        "routes.toml: fine, 2 routes (0 legacy, 1 split, 1 rust)\n"
    );
    Ok(())
}

#[test]
fn check_shows_every_fault_with_its_line_on_stderr() -> Result<()> {
    let desk = Desk::with(&broken())?;
    let said = desk.run(&["check"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("--> routes.toml:13:"), "{}", said.err);
    assert!(said.err.contains("--> routes.toml:14:1"), "{}", said.err);
    assert!(said.err.contains("did you mean `sticky`"), "{}", said.err);
    let said = desk.run(&["check", "--json"])?;
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    let faults: Value = serde_json::from_str(&said.out)?;
    assert_eq!(
        (&faults[0]["line"], &faults[1]["line"]),
        (&13.into(), &14.into())
    );
    Ok(())
}

#[test]
fn check_of_a_missing_file_says_which() -> Result<()> {
    let said = Desk::with(GOOD)?.run(&["check", "-c", "elsewhere.toml"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(
        said.err.starts_with("error: cannot read elsewhere.toml: "),
        "{}",
        said.err
    );
    Ok(())
}

#[test]
fn routes_prints_the_table() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    let said = desk.run(&["routes"])?;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<Vec<&str>> = said
        .out
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        [
            "ID", "RUST", "HANDLER", "STICKY", "SHADOW", "PARITY", "MATCH"
        ]
    );
    let first = [
        "orders",
        "25",
        "%",
        "http://127.0.0.1:9000",
        "header",
        "x-user",
        "-",
        "-",
    ];
    assert_eq!(lines[1], [&first[..], &["GET", "/orders/*"]].concat());
    assert_eq!(lines[2][0], "users");
    let json: Value = serde_json::from_str(&desk.run(&["routes", "--json"])?.out)?;
    assert_eq!(
        (&json[0]["id"], &json[1]["rust"]),
        (&"orders".into(), &100.into())
    );
    desk.write(&broken())?;
    let said = desk.run(&["routes"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(64), ""));
    assert!(said.err.contains("rust    = 250"), "{}", said.err);
    Ok(())
}

#[test]
fn explain_tells_route_side_and_reason() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    let said = desk.run(&["explain", "get", "/a/../orders/7", "-H", "x-user: ann"])?;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.contains("path    /orders/7\nroute   orders\n"),
        "{}",
        said.out
    );
    let drawn = (xxh3_64(b"ordersann") % 10_000) as f64 / 100.0;
    assert!(
        said.out.contains(&format!("draws {drawn:.2} here")),
        "{}",
        said.out
    );
    let side = if drawn < 25.0 { "rust" } else { "legacy" };
    assert!(
        said.out.contains(&format!(
            "side    {side}
"
        )),
        "{}",
        said.out
    );
    let fresh = desk.run(&["explain", "GET", "/orders/7"])?.out;
    assert!(fresh.contains("rust for about 25 of 100"), "{fresh}");
    let full = desk
        .run(&["explain", "PUT", "http://example.com/users"])?
        .out;
    assert!(
        full.contains("side    rust") && full.contains("the dial is at 100"),
        "{full}"
    );
    let none = desk.run(&["explain", "POST", "/orders/7"])?.out;
    assert!(none.contains("route   - (no rule matches)"), "{none}");
    let said = desk.run(&["explain", "GET", "/", "-H", "no colon"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.err.starts_with("error: \"no colon\""), "{}", said.err);
    Ok(())
}

#[test]
fn set_changes_one_number_and_no_other_byte() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    let said = desk.run(&["set", "orders", "12.5"])?;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(
        without(&said.out),
        "routes.toml:13\n  - rust    = 25     # a quarter\n  + rust    = 12.5     # a quarter\n"
    );
    assert_eq!(without(&desk.file()?), GOOD.replace("= 25 ", "= 12.5 "));
    let again = desk.run(&["set", "orders", "12.5%"])?;
    assert_eq!(again.out, "routes.toml: nothing to change\n");
    desk.run(&["set", "orders", "25"])?;
    desk.run(&["set", "users", "false"])?;
    assert_eq!(
        without(&desk.file()?),
        GOOD.replace("rust = true", "rust = false")
    );
    Ok(())
}

#[test]
fn rollback_takes_one_route_or_all_back() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    assert_eq!(desk.run(&["rollback", "users"])?.code, Some(0));
    assert_eq!(
        without(&desk.file()?),
        GOOD.replace("rust = true", "rust = false")
    );
    assert_eq!(desk.run(&["rollback", "--all"])?.code, Some(0));
    let all = GOOD
        .replace("rust = true", "rust = false")
        .replace("= 25 ", "= 0 ");
    assert_eq!(without(&desk.file()?), all);
    Ok(())
}

#[test]
fn an_edit_that_cannot_be_made_says_why_and_changes_nothing() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    for (arguments, code, text) in [
        (
            &["set", "nobody", "5"][..],
            1,
            "no route is called `nobody`",
        ),
        (&["set", "orders", "101"], 2, "is not a dial"),
        (&["set", "orders", "0.125"], 2, "is not a dial"),
        (&["set", "orders"], 2, "PERCENT"),
        (&["rollback"], 2, "ROUTE"),
        (&["frobnicate"], 2, "frobnicate"),
        (&["check", "--nonsense"], 2, "--nonsense"),
    ] {
        let said = desk.run(arguments)?;
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(code), ""),
            "{arguments:?}"
        );
        assert!(said.err.contains(text), "{arguments:?}: {}", said.err);
        assert_eq!(desk.file()?, GOOD, "{arguments:?}");
    }
    desk.write("not toml [")?;
    assert_eq!(desk.run(&["set", "orders", "5"])?.code, Some(64));
    assert_eq!(desk.file()?, "not toml [");
    Ok(())
}

#[test]
fn a_set_that_would_make_the_file_bad_is_refused() -> Result<()> {
    // A route without a handler has nobody to send a quarter to.
    let text = GOOD
        .replace("handler = \"http://127.0.0.1:9000\"   # ours\n", "")
        .replace("= 25 ", "= 0  ");
    let desk = Desk::with(&text)?;
    assert_eq!(desk.run(&["check"])?.code, Some(0));
    let said = desk.run(&["set", "orders", "25"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(
        said.err.contains("the file would have faults"),
        "{}",
        said.err
    );
    assert!(said.err.contains("| rust    = 25"), "{}", said.err);
    assert_eq!(desk.file()?, text);
    Ok(())
}

#[test]
fn a_rollback_of_a_bad_file_is_made_and_warned_of() -> Result<()> {
    let bad = GOOD.replace("sticky ", "stiky  ");
    let desk = Desk::with(&bad)?;
    let said = desk.run(&["rollback", "orders"])?;
    // The edit is made, but no sidecar takes it before the fault is gone.
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("does not take this edit"), "{}", said.err);
    assert_eq!(without(&desk.file()?), bad.replace("= 25 ", "= 0 "));
    Ok(())
}

#[test]
fn sets_at_the_same_time_lose_nothing() -> Result<()> {
    const ROUTES: usize = 12;
    let route = |at: usize| {
        format!(
            "[[route]]\nid = \"r{at}\"   # {at}\nmatch = {{ path = \"/{at}\" }}\nhandler = \"http://127.0.0.1:9000\"\nrust = 0\n\n"
        )
    };
    let routes: String = (0..ROUTES).map(route).collect();
    let text = routes_toml(([127, 0, 0, 1], 9).into(), &routes);
    let desk = Desk::with(&text)?;
    let codes: Vec<Result<Said>> = std::thread::scope(|scope| {
        let set = |at| {
            let folder = desk.0.path();
            scope.spawn(move || run(folder, &["set", &format!("r{at}"), "7"]))
        };
        let running: Vec<_> = (0..ROUTES).map(set).collect();
        running
            .into_iter()
            .filter_map(|set| set.join().ok())
            .collect()
    });
    assert_eq!(codes.len(), ROUTES);
    for said in codes {
        let said = said?;
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(without(&desk.file()?), text.replace("rust = 0", "rust = 7"));
    let left = std::fs::read_dir(desk.0.path())?.count();
    assert_eq!(left, 1, "something was left beside the file");
    Ok(())
}

#[tokio::test]
async fn status_asks_the_running_sidecar() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let route = "[[route]]\nid = \"orders\"\nmatch = { path = \"/orders\" }\nhandler = \"http://127.0.0.1:9\"\nrust = 25\n";
    let text = routes_toml(legacy.address(), route);
    let sidecar = Sidecar::start(&text).await?;
    let admin = sidecar.admin().to_string();
    let desk = Desk::with(&text)?;
    let said = desk.run(&["status", "--admin", &admin])?;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("in sync    yes"), "{}", said.out);
    assert!(
        said.out.contains("dials      0 legacy, 1 split, 0 rust"),
        "{}",
        said.out
    );
    let json: Value =
        serde_json::from_str(&desk.run(&["status", "--json", "--admin", &admin])?.out)?;
    assert_eq!(json["config"]["generation"], 1);
    assert_eq!(json["routes"][0]["id"], "orders");
    sidecar.stop().await?;
    let said = desk.run(&["status", "--admin", &admin])?;
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(
        said.err.contains(&format!("no sidecar answers at {admin}")),
        "{}",
        said.err
    );
    Ok(())
}

#[test]
fn help_and_version_are_for_stdout() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    let help = desk.run(&["--help"])?;
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    for word in [
        "serve",
        "check",
        "demo",
        "routes",
        "explain",
        "set",
        "rollback",
        "status",
        "completions",
        "Examples:",
    ] {
        assert!(help.out.contains(word), "{word}");
    }
    assert!(desk.run(&["--version"])?.out.starts_with("overgrow "));
    let set = desk.run(&["set", "--help"])?;
    assert_eq!(set.code, Some(0));
    assert!(set.out.contains("ROUTE"), "{}", set.out);
    let bare = desk.run(&[])?;
    assert_eq!((bare.code, bare.out.as_str()), (Some(2), ""));
    Ok(())
}

#[test]
fn completions_are_scripts_of_their_shell() -> Result<()> {
    let desk = Desk::with(GOOD)?;
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef overgrow"),
        ("fish", "complete -c overgrow"),
    ] {
        let said = desk.run(&["completions", shell])?;
        assert_eq!(said.code, Some(0), "{shell}");
        assert!(
            said.out.contains(mark) && said.out.contains("rollback"),
            "{shell}"
        );
    }
    let said = desk.run(&["completions", "cmd.exe"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    Ok(())
}
