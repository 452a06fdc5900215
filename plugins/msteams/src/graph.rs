//! Files for groups: put where the group can see them, by Microsoft Graph.
//!
//! It must not know the host: here is what is asked and what the answers say. The surprise: a link for the people of a
//! chat is made by a part of Graph that is still called beta.

use serde_json::{Value, json};

use crate::outgoing::segment;

/// The folder that the legacy puts its files in; ours lie beside them.
const FOLDER: &str = "OpenClawShared";

/// Whose drive a file is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drive {
    /// A SharePoint site's.
    Site(String),
    /// The bot's own.
    Own,
}

/// A file that was put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id in the drive.
    pub id: String,
    /// What it is called there.
    pub name: String,
}

impl Drive {
    /// What begins every address of it. `graph` has no version in it.
    fn base(&self, graph: &str, version: &str) -> String {
        match self {
            Self::Site(site) => format!("{graph}/{version}/sites/{}/drive", segment(site)),
            Self::Own => format!("{graph}/{version}/me/drive"),
        }
    }

    /// Where a file is put.
    pub fn upload_url(&self, graph: &str, name: &str) -> String {
        let name = segment(&safe_name(name));
        format!(
            "{}/root:/{FOLDER}/{name}:/content",
            self.base(graph, "v1.0")
        )
    }

    /// Where a link to it is made.
    pub fn link_url(&self, graph: &str, item: &str, members: &[String]) -> String {
        let version = if members.is_empty() { "v1.0" } else { "beta" };
        format!(
            "{}/items/{}/createLink",
            self.base(graph, version),
            segment(item)
        )
    }

    /// What is asked there: a link for these people, or for the whole organization when nobody is named.
    pub fn link_body(members: &[String]) -> Value {
        if members.is_empty() {
            return json!({"type": "view", "scope": "organization"});
        }
        let recipients: Vec<Value> = members.iter().map(|id| json!({"objectId": id})).collect();
        json!({"type": "view", "scope": "users", "recipients": recipients})
    }

    /// Where the file's card is read.
    pub fn card_url(&self, graph: &str, item: &str) -> String {
        format!(
            "{}/items/{}?$select=eTag,webDavUrl,name",
            self.base(graph, "v1.0"),
            segment(item)
        )
    }
}

/// Where the people of a chat are listed.
pub fn members_url(graph: &str, chat: &str) -> String {
    format!("{graph}/v1.0/chats/{}/members", segment(chat))
}

/// Their ids in the directory.
pub fn members(answer: &Value) -> Vec<String> {
    let list = answer["value"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let id = |member: &Value| {
        member["userId"]
            .as_str()
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
    };
    list.iter().filter_map(id).collect()
}

/// What an upload says; `None` when it does not say all of it.
pub fn stored(answer: &Value) -> Option<Stored> {
    let text = |key: &str| {
        answer[key]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    text("webUrl")?;
    Some(Stored {
        id: text("id")?,
        name: text("name")?,
    })
}

/// The link that was made.
pub fn link(answer: &Value) -> Option<String> {
    answer["link"]["webUrl"]
        .as_str()
        .filter(|url| !url.is_empty())
        .map(str::to_owned)
}

/// The attachment that shows a file of a site.
pub fn card(answer: &Value) -> Option<Value> {
    let text = |key: &str| answer[key].as_str().filter(|text| !text.is_empty());
    let (tag, url, name) = (text("eTag")?, text("webDavUrl")?, text("name")?);
    Some(json!({
        "contentType": "application/vnd.microsoft.teams.card.file.info",
        "contentUrl": url,
        "name": name,
        "content": {"uniqueId": unique_id(tag), "fileType": extension(name)},
    }))
}

/// What is said of a file that has no card.
pub fn mention(text: Option<&str>, name: &str, url: &str) -> String {
    let link = format!("📎 [{name}]({url})");
    match text.filter(|text| !text.is_empty()) {
        Some(text) => format!("{text}\n\n{link}"),
        None => link,
    }
}

/// The id within `"{GUID},2"`.
fn unique_id(tag: &str) -> String {
    let tag = tag.strip_prefix(['"', '\'']).unwrap_or(tag);
    let tag = tag.strip_suffix(['"', '\'']).unwrap_or(tag);
    let bare: String = tag.chars().filter(|c| !matches!(c, '{' | '}')).collect();
    bare.split(',').next().unwrap_or_default().to_owned()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.')
        .map_or_else(String::new, |(_, end)| end.to_lowercase())
}

/// A name that is one name: SharePoint takes none of these, and some of them would make a folder.
fn safe_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || "\"*:<>?/\\|".contains(c) {
            '_'
        } else {
            c
        }
    };
    let name: String = name.trim().chars().map(plain).collect();
    match name.trim_matches('.').is_empty() {
        true => "file".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = "https://graph.microsoft.com";

    #[test]
    fn files_go_to_the_folder_of_the_legacy() {
        let site = Drive::Site("contoso.sharepoint.com,a,b".into());
        assert_eq!(
            site.upload_url(GRAPH, "plan b.pdf"),
            "https://graph.microsoft.com/v1.0/sites/contoso.sharepoint.com,a,b/drive/root:/OpenClawShared/plan%20b.pdf:/content"
        );
        assert_eq!(
            Drive::Own.upload_url(GRAPH, "../x"),
            "https://graph.microsoft.com/v1.0/me/drive/root:/OpenClawShared/.._x:/content"
        );
        assert!(
            Drive::Own
                .upload_url(GRAPH, "..")
                .ends_with("/OpenClawShared/file:/content")
        );
        assert_eq!(
            site.card_url(GRAPH, "01/2"),
            "https://graph.microsoft.com/v1.0/sites/contoso.sharepoint.com,a,b/drive/items/01%2F2?$select=eTag,webDavUrl,name"
        );
    }

    #[test]
    fn links_are_for_the_people_who_are_there() {
        let site = Drive::Site("s".into());
        let people = members(
            &json!({"value": [{"userId": "u1"}, {"userId": ""}, {"displayName": "x"}, {"userId": "u2"}]}),
        );
        assert_eq!(people, ["u1", "u2"]);
        assert_eq!(
            site.link_url(GRAPH, "i", &people),
            "https://graph.microsoft.com/beta/sites/s/drive/items/i/createLink"
        );
        assert_eq!(
            Drive::link_body(&people),
            json!({"type": "view", "scope": "users", "recipients": [{"objectId": "u1"}, {"objectId": "u2"}]})
        );
        assert_eq!(
            Drive::Own.link_url(GRAPH, "i", &[]),
            "https://graph.microsoft.com/v1.0/me/drive/items/i/createLink"
        );
        assert_eq!(
            Drive::link_body(&[]),
            json!({"type": "view", "scope": "organization"})
        );
        assert_eq!(
            link(&json!({"link": {"webUrl": "https://x"}})).as_deref(),
            Some("https://x")
        );
        assert_eq!(link(&json!({"link": {}})), None);
    }

    #[test]
    fn a_file_of_a_site_has_a_card() {
        let card = card(&json!({"eTag": "\"{A1-B2},3\"", "webDavUrl": "https://x/plan.PDF", "name": "plan.PDF"})).unwrap();
        assert_eq!(
            card["content"],
            json!({"uniqueId": "A1-B2", "fileType": "pdf"})
        );
        assert!(super::card(&json!({"eTag": "x"})).is_none());
        assert_eq!(
            stored(&json!({"id": "1", "webUrl": "u", "name": "n"}))
                .map(|it| it.id)
                .as_deref(),
            Some("1")
        );
        assert!(stored(&json!({"id": "1", "name": "n"})).is_none());
        assert_eq!(mention(Some("hi"), "n", "u"), "hi\n\n📎 [n](u)");
        assert_eq!(mention(None, "n", "u"), "📎 [n](u)");
    }
}
