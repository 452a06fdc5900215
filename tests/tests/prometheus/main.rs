//! What operators watch: the rules and dashboards in `deploy/`, read by Prometheus' own tools, asked of a Prometheus that scrapes a
//! sidecar under traffic, and the reference of all metrics.

mod alerts;
mod backend;
mod dashboards;
mod deploy;
mod files;
mod layout;
mod reference;
mod sample;
mod scene;
mod seen;
mod traffic;
