use super::*;

#[test]
fn headers() {
    fn check(name: &str, value: &str, expect: &str) {
        assert_eq!(header(name, value), expect, "{name}: {value}");
    }
    check("Authorization", "Bearer abc", "Bearer [redacted]");
    check("authorization", "Basic YTpi", "Basic [redacted]");
    check("authorization", "raw", "[redacted]");
    check("authorization", "my secret", "[redacted]");
    check("Proxy-Authorization", "Basic YTpi", "Basic [redacted]");
    check("cookie", "a=1; b=2=3", "a=[redacted]; b=[redacted]");
    check("cookie", "lonely", "[redacted]");
    let set = "sid=31d4; Path=/; HttpOnly";
    check("Set-Cookie", set, "sid=[redacted]; Path=/; HttpOnly");
    check("X-Api-Key", "k", "[redacted]");
    check("x-csrf-token", "k", "[redacted]");
    check("X-Client-Secret", "k", "[redacted]");
    check("x-db-password", "k", "[redacted]");
    check("accept", "text/html;q=0.8", "text/html;q=0.8");
    check("cache-control", "max-age=60", "max-age=60");
    check("x-author", "Ann", "Ann");
    check(
        "location",
        "https://a/b?code=1&x=2",
        "https://a/b?code=[redacted]&x=2",
    );
    check("etag", "\"eyJ\"", "\"eyJ\"");
}

#[test]
fn targets() {
    fn check(given: &str, expect: &str) {
        assert_eq!(target(given), expect, "{given}");
    }
    check("/a/b", "/a/b");
    check("/tokens/list?page=2", "/tokens/list?page=2");
    check("/a?token=1&b=2", "/a?token=[redacted]&b=2");
    check("/a?b=2&api_key=1#c", "/a?b=2&api_key=[redacted]#c");
    check("/a?%74oken=1", "/a?%74oken=[redacted]");
    check("/a?token=a?b;c=d", "/a?token=[redacted]");
    check("/a?token=&b", "/a?token=&b");
    check("/a?key=k&monkey=m", "/a?key=[redacted]&monkey=m");
    check("/a;jsessionid=1F?b=2", "/a;jsessionid=[redacted]?b=2");
    check("/a?next=/b?sig=1&c=2", "/a?next=/b?sig=[redacted]&c=2");
    check(
        "/a?x=eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln&y=1",
        "/a?x=[redacted]&y=1",
    );
    check("http://u:p@h/a", "http://[redacted]@h/a");
}

#[test]
fn bodies() {
    fn check(media_type: &str, given: &str, expect: &str) {
        assert_eq!(body(Some(media_type), given), expect, "{given}");
    }
    let json = "application/json; charset=utf-8";
    check(json, r#"{"a": 1.50, "b":[ ]}"#, r#"{"a": 1.50, "b":[ ]}"#);
    check(
        json,
        r#"{"password" : "a\"b", "c":1}"#,
        r#"{"password" : "[redacted]", "c":1}"#,
    );
    check(json, r#"{"pin":1234}"#, r#"{"pin":"[redacted]"}"#);
    check(json, r#"{"p\u0069n":1}"#, r#"{"p\u0069n":"[redacted]"}"#);
    check(
        json,
        r#"{"password":null,"otp":true}"#,
        r#"{"password":null,"otp":true}"#,
    );
    check(
        json,
        r#"{"tokens":[{"a":"]"},[1]],"b":2}"#,
        r#"{"tokens":"[redacted]","b":2}"#,
    );
    check(
        json,
        r#"{"code":"EUR","key":7}"#,
        r#"{"code":"EUR","key":7}"#,
    );
    check(
        json,
        r#"{"usage":{"total_tokens":12,"tokens":"12"},"token":12}"#,
        r#"{"usage":{"total_tokens":12,"tokens":"[redacted]"},"token":"[redacted]"}"#,
    );
    check(json, r#"["token","secret"]"#, r#"["token","secret"]"#);
    check(
        json,
        r#"["Bearer abc", "see https:\/\/a?sig=1"]"#,
        r#"["Bearer [redacted]", "see https://a?sig=[redacted]"]"#,
    );
    check(
        json,
        r#"{"log":"{\"password\":\"x\"}"}"#,
        r#"{"log":"{\"password\":\"[redacted]\"}"}"#,
    );
    check(
        "application/x-www-form-urlencoded",
        "user=a&password=b;c&code=1",
        "user=a&password=[redacted]&code=[redacted]",
    );
    check("multipart/form-data; boundary=x", "--x", OMITTED);
    check(
        "text/event-stream",
        "data: it\"s\ndata: {\"token\":\"a\"}\n\n",
        "data: it\"s\ndata: {\"token\":\"[redacted]\"}\n\n",
    );
    check(
        "text/plain",
        "authorization: bearer  abc, password=d",
        "authorization: bearer  [redacted], password=[redacted]",
    );
    check(
        json,
        r#"{"key":"sk-0123456789abcdefghij","log":"with sk-0123456789abcdefghij."}"#,
        r#"{"key":"[redacted]","log":"with [redacted]"}"#,
    );
    for plain in [
        "a risk-0123456789abcdefghij",
        "sk-short",
        "eyJ0123456789abcdefghij",
    ] {
        check("text/plain", plain, plain);
    }
}

#[test]
fn markup_loses_secret_elements_attributes_and_fields() {
    fn check(given: &str, expect: &str) {
        assert_eq!(body(Some("text/html"), given), expect, "{given}");
    }
    check("<a b='1'>x</a>\n<c/>", "<a b='1'>x</a>\n<c/>");
    check(
        "<s:Password t=\"1\">x<b>y</b></s:Password><z>1</z>",
        "<s:Password t=\"1\">[redacted]</s:Password><z>1</z>",
    );
    check("<token/><z>1</z>", "<token/><z>1</z>");
    check("<a secret='x>y' b=1>", "<a secret=\"[redacted]\" b=1>");
    check("<a pwd=x>", "<a pwd=\"[redacted]\">");
    check(
        "<input value=\"x\" name = csrf_token>",
        "<input value=\"[redacted]\" name = csrf_token>",
    );
    check(
        "<meta name='csrf-token' content='x'><p>don't</p>",
        "<meta name='csrf-token' content=\"[redacted]\"><p>don't</p>",
    );
    check(
        "<a href=\"/b?token=x&c=1\">",
        "<a href=\"/b?token=[redacted]&c=1\">",
    );
    check(
        "<script>var a = {\"token\": \"x\"}</script>",
        "<script>var a = {\"token\": \"[redacted]\"}</script>",
    );
    for cut in ["<password>x", "<a password=\"x", "<a password='x"] {
        assert!(!body(None, cut).contains('x'), "{cut}");
    }
}

#[test]
fn a_secret_that_is_cut_is_still_hidden() {
    for given in [
        r#"{"a":1,"password":"hunt"#,
        r#"{"a":1,"password":{"old":"hunt"#,
        r#"{"a":1,"password":"hunt\"#,
    ] {
        let shown = body(Some("application/json"), given);
        assert_eq!(shown, r#"{"a":1,"password":"[redacted]""#, "{given}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let depth = 200_000;
    let deep = format!(r#"{}{{"secret":"x"}}"#, r#"{"a":"#.repeat(depth));
    assert!(body(None, &deep).ends_with(r#"{"secret":"[redacted]"}"#));
    let hidden = format!(r#"{{"secret":{}"#, "[".repeat(depth));
    assert_eq!(body(None, &hidden), r#"{"secret":"[redacted]""#);
}

#[test]
fn documents_stay_documents() {
    let given = serde_json::json!({"to": "a", "auth": {"x": 1}});
    let expect = serde_json::json!({"to": "a", "auth": MASK});
    assert_eq!(document(&given), expect);
}

#[test]
fn values_of_differences() {
    fn check(place: &str, given: &str, expect: &str) {
        assert_eq!(value(place, given), expect, "{place} {given}");
    }
    check("json:/user/password", "a", "[redacted]");
    check("json:/tokens/*/value", "a", "[redacted]");
    check("json:/price", "5", "5");
    check("json:/usage/total_tokens", "12", "12");
    check("json:/usage/total_tokens", "abc", "[redacted]");
    check("json:/secrets/total_tokens", "12", "[redacted]");
    check("header:set-cookie", "a=1; Path=/", "a=[redacted]; Path=/");
    check("header:location", "/a?token=1", "/a?token=[redacted]");
    check("body", "{\"token\":\"a", "{\"token\":\"[redacted]\"");
    check("status", "200", "200");
}

proptest::proptest! {
    /// Stray quotes and braces around it, before or after, do not bring a secret back.
    #[test]
    fn no_neighbour_shows_a_secret(
        before in r#"([a-c{}\[\],=&?#;@/ é.]|"\n|bearer|eyJ){0,20}"#,
        after in r#"([a-c"\\{}\[\]:,=&?#;@/\n é.]|bearer|eyJ|"pin":){0,20}"#,
    ) {
        let given = format!("{before} {{\"token\":\"hunter2\"{after}");
        proptest::prop_assert!(!body(None, &given).contains("hunter2"));
        let given = format!("/{before}?token=hunter2");
        proptest::prop_assert!(!target(&given).contains("hunter2"));
        header("x-any", &given);
        body(None, &format!("<{before}='{after}"));
        let given = format!("<b>{before}</b><c token='hunter2' {after}");
        proptest::prop_assert!(!body(None, &given).contains("hunter2"), "{}", given);
    }
}
