//! Where a codec's panic becomes an error.
//!
//! The surprise: for the C JPEG library a panic is the usual way to report, so this is no last resort but its error path.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ImageError;

/// Runs a codec; a panic is [`ImageError::Panicked`].
///
/// Whatever the codec had half done is dropped with it, so nothing broken can be seen afterwards.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(ImageError::Panicked(message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words() {
        let check = |panic: fn(), expect: &str| {
            let fault = guarded(|| {
                panic();
                Ok(())
            });
            assert_eq!(fault, Err(ImageError::Panicked(expect.into())));
        };
        check(|| panic!("row out of range"), "row out of range");
        check(|| panic!("row {} out of range", 7), "row 7 out of range");
        check(|| std::panic::panic_any(7), "without a word");
    }
}
