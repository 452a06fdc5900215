//! What the guard's scan costs for the head a browser sends.
#![allow(
    missing_docs,
    reason = "criterion's macros generate undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overgrow::listen::guard::{Limits, Scan, scan};

const BROWSER: &str = "GET /assets/index-4f2c91.js?v=3 HTTP/1.1\r\n\
    Host: gateway.example.com:8080\r\n\
    Connection: keep-alive\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
    Referer: https://gateway.example.com:8080/dashboard\r\n\
    Sec-Fetch-Dest: script\r\n\
    Sec-Fetch-Mode: no-cors\r\n\
    Cookie: session=5f1c0d2e8a7b4c3d9e6f; theme=dark; locale=en\r\n\r\n";

const SMALL: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn heads(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("scan");
    for (name, head) in [("browser, 10 headers", BROWSER), ("1 header", SMALL)] {
        assert!(
            matches!(scan(head.as_bytes(), &limits), Scan::Complete(_)),
            "{name}"
        );
        group.throughput(Throughput::Bytes(head.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| scan(black_box(head.as_bytes()), &limits))
        });
    }
    group.finish();
}

criterion_group!(benches, heads);
criterion_main!(benches);
