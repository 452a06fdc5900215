//! The files that come with a message: which there are, and from where they may be fetched.
//!
//! It must not know the host. The surprise: what a message says of a file is a stranger's word for an address. Only
//! hosts on the list are asked, and a token goes only to those that it is for.

pub mod hosts;
pub mod inline;

use serde_json::Value;

use crate::activity::Attachment;
use hosts::Hosts;

/// What Teams calls a file that was sent to the bot.
const DOWNLOAD: &str = "application/vnd.microsoft.teams.file.download.info";
/// How many files of one message are fetched.
const MOST: usize = 20;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// To be fetched.
    Remote {
        /// From where; its host is on the list.
        url: String,
        /// What it is called.
        name: Option<String>,
        /// What it is said to be.
        content_type: Option<String>,
    },
    /// Here already.
    Inline {
        /// The bytes.
        data: Vec<u8>,
        /// What it is said to be.
        content_type: Option<String>,
    },
}

/// The files of a message, each once.
pub fn of(attachments: &[Attachment], hosts: &Hosts) -> Vec<File> {
    let mut files: Vec<File> = inline::images(attachments);
    files.sort_by_key(|file| matches!(file, File::Remote { .. }));
    let inlined = files
        .iter()
        .filter(|file| matches!(file, File::Inline { .. }))
        .count();
    let named = attachments.iter().filter_map(remote);
    files.splice(inlined..inlined, named);
    let mut seen: Vec<String> = Vec::new();
    files.retain(|file| match file {
        File::Inline { .. } => true,
        File::Remote { url, .. } => {
            let fresh = hosts.admits(url) && !seen.contains(url);
            seen.push(url.clone());
            fresh
        }
    });
    files.truncate(MOST);
    files
}

/// What stands for the files of a message that has no text.
pub fn placeholder(attachments: &[Attachment]) -> String {
    let named = attachments.iter().filter(|it| is_image(it)).count();
    let images = named + inline::images(attachments).len();
    match (images, attachments.len()) {
        (0, 0) => String::new(),
        (0, 1) => "<media:document>".to_owned(),
        (0, count) => format!("<media:document> ({count} files)"),
        (1, _) => "<media:image>".to_owned(),
        (count, _) => format!("<media:image> ({count} images)"),
    }
}

fn remote(attachment: &Attachment) -> Option<File> {
    let content_type = filled(attachment.content_type.as_deref());
    let name = filled(attachment.name.as_deref());
    if content_type == Some(DOWNLOAD) {
        let url = field(&attachment.content, "downloadUrl")?;
        return Some(File::Remote {
            url: url.to_owned(),
            name: name
                .map(str::to_owned)
                .or_else(|| offered_name(&attachment.content)),
            content_type: None,
        });
    }
    Some(File::Remote {
        url: filled(attachment.content_url.as_deref())?.to_owned(),
        name: name.map(str::to_owned),
        content_type: content_type.map(str::to_owned),
    })
}

fn offered_name(content: &Value) -> Option<String> {
    let named = field(content, "fileName").map(str::to_owned);
    named.or_else(|| {
        let (id, kind) = (field(content, "uniqueId")?, field(content, "fileType")?);
        Some(format!("{id}.{kind}"))
    })
}

fn is_image(attachment: &Attachment) -> bool {
    let content_type = filled(attachment.content_type.as_deref()).unwrap_or_default();
    let typed = content_type.starts_with("image/");
    let named = attachment.name.as_deref().is_some_and(has_image_name);
    let offered = content_type == DOWNLOAD
        && (field(&attachment.content, "fileType")
            .is_some_and(|kind| has_image_name(&format!("x.{kind}")))
            || field(&attachment.content, "fileName").is_some_and(has_image_name));
    typed || named || offered
}

fn has_image_name(name: &str) -> bool {
    let kinds = [
        "avif", "bmp", "gif", "heic", "heif", "jpg", "jpeg", "png", "tif", "tiff", "webp",
    ];
    let end = name.rsplit_once('.').map(|(_, end)| end);
    end.is_some_and(|end| kinds.iter().any(|kind| end.eq_ignore_ascii_case(kind)))
}

fn field<'a>(content: &'a Value, key: &str) -> Option<&'a str> {
    filled(content[key].as_str())
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
