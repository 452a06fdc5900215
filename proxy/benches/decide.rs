//! What a decision costs as the table grows, and what it costs to find that a path is normal.

use std::hint::black_box;
use std::net::Ipv4Addr;

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use overgrow::route::{Dial, Match, RequestHead, Rule, Sticky, Table, path, unreachable};

/// Half exact rules, a quarter with a parameter, a quarter prefixes, as a gateway's file has them.
fn rules(count: usize) -> Vec<Rule> {
    (0..count).map(|at| rule(at, &pattern(at))).collect()
}

fn pattern(at: usize) -> String {
    let service = at / 20;
    match at % 4 {
        0 | 1 => format!("/api/service-{service}/resource-{at}/list"),
        2 => format!("/api/service-{service}/resource-{at}/{{id}}"),
        _ => format!("/static/bundle-{at}/*"),
    }
}

fn rule(at: usize, path: &str) -> Rule {
    Rule {
        id: format!("route-{at}").into(),
        matcher: Match {
            path: path.to_owned(),
            methods: vec![Method::GET, Method::POST],
            ..Match::default()
        },
        dial: Dial::from_percent(25.0).unwrap_or_default(),
        sticky: Sticky::ClientIp,
        handled: true,
    }
}

fn head<'a>(path: &'a str, headers: &'a HeaderMap) -> RequestHead<'a> {
    RequestHead {
        method: &Method::GET,
        host: Some("gateway.example:8080"),
        path,
        query: None,
        headers,
        websocket: false,
        client: Ipv4Addr::new(10, 1, 2, 3).into(),
        forced: None,
    }
}

fn decide(c: &mut Criterion) {
    let headers = HeaderMap::new();
    for count in [10, 100, 1_000, 10_000] {
        let table = Table::new(rules(count));
        let last = (count - 1) / 4 * 4;
        let exact = pattern(last);
        let parameter = pattern(last - 2).replace("{id}", "42");
        let prefix = pattern(last - 1).replace('*', "js/app.js");
        let miss = exact.replace("list", "gone");
        for (kind, path) in [
            ("exact", exact),
            ("parameter", parameter),
            ("prefix", prefix),
            ("miss", miss),
        ] {
            let head = head(&path, &headers);
            let name = format!("decide/{kind}/{count}");
            c.bench_function(&name, |b| b.iter(|| table.decide(black_box(&head), 7)));
        }
    }
}

fn normalise(c: &mut Criterion) {
    for (kind, target) in [
        ("normal", "/api/service-12/resource-245/list?page=2"),
        (
            "dots",
            "/api/service-12/../service-12/%2e/resource-245/list?page=2",
        ),
    ] {
        c.bench_function(&format!("normalise/{kind}"), |b| {
            b.iter(|| path::normalise(black_box(target)).len())
        });
    }
}

fn check(c: &mut Criterion) {
    let rules = rules(10_000);
    c.bench_function("unreachable/10000", |b| {
        b.iter(|| unreachable(black_box(&rules)))
    });
    c.bench_function("compile/10000", |b| {
        b.iter(|| Table::new(black_box(rules.clone())))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = decide, normalise, check
}
criterion_main!(benches);
