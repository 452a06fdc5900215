//! The whole command line with one handler of its own: 1 KiB at any path, for the bench and as the shortest example.
//!
//!     cargo run --example native -- serve -c routes.toml     # a route with handler = "native"

use std::convert::Infallible;
use std::process::ExitCode;

use http::{Request, Response, header};
use overgrow::Overgrow;
use overgrow::handler::Body;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static PAGE: [u8; 1024] = [b'x'; 1024];

async fn page(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let body = Body::from(bytes::Bytes::from_static(&PAGE));
    let mut response = Response::new(body);
    let plain = header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    Ok(response)
}

fn main() -> ExitCode {
    let native = tower::service_fn(page);
    overgrow::command::main_with(Overgrow::builder().handler("native", native))
}
