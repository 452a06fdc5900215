//! Asks the handler, with settings like those of the recordings.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use http::header::HeaderName;
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use overgrow_bridge::Bridge;
use overgrow_handler::{Body, Call, Declined, Effects, Handler, RequestId, Role};
use overgrow_settings::{
    Action, Auth, Bind, Document, Gateway, Hooks, Live, Mapping, Mode, Secret, Settings, Tailscale,
    Transform, WakeMode,
};
use serde_json::Value;
use tower::ServiceExt;

/// An answer, as far as a handler decides it.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let kind = (
            "content-type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        );
        Self {
            status,
            headers: vec![kind],
            body: body.to_owned(),
        }
    }

    /// With every random id replaced by a mark; one that is no random UUID stays.
    pub(crate) fn without_ids(mut self) -> Self {
        if let Some((before, rest)) = self.body.split_once(r#""runId":""#) {
            let (id, after) = rest.split_once('"').expect("an end");
            if uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4) {
                self.body = format!("{before}\"runId\":\"ID\"{after}");
            }
        }
        self
    }
}

/// Settings as in `tests/legacy/openclaw/openclaw.json`.
pub(crate) fn settings() -> Settings {
    let gateway = Gateway {
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
        endpoints: overgrow_settings::Endpoints::default(),
    };
    let hooks = Hooks {
        base: "/hooks".to_owned(),
        token: Secret::new("legacy-hook-token"),
        max_body: 262_144,
        mappings: mappings(),
    };
    Settings {
        folder: PathBuf::new(),
        state: PathBuf::new(),
        gateway,
        hooks: Some(hooks),
        document: Document::default(),
    }
}

fn mappings() -> Vec<Mapping> {
    let wake = |path: &str, text: &str| Mapping {
        path: Some(path.to_owned()),
        text: Some(text.to_owned()),
        ..mapping(Action::Wake)
    };
    let transformed = |path: &str| Mapping {
        transform: Some(Transform {
            module: PathBuf::from("/x.mjs"),
            export: None,
        }),
        ..wake(path, "x")
    };
    vec![
        wake(
            "mapwake",
            "T:{{payload.a}}|{{b[1].c}}|{{headers.x-demo}}|{{query.q}}|{{path}}",
        ),
        Mapping {
            path: Some("mapagent".to_owned()),
            name: Some("N {{who}}".to_owned()),
            message: Some("M {{msg}}".to_owned()),
            deliver: Some(false),
            ..mapping(Action::Agent)
        },
        Mapping {
            path: None,
            source: Some("src1".to_owned()),
            ..wake("", "from src1")
        },
        wake("mapempty", "{{nothing}}"),
        transformed("mapskip"),
        transformed("mapover"),
        transformed("mapthrow"),
        gmail(),
    ]
}

fn gmail() -> Mapping {
    let first = "{{messages[0].";
    Mapping {
        path: Some("gmail".to_owned()),
        name: Some("Gmail".to_owned()),
        session_key: Some(format!("hook:gmail:{first}id}}}}")),
        message: Some(format!(
            "New email from {first}from}}}}\nSubject: {first}subject}}}}\n{first}snippet}}}}\n{first}body}}}}"
        )),
        ..mapping(Action::Agent)
    }
}

/// A mapping that says nothing.
pub(crate) fn mapping(action: Action) -> Mapping {
    Mapping {
        id: "m".to_owned(),
        path: None,
        source: None,
        action,
        wake_mode: WakeMode::Now,
        name: None,
        session_key: None,
        message: None,
        text: None,
        deliver: None,
        allow_unsafe: None,
        channel: None,
        to: None,
        model: None,
        thinking: None,
        timeout_seconds: None,
        transform: None,
    }
}

/// A request with the token of the settings.
pub(crate) fn post(target: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(target).header("x-openclaw-token", "legacy-hook-token");
    request.body(body.into()).expect("a request")
}

/// A recorded request.
pub(crate) fn request(recorded: &Value, body: Vec<u8>) -> Request<Body> {
    let text = |key: &str| recorded[key].as_str().expect("a text");
    let mut request = Request::builder().method(text("method")).uri(text("path"));
    for header in recorded["headers"].as_array().expect("headers") {
        let (name, value) = header
            .as_str()
            .and_then(|line| line.split_once(':'))
            .expect("a header");
        let name: HeaderName = name.parse().expect("a name");
        let value = HeaderValue::from_bytes(value.trim_matches(' ').as_bytes()).expect("a value");
        request = request.header(name, value);
    }
    request.body(body.into()).expect("a request")
}

/// Asks a handler whose bridge knows these channels, and really dispatches, to nowhere.
pub(crate) async fn ask(
    settings: Settings,
    channels: Option<&[&str]>,
    request: Request<Body>,
) -> Result<Answer, Declined> {
    let bridge = bridge(channels);
    let handler = overgrow_hooks::handler(Live::fixed(settings), bridge);
    call(handler, Effects::performing(), request).await
}

pub(crate) fn bridge(channels: Option<&[&str]>) -> Bridge {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    channels
        .map(owned)
        .map(Bridge::in_memory)
        .unwrap_or_default()
}

pub(crate) async fn call(
    handler: Handler,
    effects: Effects,
    mut request: Request<Body>,
) -> Result<Answer, Declined> {
    request.extensions_mut().insert(Call {
        route: "hooks".into(),
        request_id: RequestId::from_bits(1),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        role: Role::Primary,
        deadline: Instant::now() + Duration::from_secs(60),
        effects,
    });
    let response = match handler.oneshot(request).await {
        Ok(response) => response,
        Err(error) => return Err(*error.downcast::<Declined>().expect("declined, not failed")),
    };
    let (head, body) = response.into_parts();
    let headers = head.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            value.to_str().expect("visible").to_owned(),
        )
    });
    let headers = headers.collect();
    let body = body.collect().await.expect("whole").to_bytes();
    Ok(Answer {
        status: head.status.as_u16(),
        headers,
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    })
}
