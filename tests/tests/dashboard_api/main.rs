//! The server's side of the page: its files, the documents that it is drawn from, and who may have them.

mod accept;
mod assets;
mod documents;
mod events;
mod login;
mod scene;
