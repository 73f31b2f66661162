//! A diagnosis as one screen of plain text: aligned, at most a hundred columns, without colours. Names of actions are escaped
//! here; other texts from outside were escaped where they were read.

use std::fmt;

use super::finding::{Diagnosis, Finding, Severity, Topic};

const WIDTH: usize = 100;
/// Maximum number of actions on a screen, except with `{:#}`.
const MOST_ACTIONS: usize = 20;
/// Maximum width of the column of names; a longer name has a line of its own.
const WIDEST_NAME: usize = 36;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (actions, agent): (Vec<&Finding>, Vec<&Finding>) = self
            .findings()
            .iter()
            .partition(|finding| finding.topic == Topic::Action);
        writeln!(
            f,
            "forest-actions doctor: {}",
            Tally::of(self.findings().iter()).verdict()
        )?;
        writeln!(f)?;
        for finding in agent {
            entry(
                f,
                finding.severity,
                &format!("{:<11}", finding.topic.to_string()),
                finding,
            )?;
        }
        if actions.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        writeln!(
            f,
            "{}: {}",
            plural(actions.len(), "action"),
            Tally::of(actions.iter().copied()).listed()
        )?;
        writeln!(f)?;
        let (shown, hidden) = choose(actions, f.alternate());
        let width = shown
            .iter()
            .map(|finding| name(finding).chars().count())
            .filter(|width| *width <= WIDEST_NAME)
            .max()
            .unwrap_or(0);
        for finding in &shown {
            entry(f, finding.severity, &format!("{:<width$}", name(finding)), finding)?;
        }
        if !hidden.is_empty() {
            writeln!(
                f,
                "  and {} more: {}",
                hidden.len(),
                Tally::of(hidden.into_iter()).listed()
            )?;
        }
        Ok(())
    }
}

/// Splits the actions into those that are shown, the most severe first, and those that are only counted.
fn choose(actions: Vec<&Finding>, all: bool) -> (Vec<&Finding>, Vec<&Finding>) {
    let mut by_severity: Vec<(usize, &Finding)> = actions.into_iter().enumerate().collect();
    by_severity.sort_by_key(|(place, finding)| (std::cmp::Reverse(finding.severity), *place));
    let shown = if all {
        by_severity.len()
    } else {
        MOST_ACTIONS.min(by_severity.len())
    };
    let hidden = by_severity.split_off(shown);
    (without_places(by_severity), without_places(hidden))
}

fn without_places<T>(placed: Vec<(usize, T)>) -> Vec<T> {
    placed.into_iter().map(|(_, item)| item).collect()
}

fn name(finding: &Finding) -> String {
    let name = finding.subject.as_deref().unwrap_or_default();
    crate::text::excerpt(name, WIDTH / 2)
}

/// Writes the severity, a label, the text beside it, and the advice below the text.
fn entry(f: &mut fmt::Formatter<'_>, severity: Severity, label: &str, finding: &Finding) -> fmt::Result {
    let head = format!("  {severity:<7}  {label}  ");
    let mut indent = head.chars().count();
    let mut lead = head;
    if label.chars().count() > WIDEST_NAME {
        writeln!(f, "{}", lead.trim_end())?;
        indent = 11;
        lead = " ".repeat(indent);
    }
    let blank = " ".repeat(indent);
    for line in wrapped(&finding.text, WIDTH - indent) {
        writeln!(f, "{lead}{line}")?;
        lead.clone_from(&blank);
    }
    let Some(advice) = &finding.advice else { return Ok(()) };
    let mut lead = format!("{blank}-> ");
    for line in wrapped(advice, WIDTH - indent - 3) {
        writeln!(f, "{lead}{line}")?;
        lead = format!("{blank}   ");
    }
    Ok(())
}

/// Wraps a text. A word that is longer than a line is broken.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let mut rest: Vec<char> = word.chars().collect();
        while length > width {
            let tail = rest.split_off(width);
            push(&mut lines, used > 0, &rest);
            lines.push(String::new());
            (rest, used, length) = (tail, 0, length - width);
        }
        push(&mut lines, used > 0, &rest);
        used += length + usize::from(used > 0);
    }
    lines
}

fn push(lines: &mut [String], spaced: bool, word: &[char]) {
    if let Some(line) = lines.last_mut() {
        if spaced {
            line.push(' ');
        }
        line.extend(word);
    }
}

struct Tally {
    ok: usize,
    warnings: usize,
    problems: usize,
}

impl Tally {
    fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut tally = Self {
            ok: 0,
            warnings: 0,
            problems: 0,
        };
        for finding in findings {
            match finding.severity {
                Severity::Ok => tally.ok += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Problem => tally.problems += 1,
            }
        }
        tally
    }

    fn verdict(&self) -> String {
        match (self.problems, self.warnings) {
            (0, 0) => "healthy".to_owned(),
            (0, warnings) => format!("healthy, with {}", plural(warnings, "warning")),
            (problems, 0) => plural(problems, "problem"),
            (problems, warnings) => format!("{}, {}", plural(problems, "problem"), plural(warnings, "warning")),
        }
    }

    fn listed(&self) -> String {
        let mut parts = Vec::new();
        if self.problems > 0 {
            parts.push(plural(self.problems, "problem"));
        }
        if self.warnings > 0 {
            parts.push(plural(self.warnings, "warning"));
        }
        if self.ok > 0 {
            parts.push(format!("{} ok", self.ok));
        }
        parts.join(", ")
    }
}

/// `1 action`, `2 actions`.
pub(super) fn plural(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Lists the first items, and the number of the others.
pub(super) fn some_of<T: fmt::Display>(items: &[T], most: usize) -> String {
    let shown: Vec<String> = items.iter().take(most).map(ToString::to_string).collect();
    match items.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
