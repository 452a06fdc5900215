//! One request: an instance, the request in, the head out as soon as the component sets it, its body as it writes it.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use overgrow_handler::{Body, BoxError};
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::state::Web;
use super::{Loaded, WebComponent};
use crate::call::{Ask, CallError};
use crate::host;
use crate::plugin::store::{self, Patience};
use crate::plugin::{call, failure};

type Head = Result<Response<HyperOutgoingBody>, ErrorCode>;

impl WebComponent {
    /// Answers a request. Dropping the future, or the answer's body, ends the component at its next yield; so does the
    /// grant's deadline, whatever of the body is out by then.
    ///
    /// # Errors
    /// As [`CallError`] says, until the answer's head is there; later failures cut its body off.
    pub async fn handle(
        &self,
        ask: &Ask,
        request: Request<Body>,
    ) -> Result<Response<Body>, CallError> {
        let web = &self.0;
        let patience = Patience::of(ask, &web.who.grant.limits);
        let turn = call::turn(&web.engine, &web.turns, web.places, patience).await?;
        let (tell, told) = oneshot::channel();
        let (loaded, ask) = (Arc::clone(web), ask.clone());
        let mut running = web.engine.guests().spawn(async move {
            let _turn = turn;
            run(&loaded, &ask, patience, request, tell).await
        });
        let head = tokio::select! {
            biased;
            head = told => head.ok(),
            ended = &mut running => return Err(silent(ended)),
        };
        match head {
            Some(head) => Ok(answer(head, running, web.who.grant.limits.answer)?),
            None => Err(silent(running.await)),
        }
    }
}

/// Runs the component to its end, which is mostly after its answer's head.
async fn run(
    web: &Loaded,
    ask: &Ask,
    patience: Patience,
    request: Request<Body>,
    tell: oneshot::Sender<Head>,
) -> Result<(), CallError> {
    let mut store = Store::new(web.engine.wasmtime(), Web::new(Arc::clone(&web.who), ask));
    store.limiter(|web| &mut web.state.limit);
    store::lend(&mut store, patience);
    let _ticking = web.engine.ticker().keep();
    let ran = timeout_at(patience.end.into(), guest(web, &mut store, request, tell)).await;
    match ran {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failure::name(&error, &store.data().state, patience.time)),
        Err(_) => Err(CallError::Deadline(patience.time)),
    }
}

async fn guest(
    web: &Loaded,
    store: &mut Store<Web>,
    request: Request<Body>,
    tell: oneshot::Sender<Head>,
) -> wasmtime::Result<()> {
    store.data_mut().came_through(through(&request));
    let request = request.map(|body| body.map_err(|_| cut()));
    let request = store
        .data_mut()
        .http()
        .new_incoming_request(Scheme::Http, request)?;
    let out = store.data_mut().http().new_response_outparam(tell)?;
    let instance = web.instance.instantiate_async(&mut *store).await?;
    let handler = instance.wasi_http_incoming_handler();
    handler.call_handle(&mut *store, request, out).await
}

fn through(request: &Request<Body>) -> Vec<String> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let pairs = request.headers().iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    host::plugins_in(&pairs)
}

/// The client's body broke off.
fn cut() -> wasmtime_wasi_http::Error {
    wasmtime_wasi_http::Error::ConnectionTerminated
}

/// It ended without an answer: of itself, or because it failed.
fn silent(ended: Result<Result<(), CallError>, impl ToString>) -> CallError {
    match ended {
        Ok(Ok(())) => CallError::Trap("it ended without an answer".to_owned()),
        Ok(Err(error)) => error,
        Err(lost) => CallError::Trap(lost.to_string()),
    }
}

/// The answer, whose body keeps the component running and no longer.
fn answer<G: Send + 'static>(
    head: Head,
    running: G,
    most: u64,
) -> Result<Response<Body>, CallError> {
    let response = head.map_err(|code| CallError::Failed {
        code: "http-error".to_owned(),
        message: format!("{code:?}"),
        retry: crate::Retry::Never,
    })?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(response.map(|body| {
        let body = Limited::new(body.map_err(told), most);
        Body::new(body.map_frame(move |frame| {
            let _keeps = &running;
            frame
        }))
    }))
}

fn told(error: wasmtime_wasi_http::Error) -> BoxError {
    format!("the component's answer broke off: {error:?}").into()
}
