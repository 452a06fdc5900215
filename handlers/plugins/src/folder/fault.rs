//! Why a plugin of the folder is not loaded, in words for operators.

use crate::artifact::{LARGEST, SignatureError};
use crate::call::CallError;
use crate::plugin::LoadError;
use crate::webhook::RouteFault;
use crate::wit::lifecycle::Problem;

/// Why a plugin of the folder is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// Whoever writes it is not done.
    #[error("the file changes while it is read")]
    Changing,
    /// The file is larger than any plugin.
    #[error("the file is {0} bytes, more than {LARGEST}")]
    Large(u64),
    /// Whoever signed it is not trusted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its configuration is at fault.
    #[error("its configuration is at fault: {}", told(.0))]
    Config(Vec<Problem>),
    /// It wants to answer where it may not.
    #[error(transparent)]
    Route(#[from] RouteFault),
    /// One of its tools cannot be offered.
    #[error("its tool `{tool}` {why}")]
    Tool {
        /// Its name.
        tool: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its channel cannot be served.
    #[error("its channel has no id")]
    Channel,
    /// It failed while it was asked about itself.
    #[error("it failed when it was asked for `{asked}`: {error}")]
    Call {
        /// The export.
        asked: &'static str,
        /// How.
        #[source]
        error: CallError,
    },
}

impl Fault {
    /// Whether the same file may load later without anybody's doing.
    pub(super) fn is_passing(&self) -> bool {
        let passing = |error: &CallError| {
            matches!(
                error,
                CallError::Busy | CallError::Deadline(_) | CallError::Gone
            )
        };
        match self {
            Self::File(_) | Self::Changing => true,
            Self::Call { error, .. } | Self::Load(LoadError::Call(error)) => passing(error),
            _ => false,
        }
    }
}

/// A plugin may have as many complaints as it likes; people read the first few.
const TOLD: usize = 8;

fn told(problems: &[Problem]) -> String {
    let tell = |problem: &Problem| match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    };
    let mut text: Vec<_> = problems.iter().take(TOLD).map(tell).collect();
    if problems.len() > TOLD {
        text.push(format!("and {} more", problems.len() - TOLD));
    }
    text.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_with_their_paths() {
        let problem = |path: &str| Problem {
            path: path.to_owned(),
            message: "is missing".to_owned(),
        };
        let fault = Fault::Config(vec![problem("botToken"), problem("")]);
        assert_eq!(
            fault.to_string(),
            "its configuration is at fault: botToken: is missing; is missing"
        );
        let many = Fault::Config(vec![problem("a"); 20]).to_string();
        assert!(many.ends_with("and 12 more"), "{many}");
    }
}
