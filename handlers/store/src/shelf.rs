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
    pub(crate) fn key(self, name: &str) -> String {
        match self.folder() {
            Some(folder) => format!("{folder}/{name}"),
            None => name.to_owned(),
        }
    }
}
