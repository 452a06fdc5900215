//! A key of a table after it was looked for.
//!
//! It knows neither TOML nor any key. The one surprise: a key that was there but wrong is [`Field::Faulty`], not absent,
//! so that one fault is not reported as two.

use toml::Spanned;

/// What became of a key.
#[derive(Debug, Clone, Default)]
pub(super) enum Field<T> {
    /// Nobody wrote it.
    #[default]
    Absent,
    /// It was wrong, which is noted already.
    Faulty,
    /// A good value and where it stands.
    Given(Spanned<T>),
}

impl<T> Field<T> {
    /// The value, wherever it stands.
    pub(super) fn get(&self) -> Option<&T> {
        self.given().map(Spanned::get_ref)
    }

    pub(super) fn given(&self) -> Option<&Spanned<T>> {
        match self {
            Field::Given(value) => Some(value),
            Field::Absent | Field::Faulty => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Field::Absent)
    }

    pub(super) fn value(self) -> Option<T> {
        self.into_given().map(Spanned::into_inner)
    }

    pub(super) fn into_given(self) -> Option<Spanned<T>> {
        match self {
            Field::Given(value) => Some(value),
            Field::Absent | Field::Faulty => None,
        }
    }

    /// What was written, if anything; nothing at all when that was wrong.
    pub(super) fn whole(self) -> Option<Option<T>> {
        match self {
            Field::Absent => Some(None),
            Field::Faulty => None,
            Field::Given(value) => Some(Some(value.into_inner())),
        }
    }

    /// This table laid over the inherited one, key by key.
    pub(super) fn merged(self, inherited: &Self, lay: impl FnOnce(T, &T) -> T) -> Self
    where
        T: Clone,
    {
        match (self, inherited) {
            (Field::Given(own), Field::Given(under)) => Field::Given(Spanned::new(
                own.span(),
                lay(own.into_inner(), under.get_ref()),
            )),
            (own, inherited) => own.or(inherited),
        }
    }

    /// This field, or the inherited one when nobody wrote this.
    pub(super) fn or(self, inherited: &Self) -> Self
    where
        T: Clone,
    {
        if self.is_absent() {
            inherited.clone()
        } else {
            self
        }
    }
}
