//! The dashboard in a real browser: a real sidecar, two real backends, real traffic.
//!
//! It must not know how the page is made; the scripts in `tests/browser` know what is to be seen on it. The surprise: the
//! backends' answers try to become scripts on the page, in every test that looks at them.

mod pages;
mod sides;
mod vendored;
