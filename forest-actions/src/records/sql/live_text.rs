//! Reads the text of a live query as the database will, to know that it stays within its brackets.
//!
//! Changes nothing, and knows no more of SQL than what quotes, comments and brackets are.

use super::statement::Dialect;

/// A text while it is read.
pub(super) struct LiveText {
    dialect: Dialect,
    state: State,
    depth: usize,
    problem: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Where words, operators and brackets stand.
    Plain,
    /// Within a quoted text or name, until this character; it is doubled to stand for itself. `true` where a backslash
    /// escapes.
    Quoted(char, bool),
    /// Within `$tag$ … $tag$`.
    DollarQuoted(String),
    LineComment,
    /// This many of them are open.
    BlockComment(usize),
}

impl LiveText {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            state: State::Plain,
            depth: 0,
            problem: None,
        }
    }

    /// Reads a piece of text. Texts with a value between them are read as one.
    pub(super) fn read(&mut self, text: &str) {
        let characters: Vec<char> = text.chars().collect();
        let mut position = 0;
        while let Some(character) = characters.get(position) {
            if *character == '\0' {
                self.refuse("there is a NUL character in it");
            }
            let (before, rest) = characters.split_at(position);
            position += self.step(before, rest).max(1);
        }
    }

    /// Meets a value, which must stand where an expression may.
    pub(super) fn read_value(&mut self) {
        if self.state != State::Plain {
            self.refuse("a variable stands within a quoted text or a comment");
        }
    }

    /// Whether the text ends where it may.
    pub(super) fn end(self) -> Result<(), &'static str> {
        match (self.problem, self.state) {
            (Some(problem), _) => Err(problem),
            (None, State::Plain | State::LineComment) if self.depth == 0 => Ok(()),
            (None, State::Plain | State::LineComment) => Err("a bracket is not closed"),
            (None, _) => Err("a quoted text or a comment is not closed"),
        }
    }

    fn refuse(&mut self, problem: &'static str) {
        self.problem.get_or_insert(problem);
    }

    /// Reads what stands at the start of `rest`, and says how many characters that were.
    fn step(&mut self, before: &[char], rest: &[char]) -> usize {
        let (first, second) = (rest.first().copied(), rest.get(1).copied());
        match &mut self.state {
            State::Plain => self.plain(before, rest),
            State::Quoted(end, has_escapes) => match first {
                Some('\\') if *has_escapes => 2,
                Some(character) if character == *end && second == Some(*end) && *end != ']' => 2,
                Some(character) if character == *end => {
                    self.state = State::Plain;
                    1
                }
                _ => 1,
            },
            State::DollarQuoted(tag) => {
                let tag_length = tag.chars().count();
                let is_end = tag.chars().eq(rest.iter().copied().take(tag_length));
                if is_end {
                    self.state = State::Plain;
                    tag_length
                } else {
                    1
                }
            }
            State::LineComment => {
                if first == Some('\n') {
                    self.state = State::Plain;
                }
                1
            }
            State::BlockComment(open) => match (first, second) {
                (Some('*'), Some('/')) => {
                    *open -= 1;
                    if *open == 0 {
                        self.state = State::Plain;
                    }
                    2
                }
                (Some('/'), Some('*')) if self.dialect.nests_comments() => {
                    *open += 1;
                    2
                }
                _ => 1,
            },
        }
    }

    fn plain(&mut self, before: &[char], rest: &[char]) -> usize {
        let Some(first) = rest.first().copied() else { return 1 };
        let second = rest.get(1).copied();
        let is_in_word = before.last().copied().is_some_and(is_word);
        match first {
            '(' => self.depth += 1,
            ')' => match self.depth.checked_sub(1) {
                Some(depth) => self.depth = depth,
                None => self.refuse("a bracket is closed that was not opened"),
            },
            ';' => self.refuse("there is more than one statement"),
            '\'' => {
                // the letter is a word of its own: that of `LIKE'…'` is not
                let is_marked = match before {
                    [.., word, 'e' | 'E'] => !is_word(*word),
                    ['e' | 'E'] => true,
                    _ => false,
                };
                let has_escapes = self.dialect.has_escapes() && is_marked;
                self.state = State::Quoted('\'', has_escapes);
            }
            '"' => self.state = State::Quoted('"', false),
            '`' if self.dialect.has_other_quotes() => self.state = State::Quoted('`', false),
            '[' if self.dialect.has_other_quotes() => self.state = State::Quoted(']', false),
            '-' if second == Some('-') => {
                self.state = State::LineComment;
                return 2;
            }
            '/' if second == Some('*') => {
                self.state = State::BlockComment(1);
                return 2;
            }
            '$' if !is_in_word && self.dialect.has_escapes() => {
                if second.is_some_and(|digit| digit.is_ascii_digit()) {
                    self.refuse("there is a placeholder in it");
                } else if let Some(tag) = dollar_tag(rest) {
                    let length = tag.chars().count();
                    self.state = State::DollarQuoted(tag);
                    return length;
                }
            }
            '?' if self.dialect.has_other_quotes() => self.refuse("there is a placeholder in it"),
            ':' | '@' | '#' | '$' if self.dialect.has_other_quotes() && !is_in_word && second.is_some_and(is_word) => {
                self.refuse("there is a placeholder in it");
            }
            _ => {}
        }
        1
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// `$$` or `$tag$` at the start.
fn dollar_tag(rest: &[char]) -> Option<String> {
    let length = rest.iter().skip(1).position(|character| *character == '$')?;
    let tag: String = rest.get(..length + 2)?.iter().collect();
    let name = rest.get(1..=length)?;
    (name.iter().all(|character| is_word(*character)) && !name.first().is_some_and(char::is_ascii_digit)).then_some(tag)
}

impl Dialect {
    fn nests_comments(self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => false,
            #[cfg(feature = "postgres")]
            Self::Postgres => true,
        }
    }

    /// `E'…'` and `$tag$ … $tag$`.
    fn has_escapes(self) -> bool {
        self.nests_comments()
    }

    /// Names in backquotes and square brackets, and placeholders such as `?`, `:name`, `@name`.
    fn has_other_quotes(self) -> bool {
        !self.nests_comments()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, text: &str) -> Result<(), &'static str> {
        let mut live = LiveText::new(dialect);
        live.read(text);
        live.end()
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn a_text_of_postgres_stays_within_its_brackets() {
        let is_fine = |text| read(Dialect::Postgres, text).is_ok();
        for text in [
            "SELECT id FROM t",
            "SELECT id FROM t -- a comment with ( and '",
            "SELECT id FROM t WHERE a = ')' AND \"b)\" = 'it''s $1 ; ('",
            "SELECT id FROM t WHERE a = E'\\')' AND b ? 'k' AND c @> '{}'::jsonb",
            "SELECT id FROM t WHERE a = $$ ) ; $1 $$ AND b = $tag$ $$ ) $tag$",
            "SELECT id /* ) /* ; */ ( */ FROM t WHERE a[1] = 2",
            "SELECT id FROM t WHERE a$1 = 2",
            "SELECT id FROM t WHERE a LIKE'\\' AND b = ')'",
        ] {
            assert!(is_fine(text), "{text}");
        }
        for text in [
            "SELECT id FROM t)",
            "SELECT id FROM t) OR (1 = 1",
            "SELECT id FROM t; DELETE FROM t",
            "SELECT id FROM t WHERE a = $1",
            "SELECT id FROM t WHERE a = 'open",
            "SELECT id FROM t /* open",
            "SELECT id FROM t /* /* */",
            "SELECT id FROM (t",
            "SELECT id FROM t WHERE a = $x$ open",
            "SELECT id FROM t WHERE a = '\0'",
            "SELECT id FROM t WHERE a = '\\' ) OR (1 = 1 --'",
        ] {
            assert!(!is_fine(text), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "sqlite")]
    fn a_text_of_sqlite_stays_within_its_brackets() {
        let is_fine = |text| read(Dialect::Sqlite, text).is_ok();
        for text in [
            "SELECT id FROM t WHERE a = '?' AND [b)] = `c)` AND [d]=1",
            "SELECT id /* /* */ FROM t",
            "SELECT id FROM t WHERE a = 'x\\'",
        ] {
            assert!(is_fine(text), "{text}");
        }
        for text in [
            "SELECT id FROM t WHERE a = ?",
            "SELECT id FROM t WHERE a = ?1",
            "SELECT id FROM t WHERE a = :name",
            "SELECT id FROM t WHERE a = @name",
            "SELECT id FROM t WHERE a = $name",
            "SELECT id FROM t) /*",
            "SELECT id FROM t /*",
            "SELECT id FROM t WHERE [a = 1",
        ] {
            assert!(!is_fine(text), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn a_variable_stands_by_itself() {
        for (before, after, is_fine) in [
            ("SELECT id FROM t WHERE a = ", " AND b = 1", true),
            ("SELECT id FROM t WHERE a = '", "'", false),
            ("SELECT id FROM t -- ", "\n", false),
            ("SELECT id FROM t WHERE a = (", ")", true),
        ] {
            let mut live = LiveText::new(Dialect::Postgres);
            live.read(before);
            live.read_value();
            live.read(after);
            assert_eq!(live.end().is_ok(), is_fine, "{before}");
        }
    }
}
