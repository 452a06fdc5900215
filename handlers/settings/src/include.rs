//! `$include`: puts other files in the place of the objects that name them.
//!
//! It must not know any other key. The surprise: every file is remembered before it is opened, so that a reading that
//! failed still says which files to watch for its repair.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use crate::{SettingsError, text};

/// The key that names files.
const KEY: &str = "$include";

/// Files inside each other below the main one, as in the legacy.
const DEEPEST: usize = 10;

/// Files in one reading. A list that names ten files which name ten files would otherwise be read ten thousand million
/// times within the legal depth; nobody's configuration has a hundredth of this.
const MOST: usize = 512;

/// The files of one reading.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<PathBuf>);

impl Files {
    /// Reads a file and all that it includes, as one tree.
    ///
    /// # Errors
    /// When one of them cannot be read, is not JSON5, includes itself, or cannot be merged.
    pub(crate) fn read(&mut self, path: &Path) -> Result<Value, SettingsError> {
        self.open(&[normal(path)])
    }

    /// Every file that was asked for, each once, the main one first.
    pub(crate) fn into_paths(self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for path in self.0 {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// `chain` leads from the main file to the one to open; it is never empty.
    fn open(&mut self, chain: &[PathBuf]) -> Result<Value, SettingsError> {
        let path = last(chain);
        if self.0.len() >= MOST {
            return Err(refused(path, format!("more than {MOST} files in all")));
        }
        self.0.push(path.to_owned());
        let value = text::read(path)?;
        self.resolve(value, chain)
    }

    fn resolve(&mut self, value: Value, chain: &[PathBuf]) -> Result<Value, SettingsError> {
        match value {
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.resolve(item, chain));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(mut members) => match members.remove(KEY) {
                Some(named) => self.replace(&named, members, chain),
                None => self.members(members, chain).map(Value::Object),
            },
            plain => Ok(plain),
        }
    }

    fn members(
        &mut self,
        members: Map<String, Value>,
        chain: &[PathBuf],
    ) -> Result<Map<String, Value>, SettingsError> {
        let resolved = members
            .into_iter()
            .map(|(key, value)| Ok((key, self.resolve(value, chain)?)));
        resolved.collect()
    }

    fn replace(
        &mut self,
        named: &Value,
        siblings: Map<String, Value>,
        chain: &[PathBuf],
    ) -> Result<Value, SettingsError> {
        let included = self.included(named, chain)?;
        if siblings.is_empty() {
            return Ok(included);
        }
        if !included.is_object() {
            let reason = format!("only an object can be included beside other keys by {KEY}");
            return Err(refused(last(chain), reason));
        }
        let siblings = self.members(siblings, chain)?;
        Ok(merge(included, Value::Object(siblings)))
    }

    fn included(&mut self, named: &Value, chain: &[PathBuf]) -> Result<Value, SettingsError> {
        let neither = || {
            refused(
                last(chain),
                format!("{KEY} must be a text or a list of texts"),
            )
        };
        match named {
            Value::String(name) => self.follow(name, chain),
            Value::Array(names) => {
                let mut merged = Value::Object(Map::new());
                for name in names {
                    let name = name.as_str().ok_or_else(neither)?;
                    merged = merge(merged, self.follow(name, chain)?);
                }
                Ok(merged)
            }
            _ => Err(neither()),
        }
    }

    fn follow(&mut self, name: &str, chain: &[PathBuf]) -> Result<Value, SettingsError> {
        let from = last(chain);
        let path = normal(&from.parent().unwrap_or(Path::new("/")).join(name));
        let longer = [chain, std::slice::from_ref(&path)].concat();
        if chain.contains(&path) {
            return Err(refused(from, format!("circular {KEY}: {}", shown(&longer))));
        }
        if chain.len() > DEEPEST {
            return Err(refused(from, format!("{KEY} deeper than {DEEPEST} files")));
        }
        self.open(&longer)
    }
}

/// Lists are joined, objects merged member by member; of anything else the second stays.
fn merge(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Array(mut first), Value::Array(second)) => {
            first.extend(second);
            Value::Array(first)
        }
        (Value::Object(mut first), Value::Object(second)) => {
            for (key, value) in second {
                let value = match first.remove(&key) {
                    Some(before) => merge(before, value),
                    None => value,
                };
                first.insert(key, value);
            }
            Value::Object(first)
        }
        (_, second) => second,
    }
}

/// `.` and `..` resolved by name alone, as the legacy does it: a link is not followed, so that a chain names the files
/// as they are written.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut normal = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}

fn last(chain: &[PathBuf]) -> &Path {
    chain.last().map_or(Path::new("/"), PathBuf::as_path)
}

fn shown(chain: &[PathBuf]) -> String {
    let names: Vec<_> = chain.iter().map(|path| path.to_string_lossy()).collect();
    names.join(" -> ")
}

fn refused(path: &Path, reason: String) -> SettingsError {
    SettingsError::Include {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn of(files: &[(&str, &str)]) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            for (name, content) in files {
                let path = folder.0.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
            folder
        }

        /// What `main` becomes, or the fault with names relative to the folder.
        fn read(&self) -> Result<Value, String> {
            let read = Files::default().read(&self.0.path().join("main"));
            read.map_err(|error| self.short(&error.to_string()))
        }

        fn short(&self, text: &str) -> String {
            text.replace(&format!("{}/", self.0.path().display()), "")
        }
    }

    #[test]
    fn included_objects_merge_and_siblings_win() {
        let folder = Folder::of(&[
            (
                "main",
                "{$include: ['a', './sub/b'], list: [4], deep: {z: 3}, x: 'own'}",
            ),
            ("a", "{list: [1], deep: {x: 1, y: 1}, x: 'a', only: true}"),
            (
                "sub/b",
                "{list: [2, 3], deep: {y: 2}, x: 'b', inner: {$include: 'c'}}",
            ),
            ("sub/c", "['from c']"),
        ]);
        let expected = json!({
            "list": [1, 2, 3, 4], "deep": {"x": 1, "y": 2, "z": 3}, "x": "own", "only": true, "inner": ["from c"],
        });
        assert_eq!(folder.read().unwrap(), expected);
    }

    #[test]
    fn a_list_may_include_and_a_path_may_be_absolute() {
        let folder = Folder::of(&[("a", "{path: '/x'}")]);
        let main = format!("{{all: [{{$include: {:?}}}]}}", folder.0.path().join("a"));
        std::fs::write(folder.0.path().join("main"), main).unwrap();
        assert_eq!(folder.read().unwrap(), json!({"all": [{"path": "/x"}]}));
    }

    #[test]
    fn a_circle_is_refused_with_its_chain() {
        let folder = Folder::of(&[
            ("main", "{$include: 'a'}"),
            ("a", "{$include: 'sub/b'}"),
            ("sub/b", "{x: {$include: '../a'}}"),
        ]);
        assert_eq!(
            folder.read().unwrap_err(),
            "sub/b: circular $include: main -> a -> sub/b -> a"
        );
    }

    #[test]
    fn ten_files_may_lie_inside_each_other() {
        let mut folder = Folder::of(&[("main", "{$include: 'f1'}"), ("f10", "{x: 1}")]);
        for nth in 1..10 {
            let next = format!("{{$include: 'f{}'}}", nth + 1);
            std::fs::write(folder.0.path().join(format!("f{nth}")), next).unwrap();
        }
        assert_eq!(folder.read().unwrap(), json!({"x": 1}));
        folder = Folder(folder.0);
        std::fs::write(folder.0.path().join("f10"), "{$include: 'f11'}").unwrap();
        std::fs::write(folder.0.path().join("f11"), "{}").unwrap();
        assert_eq!(
            folder.read().unwrap_err(),
            "f10: $include deeper than 10 files"
        );
    }

    #[test]
    fn many_names_do_not_mean_reading_for_ever() {
        let wide = |next: &str| format!("{{$include: [{}]}}", format!("'{next}',").repeat(100));
        let folder = Folder::of(&[("main", &wide("a")), ("a", &wide("b")), ("b", "{}")]);
        assert_eq!(folder.read().unwrap_err(), "b: more than 512 files in all");
    }

    #[test]
    fn what_cannot_be_included_is_named() {
        let check = |main: &str, expected: &str| {
            let folder = Folder::of(&[("main", main), ("list", "[1]")]);
            let fault = folder.read().unwrap_err();
            assert!(fault.starts_with(expected), "{fault}");
        };
        check(
            "{$include: 7}",
            "main: $include must be a text or a list of texts",
        );
        check("{$include: ['list', 7]}", "main: $include must be a text");
        check(
            "{$include: 'list', x: 1}",
            "main: only an object can be included beside",
        );
        check("{$include: 'gone'}", "cannot read gone: No such file");
    }

    #[test]
    fn files_are_remembered_even_when_one_is_missing() {
        let folder = Folder::of(&[("main", "{$include: ['a', 'a', 'gone']}"), ("a", "{}")]);
        let mut files = Files::default();
        files.read(&folder.0.path().join("main")).unwrap_err();
        let paths = files.into_paths();
        let names: Vec<_> = paths
            .iter()
            .map(|path| folder.short(path.to_str().unwrap()))
            .collect();
        assert_eq!(names, ["main", "a", "gone"]);
    }
}
