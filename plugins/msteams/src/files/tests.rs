use serde_json::{Value, json};

use super::hosts::{Hosts, Scope, scopes};
use super::*;

fn attachments(list: Value) -> Vec<Attachment> {
    serde_json::from_value(list).unwrap()
}

fn microsoft() -> Hosts {
    Hosts::new(None, &[])
}

fn urls(list: Value) -> Vec<String> {
    let files = of(&attachments(list), &microsoft());
    let url = |file| match file {
        File::Remote { url, .. } => url,
        File::Inline { data, .. } => String::from_utf8_lossy(&data).into_owned(),
    };
    files.into_iter().map(url).collect()
}

/// As Microsoft's documentation of files in bots shows it.
fn download() -> Value {
    json!({
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "contentUrl": "https://contoso.sharepoint.com/personal/johnadams_contoso_com/Documents/Applications/file_example.txt",
        "name": "file_example.txt",
        "content": {
            "downloadUrl": "https://download.link.sharepoint.com/x",
            "uniqueId": "1150D938-8870-4044-9F2C-5BBDEBA70C9D", "fileType": "txt", "etag": "123",
        },
    })
}

#[test]
fn a_file_is_fetched_from_where_it_is_offered() {
    let files = of(&attachments(json!([download()])), &microsoft());
    let expect = File::Remote {
        url: "https://download.link.sharepoint.com/x".into(),
        name: Some("file_example.txt".into()),
        content_type: None,
    };
    assert_eq!(files, [expect]);
    let mut unnamed = download();
    unnamed.as_object_mut().unwrap().remove("name");
    let files = of(&attachments(json!([unnamed])), &microsoft());
    assert!(
        matches!(&files[0], File::Remote { name: Some(name), .. } if name == "1150D938-8870-4044-9F2C-5BBDEBA70C9D.txt")
    );
}

#[test]
fn pictures_in_the_text_are_found() {
    let html = |content: Value| json!([{"contentType": "text/html", "content": content}]);
    let picture =
        "<p>x<img alt=\"a\" src=\"https://graph.microsoft.com/v1.0/x/$value\" width=1></p>";
    assert_eq!(
        urls(html(json!(picture))),
        ["https://graph.microsoft.com/v1.0/x/$value"]
    );
    assert_eq!(urls(html(json!({"body": picture}))).len(), 1);
    assert_eq!(
        urls(html(json!("<IMG SRC='data:image/png;base64,aGk='>"))),
        ["hi"]
    );
    assert_eq!(urls(html(json!("<img src=\"data:;base64,aGk\">"))), ["hi"]);
    for none in [
        "<img src=\"cid:1\">",
        "<img src=x>",
        "<img alt=\"src\">",
        "<img src=\"data:text/html;base64,aGk=\">",
        "<img src=\"data:image/png,aGk=\">",
        "<img src=\"data:image/png;base64,\">",
        "<img src=\"data:image/png;base64,***\">",
        "<img src=\"\">",
        "<img",
    ] {
        assert!(urls(html(json!(none))).is_empty(), "{none}");
    }
}

#[test]
fn only_listed_hosts_are_asked() {
    let one = |url: &str| urls(json!([{"contentType": "image/png", "contentUrl": url}])).len();
    for good in [
        "https://smba.trafficmanager.net/x",
        "https://EU-API.asm.skype.com/v1",
        "https://contoso.sharepoint.com:443/x",
    ] {
        assert_eq!(one(good), 1, "{good}");
    }
    for bad in [
        "http://smba.trafficmanager.net/x",
        "https://evil.example/?microsoft.com",
        "https://microsoft.com.evil.example/",
        "https://notmicrosoft.com/",
        "https://microsoft.com@evil.example/",
        "https://evil@microsoft.com/",
        "https://169.254.169.254/",
        "file:///etc/passwd",
        "//microsoft.com/x",
        "x",
    ] {
        assert_eq!(one(bad), 0, "{bad}");
    }
}

#[test]
fn the_operator_has_the_last_word_on_hosts() {
    let hosts = |list: &[&str]| {
        Hosts::new(
            Some(&list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()),
            &[],
        )
    };
    assert!(hosts(&["*.Files.example"]).admits("https://a.files.example/"));
    assert!(!hosts(&["files.example"]).admits("https://graph.microsoft.com/"));
    assert!(hosts(&["*"]).admits("https://anything.example/"));
    assert!(!hosts(&["*"]).admits("http://anything.example/"));
    assert!(hosts(&[" "]).admits("https://graph.microsoft.com/"));
    let bench = Hosts::new(
        None,
        &["http://127.0.0.1:4000", "https://graph.microsoft.com"],
    );
    assert!(bench.admits("http://127.0.0.1:4000/file"));
    assert!(!bench.admits("http://127.0.0.1:4001/file"));
}

#[test]
fn each_file_is_fetched_once_and_not_too_many() {
    let one = json!({"contentType": "image/png", "contentUrl": "https://graph.microsoft.com/1"});
    assert_eq!(urls(json!([one, one])).len(), 1);
    let many: Vec<Value> = (0..50)
        .map(|at| json!({"contentUrl": format!("https://graph.microsoft.com/{at}")}))
        .collect();
    assert_eq!(urls(json!(many)).len(), MOST);
}

#[test]
fn placeholders_are_those_of_the_legacy() {
    let check = |list: Value, expect: &str| assert_eq!(placeholder(&attachments(list)), expect);
    check(json!([]), "");
    check(json!([download()]), "<media:document>");
    check(
        json!([download(), download()]),
        "<media:document> (2 files)",
    );
    check(
        json!([{"contentType": "image/*", "contentUrl": "https://x"}]),
        "<media:image>",
    );
    check(
        json!([{"name": "a.PNG"}, {"contentType": "image/gif"}, download()]),
        "<media:image> (2 images)",
    );
    let mut picture = download();
    picture["content"]["fileType"] = json!("png");
    check(json!([picture]), "<media:image>");
    check(
        json!([{"contentType": "text/html", "content": "<img src='https://x/y'>"}]),
        "<media:image>",
    );
    check(
        json!([{"contentType": "text/html", "content": "<p>hi</p>"}]),
        "<media:document>",
    );
}

#[test]
fn tokens_go_first_to_whom_they_are_for() {
    assert_eq!(scopes("https://graph.microsoft.com/x")[0], Scope::Graph);
    assert_eq!(scopes("https://contoso.sharepoint.de/x")[0], Scope::Graph);
    assert_eq!(scopes("https://smba.trafficmanager.net/x")[0], Scope::Bot);
    assert_eq!(scopes("x")[0], Scope::Bot);
}

#[test]
fn a_hostile_text_is_read_in_one_pass() {
    let begin = std::time::Instant::now();
    for part in ["<img ", "<img src=", "<img src=\"", "<img src='>"] {
        let html = part.repeat(20_000);
        assert!(urls(json!([{"contentType": "text/html", "content": html}])).is_empty());
    }
    assert!(begin.elapsed() < std::time::Duration::from_secs(2));
}
