//! A plugin's configuration as it may see it.

use crate::grant::Grant;
use crate::hands::Hands;
use crate::who::Who;

/// The configuration of a plugin, as JSON.
pub(super) fn document(name: &str, grant: &Grant, hands: &Hands) -> String {
    Who::new(name, grant.clone(), hands.clone())
        .document()
        .to_string()
}
