//! Starting, in the order in which things can go wrong: the file, the secrets, the sockets, the services.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;

use arc_swap::ArcSwap;
use pingora_core::listeners::{L4BufferSettings, ListenerConfig};
use pingora_core::server::{ListenFds, ShutdownWatch};
use pingora_core::services::Service as _;
use pingora_core::services::listening::Service;
use pingora_runtime::RuntimeBuilder;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

use super::build;
use super::run::Running;
use super::{Builder, Inherit, StartError};
use crate::admin::{Access, Admin, Shown};
use crate::config::{Config, Secret, ServerConfig};
use crate::gateway::{Gateway, Generation, Parts};
use crate::ledger::{self, Ledger};
use crate::listen::{Chassis, Drain, Front, Limits, Sockets, tls_settings};
use crate::metrics::Metrics;
use crate::natives::Natives;
use crate::pilot::{self, Pilot};
use crate::record::Recorder;
use crate::reload::{self, Reloader};
use crate::retire::Watch;
use crate::shadow::Lane;
use crate::trend::Trend;

/// The upgrade socket's name in the data folder.
const UPGRADE_SOCKET: &str = "upgrade.sock";

pub(super) fn start(builder: &Builder) -> Result<Running, StartError> {
    let metrics = Metrics::new().map_err(StartError::Metrics)?;
    let handlers = builder.handlers.clone();
    let (config, source) = read(builder)?;
    let server = config.server.clone();
    let token = admin_token(&server)?;
    let opened = Opened::open(builder, &server)?;
    let parts = Parts {
        handlers,
        natives: Natives::new(server.data.clone(), metrics.plugins().clone()),
        metrics,
        build: build::hash,
        lane: Lane::start().map_err(StartError::Runtime)?,
        ledger: Ledger::open(&server.data, ledger::Limits::default()).0,
        watch: Watch::resume(&server.data),
    };

    let control = control_runtime()?;
    let (shown, hang_up) = load(builder, parts, config, source, &control)?;
    control.block_on(shown.natives.plugins_ready());
    let traffic = traffic(&shown, &opened, &server)?;
    let admin = admin(&shown, token, &opened, &server)?;

    let threads = threads(&server);
    let runtime = RuntimeBuilder::new(threads, "overgrow").work_steal(false);
    let runtime = runtime.build();
    let (stop_traffic, traffic_watch) = watch::channel(false);
    let (stop_admin, admin_watch) = watch::channel(false);
    let accepting = vec![
        runtime
            .get_handle()
            .spawn(serve(traffic, Arc::clone(&opened.fds), traffic_watch)),
        control.spawn(serve(admin, Arc::clone(&opened.fds), admin_watch)),
    ];

    shown.metrics.started(builder.asked.elapsed());
    Ok(Running {
        listen: opened.listen.iter().map(|socket| socket.bound).collect(),
        admin: opened.admin.bound,
        traffic: Some(runtime),
        control: Some(control),
        stop_traffic,
        stop_admin,
        accepting,
        hang_up,
        shown,
        signals: None,
        fds: opened.fds,
        upgrade_socket: server.data.join(UPGRADE_SOCKET),
        drain_limit: server.drain,
        ready_after: builder.asked.elapsed(),
    })
}

fn admin_token(server: &ServerConfig) -> Result<Option<Zeroizing<String>>, StartError> {
    let token = server.admin_token.as_ref().map(Secret::read);
    token.transpose().map_err(StartError::Secret)
}

/// For everything that is not traffic.
fn control_runtime() -> Result<Runtime, StartError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(1)
        .thread_name("overgrow-control")
        .enable_all();
    builder.build().map_err(StartError::Runtime)
}

fn traffic(
    shown: &Shown,
    opened: &Opened,
    server: &ServerConfig,
) -> Result<Service<Chassis<Gateway>>, StartError> {
    let gateway = Gateway::new(
        Arc::clone(&shown.running),
        server.trusted_proxies.clone(),
        Arc::clone(&shown.drain),
        shown.metrics.clone(),
        shown.recorder.clone(),
    );
    service(
        "traffic",
        gateway,
        &opened.listen,
        server,
        Encryption::AsConfigured,
        Arc::clone(&shown.drain),
    )
}

fn admin(
    shown: &Shown,
    token: Option<Zeroizing<String>>,
    opened: &Opened,
    server: &ServerConfig,
) -> Result<Service<Chassis<Admin>>, StartError> {
    let admin = Admin::new(shown.clone(), Access::new(token));
    let sockets = std::slice::from_ref(&opened.admin);
    // Nobody waits for whoever watches the end.
    let drain = Arc::default();
    service("admin", admin, sockets, server, Encryption::Never, drain)
}

fn threads(server: &ServerConfig) -> usize {
    match server.threads {
        0 => available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    }
}

fn read(builder: &Builder) -> Result<(Config, Vec<u8>), StartError> {
    let path = &builder.file;
    let source = std::fs::read(path).map_err(|source| StartError::Read {
        path: path.clone(),
        source,
    })?;
    let config = Config::parse_bytes(&source, &builder.handler_names());
    let config =
        config.map_err(|faults| StartError::Config(faults.named(path.display().to_string())))?;
    Ok((config, source))
}

/// Every socket, with the name under which Pingora finds it.
struct Opened {
    listen: Vec<Socket>,
    admin: Socket,
    fds: ListenFds,
}

struct Socket {
    name: String,
    bound: SocketAddr,
}

impl Opened {
    fn open(builder: &Builder, server: &ServerConfig) -> Result<Self, StartError> {
        let data = &server.data;
        std::fs::create_dir_all(data).map_err(|source| StartError::Data {
            path: data.clone(),
            source,
        })?;
        let mut sockets = match builder.inherit {
            Inherit::Nothing => Sockets::new(),
            Inherit::Sockets => Sockets::take_over(&data.join(UPGRADE_SOCKET))?,
        };
        let mut open = |role, address| {
            sockets
                .open(role, address)
                .map(|(name, bound)| Socket { name, bound })
        };
        let listen = server
            .listen
            .iter()
            .map(|address| open("listen", *address))
            .collect::<Result<_, _>>()?;
        let admin = open("admin", server.admin)?;
        Ok(Self {
            listen,
            admin,
            fds: Arc::new(sockets.into_fds().into()),
        })
    }
}

/// Builds the first generation and starts the reloader; gives the way to make it look again.
fn load(
    builder: &Builder,
    parts: Parts,
    config: Config,
    source: Vec<u8>,
    control: &Runtime,
) -> Result<(Shown, mpsc::Sender<()>), StartError> {
    // Upstreams start their health checks on the runtime they are built in.
    let _inside = control.enter();
    let generation = Generation::build(config, &parts, None)?;
    parts
        .metrics
        .reloaded(generation.number, builder.asked.elapsed());
    let running = Arc::new(ArcSwap::from_pointee(generation));
    let status = Arc::new(ArcSwap::from_pointee(reload::first_status(&builder.file)));
    let (nudge, nudges) = reload::nudge();
    let (hang_up, hang_ups) = mpsc::channel(1);
    let shown = Shown {
        running: Arc::clone(&running),
        status: Arc::clone(&status),
        metrics: parts.metrics.clone(),
        trend: Trend::default(),
        ledger: parts.ledger.clone(),
        drain: Arc::new(Drain::default()),
        file: builder.file.clone(),
        handlers: builder.handler_names(),
        recorder: Recorder::new(),
        natives: parts.natives.clone(),
        lane: parts.lane.clone(),
        watch: parts.watch.clone(),
        pilot: Pilot::new(pilot::Parts {
            running: Arc::clone(&running),
            status: Arc::clone(&status),
            ledger: parts.ledger.clone(),
            metrics: parts.metrics.pilot().clone(),
            file: builder.file.clone(),
            handlers: builder.handler_names(),
            nudge: nudge.clone(),
        }),
        nudge,
    };
    let reloader = Reloader::new(builder.file.clone(), source, running, parts, status);
    control.spawn(reloader.run(nudges, hang_ups));
    control.spawn(shown.pilot.clone().run());
    control.spawn(shown.natives.clone().watch_settings());
    control.spawn(shown.trend.clone().sample(shown.metrics.clone()));
    control.spawn(shown.clone().watch_legacy());
    Ok((shown, hang_up))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    AsConfigured,
    Never,
}

fn service<F: Front>(
    name: &str,
    front: F,
    sockets: &[Socket],
    server: &ServerConfig,
    encryption: Encryption,
    drain: Arc<Drain>,
) -> Result<Service<Chassis<F>>, StartError> {
    let limits = Limits {
        head_size: server.header_size,
        head: server.header_timeout,
        idle: server.idle_timeout,
    };
    let mut service = Service::new(name.to_owned(), Chassis::new(front, limits, drain));
    for socket in sockets {
        // hyper reads and writes in large pieces itself.
        let mut listener =
            ListenerConfig::tcp(socket.name.clone()).l4_buffer(L4BufferSettings::unbuffered());
        if let (Some(tls), Encryption::AsConfigured) = (&server.tls, encryption) {
            listener = listener.tls(tls_settings(&tls.cert, &tls.key)?);
        }
        service.add_listener(listener);
    }
    Ok(service)
}

async fn serve<F: Front>(
    mut service: Service<Chassis<F>>,
    fds: ListenFds,
    shutdown: ShutdownWatch,
) {
    // One accept loop per socket: more of them only take turns.
    service.start_service(Some(fds), shutdown, 1).await;
}
