//! The native routes behind a bare HTTP server.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use overgrow_handler::{Body, Call, Effects, Handler, RequestId, Role};
use overgrow_media::{MediaLimits, Upload};
use overgrow_store::{Limits, Store};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::state::State;

/// The running routes; ended on drop.
pub(crate) struct Native {
    pub(crate) address: SocketAddr,
    pub(crate) state: State,
    server: JoinHandle<()>,
}

impl Native {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let state = State::new()?;
        let store = Store::folder(state.media(), Limits::default());
        let handler = overgrow_media::handler(store, MediaLimits::default(), Upload::Off);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(serve(listener, handler));
        Ok(Self {
            address,
            state,
            server,
        })
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, handler: Handler) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, handler.clone()));
    }
}

async fn connection(stream: TcpStream, handler: Handler) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(call());
        let answered = tower::Service::call(&mut handler.clone(), request);
        async move { answered.await.map_err(std::io::Error::other) }
    });
    let io = TokioIo::new(stream);
    // A client that leaves is no fault of the test.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

fn call() -> Call {
    Call {
        route: "media".into(),
        request_id: RequestId::from_bits(0),
        client: Ipv4Addr::LOCALHOST.into(),
        role: Role::Primary,
        deadline: Instant::now() + Duration::from_secs(30),
        effects: Effects::performing(),
    }
}
