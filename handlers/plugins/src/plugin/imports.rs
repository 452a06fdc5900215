//! What a component asks the host for, for people who compare it with its grant.

use wasmtime::component::Component;

/// The interfaces a plugin imports. Importing one gives nothing: the grant does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imports {
    /// Of the contract, without package and version: `http`, `kv`.
    pub overgrow: Vec<String>,
    /// Of WASI, as they are: `wasi:cli/stdout@0.2.3`. Behind them is nothing but a clock and random bytes.
    pub wasi: Vec<String>,
    /// Of nobody this host knows; such a plugin does not load.
    pub others: Vec<String>,
}

const OURS: &str = "overgrow:plugin/";
const WASI: &str = "wasi:";

impl Imports {
    pub(crate) fn of(component: &Component) -> Self {
        let (kind, engine) = (component.component_type(), component.engine());
        let mut imports = Self::default();
        for (name, _) in kind.imports(engine) {
            imports.add(name);
        }
        imports
    }

    fn add(&mut self, name: &str) {
        if let Some(rest) = name.strip_prefix(OURS) {
            let interface = rest
                .split_once('@')
                .map_or(rest, |(interface, _)| interface);
            // Plain data, which every plugin with an interface imports.
            if interface != "types" {
                self.overgrow.push(interface.to_owned());
            }
        } else if name.starts_with(WASI) {
            self.wasi.push(name.to_owned());
        } else {
            self.others.push(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_sorted_by_whose_they_are() {
        let mut imports = Imports::default();
        for name in [
            "overgrow:plugin/types@0.1.0",
            "overgrow:plugin/kv@0.1.0",
            "wasi:io/poll@0.2.6",
            "acme:radar/sweep",
        ] {
            imports.add(name);
        }
        let expect = Imports {
            overgrow: vec!["kv".into()],
            wasi: vec!["wasi:io/poll@0.2.6".into()],
            others: vec!["acme:radar/sweep".into()],
        };
        assert_eq!(imports, expect);
    }
}
