//! Files for one person: they are asked first, and then say where the file goes.
//!
//! It must not know the host. Where it goes comes from outside: only Microsoft's own hosts take our files.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::activity::Activity;

/// From this size on, bytes, even a picture is asked for.
pub const ASKED_FROM: u64 = 4 * 1024 * 1024;
/// How long a file waits for an answer, ms: five minutes, as with the legacy.
pub const PATIENCE: u64 = 5 * 60 * 1000;

/// What is said when the answer came too late, as the legacy says it.
pub const TOO_LATE: &str =
    "The file upload request has expired. Please try sending the file again.";

/// A file that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The file in the media store.
    pub media: String,
    /// What it is called.
    pub name: String,
    /// Its type.
    pub content_type: Option<String>,
    /// Where it was offered.
    pub conversation: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which file.
    pub upload: Option<String>,
    /// Where to, if it is wanted.
    pub place: Option<Place>,
}

/// Where a file goes, and what it is called there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// Where it is put.
    pub upload_url: String,
    /// Where it is then.
    pub content_url: String,
    /// Its id there.
    pub unique_id: String,
    /// The end of its name.
    pub file_type: String,
}

/// Where a waiting file is kept.
pub fn key(upload: &str) -> String {
    format!("upload/{upload}")
}

/// Reads an answer; `None` when the invoke is about something else.
pub fn read(activity: &Activity) -> Option<Answer> {
    let value = &activity.value;
    let ours = activity.kind == "invoke"
        && activity.name.as_deref() == Some("fileConsent/invoke")
        && value["type"] == "fileUpload";
    if !ours {
        return None;
    }
    let accepted = value["action"] == "accept";
    let place = serde_json::from_value(value["uploadInfo"].clone()).ok();
    Some(Answer {
        upload: value["context"]["uploadId"].as_str().map(str::to_owned),
        place: place.filter(|_| accepted && value["uploadInfo"].is_object()),
    })
}

/// The attachment that asks.
pub fn card(upload: &str, name: &str, size: u64, description: Option<&str>) -> Value {
    let fallback = format!("File: {name}");
    let context = json!({"filename": name, "uploadId": upload});
    json!({
        "contentType": "application/vnd.microsoft.teams.card.file.consent",
        "name": name,
        "content": {
            "description": description.filter(|text| !text.is_empty()).unwrap_or(&fallback),
            "sizeInBytes": size,
            "acceptContext": context,
            "declineContext": context,
        },
    })
}

/// The attachment that shows a file that is there.
pub fn done(place: &Place) -> Value {
    json!({
        "contentType": "application/vnd.microsoft.teams.card.file.info",
        "contentUrl": place.content_url,
        "name": place.name,
        "content": {"uniqueId": place.unique_id, "fileType": place.file_type},
    })
}

/// The header that says that all of a file comes at once; `None` for an empty one, which has no range.
pub fn range(size: u64) -> Option<String> {
    (size > 0).then(|| format!("bytes 0-{}/{size}", size - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Microsoft's documentation of files in bots shows it.
    fn invoke(action: &str) -> Activity {
        let body = json!({
            "type": "invoke", "name": "fileConsent/invoke",
            "value": {
                "type": "fileUpload", "action": action, "context": {"filename": "plan.pdf", "uploadId": "u1"},
                "uploadInfo": {
                    "contentUrl": "https://contoso.sharepoint.com/personal/x/Documents/Applications/plan.pdf",
                    "name": "plan.pdf",
                    "uploadUrl": "https://contoso.sharepoint.com/personal/x/_api/v2.0/drive/items/01/uploadSession?guid=1",
                    "uniqueId": "1150D938-8870-4044-9F2C-5BBDEBA70C8C", "fileType": "pdf",
                },
            },
        });
        Activity::read(&body).unwrap()
    }

    #[test]
    fn a_yes_says_where_the_file_goes() {
        let answer = read(&invoke("accept")).unwrap();
        assert_eq!(answer.upload.as_deref(), Some("u1"));
        let place = answer.place.unwrap();
        assert_eq!(place.file_type, "pdf");
        assert_eq!(
            done(&place)["content"]["uniqueId"],
            "1150D938-8870-4044-9F2C-5BBDEBA70C8C"
        );
    }

    #[test]
    fn anything_but_a_yes_is_a_no() {
        for action in ["decline", "", "ACCEPT"] {
            assert_eq!(read(&invoke(action)).unwrap().place, None);
        }
        let mut odd = invoke("accept");
        odd.value["uploadInfo"] = json!("x");
        assert_eq!(read(&odd).unwrap().place, None);
        odd.value["type"] = json!("other");
        assert!(read(&odd).is_none());
        odd = invoke("accept");
        odd.name = Some("task/fetch".into());
        assert!(read(&odd).is_none());
    }

    #[test]
    fn the_card_says_what_is_offered() {
        let card = card("u1", "plan.pdf", 12, Some(""));
        assert_eq!(card["content"]["description"], "File: plan.pdf");
        assert_eq!(
            card["content"]["acceptContext"],
            json!({"filename": "plan.pdf", "uploadId": "u1"})
        );
        assert_eq!(range(12).as_deref(), Some("bytes 0-11/12"));
        assert_eq!(range(0), None);
    }
}
