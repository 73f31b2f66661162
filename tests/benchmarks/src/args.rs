//! The command line of a benchmark: `--name value` pairs and plain `--flags`, nothing else.
//!
//! Bounds are given by the caller with each number, so that no typing slip turns a benchmark into a load test of hours.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::Outcome;

/// The options of one run.
#[derive(Debug)]
pub struct Args {
    values: HashMap<String, String>,
    flags: Vec<String>,
}

impl Args {
    /// Reads the program's own arguments; `names` take a value, `flags` do not.
    ///
    /// # Errors
    /// An option that is in neither list, or has no value; the text lists what there is.
    pub fn read(names: &[&str], flags: &[&str]) -> Outcome<Self> {
        let mut read = Self {
            values: HashMap::new(),
            flags: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let name = word.trim_start_matches("--");
            if flags.contains(&name) {
                read.flags.push(name.to_owned());
            } else if names.contains(&name) {
                let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
                read.values.insert(name.to_owned(), value);
            } else {
                let known: Vec<String> = names
                    .iter()
                    .map(|name| format!("--{name} VALUE"))
                    .chain(flags.iter().map(|flag| format!("--{flag}")))
                    .collect();
                return Err(format!("`{word}` is no option; there are {}", known.join(", ")).into());
            }
        }
        Ok(read)
    }

    /// Whether the flag was given.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// The text of an option, if it was given.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A number within bounds.
    ///
    /// # Errors
    /// What was given is no number, or lies outside.
    pub fn number(&self, name: &str, default: u64, bounds: RangeInclusive<u64>) -> Outcome<u64> {
        let number = match self.text(name) {
            Some(text) => text.parse()?,
            None => default,
        };
        if bounds.contains(&number) {
            Ok(number)
        } else {
            Err(format!(
                "--{name} is {number}, and must lie from {} to {}",
                bounds.start(),
                bounds.end()
            )
            .into())
        }
    }

    /// A comma-separated list of counts, each from 1 to `most`.
    ///
    /// # Errors
    /// An element is no number, or lies outside.
    pub fn counts(&self, name: &str, default: &[usize], most: usize) -> Outcome<Vec<usize>> {
        let Some(text) = self.text(name) else {
            return Ok(default.to_vec());
        };
        let mut counts = Vec::new();
        for element in text.split(',') {
            let count: usize = element.trim().parse()?;
            if !(1..=most).contains(&count) {
                return Err(format!("--{name}: {count} must lie from 1 to {most}").into());
            }
            counts.push(count);
        }
        Ok(counts)
    }
}
