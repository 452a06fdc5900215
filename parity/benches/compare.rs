//! What a comparison costs: equal bodies, bodies that differ, small and large.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use overgrow_parity::{Kept, Observation, Rules, compare};

fn answer(body: String) -> Observation {
    let mut headers = HeaderMap::new();
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    Observation {
        status: StatusCode::OK,
        headers,
        body: Kept::whole(body),
        effects: Vec::new(),
        took: Duration::ZERO,
    }
}

/// Orders as a shop lists them, about 85 bytes each.
fn orders(bytes: usize) -> String {
    let order = |id: usize| {
        format!(
            "{{\"id\":{id},\"item\":\"compass\",\"price\":12.{id},\"state\":\"shipped\",\"tags\":[\"a\",\"b\"]}}"
        )
    };
    let orders: Vec<String> = (1000..1000 + bytes / 85).map(order).collect();
    format!("{{\"orders\":[{}],\"total\":7}}", orders.join(","))
}

fn record(bytes: usize) -> String {
    let members: Vec<String> = (100..100 + bytes / 30)
        .map(|name| format!("\"field-{name}\":\"value {name}\""))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn reversed(text: &str) -> String {
    let members: Vec<&str> = text[1..text.len() - 1].split(',').rev().collect();
    format!("{{{}}}", members.join(","))
}

fn comparing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare");
    let mut check = |name: &str, one: String, other: String, differences: usize| {
        let (one, other) = (answer(one), answer(other));
        let rules = Rules::none();
        let comparison = compare(&one, &other, &rules, None);
        assert_eq!(comparison.differences.len(), differences, "{name}");
        group.throughput(Throughput::Bytes(one.body.bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| compare(black_box(&one), black_box(&other), &rules, None));
        });
    };
    for (size, name) in [(1 << 10, "1 KiB"), (1 << 20, "1 MiB")] {
        let body = orders(size);
        let changed = body.replace("12.1003", "13.1003");
        check(
            &format!("{name}, equal bytes"),
            body.clone(),
            body.clone(),
            0,
        );
        check(
            &format!("{name}, one field differs"),
            body.clone(),
            changed,
            1,
        );
        check(
            &format!("{name}, spelled otherwise"),
            body.clone(),
            body.replace(':', ": "),
            0,
        );
    }
    let body = record(1 << 10);
    check("1 KiB, members reordered", body.clone(), reversed(&body), 0);
}

criterion_group!(benches, comparing);
criterion_main!(benches);
