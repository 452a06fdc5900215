//! A decision is made for every request, so it must not allocate; counted by an allocator that counts.

use std::net::Ipv4Addr;

use allocation_counter::measure;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use overgrow::route::{
    Because, Dial, HostPattern, Match, RequestHead, Rule, Side, Sticky, Table, path,
};

fn rule(path: &str, sticky: Sticky) -> Rule {
    let matcher = Match {
        path: path.to_owned(),
        methods: vec![Method::GET],
        ..Match::default()
    };
    Rule {
        id: path.into(),
        matcher,
        dial: Dial::from_percent(25.0).expect("two decimals"),
        sticky,
        handled: true,
    }
}

fn table() -> Table {
    let filler = (0..1_000).map(|at| rule(&format!("/filler/{at}/*"), Sticky::Request));
    let mut hosted = rule("/hosted", Sticky::Query("u".to_owned()));
    hosted.matcher.host = Some(HostPattern::Exact("one.example".to_owned()));
    hosted.matcher.query = vec![("v".to_owned(), Some("x y".to_owned()))];
    let wanted = [
        rule("/exact/path", Sticky::ClientIp),
        rule(
            "/item/{id}",
            Sticky::Header(HeaderName::from_static("x-user")),
        ),
        rule("/below/*", Sticky::Cookie("sid".to_owned())),
        hosted,
    ];
    Table::new(filler.chain(wanted).collect())
}

fn check(table: &Table, target: &str, query: Option<&str>) {
    let mut headers = HeaderMap::new();
    headers.insert("x-user", HeaderValue::from_static("ann"));
    headers.insert("cookie", HeaderValue::from_static("a=b; sid=1"));
    let mut decision = None;
    let counted = measure(|| {
        let path = path::normalise(target);
        decision = Some(table.decide(&head(&path, query, &headers), 7));
    });
    assert_eq!(counted.count_total, 0, "{target}");
    assert!(
        matches!(
            decision.expect("it was measured").because,
            Because::Drawn { .. }
        ),
        "{target}"
    );
}

fn head<'a>(path: &'a str, query: Option<&'a str>, headers: &'a HeaderMap) -> RequestHead<'a> {
    RequestHead {
        method: &Method::GET,
        host: Some("ONE.example:8080"),
        path,
        query,
        headers,
        websocket: false,
        client: Ipv4Addr::LOCALHOST.into(),
        forced: None::<Side>,
    }
}

#[test]
fn deciding_allocates_nothing() {
    let table = table();
    check(&table, "/exact/path", None);
    check(&table, "/item/42", None);
    check(&table, "/below/a/b/c", None);
    check(&table, "/hosted", Some("v=x%20y&u=ann"));
}

#[test]
fn the_counter_counts() {
    assert_ne!(measure(|| drop(path::normalise("/a/../b"))).count_total, 0);
}
