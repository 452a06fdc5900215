//! Spellings by which people have got past filters, with what Node reads in them and what becomes of them here.
//!
//! The hosts are what Node 20's `new URL(..).hostname` gave; a test asks Node itself again.

use std::io::Write;
use std::process::{Command, Stdio};

use url::Url;

use super::Target;
use crate::{FetchError, Policy};

const ADDRESS: &str = "address";
const NAME: &str = "name";
const INVALID: &str = "invalid";
const PORT: &str = "port";
const CREDENTIALS: &str = "credentials";
const SCHEME: &str = "scheme";
const PASSES: &str = "passes";

/// How a URL is written, the host that Node reads in it (`-` when it throws), and what becomes of it.
#[rustfmt::skip]
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("http://127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://2130706433/", "127.0.0.1", ADDRESS),
    ("http://0x7f000001/", "127.0.0.1", ADDRESS),
    ("http://0X7F.1/", "127.0.0.1", ADDRESS),
    ("http://0x7f.0x0.0x0.0x1/", "127.0.0.1", ADDRESS),
    ("http://017700000001/", "127.0.0.1", ADDRESS),
    ("http://0177.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://0177.0.0.01/", "127.0.0.1", ADDRESS),
    ("http://00000177.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://127.1/", "127.0.0.1", ADDRESS),
    ("http://127.0.1/", "127.0.0.1", ADDRESS),
    ("http://127.0.0.1./", "127.0.0.1", ADDRESS),
    ("http://0/", "0.0.0.0", ADDRESS),
    ("http://0.0.0.0/", "0.0.0.0", ADDRESS),
    ("http://0x/", "0.0.0.0", ADDRESS),
    ("http://0xa9fea9fe/", "169.254.169.254", ADDRESS),
    ("http://169.254.43518/", "169.254.169.254", ADDRESS),
    ("http://10.65793/", "10.1.1.1", ADDRESS),
    ("http://%31%32%37.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://127%2e0%2E0%2e1/", "127.0.0.1", ADDRESS),
    ("http://１２７.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://①②⑦.⓪.⓪.①/", "127.0.0.1", ADDRESS),
    ("http://127。0。0。1/", "127.0.0.1", ADDRESS),
    ("http://127．0．0．1/", "127.0.0.1", ADDRESS),
    ("http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/", "127.0.0.1", ADDRESS),
    ("http://\u{ad}127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http:\\\\127.0.0.1\\", "127.0.0.1", ADDRESS),
    ("http:/127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http:127.0.0.1", "127.0.0.1", ADDRESS),
    ("http:////127.0.0.1/", "127.0.0.1", ADDRESS),
    ("h\tt\ntp://12\t7.0.\n0.1/", "127.0.0.1", ADDRESS),
    ("  http://127.0.0.1/  ", "127.0.0.1", ADDRESS),
    ("\u{1}http://127.0.0.1/", "127.0.0.1", ADDRESS),
    ("HTTP://127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://a@127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://public.example@127.0.0.1/", "127.0.0.1", ADDRESS),
    ("http://public.example:80@127.0.0.1:80/", "127.0.0.1", ADDRESS),
    ("http://public.example%40127.0.0.1/", "-", INVALID),
    ("http://127.0.0.1#@public.example/", "127.0.0.1", ADDRESS),
    ("http://127.0.0.1?@public.example/", "127.0.0.1", ADDRESS),
    ("http://127.0.0.1\\@public.example/", "127.0.0.1", ADDRESS),
    ("http://public.example\\@127.0.0.1/", "public.example", PASSES),
    ("http://public.example#@127.0.0.1/", "public.example", PASSES),
    ("http://127.0.0.1:80\\@public.example:80/", "127.0.0.1", ADDRESS),
    ("http://127.0.0.1:22/", "127.0.0.1", ADDRESS),
    ("http://127.0.0.256/", "-", INVALID),
    ("http://127.0.0.1.1/", "-", INVALID),
    ("http://4294967296/", "-", INVALID),
    ("http://0x100000000/", "-", INVALID),
    ("http://09.0.0.1/", "-", INVALID),
    ("http://127.0.0.0x/", "127.0.0.0", ADDRESS),
    ("http://127..0.0.1/", "-", INVALID),
    ("http://127.0.0.1../", "127.0.0.1..", NAME),
    ("http://127.0.0.1.example/", "127.0.0.1.example", PASSES),
    ("http://1.1.1.1/", "1.1.1.1", PASSES),
    ("http://[::1]/", "[::1]", ADDRESS),
    ("http://[::]/", "[::]", ADDRESS),
    ("http://[0:0:0:0:0:0:0:1]/", "[::1]", ADDRESS),
    ("http://[0000:0000::0001]/", "[::1]", ADDRESS),
    ("http://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]", ADDRESS),
    ("http://[::ffff:7f00:1]/", "[::ffff:7f00:1]", ADDRESS),
    ("http://[::FFFF:169.254.169.254]/", "[::ffff:a9fe:a9fe]", ADDRESS),
    ("http://[::127.0.0.1]/", "[::7f00:1]", ADDRESS),
    ("http://[::7f00:1]/", "[::7f00:1]", ADDRESS),
    ("http://[::ffff:0:127.0.0.1]/", "[::ffff:0:7f00:1]", ADDRESS),
    ("http://[64:ff9b::127.0.0.1]/", "[64:ff9b::7f00:1]", ADDRESS),
    ("http://[64:ff9b::10.0.0.1]/", "[64:ff9b::a00:1]", ADDRESS),
    ("http://[64:ff9b:1::1.1.1.1]/", "[64:ff9b:1::101:101]", ADDRESS),
    ("http://[2002:7f00:1::]/", "[2002:7f00:1::]", ADDRESS),
    ("http://[2001::1]/", "[2001::1]", ADDRESS),
    ("http://[fe80::1]/", "[fe80::1]", ADDRESS),
    ("http://[febf::1]/", "[febf::1]", ADDRESS),
    ("http://[fec0::1]/", "[fec0::1]", ADDRESS),
    ("http://[fd00:ec2::254]/", "[fd00:ec2::254]", ADDRESS),
    ("http://[ff02::1]/", "[ff02::1]", ADDRESS),
    ("http://[fe80::1%25eth0]/", "-", INVALID),
    ("http://[::1%eth0]/", "-", INVALID),
    ("http://[::1]./", "-", INVALID),
    ("http://[::127.1]/", "-", INVALID),
    ("http://[::0x7f000001]/", "-", INVALID),
    ("http://%5b::1%5d/", "-", INVALID),
    ("http://::1/", "-", INVALID),
    ("http://[2606:4700::1111]/", "[2606:4700::1111]", PASSES),
    ("http://localhost/", "localhost", NAME),
    ("http://LOCALHOST/", "localhost", NAME),
    ("http://localhost./", "localhost.", NAME),
    ("http://localhost../", "localhost..", NAME),
    ("http://a.localhost/", "a.localhost", NAME),
    ("http://loc%61lhost/", "localhost", NAME),
    ("http://ｌｏｃａｌｈｏｓｔ/", "localhost", NAME),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "localhost", NAME),
    ("http://local\u{ad}host/", "localhost", NAME),
    ("http://local\u{200b}host/", "localhost", NAME),
    ("http://lo\tcal\nhost/", "localhost", NAME),
    ("http://localhoſt/", "localhost", NAME),
    ("http://localhost%00.public.example/", "-", INVALID),
    ("http://localhost%09/", "-", INVALID),
    ("http://localhost /", "-", INVALID),
    ("http://user:pass@localhost/", "localhost", NAME),
    ("http://metadata.google.internal/", "metadata.google.internal", NAME),
    ("http://metadata.google.internal./", "metadata.google.internal.", NAME),
    ("http://metadata。google。internal/", "metadata.google.internal", NAME),
    ("http://metadata/", "metadata", NAME),
    ("http://instance-data/latest/", "instance-data", NAME),
    ("http://printer.local/", "printer.local", NAME),
    ("http://api.default.svc/", "api.default.svc", NAME),
    ("http://api.default.svc.cluster.local/", "api.default.svc.cluster.local", NAME),
    ("http://.localhost/", ".localhost", NAME),
    ("http://public..example/", "public..example", NAME),
    ("http://./", ".", NAME),
    ("http://", "-", INVALID),
    ("http:///", "-", INVALID),
    ("http://bücher.example/", "xn--bcher-kva.example", PASSES),
    ("http://PUBLIC.example./", "public.example.", PASSES),
    ("http://public.example:443/", "public.example", PASSES),
    ("http://public.example:022/", "public.example", PORT),
    ("http://public.example:8080/", "public.example", PORT),
    ("http://public.example:0/", "public.example", PORT),
    ("http://public.example:65616/", "-", INVALID),
    ("https://public.example:80/", "public.example", PASSES),
    ("http://user@public.example/", "public.example", CREDENTIALS),
    ("http://:pass@public.example/", "public.example", CREDENTIALS),
    ("http://@public.example/", "public.example", PASSES),
    ("ftp://public.example/", "public.example", SCHEME),
    ("file:///etc/passwd", "", SCHEME),
    ("file://localhost/etc/passwd", "", SCHEME),
    ("gopher://127.0.0.1:6379/_x", "127.0.0.1", SCHEME),
    ("ws://public.example/", "public.example", SCHEME),
    ("blob:http://127.0.0.1/x", "", SCHEME),
    ("javascript:alert(1)", "", SCHEME),
    ("data:text/plain,x", "", SCHEME),
    ("view-source:http://127.0.0.1/", "", SCHEME),
    ("//127.0.0.1/", "-", INVALID),
    ("127.0.0.1/", "-", INVALID),
    ("", "-", INVALID),
];

fn verdict(url: &str) -> &'static str {
    match Target::parse(url, &Policy::public()) {
        Ok(_) => PASSES,
        Err(FetchError::Address { .. }) => ADDRESS,
        Err(FetchError::Hostname(_)) => NAME,
        Err(FetchError::Url(_)) => INVALID,
        Err(FetchError::Port(_)) => PORT,
        Err(FetchError::Credentials) => CREDENTIALS,
        Err(FetchError::Scheme) => SCHEME,
        Err(other) => panic!("{url:?}: {other}"),
    }
}

fn host(url: &str) -> String {
    let host = Url::parse(url).map(|url| url.host_str().unwrap_or_default().to_owned());
    host.unwrap_or_else(|_| "-".into())
}

#[test]
fn every_spelling_becomes_what_it_should() {
    for (url, _, expect) in SPELLINGS {
        assert_eq!(verdict(url), *expect, "{url:?}");
    }
}

#[test]
fn every_host_is_read_as_node_reads_it() {
    for (url, node, _) in SPELLINGS {
        assert_eq!(host(url), *node, "{url:?}");
    }
}

#[test]
fn node_still_reads_them_so() {
    let asked = SPELLINGS.iter().map(|(url, ..)| *url).collect::<Vec<_>>();
    let expect: Vec<_> = SPELLINGS.iter().map(|(_, node, _)| *node).collect();
    assert_eq!(node(&asked), expect);
}

fn node(urls: &[&str]) -> Vec<String> {
    const SCRIPT: &str = "const urls = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const host = url => { try { return new URL(url).hostname } catch { return '-' } };
        console.log(JSON.stringify(urls.map(host)))";
    let mut child = Command::new("node")
        .args(["-e", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed, as the legacy needs it");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&serde_json::to_vec(urls).unwrap()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().expect("node ends");
    serde_json::from_slice(&output.stdout).expect("a list of hosts")
}
