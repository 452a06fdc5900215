//! The table was printed by Node 20 (`new URL(target, "http://localhost").pathname`), not written by hand.

use proptest::prelude::*;
use url::Url;

use super::*;

fn check(target: &str, expect: &str) {
    assert_eq!(normalise(target), expect, "{target:?}");
}

#[test]
fn targets_read_as_node_reads_them() {
    for (target, expect) in [
        ("/", "/"),
        ("*", "/*"),
        ("/hooks/wake", "/hooks/wake"),
        ("/hooks/wake/", "/hooks/wake/"),
        ("/hooks//wake", "/hooks//wake"),
        ("/hooks/", "/hooks/"),
        ("/HOOKS/wake", "/HOOKS/wake"),
        ("/hooks/wak%65", "/hooks/wak%65"),
        ("/hooks/wake#x", "/hooks/wake"),
        ("/hooks/wake?a=1#x", "/hooks/wake"),
        ("/hooks/wake#x?y", "/hooks/wake"),
        ("/x/../hooks/wake", "/hooks/wake"),
        ("/x/%2e%2e/hooks/wake", "/hooks/wake"),
        ("/x/%2E%2e/hooks/wake", "/hooks/wake"),
        ("/x/.%2e/hooks/wake", "/hooks/wake"),
        ("/x/%2E./hooks/wake", "/hooks/wake"),
        ("/./hooks/./wake", "/hooks/wake"),
        ("/%2e/hooks/%2E/wake", "/hooks/wake"),
        ("/hooks/wake/.", "/hooks/wake/"),
        ("/hooks/wake/..", "/hooks/"),
        ("/hooks/wake/%2e", "/hooks/wake/"),
        ("/hooks/wake/%2e%2E", "/hooks/"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("/..", "/"),
        ("/.", "/"),
        ("/...", "/..."),
        ("/.../a", "/.../a"),
        ("/..a", "/..a"),
        ("/a..", "/a.."),
        ("/.a", "/.a"),
        ("/%2e%2e%2e", "/%2e%2e%2e"),
        ("/%2e%2ea", "/%2e%2ea"),
        ("/a/..;/b", "/a/..;/b"),
        ("/a/%2f../b", "/a/%2f../b"),
        ("/a/%5c../b", "/a/%5c../b"),
        ("/a/%252e%252e/b", "/a/%252e%252e/b"),
        ("/a//../b", "/a/b"),
        ("/a/..//b", "//b"),
        ("/..//hooks", "//hooks"),
        ("/a/b/../../../c", "/c"),
        ("/hooks\\wake", "/hooks/wake"),
        ("/x\\..\\hooks\\wake", "/hooks/wake"),
        ("/a/\\b", "/a//b"),
        ("/hooks/wake\\", "/hooks/wake/"),
        ("/a\\..", "/"),
        ("//hooks/wake", "/wake"),
        ("//hooks", "/"),
        ("//hooks/x/../wake", "/wake"),
        ("//hooks?x=/y", "/"),
        ("///hooks/wake", "/wake"),
        ("////a/b", "/b"),
        ("/\\hooks/wake", "/wake"),
        ("/\\\\a/b", "/b"),
        ("//", UNREADABLE),
        ("///", UNREADABLE),
        ("//?x", UNREADABLE),
        ("//#", UNREADABLE),
        ("//h:99999/x", UNREADABLE),
        ("//u:p@h:1/x", "/x"),
        ("//1.2.3.4/x", "/x"),
        ("//1.2.3.400/x", UNREADABLE),
        ("//[::1]:8/x", "/x"),
        ("//[::1/x", UNREADABLE),
        ("//../x", "/x"),
        ("//./x", "/x"),
        ("http://other.example/hooks/wake", "/hooks/wake"),
        ("HTTP://other/x/../y", "/y"),
        ("https://other:8443/a?b", "/a"),
        ("http://other", "/"),
        ("http://other?x", "/"),
        ("http://other//hooks/wake", "//hooks/wake"),
        ("http://other/\\x", "//x"),
        ("http://u@h/%2e%2e/a", "/a"),
        ("http:///a/b", "/b"),
        ("http://a b/x", UNREADABLE),
        ("/a\"b", "/a%22b"),
        ("/a<b>c", "/a%3Cb%3Ec"),
        ("/a`b", "/a%60b"),
        ("/a{b}c", "/a%7Bb%7Dc"),
        ("/a^b", "/a^b"),
        ("/a|b", "/a|b"),
        ("/a'b", "/a'b"),
        ("/[a]", "/[a]"),
        ("/a;b=c", "/a;b=c"),
        ("/a:b@c", "/a:b@c"),
        ("/a b", "/a%20b"),
        ("/%", "/%"),
        ("/%zz", "/%zz"),
        ("/%c3%a9", "/%c3%a9"),
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("/\u{65e5}\u{672c}", "/%E6%97%A5%E6%9C%AC"),
        ("/a\u{7f}b", "/a%7Fb"),
        ("/a!$&()*+,=~_-.b", "/a!$&()*+,=~_-.b"),
        ("/%2F%2f", "/%2F%2f"),
        ("/.%00", "/.%00"),
        ("/?..", "/"),
        ("/#/..", "/"),
        ("/a:/../b", "/b"),
        ("/a|/../b", "/b"),
        ("/.b/../c", "/c"),
    ] {
        check(target, expect);
    }
}

/// Node 20 leaves these as they are (its parser looks at the first `/.` alone); the standard does not.
#[test]
fn a_dot_name_does_not_hide_a_dot_segment() {
    check("/x/.b/../c", "/x/c");
    check("/x/.b/.", "/x/.b/");
}

#[test]
fn targets_that_node_refuses_earlier_have_no_path() {
    for target in [
        "",
        "hooks/wake",
        "\\hooks\\wake",
        "?x",
        "localhost:80",
        "ftp://x/a",
        "file:///a",
        "a://x/y",
    ] {
        check(target, UNREADABLE);
    }
}

#[test]
fn nothing_is_allocated_for_a_path_that_is_normal() {
    for target in [
        "/hooks/wake",
        "/a%2e/b.c/..d",
        "//host/a?b",
        "http://other/a#b",
    ] {
        assert!(matches!(normalise(target), Cow::Borrowed(_)), "{target}");
    }
}

#[test]
fn http2_paths_are_origin_form_whatever_the_authority() {
    let check = |uri: &'static str, version, expect: &str| {
        assert_eq!(
            of_request(&Uri::from_static(uri), version),
            expect,
            "{uri} {version:?}"
        );
    };
    check("http://h//hooks/wake", Version::HTTP_11, "//hooks/wake");
    check("http://h//hooks/wake", Version::HTTP_2, "/wake");
    check("http://h/x/../hooks/wake?a", Version::HTTP_2, "/hooks/wake");
    check("http://h:99999/x", Version::HTTP_2, "/x");
    check("ftp://h/x", Version::HTTP_11, UNREADABLE);
    check("/x/%2e./hooks/wake?a", Version::HTTP_11, "/hooks/wake");
    check("*", Version::HTTP_11, "/*");
    check("h:443", Version::HTTP_11, UNREADABLE);
}

/// Pieces that parsers disagree about, joined at random. No segment is a letter and `:` or `|`: the url crate takes that
/// for a Windows drive which `..` cannot leave, in any scheme; the standard and Node do so for `file:` alone.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = [
        "/",
        "/",
        "/",
        "\\",
        ".",
        "..",
        "%2e",
        "%2E",
        "%",
        "%2",
        "2e",
        "e",
        "a",
        "B",
        "?",
        "#",
        "@",
        "a:b",
        ":80",
        "[::1]",
        ";",
        "\"",
        "<",
        ">",
        "`",
        "{",
        "}",
        "^",
        "a|b",
        "~",
        "'",
        "\u{e9}",
        "\u{1F600}",
        "%2f",
        "%5c",
        "//",
        "x",
        "1",
        " ",
        "\u{7f}",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..14)
        .prop_map(|parts| parts.concat())
}

/// A target that starts with slashes is read the same with the base's scheme before it, and only so does the url crate
/// accept `///[::1]`.
fn oracle(target: &str) -> Option<String> {
    let absolute = if target.starts_with('/') && !path_only(target) {
        format!("http:{target}")
    } else {
        target.to_owned()
    };
    let base = Url::parse("http://localhost").ok()?;
    Some(base.join(&absolute).ok()?.path().to_owned())
}

fn path_only(target: &str) -> bool {
    !target[1..].starts_with(['/', '\\'])
}

// Spaces at the end are cut because the URL parser trims its input, while a request target cannot hold one at all.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn paths_equal_the_url_crate(tail in nasty()) {
        let target = format!("/a{}", tail.trim_end_matches(' '));
        prop_assert_eq!(Some(normalise(&target).into_owned()), oracle(&target), "{:?}", target);
    }

    #[test]
    fn whatever_is_readable_equals_the_url_crate(start in "(/|//|/\\\\|http://)", tail in nasty()) {
        let target = format!("{start}{}", tail.trim_end_matches(' '));
        let path = normalise(&target);
        if path != UNREADABLE {
            prop_assert_eq!(Some(path.into_owned()), oracle(&target), "{:?}", target);
        }
    }

    #[test]
    fn the_normal_form_is_normal(tail in nasty()) {
        let path = format!("/{tail}").replace(['?', '#'], "");
        let once = clean(&path).into_owned();
        prop_assert!(matches!(clean(&once), Cow::Borrowed(_)), "{:?} {:?}", path, once);
    }
}
