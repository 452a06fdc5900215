//! The other side is asked the same question, and no client ever notices.

mod caps;
mod carries;
mod front;
mod hostile;
mod in_process;
mod leaving;
mod native;
mod reload;
mod writes;
