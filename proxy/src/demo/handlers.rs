//! The two native handlers: one an axum router, one a tower service written by hand.
//!
//! They know nothing of the demonstration, only what an order and a price are.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{HeaderValue, Request, Response, header};
use overgrow_handler::Body;
use serde_json::{Value, json};
use tower::Service;

/// What the shop sells.
const GOODS: [&str; 5] = ["anchor", "bell", "compass", "drum", "easel"];

/// The order of that number: always the same, so that both sides say the same.
pub(super) fn order(number: u64) -> Value {
    let item = GOODS[(number % 5) as usize];
    json!({ "id": number, "item": item, "quantity": number % 4 + 1, "state": "shipped" })
}

/// The answer to a new order.
pub(super) fn accepted() -> Value {
    json!({ "state": "accepted" })
}

/// The order as the first draft of the handler gives it: of a drum it says how many in words of its own.
fn drafted(number: u64) -> Value {
    let mut order = order(number);
    if order["item"] == "drum" {
        order["quantity"] = json!(order["quantity"].to_string());
    }
    order
}

/// `GET /orders/{id}` and `POST /orders`, at the root and below `/overgrow-demo`.
pub(super) fn orders() -> Router {
    router(order)
}

/// The same with a mistake in it, such as nobody sees by reading.
pub(super) fn draft() -> Router {
    router(drafted)
}

fn router(order: fn(u64) -> Value) -> Router {
    let take = || async { answer(StatusCode::CREATED, accepted()) };
    let give = move |Path(id): Path<u64>| async move { answer(StatusCode::OK, order(id)) };
    let routes = Router::new()
        .route("/orders", post(take))
        .route("/orders/{id}", get(give));
    Router::new()
        .nest("/overgrow-demo", routes.clone())
        .merge(routes)
}

/// With the media type as the legacy writes it: clients see that too.
fn answer(status: StatusCode, value: Value) -> impl IntoResponse {
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], value.to_string())
}

/// `GET /prices/{sku}`: the longer the name, the dearer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices;

impl Service<Request<Body>> for Prices {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sku = request.uri().path().rsplit('/').next().unwrap_or_default();
        let price = json!({ "sku": sku, "cents": sku.len() * 250 });
        let mut response = Response::new(Body::from(price.to_string()));
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        ready(Ok(response))
    }
}
