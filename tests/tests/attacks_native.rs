//! Attacks on what stands in front of both backends: none of them may get a request past the keys of its route.

use anyhow::Result;
use overgrow_tests::admin::scrape;
use overgrow_tests::ask::{Ask, get, post};
use overgrow_tests::raw::{Outcome, Wire};
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, forwarding};
use tempfile::TempDir;

const SECRET: &str = "a secret of more than thirty-two bytes";
const KEY: &str = "auth = { jwt = { secret = SECRET } }";

/// A sidecar between two services, of which none may be asked.
struct House {
    legacy: Service,
    native: Service,
    sidecar: Sidecar,
    _secret: TempDir,
}

impl House {
    /// `keys` may name the secret's file as SECRET; `server` stands in `[server]`.
    async fn start(server: &str, keys: &str) -> Result<Self> {
        let (legacy, native) = (
            Service::start("legacy").await?,
            Service::start("rust").await?,
        );
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("secret");
        std::fs::write(&file, SECRET)?;
        let keys = keys.replace("SECRET", &format!("{{ file = {file:?} }}"));
        let route = format!(
            "[[route]]\nid = \"all\"\nmatch = {{ path = \"/*\" }}\nhandler = \"http://{}\"\n{keys}\n",
            native.address()
        );
        let base = forwarding(server, &format!("url = \"http://{}\"", legacy.address()));
        let sidecar = Sidecar::start(&format!("{base}\n{route}")).await?;
        Ok(Self {
            legacy,
            native,
            sidecar,
            _secret: folder,
        })
    }

    async fn status(&self, ask: Ask) -> Result<u16> {
        Ok(ask.send(self.sidecar.addr()).await?.status())
    }

    fn asked(&self) -> usize {
        self.legacy.asked() + self.native.asked()
    }
}

fn websocket() -> Ask {
    get("/")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test]
async fn no_side_no_shadow_and_no_method_hears_who_is_not_let_in() -> Result<()> {
    let house = House::start(
        "",
        &format!("{KEY}\nrust = 50\nshadow = {{ sample = 100 }}"),
    )
    .await?;
    for ask in [
        get("/"),
        get("/").header("x-overgrow-backend", "rust"),
        get("/").header("x-overgrow-backend", "legacy"),
        get("/").header("x-overgrow-debug", "1"),
        get("http://elsewhere/"),
        get("/a/../b"),
        Ask::new("OPTIONS", "/"),
        Ask::new("DELETE", "/"),
        Ask::new("BREW", "/"),
        post("/", "body"),
        websocket(),
        get("/").header("connection", "authorization"),
        get("/").header("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
    ] {
        assert_eq!(house.status(ask.clone()).await?, 401, "{ask:?}");
    }
    let scrape = scrape(house.sidecar.admin()).await?;
    let denied = scrape.sum(
        "overgrow_denied_total",
        &[("route", "all"), ("reason", "auth")],
    );
    assert_eq!((denied, house.asked()), (13.0, 0));
    Ok(())
}

#[tokio::test]
async fn a_client_cannot_invent_another_address_for_its_failures() -> Result<()> {
    let limit = "limit = { failures = 2, per = \"1h\" }";
    let house = House::start("", &format!("{KEY}\n{limit}")).await?;
    let from = |address: &str| get("/").header("x-forwarded-for", address);
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(house.status(from(address)).await?, 401);
    }
    for ask in [
        from("192.0.2.3"),
        get("/").header("forwarded", "for=192.0.2.4"),
        get("/").header("x-real-ip", "192.0.2.5"),
    ] {
        assert_eq!(house.status(ask).await?, 429);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_behind_a_proxy_cannot_hide_its_address_behind_bytes() -> Result<()> {
    let limit = "limit = { failures = 1, per = \"1h\" }";
    let server = "trusted_proxies = [\"127.0.0.0/8\"]";
    let house = House::start(server, &format!("{KEY}\n{limit}")).await?;
    let ask = |before: &[u8]| {
        let start = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: ";
        [&start[..], before, b", 192.0.2.1\r\n\r\n"].concat()
    };
    let mut statuses = Vec::new();
    for before in [&b"192.0.2.9"[..], b"\xff", b"junk"] {
        let mut wire = Wire::connect(house.sidecar.addr()).await?;
        wire.send(&ask(before)).await?;
        let Outcome::Answer(answer) = wire.answer("GET").await else {
            anyhow::bail!("no answer");
        };
        statuses.push(answer.status());
    }
    assert_eq!(statuses, [401, 429, 429]);
    Ok(())
}
