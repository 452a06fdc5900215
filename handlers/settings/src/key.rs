//! One place in the configuration, and reading from it what is expected there.
//!
//! It must not know any key by name. The surprise: a wrong value is reported and then read as if it were absent, so
//! that one reading tells all the faults; whoever reads must ask for them in the end.

use std::cell::RefCell;

use serde_json::Value;

use crate::substitute::below;

/// Faults that are told. Nobody mends more at once, and each is compared with those before it.
const MOST: usize = 100;

/// The first faults of one reading, each told once, in the order they were found.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<String>>);

impl Faults {
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0.into_inner()
    }

    fn add(&self, line: String) {
        let mut lines = self.0.borrow_mut();
        if lines.len() < MOST && !lines.contains(&line) {
            lines.push(line);
        }
    }
}

/// A place, with the value that stands there if one does.
#[derive(Debug)]
pub(crate) struct Key<'a> {
    value: Option<&'a Value>,
    path: String,
    faults: &'a Faults,
}

impl<'a> Key<'a> {
    /// The whole file.
    pub(crate) fn root(value: &'a Value, faults: &'a Faults) -> Self {
        Self {
            value: Some(value),
            path: String::new(),
            faults,
        }
    }

    /// Says what is wrong here, without saying what stands here.
    pub(crate) fn wrong(&self, what: &str) {
        let line = match self.path.as_str() {
            "" => format!("the configuration {what}"),
            path => format!("{path} {what}"),
        };
        self.faults.add(line);
    }

    /// Whether anything stands here.
    pub(crate) fn is_there(&self) -> bool {
        self.value.is_some()
    }

    /// A member of the object here.
    pub(crate) fn at(&self, name: &str) -> Self {
        let object = self.take("must be an object", Value::as_object);
        Self {
            value: object.and_then(|object| object.get(name)),
            path: below(&self.path, name),
            faults: self.faults,
        }
    }

    /// The members of the object here, by name.
    pub(crate) fn members(&self) -> Vec<(&'a str, Self)> {
        let object = self.take("must be an object", Value::as_object);
        let names = object.into_iter().flatten().map(|(name, _)| name.as_str());
        names.map(|name| (name, self.at(name))).collect()
    }

    /// The places in the list here.
    pub(crate) fn list(&self) -> Vec<Self> {
        let list = self.take("must be a list", Value::as_array);
        let places = list.into_iter().flatten().enumerate();
        let place = |(nth, value)| Self {
            value: Some(value),
            path: format!("{}[{nth}]", self.path),
            faults: self.faults,
        };
        places.map(place).collect()
    }

    /// A list of texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        let places = self.list();
        let texts = places.iter().filter_map(Self::text);
        texts.map(str::to_owned).collect()
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.take("must be a text", Value::as_str)
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.take("must be true or false", Value::as_bool)
    }

    /// A number.
    pub(crate) fn number(&self) -> Option<f64> {
        self.take("must be a number", Value::as_f64)
    }

    /// A number without a fraction, however it is written: `1e3` and `1000.0` are whole.
    pub(crate) fn whole(&self) -> Option<i64> {
        self.take("must be a whole number", whole)
    }

    /// One of some words.
    pub(crate) fn one_of<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let word = self.text()?;
        let found = words.iter().find(|(known, _)| *known == word);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(known, _)| *known).collect();
            self.wrong(&format!("must be one of {}", known.join(", ")));
        }
        found.map(|(_, meaning)| meaning.clone())
    }

    fn take<T>(&self, otherwise: &str, take: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.value?;
        let taken = take(value);
        if taken.is_none() {
            self.wrong(otherwise);
        }
        taken
    }
}

/// Beyond 2^53 a double names no single whole number, and JavaScript refuses it as one.
fn whole(value: &Value) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    let number = value.as_f64()?;
    let fits = number.fract() == 0.0 && number.abs() <= LARGEST;
    fits.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(value: Value, read: impl Fn(&Key<'_>)) -> Vec<String> {
        let faults = Faults::default();
        read(&Key::root(&value, &faults));
        faults.into_lines()
    }

    #[test]
    fn the_first_hundred_faults_are_told() {
        let value = json!(vec![0; 200]);
        let told = faults(value, |root| drop(root.texts()));
        assert_eq!(told.len(), 100);
        assert_eq!(told[99], "[99] must be a text");
    }

    #[test]
    fn what_is_absent_is_no_fault() {
        let told = faults(json!({}), |root| {
            let key = root.at("a").at("b");
            assert!(key.text().is_none() && key.flag().is_none() && key.whole().is_none());
            assert!(key.list().is_empty() && !key.is_there());
        });
        assert!(told.is_empty());
    }

    #[test]
    fn every_wrong_value_is_told_once_with_its_place() {
        let value = json!({"t": 1, "f": "x", "n": [], "w": 1.5, "o": [], "l": ["x", null], "e": "s3cret", "z": null});
        let told = faults(value, |root| {
            root.at("t").text();
            root.at("t").text();
            root.at("f").flag();
            root.at("n").number();
            root.at("w").whole();
            root.at("o").at("below").text();
            assert_eq!(root.at("l").texts(), ["x"]);
            root.at("e").one_of(&[("a", ()), ("b", ())]);
            root.at("z").text();
        });
        let expected = [
            "t must be a text",
            "f must be true or false",
            "n must be a number",
            "w must be a whole number",
            "o must be an object",
            "l[1] must be a text",
            "e must be one of a, b",
            "z must be a text",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn whole_numbers_may_be_written_as_doubles() {
        assert_eq!(whole(&json!(1000.0)), Some(1000));
        assert_eq!(whole(&json!(-3)), Some(-3));
        assert_eq!(whole(&json!(1e300)), None);
        assert_eq!(whole(&json!("1")), None);
    }
}
