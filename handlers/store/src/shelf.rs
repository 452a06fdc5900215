//! Where in the store a file lies.

/// The top of the store or one of the legacy's subfolders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// The top, which links lead to.
    Top,
    /// What channels received.
    Inbound,
    /// What is to be sent.
    Outbound,
    /// What the browser tool made.
    Browser,
}

impl Shelf {
    /// The subfolder's name; none for the top.
    pub fn folder(self) -> Option<&'static str> {
        match self {
            Self::Top => None,
            Self::Inbound => Some("inbound"),
            Self::Outbound => Some("outbound"),
            Self::Browser => Some("browser"),
        }
    }

    /// A key below the top: `inbound/<name>`.
    pub fn key(self, name: &str) -> String {
        match self.folder() {
            Some(folder) => format!("{folder}/{name}"),
            None => name.to_owned(),
        }
    }

    /// The shelf and the name of a key; `None` when there is no such shelf.
    pub fn of_key(key: &str) -> Option<(Self, &str)> {
        let Some((folder, name)) = key.split_once('/') else {
            return Some((Self::Top, key));
        };
        let shelves = [Self::Inbound, Self::Outbound, Self::Browser];
        let shelf = shelves.into_iter().find(|it| it.folder() == Some(folder))?;
        Some((shelf, name))
    }
}
