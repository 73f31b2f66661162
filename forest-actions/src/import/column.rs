//! The declaration of a column: const data, as that of a form's field.

use std::fmt;
use std::marker::PhantomData;

use super::value::ImportValue;
use crate::form::Limits;
use crate::form::shape::{HasLength, HasRange};

/// A declared column.
#[derive(Clone, Copy)]
pub struct ColumnSpec {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// The column may be missing from the file.
    pub(super) is_optional: bool,
    pub(super) limits: Limits,
}

impl ColumnSpec {
    /// Starts the declaration of a column of type `T`, with this name in the header.
    ///
    /// ```
    /// use forest_actions::import::ColumnSpec;
    ///
    /// const AMOUNT: ColumnSpec = ColumnSpec::builder::<f64>("amount").aliases(&["total"]).min(0.5).build();
    /// assert_eq!(AMOUNT.name(), "amount");
    /// ```
    pub const fn builder<T: ImportValue>(name: &'static str) -> ColumnBuilder<T::Shape> {
        ColumnBuilder {
            column: Self {
                name,
                aliases: &[],
                is_optional: T::OPTIONAL,
                limits: Limits::NONE,
            },
            of: PhantomData,
        }
    }

    /// The name in the header.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Other names that the header may have.
    #[must_use]
    pub fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// Returns whether the column may be missing from a file.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.is_optional
    }
}

impl fmt::Debug for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnSpec")
            .field("name", &self.name)
            .field("aliases", &self.aliases)
            .field("is_optional", &self.is_optional)
            .finish_non_exhaustive()
    }
}

/// Declares a column whose type has the shape `S`; see [`ColumnSpec::builder`].
#[derive(Debug)]
#[must_use]
pub struct ColumnBuilder<S> {
    column: ColumnSpec,
    of: PhantomData<fn() -> S>,
}

impl<S> ColumnBuilder<S> {
    /// Other names that the header may have.
    pub const fn aliases(mut self, names: &'static [&'static str]) -> Self {
        self.column.aliases = names;
        self
    }

    /// The column may be missing from a file, and its cells may be empty.
    pub const fn optional(mut self) -> Self {
        self.column.is_optional = true;
        self
    }

    /// The smallest number.
    pub const fn min(mut self, min: f64) -> Self
    where
        S: HasRange,
    {
        self.column.limits.min = Some(min);
        self
    }

    /// The largest number.
    pub const fn max(mut self, max: f64) -> Self
    where
        S: HasRange,
    {
        self.column.limits.max = Some(max);
        self
    }

    /// The fewest characters.
    pub const fn min_length(mut self, characters: usize) -> Self
    where
        S: HasLength,
    {
        self.column.limits.min_length = Some(characters);
        self
    }

    /// The most characters.
    pub const fn max_length(mut self, characters: usize) -> Self
    where
        S: HasLength,
    {
        self.column.limits.max_length = Some(characters);
        self
    }

    /// A regular expression that a part of the text must match; anchor it to match the whole.
    pub const fn pattern(mut self, pattern: &'static str) -> Self
    where
        S: HasLength,
    {
        self.column.limits.pattern = Some(pattern);
        self
    }

    /// The declared column.
    #[must_use]
    pub const fn build(self) -> ColumnSpec {
        self.column
    }
}
