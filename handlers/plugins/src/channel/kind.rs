//! Which kind of media a file is, by its type if that is known, else by its name.

use overgrow_outbox::{Attachment, Source};

use crate::wit::channel::MediaKind;

pub(super) fn of(file: &Attachment) -> MediaKind {
    let typed = file.content_type.as_deref().and_then(by_type);
    let named = || by_name(file.filename.as_deref().or(address(&file.source))?);
    typed.or_else(named).unwrap_or(MediaKind::Document)
}

fn by_type(content_type: &str) -> Option<MediaKind> {
    match content_type.split('/').next()? {
        "image" => Some(MediaKind::Image),
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        _ => None,
    }
}

fn by_name(name: &str) -> Option<MediaKind> {
    let path = name.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "heic" | "avif" => Some(MediaKind::Image),
        "mp3" | "ogg" | "oga" | "opus" | "m4a" | "wav" | "aac" | "flac" => Some(MediaKind::Audio),
        "mp4" | "mov" | "webm" | "mkv" | "avi" => Some(MediaKind::Video),
        _ => None,
    }
}

fn address(source: &Source) -> Option<&str> {
    match source {
        Source::Url(url) => Some(url),
        Source::Media(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_believed_before_the_name() {
        let file = |content_type: Option<&str>, url: &str| Attachment {
            source: Source::Url(url.to_owned()),
            filename: None,
            content_type: content_type.map(str::to_owned),
        };
        assert_eq!(
            of(&file(Some("image/png"), "https://a/b.mp3")),
            MediaKind::Image
        );
        assert_eq!(of(&file(None, "https://a/b.MP4?x=.png")), MediaKind::Video);
        assert_eq!(
            of(&file(Some("application/pdf"), "https://a/b")),
            MediaKind::Document
        );
    }
}
