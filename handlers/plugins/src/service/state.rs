//! What people are told of a service.

/// How a service does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceStatus {
    /// What it is doing.
    pub state: ServiceState,
    /// How often it was started afresh after a failure.
    pub restarts: u64,
    /// Its last failure.
    pub error: Option<String>,
}

/// What a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServiceState {
    /// It is being started.
    #[default]
    Starting,
    /// It works.
    Running,
    /// It has nothing to do.
    Idle,
    /// It failed and is started again after a while.
    Waiting,
    /// It failed and said that another try cannot help.
    GaveUp,
    /// It was stopped.
    Stopped,
}

impl ServiceState {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::GaveUp => "gave up",
            Self::Stopped => "stopped",
        }
    }
}
