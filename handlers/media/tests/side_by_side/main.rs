//! The native media routes beside the legacy's own, asked the same over real sockets.

mod ask;
mod legacy;
mod native;
mod state;

use ask::{Answer, ask};
use legacy::Legacy;
use native::Native;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Both sides, each with a state folder of its own.
struct Sides {
    legacy: Legacy,
    native: Native,
}

/// What the folders hold before a request.
type Files<'a> = &'a [(&'a str, &'a [u8], u64)];

impl Sides {
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            legacy: Legacy::start().await?,
            native: Native::start().await?,
        })
    }

    /// Puts the same files on both sides and asks the same of both.
    async fn ask(
        &self,
        files: Files<'_>,
        request: &str,
    ) -> Result<[Answer; 2], Box<dyn std::error::Error>> {
        for state in [&self.legacy.state, &self.native.state] {
            state.fill(files)?;
        }
        let before = self.legacy.state.files()?;
        let legacy = ask(self.legacy.address, request).await?;
        if legacy.uses_a_file_up() {
            self.legacy.state.fewer_than(before).await?;
        }
        let native = ask(self.native.address, request).await?;
        Ok([legacy, native])
    }

    async fn check(&self, files: Files<'_>, request: &str) -> Outcome {
        let [legacy, native] = self.ask(files, request).await?;
        assert_eq!(native, legacy, "{request}");
        Ok(())
    }
}

const HELLO: Files<'static> = &[("a.txt", b"hello\n", 0)];

#[tokio::test]
async fn files_are_answered_alike() -> Outcome {
    let sides = Sides::start().await?;
    let files: Files<'_> = &[
        ("a.txt", b"hello\n", 0),
        ("empty.txt", b"", 0),
        ("d.json", b"{\"a\":1}", 0),
        ("noext", b"x", 0),
        ("p.html", b"<html>hi", 0),
        ("x.svg", b"<svg/>", 0),
        ("n.csv", b"a,b", 0),
        ("x.md", b"#", 0),
        ("\u{fc}n\u{ef}.txt", b"ok", 0),
        ("UPPER.JPEG", b"x", 0),
        ("...", b"x", 0),
        (
            "img.txt",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
            0,
        ),
    ];
    for (name, _, _) in files {
        let path = name.replace('\u{fc}', "%C3%BC").replace('\u{ef}', "%c3%af");
        for method in ["GET", "HEAD"] {
            sides
                .check(files, &format!("{method} /media/{path}"))
                .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn paths_are_understood_alike() -> Outcome {
    let sides = Sides::start().await?;
    for path in [
        "/media/a.txt/",
        "/MEDIA/a.txt",
        "/media/a.txt?x=1",
        "/media/%61.txt",
        "/Media/A.TXT",
        "/media/none",
        "/media/..",
        "/media/.",
        "/media/%2e%2e",
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/a%20b",
        "/media/a%00",
        "/media/a+b",
        "/media/a%5cb",
        "/media/",
        "/media",
        "/media//a.txt",
        "/media/a.txt//",
        "/media/a/b",
        "//media/a.txt",
        "/other",
        "/",
        "/media/a%2Ftxt",
        "/m%65dia/a.txt",
        "/media/'x'&y",
        "/other/%zz/%4?q=x",
        "http://h/media/a.txt",
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH"] {
            sides.check(HELLO, &format!("{method} {path}")).await?;
        }
    }
    for length in [199, 200, 201] {
        sides
            .check(HELLO, &format!("GET /media/{}", "a".repeat(length)))
            .await?;
        sides
            .check(HELLO, &format!("GET /media/{}", "%C3%BC".repeat(length)))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_fresh_plain_file_is_refused_alike() -> Outcome {
    let sides = Sides::start().await?;
    let big = vec![b'x'; 5 * 1024 * 1024 + 1];
    let files: Files<'_> = &[
        ("big.bin", &big, 0),
        ("big-and-old", &big, 200),
        ("fits.bin", &big[1..], 0),
        ("old.txt", b"x", 200),
        ("sub/inside", b"x", 0),
    ];
    for state in [&sides.legacy.state, &sides.native.state] {
        state.fill(HELLO)?;
        state.link("a.txt", "link.txt")?;
        state.link("missing", "dangling")?;
        state.link("sub", "folder-link")?;
    }
    for name in [
        "big.bin",
        "big-and-old",
        "fits.bin",
        "old.txt",
        "sub",
        "sub%2finside",
        "link.txt",
        "dangling",
        "folder-link",
    ] {
        for method in ["HEAD", "GET"] {
            sides
                .check(files, &format!("{method} /media/{name}"))
                .await?;
        }
    }
    sides
        .check(&[("old.txt", b"x", 200)], "GET /media/old.txt")
        .await?;
    assert!(!sides.native.state.has("old.txt"));
    assert!(!sides.legacy.state.has("old.txt"));
    Ok(())
}

#[tokio::test]
async fn conditions_are_understood_alike() -> Outcome {
    let sides = Sides::start().await?;
    for condition in [
        "If-None-Match: W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"",
        "If-None-Match: \"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"",
        "If-None-Match: \"x\" , W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"",
        "If-None-Match: \"x\"\r\nIf-None-Match: W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"",
        "If-None-Match: *",
        "If-None-Match: *, \"x\"",
        "If-None-Match: ",
        "If-None-Match: *\r\nCache-Control: max-age=0, no-cache",
        "If-None-Match: *\r\nCache-Control: no-cacheable",
        "If-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT",
        "Range: bytes=0-0",
        "Accept-Encoding: gzip",
    ] {
        for method in ["GET", "HEAD"] {
            sides
                .check(HELLO, &format!("{method} /media/a.txt\r\n{condition}"))
                .await?;
            sides
                .check(HELLO, &format!("{method} /media/none\r\n{condition}"))
                .await?;
        }
    }
    Ok(())
}

/// The differences that are meant: a head and a 304 leave the file, and an undecodable path tells no stack.
#[tokio::test]
async fn the_native_side_is_better_where_it_says_so() -> Outcome {
    let sides = Sides::start().await?;
    for request in ["HEAD /media/a.txt", "GET /media/a.txt\r\nIf-None-Match: *"] {
        sides.check(HELLO, request).await?;
        assert!(!sides.legacy.state.has("a.txt"));
        assert!(sides.native.state.has("a.txt"));
    }
    for request in ["GET /media/%zz", "DELETE /media/%e4"] {
        let [mut legacy, mut native] = sides.ask(HELLO, request).await?;
        assert!(legacy.body_text().contains("node_modules"));
        assert!(native.body_text().contains("<pre>Bad Request</pre>"));
        for answer in [&mut legacy, &mut native] {
            answer.body.clear();
            answer.headers.retain(|(name, _)| name != "content-length");
        }
        assert_eq!(native, legacy);
    }
    Ok(())
}

#[tokio::test]
async fn of_many_that_ask_at_once_one_gets_the_file() -> Outcome {
    let native = Native::start().await?;
    native.state.fill(HELLO)?;
    let asked = (0..8).map(|_| ask(native.address, "GET /media/a.txt"));
    let answers = futures_util::future::join_all(asked).await;
    let mut given = 0;
    for answer in answers {
        match &*answer?.status {
            "HTTP/1.1 200 OK" => given += 1,
            status => assert_eq!(status, "HTTP/1.1 404 Not Found"),
        }
    }
    assert_eq!(given, 1);
    Ok(())
}
