//! The whole road with everything real but the provider: the gateway with its own Zalo plugin, the sidecar in front of it
//! with ours. Both are asked, ours only plans; then one line is edited and ours answers alone.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use overgrow_tests::admin::{json, until, until_config};
use overgrow_tests::ask::post;
use overgrow_tests::shadow::{ended, report, until_ended};
use overgrow_tests::sidecar::{Sidecar, folder, forwarding};
use serde_json::{Value, json as value};

use crate::host::component;
use crate::zalo::gateway::Gateway;
use crate::zalo::provider::Provider;

const PATH: &str = "/hook/zalo";
const SECRET: &str = "a-secret-of-the-first";

fn settings() -> Value {
    value!({
        "enabled": true,
        "botToken": "12:token",
        "webhookUrl": format!("https://me.example{PATH}"),
        "webhookSecret": SECRET,
        "dmPolicy": "pairing",
    })
}

fn routes(gateway: &Gateway, provider: &Provider, plugins: &str, dial: bool) -> String {
    let config = gateway.folder().join("openclaw.json");
    let legacy = format!(
        "url = \"http://{}\"\nconfig = {config:?}",
        gateway.address()
    );
    let address = provider.address();
    let rest = format!(
        r#"
[plugins]
folder = {plugins:?}

[plugins.zalo]
config   = "channels.zalo"
settings = {{ apiBase = "http://{address}", registers = "gateway" }}
webhook  = ["{PATH}"]
inbound  = ["zalo"]
secrets  = [
  {{ name = "bot-token", config = "channels.zalo.botToken", hosts = ["{address}"] }},
  {{ name = "webhook-secret", config = "channels.zalo.webhookSecret" }},
]
http     = [{{ hosts = ["{address}"], methods = ["POST"], private = true }}]
kv       = true
media    = {{ write = true }}

[[route]]
id      = "zalo"
match   = {{ path = "{PATH}" }}
handler = "plugin:zalo"
rust    = {dial}
shadow  = {{ sample = 100, writes = "plan", timeout = "20s" }}
"#
    );
    forwarding("", &legacy) + &rest
}

fn text(id: u32, from: &str) -> String {
    value!({
        "event_name": "message.text.received",
        "message": {
            "message_id": format!("m{id}"),
            "from": { "id": from, "name": "Ann" },
            "chat": { "id": from, "chat_type": "PRIVATE" },
            "date": 1_700_000_000,
            "text": "hello",
        },
    })
    .to_string()
}

async fn say(to: SocketAddr, secret: &str, body: &str) -> Result<(u16, String)> {
    let asked = post(PATH, body).header("x-bot-api-secret-token", secret);
    let answer = asked.send(to).await?;
    Ok((answer.status(), answer.text()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_shadowed_and_then_flipped() -> Result<()> {
    let provider = Provider::start().await?;
    let gateway = Gateway::start(settings(), &provider, PATH, 1).await?;
    let folder = folder()?;
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins)?;
    std::fs::copy(component("zalo"), plugins.join("zalo.wasm"))?;
    let plugins = plugins.to_str().context("a path")?.to_owned();
    let write = |dial| routes(&gateway, &provider, &plugins, dial);
    std::fs::write(folder.path().join("routes.toml"), write(false))?;
    let sidecar = Sidecar::start_in(folder).await?;

    // Asked alike, and only the gateway's own plugin acts.
    let bodies = [
        "",
        "{",
        "null",
        "{\"event_name\":7}",
        "{\"ok\":true,\"result\":{}}",
    ];
    for round in 0..4 {
        for body in bodies {
            say(sidecar.addr(), SECRET, body).await?;
            say(sidecar.addr(), "wrong", body).await?;
        }
        let said = say(sidecar.addr(), SECRET, &text(round, "stranger")).await?;
        assert_eq!(said, (200, "ok".to_owned()));
    }
    let asked = 4 * (2 * bodies.len() as u64 + 1);
    let counted = until_ended(sidecar.admin(), "zalo", asked).await?;
    assert_eq!(ended(&counted, "zalo", "compared"), asked);
    let report = report(sidecar.admin(), "zalo").await?;
    ensure!(report.mismatched == 0, "{report:#?}");
    until("the stranger is told a code by the gateway", async || {
        Ok((!provider.bodies("sendMessage").is_empty()).then_some(()))
    })
    .await?;
    let paired = provider.bodies("sendMessage");
    assert_eq!(
        paired.len(),
        1,
        "the gateway tells a stranger its code, once: {paired:?}"
    );

    // One line, and ours answers and acts.
    sidecar.edit(&write(true))?;
    until_config(sidecar.admin(), "the edit", |config| {
        config["generation"] == 2
    })
    .await?;
    let said = say(sidecar.addr(), SECRET, &text(100, "newcomer")).await?;
    assert_eq!(said, (200, "ok".to_owned()));
    until("the newcomer is told a code by ours", async || {
        let told = provider.bodies("sendMessage");
        Ok(told
            .iter()
            .any(|body| body["chat_id"] == "newcomer")
            .then_some(()))
    })
    .await?;
    let told = json(sidecar.admin(), "/api/plugins/zalo").await?;
    assert_eq!(told["status"]["state"], "loaded", "{told:#}");
    Ok(())
}
