use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use overgrow_settings::{Auth, Bind, Mode, Secret, Tailscale};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const TOKEN: &str = "legacy-gateway-token";
const NONCE: &str = "155ddbe9-2036-43ba-819c-4b0bfa049df5";
const NOW: u64 = 1_795_206_577_393;
const REQUEST: &str = "0e0a9048-b080-4b8e-99eb-64f22ef4319d";

fn gateway() -> Gateway {
    Gateway {
        auth: Auth {
            mode: Mode::Token,
            token: Some(Secret::new(TOKEN)),
            password: None,
            allow_tailscale: false,
        },
        trusted_proxies: Vec::new(),
        bind: Bind::Loopback,
        port: 18789,
        tailscale: Tailscale::Off,
        insecure_control_ui: false,
        endpoints: overgrow_settings::Endpoints::default(),
    }
}

/// A connection, changed by each test in the one thing that it is about.
struct Room {
    gateway: Gateway,
    standing: Standing,
    tailnet: Option<&'static str>,
    roster: Roster,
    nonce: String,
    now: u64,
    request: String,
}

impl Room {
    fn new(standing: Standing) -> Self {
        Self {
            gateway: gateway(),
            standing,
            tailnet: None,
            roster: Roster::default(),
            nonce: NONCE.to_owned(),
            now: NOW,
            request: REQUEST.to_owned(),
        }
    }

    fn check(&self, frame: &[u8]) -> Result<Welcome, Failure> {
        let context = Context {
            gateway: &self.gateway,
            nonce: &self.nonce,
            now: self.now,
            standing: self.standing,
            tailnet: self.tailnet,
            devices: &self.roster,
            request: &self.request,
        };
        check(frame, &context)
    }

    fn connect(&self, params: &Value) -> Result<Welcome, Failure> {
        let frame = json!({"type": "req", "id": "1", "method": "connect", "params": params});
        self.check(frame.to_string().as_bytes())
    }

    /// What a `connect` is told, or by what it was let in.
    fn told(&self, params: &Value) -> Result<Admission, String> {
        let said = self.connect(params).map(|welcome| welcome.admission);
        said.map_err(|failure| {
            failure
                .answer
                .map_or_else(String::new, |answer| answer.error.message)
        })
    }
}

fn params(auth: Value) -> Value {
    let client = json!({"id": "cli", "version": "1", "platform": "linux", "mode": "cli"});
    json!({"minProtocol": 3, "maxProtocol": 3, "client": client, "auth": auth})
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn name() -> String {
    let hash = digest(&SHA256, pair().public_key().as_ref());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn key() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(pair().public_key())
}

/// Signs `params` as a device does; `nonce` of none makes it the first version.
fn signed(mut params: Value, nonce: Option<&str>, at: u64) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let scopes = params["scopes"].as_array().cloned().unwrap_or_default();
    let scopes: Vec<String> = scopes.iter().map(text).collect();
    let role = params["role"].as_str().unwrap_or("operator");
    let token = text(&params["auth"]["token"]);
    let version = if nonce.is_some() { "v2" } else { "v1" };
    let mut payload = format!(
        "{version}|{}|{}|{}|{role}|{}|{at}|{token}",
        name(),
        text(&params["client"]["id"]),
        text(&params["client"]["mode"]),
        scopes.join(","),
    );
    let mut device = json!({"id": name(), "publicKey": key(), "signedAt": at});
    if let Some(nonce) = nonce {
        payload = format!("{payload}|{nonce}");
        device["nonce"] = json!(nonce);
    }
    device["signature"] = json!(BASE64_URL_SAFE_NO_PAD.encode(pair().sign(payload.as_bytes())));
    params["device"] = device;
    params
}

/// The device as the legacy keeps it, with a token of its own.
fn paired(scopes: &[&str]) -> Roster {
    let own = json!({"token": "own-token", "role": "operator", "scopes": scopes});
    let device = json!({
        "deviceId": name(), "publicKey": key(), "role": "operator",
        "roles": ["operator"], "scopes": scopes, "tokens": {"operator": own},
    });
    let file = json!({ name(): device }).to_string();
    Roster::parse(file.as_bytes(), b"", NOW)
}

const LET_IN: Result<Admission, String> = Ok(Admission::Gateway(Method::Token));

fn refused(text: &str) -> Result<Admission, String> {
    Err(text.to_owned())
}

/// Every handshake that was recorded at the real gateway, but one it answers with a fault of its own.
#[test]
fn handshakes_end_as_they_were_recorded() {
    let recordings = include_str!("../../../../tests/golden/openclaw-ws.jsonl");
    let mut replayed = 0;
    for line in recordings.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let steps = case["steps"].as_array().unwrap();
        let sent = match &steps[1]["send"] {
            Value::String(raw) => raw.clone(),
            frame => frame.to_string(),
        };
        if name == "auth.non-ascii-same-length" || name == "frame.too-big" {
            continue;
        }
        let challenge = &steps[0]["recv"]["payload"];
        let remote = case["headers"]["host"] == "example.com";
        let mut room = Room::new(if remote {
            Standing::Remote
        } else {
            Standing::Local
        });
        room.nonce = challenge["nonce"].as_str().unwrap().to_owned();
        room.now = challenge["ts"].as_u64().unwrap();
        let recorded = &steps[2]["recv"];
        let request = recorded["error"]["details"]["requestId"].as_str();
        room.request = request.unwrap_or_default().to_owned();
        replay(name, &room.check(sent.as_bytes()), &steps[2..]);
        replayed += 1;
    }
    assert!(replayed > 35, "{replayed}");
}

fn replay(name: &str, said: &Result<Welcome, Failure>, steps: &[Value]) {
    let answered = steps[0].get("recv");
    if answered.is_some_and(|answer| answer["ok"] == true) {
        assert!(said.is_ok(), "{name}: {said:?}");
        return;
    }
    let failure = said.as_ref().expect_err(name);
    let answer = failure.answer.as_deref().map(|answer| json!(answer));
    assert_eq!(answer.as_ref(), answered, "{name}");
    let close = &steps.last().unwrap()["close"];
    assert_eq!(close["code"], failure.code, "{name}");
    assert_eq!(close["reason"], failure.reason, "{name}");
}

#[test]
fn an_answer_is_written_in_the_legacys_order() {
    let failure = Room::new(Standing::Local).connect(&json!({})).unwrap_err();
    let written = serde_json::to_string(&failure.answer).unwrap();
    let text = "invalid connect params: must have required property 'minProtocol'; must have required property 'maxProtocol'; must have required property 'client'";
    let frame = r#"{"type":"res","id":"1","ok":false,"error":{"code":"INVALID_REQUEST","message":"#;
    assert_eq!(written, format!("{frame}\"{text}\"}}}}"));
    assert_eq!(failure.reason, text[..120]);
}

#[test]
fn as_many_letters_in_more_bytes_are_told_so_and_not_cut_off() {
    let shown = params(json!({"token": "legacy-gateway-toke\u{e9}"}));
    let said = Room::new(Standing::Local).told(&shown);
    assert!(
        said.unwrap_err()
            .starts_with("unauthorized: gateway token mismatch")
    );
}

#[test]
fn hints_are_for_whoever_sits_before_the_client() {
    let check = |mode: Mode, id: &str, client: &str, auth: Value, expect: &str| {
        let mut room = Room::new(Standing::Local);
        room.gateway.auth.mode = mode;
        room.gateway.auth.password = Some(Secret::new("p"));
        let mut params = params(auth);
        params["client"]["id"] = json!(id);
        params["client"]["mode"] = json!(client);
        let said = room.told(&signed(params, Some(NONCE), NOW));
        assert_eq!(said, refused(&format!("unauthorized: gateway {expect}")));
    };
    let bad = json!({"token": "bad", "password": "bad"});
    let cli = "password mismatch (set gateway.remote.password to match gateway.auth.password)";
    check(Mode::Password, "cli", "cli", bad.clone(), cli);
    let page = "password mismatch (enter the password in Control UI settings)";
    check(
        Mode::Password,
        "openclaw-control-ui",
        "ui",
        bad.clone(),
        page,
    );
    check(Mode::Password, "webchat-ui", "ui", bad.clone(), page);
    let other = "password missing (provide gateway auth password)";
    check(Mode::Password, "test", "test", json!({}), other);
    let missing = "token missing (provide gateway auth token)";
    check(
        Mode::Token,
        "webchat",
        "backend",
        json!({"password": "p"}),
        missing,
    );
    let mut room = Room::new(Standing::Local);
    room.gateway.auth.token = None;
    let text = "unauthorized: gateway token not configured on gateway (set gateway.auth.token)";
    assert_eq!(room.told(&params(json!({"token": "x"}))), refused(text));
}

#[test]
fn a_control_ui_without_a_device_needs_leave_and_a_secret() {
    let mut room = Room::new(Standing::Remote);
    room.gateway.auth.mode = Mode::Password;
    room.gateway.auth.password = Some(Secret::new("p"));
    let mut ui = params(json!({"password": "p"}));
    ui["client"]["id"] = json!("openclaw-control-ui");
    let secure = "control ui requires HTTPS or localhost (secure context)";
    assert_eq!(room.told(&ui), refused(secure));
    room.gateway.insecure_control_ui = true;
    assert_eq!(room.told(&ui), Ok(Admission::Gateway(Method::Password)));
    let known = room.connect(&signed(ui.clone(), Some(NONCE), NOW)).unwrap();
    assert_eq!(
        (known.device, known.pairing),
        (Some(name()), None),
        "no pairing is asked for"
    );
    ui["auth"] = json!({});
    assert_eq!(room.told(&ui), refused("device identity required"));
}

#[test]
fn a_device_proves_itself() {
    let token = || params(json!({ "token": TOKEN }));
    let good = signed(token(), Some(NONCE), NOW);
    let mut room = Room::new(Standing::Remote);
    room.roster = paired(&["operator.admin"]);
    assert_eq!(room.told(&good), LET_IN);
    let changed = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed["device"][name] = value;
        room.told(&changed)
    };
    assert_eq!(
        changed("id", json!("x")),
        refused("device identity mismatch")
    );
    assert_eq!(
        changed("publicKey", json!("BEGIN")),
        refused("device identity mismatch")
    );
    assert_eq!(
        changed("signature", json!("AAAA")),
        refused("device signature invalid")
    );
    assert_eq!(
        changed("signedAt", json!(NOW + 1)),
        refused("device signature invalid")
    );
    assert_eq!(
        changed("signedAt", json!(NOW - 600_001)),
        refused("device signature expired")
    );
    assert_eq!(
        changed("signedAt", json!(NOW + 600_001)),
        refused("device signature expired")
    );
    assert_eq!(
        changed("nonce", json!("other")),
        refused("device nonce mismatch")
    );
    assert_eq!(
        changed("nonce", json!(" ")),
        refused("device nonce required")
    );
    assert_eq!(changed("nonce", json!(format!(" {NONCE} "))), LET_IN);
    let late = signed(token(), Some(NONCE), NOW - 600_000);
    assert_eq!(room.told(&late), LET_IN);
    let mut more = good.clone();
    more["scopes"] = json!(["operator.admin"]);
    assert_eq!(
        room.told(&more),
        refused("device signature invalid"),
        "scopes are signed"
    );
}

#[test]
fn only_on_this_machine_a_device_may_do_without_the_nonce() {
    let old = signed(params(json!({ "token": TOKEN })), None, NOW);
    let mut room = Room::new(Standing::Local);
    assert_eq!(room.told(&old), LET_IN);
    room.standing = Standing::Remote;
    assert_eq!(room.told(&old), refused("device nonce required"));
}

#[test]
fn a_new_device_is_paired_on_this_machine_and_waits_elsewhere() {
    let new = signed(params(json!({ "token": TOKEN })), Some(NONCE), NOW);
    let mut room = Room::new(Standing::Local);
    let welcome = room.connect(&new).unwrap();
    let pairing = welcome.pairing.unwrap();
    assert_eq!((&*pairing.request, pairing.key), (REQUEST, key()));
    assert_eq!(pairing.scopes, ["operator.admin"]);
    room.standing = Standing::Remote;
    let failure = room.connect(&new).unwrap_err();
    assert_eq!((failure.code, &*failure.reason), (1008, "pairing required"));
    assert_eq!(failure.pairing.unwrap().device, name());
    let details = failure.answer.unwrap().error.details;
    assert_eq!(details, Some(Details::RequestId(REQUEST.to_owned())));
}

#[test]
fn a_pairing_that_waits_keeps_its_name_and_its_approver() {
    let new = signed(params(json!({ "token": TOKEN })), Some(NONCE), NOW);
    let waiting = |silent: bool, ts: u64| {
        let entry = json!({"requestId": "r", "deviceId": name(), "silent": silent, "ts": ts});
        let mut room = Room::new(Standing::Local);
        room.roster = Roster::parse(b"", json!({ "r": entry }).to_string().as_bytes(), NOW);
        room.connect(&new)
    };
    let failure = waiting(false, NOW - 300_000).unwrap_err();
    assert_eq!(failure.pairing.unwrap().request, "r");
    let old = waiting(false, NOW - 300_001).unwrap();
    assert_eq!(old.pairing.unwrap().request, REQUEST);
    let silent = waiting(true, NOW).unwrap();
    assert_eq!(silent.pairing.unwrap().request, "r");
}

#[test]
fn a_known_device_needs_leave_for_more() {
    let ask = |role: &str, scopes: Value, known: &[&str]| {
        let mut params = params(json!({ "token": TOKEN }));
        params["role"] = json!(role);
        params["scopes"] = scopes;
        let mut room = Room::new(Standing::Remote);
        room.roster = paired(known);
        room.told(&signed(params, Some(NONCE), NOW))
    };
    let waits = refused("pairing required");
    assert_eq!(ask("operator", json!(["a"]), &["a", "b"]), LET_IN);
    assert_eq!(ask("operator", json!(["a", "c"]), &["a", "b"]), waits);
    assert_eq!(ask("operator", json!([]), &["operator.admin"]), LET_IN);
    assert_eq!(ask("operator", json!([]), &["a"]), waits, "none means all");
    assert_eq!(ask("node", json!([]), &["a"]), waits);
    assert_eq!(ask("operator", json!(["a"]), &[]), waits);
}

#[test]
fn a_device_of_the_same_name_and_another_key_is_a_stranger() {
    let mut room = Room::new(Standing::Remote);
    let device = json!({"publicKey": "other", "roles": ["operator"], "scopes": ["operator.admin"]});
    room.roster = Roster::parse(json!({ name(): device }).to_string().as_bytes(), b"", NOW);
    let good = signed(params(json!({ "token": TOKEN })), Some(NONCE), NOW);
    assert_eq!(room.told(&good), refused("pairing required"));
}

#[test]
fn a_devices_own_token_is_as_good_for_its_own_scopes() {
    let mut room = Room::new(Standing::Remote);
    room.roster = paired(&["a", "b"]);
    let ask = |room: &Room, token: &str, scopes: Value| {
        let mut params = params(json!({ "token": token }));
        params["scopes"] = scopes;
        room.told(&signed(params, Some(NONCE), NOW))
    };
    let own = Ok(Admission::DeviceToken);
    assert_eq!(ask(&room, "own-token", json!(["a"])), own);
    assert!(
        ask(&room, "own-token", json!(["c"]))
            .unwrap_err()
            .starts_with("unauthorized")
    );
    assert!(
        ask(&room, "own-tokem", json!(["a"]))
            .unwrap_err()
            .starts_with("unauthorized")
    );
    let alone = params(json!({"token": "own-token"}));
    assert!(room.told(&alone).is_err(), "it needs its device");
    let revoked = json!({"token": "own-token", "scopes": ["a"], "revokedAtMs": 1});
    let device = json!({
        "publicKey": key(), "role": "operator", "scopes": ["a"], "tokens": {"operator": revoked},
    });
    room.roster = Roster::parse(json!({ name(): device }).to_string().as_bytes(), b"", NOW);
    assert!(ask(&room, "own-token", json!(["a"])).is_err());
    assert_eq!(
        ask(&room, TOKEN, json!(["a"])),
        LET_IN,
        "a role alone is a list of one"
    );
}

#[test]
fn a_tailnet_user_needs_no_token_but_a_device() {
    let mut room = Room::new(Standing::Remote);
    room.tailnet = Some("ada@example.com");
    let nothing = params(json!({}));
    assert_eq!(room.told(&nothing), refused("device identity required"));
    room.roster = paired(&["operator.admin"]);
    let device = signed(nothing, Some(NONCE), NOW);
    assert_eq!(
        room.told(&device),
        Ok(Admission::Gateway(Method::Tailscale))
    );
}

#[test]
fn nodes_get_the_scopes_that_they_ask_for() {
    let mut node = params(json!({ "token": TOKEN }));
    node["role"] = json!("node");
    let welcome = Room::new(Standing::Local).connect(&node).unwrap();
    assert_eq!((welcome.role, welcome.scopes.len()), (Role::Node, 0));
    assert_eq!(welcome.id, "1");
}

#[test]
fn whatever_comes_first_must_be_a_connect() {
    let room = Room::new(Standing::Local);
    let failure = room.check(br#"{"type":"req","id":"7","method":"health"}"#);
    let answer = failure.unwrap_err().answer.unwrap();
    assert_eq!(answer.id, "7");
    assert_eq!(
        answer.error.message,
        "invalid handshake: first request must be connect"
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(room.check(deep.as_bytes()).unwrap_err().code, 1000);
}
