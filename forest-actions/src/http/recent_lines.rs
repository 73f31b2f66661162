//! The lines of the log that the local page shows beside the calls it made.
//!
//! Owns the last of them, by the number that the page gives to each of its calls. Nothing is kept before the page is mounted,
//! and a line is only told to the caller who made the call. Written by the call log, read by the page's routes; knows
//! neither.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage as _, HttpRequest};

/// By which the page names a call.
const CALL: HeaderName = HeaderName::from_static("x-playground-call");

/// How many lines are kept.
const KEPT: usize = 64;

/// The lines that are kept, and whether any are.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_announced: AtomicBool,
    is_wanted: AtomicBool,
    lines: Mutex<VecDeque<Line>>,
}

#[derive(Debug)]
struct Line {
    call: String,
    caller: String,
    text: String,
}

/// A call whose line is wanted; lies in the request's extensions until its log takes it.
#[derive(Debug)]
struct Wanted {
    told: Told,
    call: String,
}

/// The line of one call, as its log writes it. Without anything in it when nobody wants it.
#[derive(Debug, Default)]
pub(super) struct LineTo {
    wanted: Option<Wanted>,
    caller: OnceCell<String>,
}

impl Told {
    /// Whether this is the first page that somebody wants to mount.
    pub(crate) fn is_first(&self) -> bool {
        !self.0.is_announced.swap(true, Ordering::Relaxed)
    }

    /// Keeps lines from now on: there is a page that can show them.
    pub(crate) fn begin(&self) {
        self.0.is_wanted.store(true, Ordering::Relaxed);
    }

    /// Marks a request whose line is wanted.
    pub(super) fn watch(&self, req: &HttpRequest) {
        if !self.0.is_wanted.load(Ordering::Relaxed) {
            return;
        }
        let call = req.headers().get(CALL).and_then(|value| value.to_str().ok());
        if let Some(call) = call.filter(|call| is_call(call)) {
            req.extensions_mut().insert(Wanted {
                told: self.clone(),
                call: call.to_owned(),
            });
        }
    }

    /// The line of a call that this caller made.
    pub(crate) fn line(&self, call: &str, caller: &str) -> Option<String> {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.iter().find(|line| line.call == call && line.caller == caller);
        line.map(|line| line.text.clone())
    }

    fn keep(&self, line: Line) {
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|other| other.call != line.call || other.caller != line.caller);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl LineTo {
    /// Takes the mark of a request.
    pub(super) fn of(req: &HttpRequest) -> Self {
        Self {
            wanted: req.extensions_mut().remove::<Wanted>(),
            caller: OnceCell::new(),
        }
    }

    /// Who calls, once that is known; a call of nobody is told to nobody.
    pub(super) fn caller(&self, id: &str) {
        if self.wanted.is_some() {
            let _ = self.caller.set(id.to_owned());
        }
    }

    /// Keeps the line. `text` is only asked for when somebody wants it.
    pub(super) fn write(&self, text: impl FnOnce() -> String) {
        if let (Some(Wanted { told, call }), Some(caller)) = (&self.wanted, self.caller.get()) {
            told.keep(Line {
                call: call.clone(),
                caller: caller.clone(),
                text: text(),
            });
        }
    }
}

/// Whether a header's text can be the name of a call.
fn is_call(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn call(told: &Told, name: &str, caller: Option<&str>, text: &str) {
        let req = TestRequest::default().insert_header((CALL, name)).to_http_request();
        told.watch(&req);
        let line = LineTo::of(&req);
        if let Some(caller) = caller {
            line.caller(caller);
        }
        line.write(|| text.to_owned());
    }

    #[test]
    fn a_line_is_told_to_whoever_made_the_call_and_to_nobody_else() {
        let told = Told::default();
        told.begin();
        call(&told, "call-0001", Some("1"), "of one");
        call(&told, "call-0001", Some("2"), "of two");
        call(&told, "call-0002", None, "of nobody");
        assert_eq!(told.line("call-0001", "1").as_deref(), Some("of one"));
        assert_eq!(told.line("call-0001", "2").as_deref(), Some("of two"));
        assert_eq!(told.line("call-0001", "3"), None);
        assert_eq!(told.line("call-0002", ""), None);
    }

    #[test]
    fn only_the_last_lines_are_kept_and_none_before_the_page_is_mounted() {
        let told = Told::default();
        call(&told, "call-early", Some("1"), "early");
        told.begin();
        for number in 0..=KEPT {
            call(&told, &format!("call-{number:04}"), Some("1"), "a line");
        }
        assert_eq!(told.line("call-early", "1"), None);
        assert_eq!(told.line("call-0000", "1"), None);
        assert!(told.line("call-0001", "1").is_some() && told.line("call-0064", "1").is_some());
    }

    #[test]
    fn a_name_that_no_page_gives_is_not_kept() {
        let told = Told::default();
        told.begin();
        for name in ["short", "with space", "dotted.name", &"x".repeat(65)] {
            call(&told, name, Some("1"), "a line");
            assert_eq!(told.line(name, "1"), None, "{name}");
        }
    }
}
