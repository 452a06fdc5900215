//! The two native handlers: one an axum router, one a tower service written by hand.
//!
//! They know nothing of the demonstration, only what an order and a price are.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
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

/// `GET /orders/{id}` and `POST /orders`, at the root and below `/overgrow-demo`.
pub(super) fn orders() -> Router {
    let routes = Router::new()
        .route(
            "/orders",
            post(|| async { (StatusCode::CREATED, Json(accepted())) }),
        )
        .route(
            "/orders/{id}",
            get(|Path(id): Path<u64>| async move { Json(order(id)) }),
        );
    Router::new()
        .nest("/overgrow-demo", routes.clone())
        .merge(routes)
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
