//! Whole configurations, from the file to the settings.

use serde_json::json;

use super::*;
use crate::{
    Action, Auth, Bind, Endpoint, Endpoints, Mode, Secret, Tailscale, Transform, WakeMode,
};

/// Reads a file of this content; faults are told with the folder cut away.
fn read(content: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    std::fs::write(&path, content).unwrap();
    let environment = variables.iter().copied().collect();
    let shown = format!("{}/", folder.path().display());
    Settings::read(&path, &environment).map_err(|error| error.to_string().replace(&shown, ""))
}

fn gateway(content: &str, variables: &[(&str, &str)]) -> Gateway {
    read(content, variables).unwrap().gateway
}

fn hooks(content: &str) -> Hooks {
    let content = format!("{{hooks: {{enabled: true, token: 't', {content}}}}}");
    read(&content, &[]).unwrap().hooks.unwrap()
}

fn fault(content: &str) -> String {
    read(content, &[]).unwrap_err()
}

#[test]
fn an_empty_file_has_the_legacys_defaults() {
    let expected = Gateway {
        auth: Auth {
            mode: Mode::Token,
            token: None,
            password: None,
            allow_tailscale: false,
        },
        trusted_proxies: Vec::new(),
        bind: Bind::Loopback,
        port: 18789,
        tailscale: Tailscale::Off,
        insecure_control_ui: false,
        endpoints: Endpoints::default(),
    };
    let settings = read("{}", &[]).unwrap();
    assert_eq!(settings.gateway, expected);
    assert_eq!(settings.hooks, None);
}

#[test]
fn the_gateway_is_read() {
    let content = "{gateway: {
        auth: {token: '${OWN}', allowTailscale: true}, trustedProxies: ['127.0.0.1', '10.0.0.0/8'], bind: 'custom',
        customBindHost: '10.1.2.3', port: 4000, tailscale: {mode: 'serve', resetOnExit: true},
        controlUi: {allowInsecureAuth: true}, http: {endpoints: {responses: {enabled: true}}}, unknown: 7}, alsoUnknown: []}";
    let gateway = gateway(content, &[("OWN", "s3cret")]);
    assert!(gateway.auth.token.unwrap().matches("s3cret"));
    assert!(gateway.auth.allow_tailscale);
    assert_eq!(gateway.trusted_proxies, ["127.0.0.1", "10.0.0.0/8"]);
    assert_eq!(gateway.bind, Bind::Custom(Some("10.1.2.3".into())));
    assert_eq!(gateway.port, 4000);
    assert_eq!(gateway.tailscale, Tailscale::Serve);
    assert!(gateway.insecure_control_ui);
    assert_eq!(gateway.endpoints.responses, Endpoint::On);
    assert_eq!(gateway.endpoints.chat_completions, Endpoint::Off);
}

#[test]
fn the_file_wins_over_the_environment_and_the_new_name_over_the_old() {
    let check = |content: &str, variables: &[(&str, &str)], expected: Option<&str>| {
        let token = gateway(content, variables).auth.token;
        assert_eq!(token, expected.map(Secret::new), "{content} {variables:?}");
    };
    let (new, old) = (
        ("OPENCLAW_GATEWAY_TOKEN", "new"),
        ("CLAWDBOT_GATEWAY_TOKEN", "old"),
    );
    check(
        "{gateway: {auth: {token: 'file'}}}",
        &[new, old],
        Some("file"),
    );
    check("{}", &[new, old], Some("new"));
    check("{}", &[old], Some("old"));
    // An empty text is there, and is no token.
    check("{gateway: {auth: {token: ''}}}", &[new], None);
    check("{}", &[("OPENCLAW_GATEWAY_TOKEN", ""), old], None);
    // The file's own variables count like the process's.
    check(
        "{env: {OPENCLAW_GATEWAY_TOKEN: 'env'}}",
        &[old],
        Some("env"),
    );
    check(
        "{env: {vars: {X: 'v'}}, gateway: {auth: {token: '${X}'}}}",
        &[],
        Some("v"),
    );
}

#[test]
fn a_password_makes_the_mode_unless_it_is_named() {
    let mode = |content: &str, variables: &[(&str, &str)]| gateway(content, variables).auth.mode;
    let password = ("OPENCLAW_GATEWAY_PASSWORD", "p");
    assert_eq!(mode("{}", &[password]), Mode::Password);
    assert_eq!(
        mode("{}", &[("CLAWDBOT_GATEWAY_PASSWORD", "p")]),
        Mode::Password
    );
    assert_eq!(
        mode("{gateway: {auth: {mode: 'token'}}}", &[password]),
        Mode::Token
    );
    assert_eq!(
        mode("{gateway: {auth: {password: ''}}}", &[password]),
        Mode::Token
    );
}

#[test]
fn tailscale_is_believed_when_it_serves_and_there_is_no_password() {
    let allowed = |content: &str| gateway(content, &[]).auth.allow_tailscale;
    assert!(allowed("{gateway: {tailscale: {mode: 'serve'}}}"));
    assert!(!allowed("{gateway: {tailscale: {mode: 'funnel'}}}"));
    assert!(!allowed(
        "{gateway: {tailscale: {mode: 'serve'}, auth: {password: 'p'}}}"
    ));
    assert!(!allowed(
        "{gateway: {tailscale: {mode: 'serve'}, auth: {allowTailscale: false}}}"
    ));
}

#[test]
fn the_port_of_the_environment_wins() {
    let port = |value: &str| {
        let variables = [("OPENCLAW_GATEWAY_PORT", value)];
        gateway("{gateway: {port: 4000}}", &variables).port
    };
    assert_eq!(port("5000"), 5000);
    assert_eq!(port(" 5000x"), 5000);
    assert_eq!(port("none"), 4000);
    assert_eq!(port("0"), 4000);
    assert_eq!(port(""), 4000);
}

#[test]
fn hooks_are_there_only_when_enabled() {
    assert!(read("{hooks: {token: 't'}}", &[]).unwrap().hooks.is_none());
    assert!(
        read("{hooks: {enabled: false}}", &[])
            .unwrap()
            .hooks
            .is_none()
    );
    let hooks = hooks("token: ' s3cret '");
    assert!(hooks.token.matches("s3cret"));
    assert_eq!((hooks.base.as_str(), hooks.max_body), ("/hooks", 262_144));
    assert!(hooks.mappings.is_empty());
}

#[test]
fn the_base_path_is_normalised() {
    let check = |written: &str, expected: &str| {
        assert_eq!(
            hooks(&format!("path: '{written}'")).base,
            expected,
            "{written}"
        );
    };
    check("", "/hooks");
    check("  ", "/hooks");
    check(" in/ ", "/in");
    check("/a/b///", "/a/b");
    check("//a", "//a");
}

#[test]
fn the_largest_body_is_positive_or_the_default() {
    assert_eq!(hooks("maxBodyBytes: 1e3").max_body, 1000);
    assert_eq!(hooks("maxBodyBytes: 0").max_body, 262_144);
    assert_eq!(hooks("maxBodyBytes: -1").max_body, 262_144);
}

#[test]
fn a_mapping_is_normalised() {
    let hooks = hooks(
        "mappings: [{}, {id: ' own ', match: {path: ' //a/b// ', source: ' git '}, action: 'wake',
            wakeMode: 'next-heartbeat', name: ' n ', sessionKey: 'k', messageTemplate: 'm', textTemplate: 't',
            deliver: false, allowUnsafeExternalContent: true, channel: 'Last', to: 'x', model: 'y', thinking: 'low',
            timeoutSeconds: 30}, {id: ' ', match: {path: '///', source: ' '}}]",
    );
    let [bare, full, blank] = hooks.mappings.try_into().unwrap();
    assert_eq!(bare.id, "mapping-1");
    assert_eq!(
        (bare.action, bare.wake_mode),
        (Action::Agent, WakeMode::Now)
    );
    assert_eq!((bare.path, bare.source, bare.name), (None, None, None));
    assert_eq!(full.id, "own");
    assert_eq!(
        (full.path.as_deref(), full.source.as_deref()),
        (Some("a/b"), Some("git"))
    );
    assert_eq!(
        (full.action, full.wake_mode),
        (Action::Wake, WakeMode::NextHeartbeat)
    );
    assert_eq!(full.name.as_deref(), Some(" n "));
    assert_eq!(full.session_key.as_deref(), Some("k"));
    assert_eq!(
        (full.message.as_deref(), full.text.as_deref()),
        (Some("m"), Some("t"))
    );
    assert_eq!((full.deliver, full.allow_unsafe), (Some(false), Some(true)));
    assert_eq!(
        (full.channel.as_deref(), full.to.as_deref()),
        (Some("Last"), Some("x"))
    );
    assert_eq!(
        (full.model.as_deref(), full.thinking.as_deref()),
        (Some("y"), Some("low"))
    );
    assert_eq!(full.timeout_seconds, Some(30.0));
    assert_eq!(
        (blank.id.as_str(), blank.path, blank.source),
        ("mapping-3", None, None)
    );
}

#[test]
fn presets_come_behind_the_mappings() {
    let hooks = hooks(
        "presets: ['gmail', 'unknown'], mappings: [{}], gmail: {allowUnsafeExternalContent: true}",
    );
    let [own, gmail] = hooks.mappings.try_into().unwrap();
    assert_eq!(own.id, "mapping-1");
    assert_eq!(
        (gmail.id.as_str(), gmail.path.as_deref()),
        ("gmail", Some("gmail"))
    );
    assert_eq!(gmail.allow_unsafe, Some(true));
    assert_eq!(
        gmail.message.as_deref(),
        Some(
            "New email from {{messages[0].from}}\nSubject: {{messages[0].subject}}\n{{messages[0].snippet}}\n{{messages[0].body}}"
        )
    );
}

#[test]
fn transforms_are_looked_for_in_their_folder() {
    let module = |content: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        std::fs::write(
            &path,
            format!("{{hooks: {{enabled: true, token: 't', {content}}}}}"),
        )
        .unwrap();
        let environment = [("HOME", "/home/ann")].into_iter().collect();
        let hooks = Settings::read(&path, &environment).unwrap().hooks.unwrap();
        let transform = hooks.mappings[0].transform.clone().unwrap();
        let module = transform.module.strip_prefix(folder.path());
        let module = module.unwrap_or(&transform.module).to_owned();
        Transform {
            module,
            ..transform
        }
    };
    let check = |content: &str, expected: &str, export: Option<&str>| {
        let expected = Transform {
            module: expected.into(),
            export: export.map(str::to_owned),
        };
        assert_eq!(module(content), expected, "{content}");
    };
    check("mappings: [{transform: {module: './a.js'}}]", "a.js", None);
    check(
        "transformsDir: 'x', mappings: [{transform: {module: 'a.js', export: ' f '}}]",
        "x/a.js",
        Some("f"),
    );
    check(
        "transformsDir: '~/x', mappings: [{transform: {module: '../a.js', export: ' '}}]",
        "/home/ann/a.js",
        None,
    );
    check(
        "transformsDir: 'x', mappings: [{transform: {module: '/a.js'}}]",
        "/a.js",
        None,
    );
}

#[test]
fn all_faults_are_told_and_no_value() {
    let content = "{gateway: {auth: {mode: 's3cret', token: 7}, bind: 'everywhere', port: 70000, trustedProxies: 'x'},
        hooks: {enabled: true, path: '/', mappings: [{action: 'sleep', transform: {}}, 's3cret']}, env: {A: 1}}";
    let expected = "\
env.A must be a text
gateway.auth.token must be a text
gateway.auth.mode must be one of token, password
gateway.trustedProxies must be a list
gateway.bind must be one of auto, lan, loopback, custom, tailnet
gateway.port must be a port from 1 to 65535
hooks.mappings[0].action must be one of wake, agent
hooks.mappings[0].transform.module must be a text
hooks.mappings[1] must be an object
hooks.token must be set where hooks are enabled
hooks.path must not be `/`";
    assert_eq!(fault(content), expected);
    assert_eq!(fault("[]"), "the configuration must be an object");
}

#[test]
fn faults_of_files_and_variables_are_passed_on() {
    assert_eq!(fault("{a: }"), "openclaw.json:1:5: expected value");
    assert_eq!(
        fault("{a: '${GONE}'}"),
        "a: environment variable GONE is not set"
    );
    assert_eq!(
        fault("{$include: 'openclaw.json'}"),
        "openclaw.json: circular $include: openclaw.json -> openclaw.json"
    );
}

#[test]
fn settings_do_not_show_their_secrets() {
    let content = json!({
        "gateway": {"auth": {"token": "s3cret", "password": "s3cret"}},
        "hooks": {"enabled": true, "token": "s3cret"},
    });
    let settings = read(&content.to_string(), &[]).unwrap();
    assert!(!format!("{settings:#?}").contains("s3cret"));
}

#[test]
fn the_state_folder_is_the_one_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let state_of = |more: &[(&str, &str)]| {
        let home = [("HOME", home.path().to_str().unwrap())];
        let environment: Environment = home.iter().chain(more).copied().collect();
        state(&environment)
    };
    assert_eq!(state_of(&[]), home.path().join(".openclaw"));
    std::fs::create_dir(home.path().join(".moltbot")).unwrap();
    assert_eq!(state_of(&[]), home.path().join(".moltbot"));
    std::fs::create_dir(home.path().join(".openclaw")).unwrap();
    assert_eq!(state_of(&[]), home.path().join(".openclaw"));
    let (new, old) = (("OPENCLAW_STATE_DIR", "~/x"), ("CLAWDBOT_STATE_DIR", "/y"));
    assert_eq!(state_of(&[old]), Path::new("/y"));
    assert_eq!(state_of(&[old, new]), home.path().join("x"));
    assert_eq!(
        state_of(&[old, ("OPENCLAW_STATE_DIR", " ")]),
        Path::new("/y")
    );
}

#[test]
fn the_folder_is_that_of_the_main_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/../openclaw.json");
    std::fs::write(folder.path().join("openclaw.json"), "{}").unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let settings = Settings::read(&path, &Environment::default()).unwrap();
    assert_eq!(settings.folder, folder.path());
}

#[test]
fn the_whole_of_it_is_there_for_those_whose_keys_are_not_known_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    let content = "{env: {TOKEN: 's3cret'}, channels: {zalo: {botToken: '${TOKEN}', list: [1]}}}";
    std::fs::write(&path, content).unwrap();
    let settings = Settings::read(&path, &Environment::default()).unwrap();
    let token = settings.document.at("channels.zalo.botToken");
    assert_eq!(token, Some(&Value::from("s3cret")));
    assert!(!format!("{settings:?}").contains("s3cret"));
}
