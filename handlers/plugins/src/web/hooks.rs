//! What a component sends, as far as it was granted.

use std::future::Future;
use std::sync::Arc;

use http::{Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::call::Ask;
use crate::who::Who;

/// Sends a component's requests.
pub(super) struct Outbound {
    who: Arc<Who>,
    #[expect(dead_code, reason = "until requests are sent")]
    ask: Ask,
}

/// What comes of a request, and what goes on while its body is read.
type Sent = Result<(Response<WasiBody>, Background), Error>;
type Background = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl Outbound {
    pub(super) fn new(who: Arc<Who>, ask: Ask) -> Self {
        Self { who, ask }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Background,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let missing = format!("http = [{{ hosts = [\"{host}\"] }}]");
        let _ = self.who.denied("http", &missing);
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}
