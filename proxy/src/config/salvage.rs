//! What can still be read of a file that has faults: where the sidecar that runs on the last good one is asked.

use std::net::SocketAddr;

use super::Secret;

/// Address and token of the admin listener, as far as the file is TOML and says them well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Salvaged {
    /// `[server].admin`.
    pub admin: Option<SocketAddr>,
    /// `[server].admin_token`.
    pub admin_token: Option<Secret>,
}

/// Reads leniently: whatever is wrong is taken as not there.
pub fn salvage(source: &str) -> Salvaged {
    let document: toml::Table = source.parse().unwrap_or_default();
    let Some(server) = document.get("server").and_then(toml::Value::as_table) else {
        return Salvaged::default();
    };
    let admin = server.get("admin").and_then(toml::Value::as_str);
    Salvaged {
        admin: admin.and_then(|admin| admin.parse().ok()),
        admin_token: server.get("admin_token").and_then(secret),
    }
}

fn secret(value: &toml::Value) -> Option<Secret> {
    let named = |key| value.get(key).and_then(toml::Value::as_str);
    let env = named("env").map(|name| Secret::Env(name.to_owned()));
    env.or_else(|| named("file").map(|path| Secret::File(path.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_elsewhere_does_not_hide_the_admin_listener() {
        let source =
            "[server]\nadmin = \"127.0.0.1:7000\"\nadmin_token = { env = \"TOKEN\" }\nlisen = 1\n";
        let salvaged = salvage(source);
        assert_eq!(salvaged.admin, Some("127.0.0.1:7000".parse().unwrap()));
        assert_eq!(salvaged.admin_token, Some(Secret::Env("TOKEN".into())));
    }

    #[test]
    fn what_is_not_toml_or_not_an_address_is_not_there() {
        assert_eq!(salvage("[server"), Salvaged::default());
        assert_eq!(salvage("[server]\nadmin = 7"), Salvaged::default());
        assert_eq!(salvage("server = 1"), Salvaged::default());
    }
}
