//! What is to be done about a message after a try.
//!
//! It decides and touches nothing; chance and clock are told.

use std::time::Duration;

use crate::delivery::{Delivery, Receipt, Retry};
use crate::{Content, Fault, OutboxConfig};

/// How often a message was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tries {
    /// Tries that came to something, good or bad.
    pub(crate) made: u32,
    /// Those after which the key is another one, because it is certain what became of them.
    pub(crate) settled: u32,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is out.
    Sent(Receipt),
    /// It is to be tried again.
    Again(Again),
    /// It never will be.
    Dead {
        /// Of what is out of it, if anything.
        receipt: Receipt,
        /// What is not; `None` for all that it had.
        rest: Option<Content>,
        fault: Fault,
        reason: String,
    },
}

/// How to try again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Again {
    pub(crate) wait: Duration,
    pub(crate) tries: Tries,
    pub(crate) receipt: Receipt,
    pub(crate) rest: Option<Content>,
    pub(crate) reason: String,
}

/// What a message went through before the try that is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past {
    pub(crate) tries: Tries,
    pub(crate) age: Duration,
}

/// Decides about a message. `chance` is 0 to 1.
pub(crate) fn judge(delivery: Delivery, past: Past, chance: f64, config: &OutboxConfig) -> Verdict {
    let wait = |retry, tries: Tries| match retry {
        Retry::Never => None,
        Retry::Backoff => Some(backoff(tries.made, chance, config)),
        // A provider that says 0 is not asked without a pause either.
        Retry::After(told) => Some(told.max(config.first_wait / 2)),
    };
    let failure = match delivery {
        Delivery::Sent(receipt) => return Verdict::Sent(receipt),
        Delivery::Partial {
            receipt,
            rest,
            retry,
            reason,
        } => Failure {
            receipt,
            rest: rest.content(),
            ..Failure::new(past.tries.certain(), reason, |tries| wait(retry, tries))
        },
        Delivery::Failed { retry, reason } => {
            Failure::new(past.tries.certain(), reason, |tries| wait(retry, tries))
        }
        Delivery::Rejected { reason } => return Verdict::rejected(reason),
        Delivery::Unknown { reason } => Failure::new(past.tries.uncertain(), reason, |tries| {
            wait(Retry::Backoff, tries)
        }),
        Delivery::Away { reason } => Failure::new(past.tries, reason, |_| {
            Some(standby(past.age, chance, config))
        }),
    };
    failure.judge(past, config)
}

/// A try that did not end it.
struct Failure {
    tries: Tries,
    wait: Option<Duration>,
    receipt: Receipt,
    rest: Option<Content>,
    reason: String,
}

impl Failure {
    fn new(tries: Tries, reason: String, wait: impl FnOnce(Tries) -> Option<Duration>) -> Self {
        Self {
            tries,
            wait: wait(tries),
            receipt: Receipt::default(),
            rest: None,
            reason,
        }
    }

    fn judge(self, past: Past, config: &OutboxConfig) -> Verdict {
        let counts = self.tries != past.tries;
        let is_last = counts && self.tries.made >= config.attempts;
        match self.wait {
            Some(wait) if !is_last && past.age + wait < config.longest_life => {
                Verdict::Again(Again {
                    wait,
                    tries: self.tries,
                    receipt: self.receipt,
                    rest: self.rest,
                    reason: self.reason,
                })
            }
            _ => Verdict::Dead {
                receipt: self.receipt,
                rest: self.rest,
                fault: Fault::Carriage,
                reason: self.reason,
            },
        }
    }
}

impl Verdict {
    fn rejected(reason: String) -> Self {
        Self::Dead {
            receipt: Receipt::default(),
            rest: None,
            fault: Fault::Message,
            reason,
        }
    }
}

impl Tries {
    fn certain(self) -> Self {
        Self {
            settled: self.settled.saturating_add(1),
            ..self.uncertain()
        }
    }

    fn uncertain(self) -> Self {
        Self {
            made: self.made.saturating_add(1),
            ..self
        }
    }
}

/// How long to wait for somebody to carry it: an eighth of what it has waited already, because who was away for an hour
/// is not missed for a minute more, and who restarts is back in seconds.
fn standby(age: Duration, chance: f64, config: &OutboxConfig) -> Duration {
    const LONGEST: Duration = Duration::from_secs(30);
    let longest = LONGEST.max(config.first_wait);
    let wait = (age / 8).clamp(config.first_wait, longest);
    wait.mul_f64(0.5 + chance / 2.0)
}

/// Twice the wait before but no more than the longest, and between half and all of that, so that messages that one
/// outage held up do not come back together.
fn backoff(tries: u32, chance: f64, config: &OutboxConfig) -> Duration {
    let doublings = 2_u32.saturating_pow(tries.saturating_sub(1));
    let doubled = config.first_wait.saturating_mul(doublings);
    doubled.min(config.longest_wait).mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rest;

    const SECOND: Duration = Duration::from_secs(1);

    fn config() -> OutboxConfig {
        OutboxConfig {
            attempts: 3,
            first_wait: SECOND,
            longest_wait: SECOND * 4,
            longest_life: SECOND * 100,
            ..OutboxConfig::new("")
        }
    }

    fn failed(retry: Retry) -> Delivery {
        Delivery::Failed {
            retry,
            reason: "no".to_owned(),
        }
    }

    fn tries(made: u32, settled: u32) -> Tries {
        Tries { made, settled }
    }

    fn past(tries: Tries, age: Duration) -> Past {
        Past { tries, age }
    }

    fn again(delivery: Delivery, before: Tries) -> Option<(Duration, Tries)> {
        match judge(delivery, past(before, SECOND), 1.0, &config()) {
            Verdict::Again(again) => Some((again.wait, again.tries)),
            Verdict::Sent(_) | Verdict::Dead { .. } => None,
        }
    }

    #[test]
    fn waits_double_and_attempts_end() {
        let check = |before, expect| assert_eq!(again(failed(Retry::Backoff), before), expect);
        check(tries(0, 0), Some((SECOND, tries(1, 1))));
        check(tries(1, 1), Some((SECOND * 2, tries(2, 2))));
        check(tries(2, 2), None);
    }

    #[test]
    fn the_provider_says_when_and_whether() {
        let told = failed(Retry::After(SECOND * 30));
        assert_eq!(again(told, tries(0, 0)), Some((SECOND * 30, tries(1, 1))));
        let at_once = failed(Retry::After(Duration::ZERO));
        assert_eq!(again(at_once, tries(0, 0)), Some((SECOND / 2, tries(1, 1))));
        assert_eq!(again(failed(Retry::Never), tries(0, 0)), None);
        let too_late = failed(Retry::After(SECOND * 100));
        assert_eq!(again(too_late, tries(0, 0)), None);
    }

    #[test]
    fn what_is_not_known_keeps_its_key_and_counts() {
        let unknown = || Delivery::Unknown {
            reason: "cut".to_owned(),
        };
        assert_eq!(
            again(unknown(), tries(1, 1)),
            Some((SECOND * 2, tries(2, 1)))
        );
        assert_eq!(again(unknown(), tries(2, 1)), None);
    }

    #[test]
    fn nobody_to_carry_it_is_no_attempt_until_it_is_too_old() {
        let away = || Delivery::Away {
            reason: "away".to_owned(),
        };
        assert_eq!(again(away(), tries(2, 2)), Some((SECOND, tries(2, 2))));
        let old = judge(away(), past(tries(0, 0), SECOND * 100), 1.0, &config());
        assert!(matches!(old, Verdict::Dead { .. }));
    }

    #[test]
    fn what_is_rejected_is_the_messages_fault_and_what_is_given_up_is_not() {
        let check = |delivery, expect| {
            let verdict = judge(delivery, past(tries(0, 0), SECOND), 1.0, &config());
            assert!(matches!(verdict, Verdict::Dead { fault, .. } if fault == expect));
        };
        let reason = "no such addressee".to_owned();
        check(Delivery::Rejected { reason }, Fault::Message);
        check(failed(Retry::Never), Fault::Carriage);
    }

    #[test]
    fn only_the_rest_is_tried_again() {
        let partial = Delivery::Partial {
            receipt: Receipt::of("1"),
            rest: Rest::Content(Content::text("rest")),
            retry: Retry::Backoff,
            reason: "half".to_owned(),
        };
        let Verdict::Again(again) = judge(partial, past(tries(0, 0), SECOND), 1.0, &config())
        else {
            panic!("again")
        };
        assert_eq!(again.rest, Some(Content::text("rest")));
        assert_eq!(again.receipt, Receipt::of("1"));
    }
}
