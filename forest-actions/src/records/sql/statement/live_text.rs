//! Scans the text of a live query as the database reads it, to make sure that it cannot leave the brackets around it.
//!
//! The scanner understands quotes, comments and brackets, and no other SQL.

/// The lexical rules in which databases differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveSyntax {
    pub(crate) nests_comments: bool,
    /// `E'…'` and `$tag$ … $tag$`.
    pub(crate) has_escapes: bool,
    /// Names in backquotes and square brackets, and placeholders such as `?`, `:name`, `@name`.
    pub(crate) has_other_quotes: bool,
}

/// Why a live query is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LiveTextError {
    #[error("it contains a NUL character")]
    Nul,
    #[error("a variable is in a quoted text or a comment")]
    QuotedVariable,
    #[error("a bracket is not closed")]
    OpenBracket,
    #[error("a bracket is closed that was not opened")]
    UnexpectedBracket,
    #[error("a quoted text or a comment is not closed")]
    OpenQuote,
    #[error("it is more than one statement")]
    SeveralStatements,
    #[error("it contains a placeholder")]
    Placeholder,
}

pub(super) struct Scanner {
    syntax: LiveSyntax,
    state: State,
    depth: usize,
    problem: Option<LiveTextError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Plain,
    /// In a quoted text or name that ends with this character, which is escaped by doubling it; with `true` a backslash
    /// escapes too.
    Quoted(char, bool),
    /// In `$tag$ … $tag$`.
    DollarQuoted(String),
    LineComment,
    /// In this many nested comments.
    BlockComment(usize),
}

impl Scanner {
    pub(super) fn new(syntax: LiveSyntax) -> Self {
        Self {
            syntax,
            state: State::Plain,
            depth: 0,
            problem: None,
        }
    }

    /// Reads the next piece of text.
    pub(super) fn read(&mut self, text: &str) {
        let characters: Vec<char> = text.chars().collect();
        let mut position = 0;
        while let Some(character) = characters.get(position) {
            if *character == '\0' {
                self.refuse(LiveTextError::Nul);
            }
            let (before, rest) = characters.split_at(position);
            position += self.step(before, rest).max(1);
        }
    }

    /// Reads a variable.
    pub(super) fn read_value(&mut self) {
        if self.state != State::Plain {
            self.refuse(LiveTextError::QuotedVariable);
        }
    }

    /// Checks that the text may end here.
    pub(super) fn end(self) -> Result<(), LiveTextError> {
        match (self.problem, self.state) {
            (Some(problem), _) => Err(problem),
            (None, State::Plain | State::LineComment) if self.depth == 0 => Ok(()),
            (None, State::Plain | State::LineComment) => Err(LiveTextError::OpenBracket),
            (None, _) => Err(LiveTextError::OpenQuote),
        }
    }

    fn refuse(&mut self, problem: LiveTextError) {
        self.problem.get_or_insert(problem);
    }

    /// Reads a token at the start of `rest`, and returns its length.
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
                (Some('/'), Some('*')) if self.syntax.nests_comments => {
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
                None => self.refuse(LiveTextError::UnexpectedBracket),
            },
            ';' => self.refuse(LiveTextError::SeveralStatements),
            '\'' => {
                // only if the letter is a word of its own: the `E` of `LIKE'…'` is not
                let is_marked = match before {
                    [.., word, 'e' | 'E'] => !is_word(*word),
                    ['e' | 'E'] => true,
                    _ => false,
                };
                let has_escapes = self.syntax.has_escapes && is_marked;
                self.state = State::Quoted('\'', has_escapes);
            }
            '"' => self.state = State::Quoted('"', false),
            '`' if self.syntax.has_other_quotes => self.state = State::Quoted('`', false),
            '[' if self.syntax.has_other_quotes => self.state = State::Quoted(']', false),
            '-' if second == Some('-') => {
                self.state = State::LineComment;
                return 2;
            }
            '/' if second == Some('*') => {
                self.state = State::BlockComment(1);
                return 2;
            }
            '$' if !is_in_word && self.syntax.has_escapes => {
                if second.is_some_and(|digit| digit.is_ascii_digit()) {
                    self.refuse(LiveTextError::Placeholder);
                } else if let Some(tag) = dollar_tag(rest) {
                    let length = tag.chars().count();
                    self.state = State::DollarQuoted(tag);
                    return length;
                }
            }
            '?' if self.syntax.has_other_quotes => self.refuse(LiveTextError::Placeholder),
            ':' | '@' | '#' | '$' if self.syntax.has_other_quotes && !is_in_word && second.is_some_and(is_word) => {
                self.refuse(LiveTextError::Placeholder);
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

#[cfg(test)]
mod tests {
    use super::*;

    const POSTGRES: LiveSyntax = LiveSyntax {
        nests_comments: true,
        has_escapes: true,
        has_other_quotes: false,
    };

    const SQLITE: LiveSyntax = LiveSyntax {
        nests_comments: false,
        has_escapes: false,
        has_other_quotes: true,
    };

    fn read(syntax: LiveSyntax, text: &str) -> Result<(), LiveTextError> {
        let mut scanner = Scanner::new(syntax);
        scanner.read(text);
        scanner.end()
    }

    #[test]
    fn postgres_text_cannot_leave_its_brackets() {
        let is_fine = |text| read(POSTGRES, text).is_ok();
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
    fn sqlite_text_cannot_leave_its_brackets() {
        let is_fine = |text| read(SQLITE, text).is_ok();
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
    fn variables_are_refused_in_quotes_and_comments() {
        for (before, after, is_fine) in [
            ("SELECT id FROM t WHERE a = ", " AND b = 1", true),
            ("SELECT id FROM t WHERE a = '", "'", false),
            ("SELECT id FROM t -- ", "\n", false),
            ("SELECT id FROM t WHERE a = (", ")", true),
        ] {
            let mut live = Scanner::new(POSTGRES);
            live.read(before);
            live.read_value();
            live.read(after);
            assert_eq!(live.end().is_ok(), is_fine, "{before}");
        }
    }
}
