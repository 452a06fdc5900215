//! `[plugins]`.

use std::time::Duration;

use overgrow_plugins::grant::{Class, Network, Rate, Reveal, SecretSource, TimersGrant, Write};
use serde_json::json;

use super::{accept, check_all};
use crate::config::{HandlerRef, PluginHost, PluginsConfig, Signatures};

#[test]
fn nothing_is_granted_unless_written() {
    assert_eq!(accept("").plugins, PluginsConfig::default());
    let plugins = accept("[plugins.zalo]").plugins;
    assert_eq!(plugins.host, PluginHost::default());
    assert_eq!(plugins.grants["zalo"], overgrow_plugins::Grant::default());
}

#[test]
fn the_host_and_its_plugins_share_a_table() {
    let key = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    let source = format!(
        "[plugins]\nfolder = \"/p\"\ncache = \"/c\"\nsignatures = \"required\"\ntrust = [\"{key}\"]\nthreads = 2\ninstances = 50\n[plugins.a]\n[plugins.b]\n"
    );
    let plugins = accept(&source).plugins;
    assert_eq!(plugins.grants.keys().collect::<Vec<_>>(), ["a", "b"]);
    let host = plugins.host;
    assert_eq!(host.signatures, Signatures::Required);
    assert_eq!(host.trust[0][..2], [0x19, 0xbf]);
    assert_eq!((host.threads, host.instances), (2, 50));
}

#[test]
fn every_grant_is_understood() {
    let source = r#"
[plugins.zalo]
config   = "channels.zalo"
settings = { mode = "webhook", retries = 3, deep = { list = [1, 2.5, true] } }
secrets  = [
  { name = "bot-token", config = "channels.zalo.botToken", hosts = ["bot-api.zaloplatforms.com"] },
  { name = "key", env = "KEY", reveal = true },
  { name = "refresh", write = true },
]
http     = [{ hosts = ["bot-api.zaloplatforms.com", "127.0.0.1:9000"], methods = ["POST"], private = true, read = ["/bot*/getUpdates"] }]
kv       = { max_bytes = "2MiB", namespace = "shared" }
media    = { write = true, max_bytes = "5MiB" }
timers   = true
inbound  = ["zalo"]
legacy   = [{ method = "health", effect = false }, { method = "send" }]
process  = [{ name = "zca", program = "/usr/bin/zca", args = ["--profile", "work"], env = ["HOME"] }]
webhook  = ["/webhook/zalo", "/voice/*"]
limits   = { memory = "32MiB", deadline = "2s", concurrency = 4, answer = "1MiB" }
rates    = { http = "100/1m", inbound = "10/s", log = false }
plan     = [{ target = "POST https://x/*", status = 201, answer = { ok = true } }, { kind = "legacy", target = "send" }]
"#;
    let grant = &accept(source).plugins.grants["zalo"];
    assert_eq!(grant.config, ["channels.zalo"]);
    let settings = json!({ "mode": "webhook", "retries": 3, "deep": { "list": [1, 2.5, true] } });
    assert_eq!(serde_json::Value::from(grant.settings.clone()), settings);
    let sources: Vec<_> = grant.secrets.iter().map(|secret| &secret.source).collect();
    let [token, key, stored] = sources[..] else {
        panic!("three secrets")
    };
    assert_eq!(
        token,
        &SecretSource::Config("channels.zalo.botToken".into())
    );
    assert_eq!(key, &SecretSource::Env("KEY".into()));
    assert_eq!(stored, &SecretSource::Stored);
    assert_eq!(grant.secrets[1].reveal, Reveal::Audited);
    assert_eq!(grant.secrets[2].write, Write::Granted);
    assert_eq!(grant.http[0].hosts[1].as_str(), "127.0.0.1:9000");
    assert_eq!(grant.http[0].network, Network::Private);
    assert_eq!(grant.http[0].read, ["/bot*/getUpdates"]);
    let kv = grant.kv.as_ref().expect("kv");
    assert_eq!((kv.max_bytes, kv.max_keys), (2 << 20, 1000));
    assert_eq!(kv.namespace.as_deref(), Some("shared"));
    let media = grant.media.as_ref().expect("media");
    assert_eq!((media.read, media.write), (true, Write::Granted));
    assert_eq!(grant.timers, Some(TimersGrant::default()));
    assert_eq!(grant.inbound, ["zalo"]);
    let classes: Vec<_> = grant.legacy.iter().map(|method| method.class).collect();
    assert_eq!(classes, [Class::Read, Class::Effect]);
    assert_eq!(grant.process[0].args, ["--profile", "work"]);
    assert_eq!(grant.webhook, ["/webhook/zalo", "/voice/*"]);
    assert_eq!(grant.limits.deadline, Duration::from_secs(2));
    let rate = |count, seconds| {
        Some(Rate {
            count,
            per: Duration::from_secs(seconds),
        })
    };
    let rates = grant.rates.clone();
    assert_eq!(
        (rates.http, rates.inbound, rates.log),
        (rate(100, 60), rate(10, 1), None)
    );
    assert_eq!(grant.plan[0].status, 201);
    assert_eq!(grant.plan[1].kind, "legacy");
}

#[test]
fn a_route_names_a_plugin_or_a_component() {
    let route = |handler: &str| {
        let source = format!(
            "[plugins.geo]\n[[route]]\nid = \"a\"\nmatch = {{ path = \"/\" }}\nhandler = \"{handler}\"\nrust = 5\nshadow = {{ sample = 1, writes = \"plan\" }}\n"
        );
        accept(&source).routes.remove(0).handler
    };
    assert_eq!(route("plugin:geo"), Some(HandlerRef::Plugin("geo".into())));
    assert_eq!(
        route("wasi-http:hello.wasm"),
        Some(HandlerRef::WasiHttp("hello".into()))
    );
}

#[test]
fn a_bad_grant_is_told_where_and_why() {
    check_all(&[
        (
            "[plugins.Zalo]\n",
            r#"
error: `Zalo` is no name of a plugin
 --> routes.toml:1:1
  |
1 | [plugins.Zalo]
  | ^^^^^^^^^^^^^^
  |
  = help: lower-case letters, digits and hyphens, at most 32, as the file without .wasm
"#,
        ),
        (
            "[plugins.zalo]\nhttp = [{ host = [\"a\"] }]\n",
            r#"
error: `hosts` is missing
 --> routes.toml:2:9
  |
2 | http = [{ host = ["a"] }]
  |         ^^^^^^^^^^^^^^^^
  |
  = help: [{ hosts = ["api.example.com"], methods = ["POST"] }]

error: unknown key `host`
 --> routes.toml:2:11
  |
2 | http = [{ host = ["a"] }]
  |           ^^^^
  |
  = help: write hosts = [".."]
"#,
        ),
        (
            "[plugins.zalo]\nsecrets = [{ name = \"a\", env = \"A\", config = \"b\" }]\n",
            r#"
error: a secret is kept in exactly one place
 --> routes.toml:2:12
  |
2 | secrets = [{ name = "a", env = "A", config = "b" }]
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write env, file, keyring, or config with a path in the legacy's settings; or write = true for one that the plugin stores itself
"#,
        ),
        (
            "[plugins.zalo]\nwebhook = [\"zalo\"]\nrates = { http = \"lots\" }\nprocess = [{ name = \"zca\", program = \"zca\" }]\n",
            r#"
error: `zalo` is not a path
 --> routes.toml:2:12
  |
2 | webhook = ["zalo"]
  |            ^^^^^^
  |
  = help: exact as "/webhook/zalo", or a prefix as "/voice/*"

error: `lots` is not a rate
 --> routes.toml:3:18
  |
3 | rates = { http = "lots" }
  |                  ^^^^^^
  |
  = help: a number and a time, as "600/1m" or "10/s"; false for no limit

error: not an absolute path
 --> routes.toml:4:38
  |
4 | process = [{ name = "zca", program = "zca" }]
  |                                      ^^^^^
  |
  = help: a program is named by its whole path, so that nobody slips another one under its name
"#,
        ),
        (
            "[plugins]\nsignatures = \"required\"\n",
            r#"
error: signatures are required and nobody is trusted
 --> routes.toml:1:1
  |
1 | [plugins]
  | ^^^^^^^^^
  |
  = help: add trust = [".."] with the public key of whoever signs
"#,
        ),
        (
            "[plugins]\ntrust = [\"abc\"]\n[plugins.zalo]\nhttp = [{ hosts = [\"https://a\"] }]\n",
            r#"
error: not an Ed25519 public key
 --> routes.toml:2:10
  |
2 | trust = ["abc"]
  |          ^^^^^
  |
  = help: 32 bytes in base64, or what `openssl pkey -pubout -outform DER | base64` writes

error: `https://a` is not a host
 --> routes.toml:4:20
  |
4 | http = [{ hosts = ["https://a"] }]
  |                    ^^^^^^^^^^^
  |
  = help: a name as "api.example.com", "*.example.com" for those below one, a port behind it where it is not the usual one
"#,
        ),
        (
            "[plugins.zalo]\n[[route]]\nid = \"a\"\nmatch = { path = \"/\" }\nhandler = \"plugin:zallo\"\n",
            r#"
error: nothing was granted to a plugin `zallo`
 --> routes.toml:5:11
  |
5 | handler = "plugin:zallo"
  |           ^^^^^^^^^^^^^^
  |
  = help: did you mean "plugin:zalo"?
"#,
        ),
    ]);
}
