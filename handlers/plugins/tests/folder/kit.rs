//! A folder with its plugins running, and questions to them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use overgrow_handler::{Body, BoxError, Call, Declined, Effects, Handler, RequestId, Role};
use overgrow_keep::{Keep, Quota};
use overgrow_plugins::grant::{KvGrant, Limits};
use overgrow_plugins::{
    EngineConfig, Grant, Hands, PluginStatus, Plugins, PluginsConfig, Silent, Trust,
};
use serde_json::json;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::rig;

/// A debug build's compiler takes seconds; on a busy machine several times that.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A folder with its plugins running.
pub(crate) struct Rig {
    pub(crate) plugins: Plugins,
    pub(crate) folder: TempDir,
    pub(crate) keep: Keep,
    _state: TempDir,
}

impl Rig {
    /// A folder that holds the steady plugin, granted as `grant` says.
    pub(crate) async fn start(grant: Grant) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        drop_in(folder.path(), "steady", 0);
        Self::over(folder, grants(grant)).await
    }

    async fn over(folder: TempDir, grants: BTreeMap<String, Grant>) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        let keep = Keep::open(state.path()).expect("kept");
        let hands = Hands {
            keep: Some(keep.clone()),
            ..Hands::default()
        };
        let config = PluginsConfig {
            folder: folder.path().to_owned(),
            trust: Trust::default(),
            engine: EngineConfig {
                threads: 2,
                instances: 50,
                cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
            },
        };
        let plugins = Plugins::open(config, grants, hands, Arc::new(Silent)).expect("plugins");
        plugins.ready().await;
        Self {
            plugins,
            folder,
            keep,
            _state: state,
        }
    }

    /// The plugin, once something is so of it.
    pub(crate) async fn until(&self, is_so: impl Fn(&PluginStatus) -> bool) -> PluginStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut list = self.plugins.list();
            match list.pop() {
                Some(status) if is_so(&status) => return status,
                status => assert!(Instant::now() < end, "{status:#?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<(StatusCode, String), BoxError> {
        ask(self.plugins.handler("steady"), request("GET", path, "")).await
    }

    /// What the service wrote down.
    pub(crate) async fn service(&self) -> Vec<String> {
        let quota = Quota {
            bytes: u64::MAX,
            keys: u64::MAX,
        };
        let space = self.keep.space("plugin/steady", quota);
        let entry = space.get("service").await.expect("read");
        let lines = entry.map(|entry| serde_json::from_slice(&entry.value));
        lines.transpose().expect("lines").unwrap_or_default()
    }
}

pub(crate) fn grants(grant: Grant) -> BTreeMap<String, Grant> {
    BTreeMap::from([("steady".to_owned(), grant)])
}

pub(crate) fn grant(greeting: &str) -> Grant {
    let mut grant = Grant {
        webhook: vec!["/steady/*".to_owned()],
        kv: Some(KvGrant::default()),
        limits: Limits {
            deadline: Duration::from_secs(30),
            ..Limits::default()
        },
        ..Grant::default()
    };
    grant
        .settings
        .insert("greeting".to_owned(), json!(greeting));
    grant
}

/// Puts the steady plugin there. Another number is another file of the same content: a section nobody reads.
pub(crate) fn drop_in(folder: &Path, name: &str, number: u8) {
    let mut wasm = rig::component("steady");
    wasm.extend([0, 3, 1, b'n', number]);
    let part = folder.join(format!("{name}.part"));
    std::fs::write(&part, wasm).expect("written");
    std::fs::rename(part, folder.join(format!("{name}.wasm"))).expect("renamed");
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body.to_owned()))
        .expect("a request");
    request.extensions_mut().insert(Call {
        route: "test".into(),
        request_id: RequestId::from_bits(7),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        role: Role::Primary,
        deadline: Instant::now() + PATIENCE,
        effects: Effects::performing(),
    });
    request
}

pub(crate) async fn ask(
    handler: Handler,
    request: Request<Body>,
) -> Result<(StatusCode, String), BoxError> {
    let response = handler.oneshot(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

pub(crate) fn declined(answer: Result<(StatusCode, String), BoxError>) -> &'static str {
    let error = answer.expect_err("declined");
    error.downcast_ref::<Declined>().expect("declined").0
}
