//! The keys `auth`, `signature`, `limit`, `csrf` and `security`.

use std::ops::Range;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use toml::Spanned;

use super::matcher::header_name;
use super::media::web_address;
use super::secret::secret;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::suggest::nearest;
use crate::config::value::{boolean, filled, size, time_limit, word};
use crate::config::{
    AdmissionConfig, AuthConfig, CsrfConfig, JwtConfig, KeysConfig, LimitConfig, SchemeConfig,
    Secret, SecurityConfig, SignatureConfig,
};

const AUTH: &str = "write \"gateway\", \"hooks\" or { jwt = { jwks = \"https://..\" } }";
const JWT: &str = "{ jwks = \"https://id.example/keys\", issuer = \"https://id.example\", audience = \"gateway\" }";
const SIGNATURE: &str = "{ scheme = \"github\", secret = { env = \"WEBHOOK_SECRET\" } }";
const LIMIT: &str = "{ failures = 10, per = \"1m\" }";
const SECURITY: &str = "{ csp = \"default-src 'self'\", nosniff = true, frame = \"DENY\", referrer = \"no-referrer\" }";

/// The keys as they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct AdmissionFile {
    auth: Field<AuthConfig>,
    signature: Field<Option<SignatureConfig>>,
    limit: Field<Option<LimitConfig>>,
    csrf: Field<Option<CsrfConfig>>,
    security: Field<SecurityConfig>,
}

impl AdmissionFile {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        AdmissionFile {
            auth: section.take("auth", auth),
            signature: section.take("signature", |item| item.table(SIGNATURE, signature)),
            limit: section.take("limit", |item| item.table(LIMIT, limit)),
            csrf: section.take("csrf", csrf),
            security: section.take("security", |item| item.table(SECURITY, security)),
        }
    }

    /// Key by key; each is one thought and is inherited whole.
    pub(super) fn or(self, inherited: &Self) -> Self {
        AdmissionFile {
            auth: self.auth.or(&inherited.auth),
            signature: self.signature.or(&inherited.signature),
            limit: self.limit.or(&inherited.limit),
            csrf: self.csrf.or(&inherited.csrf),
            security: self.security.or(&inherited.security),
        }
    }

    /// Whether nothing is asked that a stranger could not show. What was written wrongly is asked for.
    pub(super) fn asks_nobody(&self) -> bool {
        self.auth.is_absent() && self.signature.is_absent()
    }

    /// Where credentials are asked for that only the legacy's own configuration knows.
    pub(super) fn asks_by_settings(&self) -> Option<Range<usize>> {
        let auth = self.auth.given()?;
        let asks = matches!(auth.get_ref(), AuthConfig::Gateway | AuthConfig::Hooks);
        asks.then(|| auth.span())
    }

    pub(super) fn check(self) -> AdmissionConfig {
        AdmissionConfig {
            auth: self.auth.value(),
            signature: self.signature.value().flatten(),
            limit: self.limit.value().flatten(),
            csrf: self.csrf.value().flatten(),
            security: self.security.value().unwrap_or_default(),
        }
    }
}

fn auth(item: &mut Item<'_, '_>) -> Option<AuthConfig> {
    match item.text() {
        Some("gateway") => Some(AuthConfig::Gateway),
        Some("hooks") => Some(AuthConfig::Hooks),
        Some(other) => item.refuse(
            format!("`{}` is not a way to authenticate", brief(other)),
            match nearest(other, ["gateway", "hooks", "jwt"]) {
                Some("jwt") => format!("write {{ jwt = {JWT} }}"),
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => AUTH.to_owned(),
            },
        ),
        None if item.is_table() => item.table(AUTH, auth_table)?,
        None => item.mismatch("a word or a table", "\"gateway\""),
    }
}

fn auth_table(mut section: Section<'_, '_>) -> Option<AuthConfig> {
    let jwt = section.take("jwt", |item| item.table(JWT, jwt));
    let spelt = section.finish(&[
        ("jwks", "it belongs in `jwt`"),
        ("secret", "it belongs in `jwt`"),
    ]);
    if jwt.is_absent() && spelt {
        section
            .fault("`auth` names no way to authenticate")
            .help(AUTH);
    }
    jwt.value()?.map(AuthConfig::Jwt)
}

fn jwt(mut section: Section<'_, '_>) -> Option<JwtConfig> {
    let text = |item: &mut Item<'_, '_>| filled(item, "\"gateway\"").map(str::to_owned);
    let jwks = section.take("jwks", |item| {
        web_address(item, "\"https://id.example/keys\"")
    });
    let secret = section.take("secret", |item| secret(item, "JWT_SECRET"));
    let issuer = section.take("issuer", text);
    let audience = section.take("audience", text);
    let spelt = section.finish(&[("key", "write `secret` or `jwks`"), ("url", "write `jwks`")]);
    let given = [jwks.is_absent(), secret.is_absent()];
    match given.iter().filter(|absent| !**absent).count() {
        1 => {}
        0 if !spelt => {}
        _ => {
            section
                .fault("a JWT is verified by exactly one of `jwks` and `secret`")
                .help(format!("for example {JWT}"));
        }
    }
    let keys = jwks.value().map(KeysConfig::Jwks);
    Some(JwtConfig {
        keys: keys.or(secret.value().map(KeysConfig::Secret))?,
        issuer: issuer.value(),
        audience: audience.value(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    GitHub,
    Stripe,
    Slack,
    Generic,
}

fn signature(mut section: Section<'_, '_>) -> Option<SignatureConfig> {
    const SCHEMES: [(&str, Scheme); 4] = [
        ("github", Scheme::GitHub),
        ("stripe", Scheme::Stripe),
        ("slack", Scheme::Slack),
        ("generic", Scheme::Generic),
    ];
    let help = format!("for example {SIGNATURE}");
    let scheme = section.require("scheme", &help, |item| word(item, &SCHEMES));
    let secret: Option<Spanned<Secret>> =
        section.require("secret", &help, |item| secret(item, "WEBHOOK_SECRET"));
    let body = section.take("body", size);
    let generic = Generic::read(&mut section);
    section.finish(&[("tolerance", "it is five minutes, as the providers advise")]);
    let scheme = scheme?.into_inner();
    let scheme = match scheme {
        Scheme::Generic => generic.check(&mut section)?,
        Scheme::GitHub => generic.refuse(&mut section, SchemeConfig::GitHub),
        Scheme::Stripe => generic.refuse(&mut section, SchemeConfig::Stripe),
        Scheme::Slack => generic.refuse(&mut section, SchemeConfig::Slack),
    };
    Some(SignatureConfig {
        scheme,
        secret: secret?.into_inner(),
        body: body.value().unwrap_or(1 << 20),
    })
}

/// The keys of a scheme of one's own.
struct Generic {
    header: Field<HeaderName>,
    algorithm: Field<&'static str>,
    encoding: Field<&'static str>,
    prefix: Field<String>,
}

impl Generic {
    fn read(section: &mut Section<'_, '_>) -> Self {
        let algorithms = ["sha256", "sha1", "sha512"].map(|name| (name, name));
        let encodings = ["hex", "base64"].map(|name| (name, name));
        Self {
            header: section.take("header", |item| {
                let name = item.string("\"x-signature\"")?;
                header_name(item, name)
            }),
            algorithm: section.take("algorithm", |item| word(item, &algorithms)),
            encoding: section.take("encoding", |item| word(item, &encodings)),
            prefix: section.take("prefix", |item| {
                filled(item, "\"sha256=\"").map(str::to_owned)
            }),
        }
    }

    fn check(self, section: &mut Section<'_, '_>) -> Option<SchemeConfig> {
        if self.header.is_absent() {
            section
                .fault("`header` is missing")
                .help("say where the signature is: header = \"x-signature\"");
        }
        Some(SchemeConfig::Generic {
            header: self.header.value()?,
            algorithm: self.algorithm.value().unwrap_or("sha256"),
            encoding: self.encoding.value().unwrap_or("hex"),
            prefix: self.prefix.value().unwrap_or_default(),
        })
    }

    /// The schemes of providers are fixed.
    fn refuse(self, section: &mut Section<'_, '_>, scheme: SchemeConfig) -> SchemeConfig {
        let absent = self.header.is_absent()
            && self.algorithm.is_absent()
            && self.encoding.is_absent()
            && self.prefix.is_absent();
        if !absent {
            section
                .fault(
                    "`header`, `algorithm`, `encoding` and `prefix` are for scheme = \"generic\"",
                )
                .help("leave them out: the provider's scheme says them");
        }
        scheme
    }
}

fn limit(mut section: Section<'_, '_>) -> Option<LimitConfig> {
    let failures = section.take("failures", failures);
    let per = section.take("per", time_limit);
    section.finish(&[("requests", "only failures are limited: write `failures`")]);
    Some(LimitConfig {
        failures: failures.value().unwrap_or(10),
        per: per.value().unwrap_or(Duration::from_secs(60)),
    })
}

fn failures(item: &mut Item<'_, '_>) -> Option<u32> {
    match item.integer() {
        Some(count) if (1..=1_000_000).contains(&count) => u32::try_from(count).ok(),
        Some(count) => item.refuse(
            format!("{count} is not a number of failures"),
            "write at least 1",
        ),
        None => item.mismatch("a whole number", "10"),
    }
}

fn csrf(item: &mut Item<'_, '_>) -> Option<Option<CsrfConfig>> {
    if item.is_table() {
        return item.table("{ origins = [\"https://app.example\"] }", |mut section| {
            let origins = section.take("origins", |item| {
                item.list("[\"https://app.example\"]", origin)
            });
            section.finish(&[]);
            let bare = |origins: Vec<Spanned<String>>| {
                origins.into_iter().map(Spanned::into_inner).collect()
            };
            Some(CsrfConfig {
                origins: origins.value().map(bare).unwrap_or_default(),
            })
        });
    }
    boolean(item).map(|on| on.then(CsrfConfig::default))
}

fn origin(item: &mut Item<'_, '_>) -> Option<String> {
    let url = web_address(item, "\"https://app.example\"")?;
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        return Some(url.origin().ascii_serialization());
    }
    item.refuse(
        "an origin has no path",
        format!("write \"{}\"", url.origin().ascii_serialization()),
    )
}

fn security(mut section: Section<'_, '_>) -> SecurityConfig {
    let frames = ["DENY", "SAMEORIGIN"].map(|word| (word, HeaderWord(word)));
    let config = SecurityConfig {
        csp: section
            .take("csp", |item| header_value(item, "\"default-src 'self'\""))
            .value(),
        nosniff: section.take("nosniff", boolean).value().unwrap_or(false),
        frame: section
            .take("frame", |item| word(item, &frames))
            .value()
            .map(|HeaderWord(word)| HeaderValue::from_static(word)),
        referrer: section
            .take("referrer", |item| header_value(item, "\"no-referrer\""))
            .value(),
    };
    section.finish(&[]);
    config
}

/// A word that stands in a header as it is.
#[derive(Clone, Copy)]
struct HeaderWord(&'static str);

fn header_value(item: &mut Item<'_, '_>, example: &str) -> Option<HeaderValue> {
    let text = filled(item, example)?;
    match HeaderValue::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => item.refuse(
            "this cannot stand in a header",
            format!("for example {example}"),
        ),
    }
}
