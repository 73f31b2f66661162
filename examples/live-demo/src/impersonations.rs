//! A minimal stand-in for the team's own application: "Impersonate" exchanges a ticket for a session, and a page shows
//! the user of that session.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::html::escape;

/// Path of the application below the demo's address.
pub(crate) const PATH: &str = "/impersonations";

const COOKIE: &str = "live_demo_session";

/// Lifetime of a ticket, and maximum number of tickets and sessions.
const GOOD_FOR: Duration = Duration::from_secs(60);
const KEPT: usize = 100;

/// The tickets that were given, and the sessions that were begun with them. One for all workers.
#[derive(Debug, Default)]
pub(crate) struct Impersonations {
    tickets: Kept<(Instant, String)>,
    sessions: Kept<String>,
}

/// The newest values by unguessable key.
#[derive(Debug)]
struct Kept<T>(Mutex<VecDeque<(String, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }
}

impl<T: Clone> Kept<T> {
    fn add(&self, value: T) -> String {
        let key = Uuid::new_v4().to_string();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((key.clone(), value));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        key
    }

    fn get(&self, key: &str) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(other, _)| other == key)
            .map(|(_, value)| value.clone())
    }

    fn take(&self, key: &str) -> Option<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = kept.iter().position(|(other, _)| other == key)?;
        kept.remove(index).map(|(_, value)| value)
    }
}

impl Impersonations {
    /// Issues a ticket for this user, valid once within a minute.
    pub(crate) fn ticket(&self, email: &str) -> String {
        self.tickets.add((Instant::now(), email.to_owned()))
    }
}

#[derive(Deserialize)]
struct Brought {
    ticket: String,
}

/// Adds the routes of the application.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource(PATH)
            .route(web::post().to(begin))
            .route(web::get().to(welcome)),
    );
}

/// Starts a session. The body has to be JSON, which a page of another site can send only after a CORS preflight.
async fn begin(brought: web::Json<Brought>, application: web::Data<Impersonations>) -> HttpResponse {
    let ticket = application.tickets.take(&brought.ticket);
    let Some((_, email)) = ticket.filter(|(given, _)| given.elapsed() < GOOD_FOR) else {
        return HttpResponse::Forbidden().body("this ticket is not good, or no longer");
    };
    let session = application.sessions.add(email);
    let cookie = format!("{COOKIE}={session}; Path={PATH}; HttpOnly; SameSite=Lax");
    HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, cookie))
        .finish()
}

/// Shows the user of the browser's session.
async fn welcome(req: HttpRequest, application: web::Data<Impersonations>) -> HttpResponse {
    let text = match session_of(&req).and_then(|session| application.sessions.get(session)) {
        Some(email) => format!("<h1>You are {}</h1>", escape(&email)),
        None => "<h1>You are nobody here yet</h1><p>Run “Impersonate” on a user.</p>".to_owned(),
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><title>The team's own application</title>{text}"
        ))
}

fn session_of(req: &HttpRequest) -> Option<&str> {
    let cookies = req.headers().get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test as http;
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn a_ticket_starts_one_session_and_the_page_shows_its_user() {
        let application = web::Data::new(Impersonations::default());
        let app = http::init_service(App::new().app_data(application.clone()).configure(routes)).await;
        let bring = |ticket: &str| {
            http::TestRequest::post()
                .uri(PATH)
                .set_json(json!({ "ticket": ticket }))
                .to_request()
        };
        let ticket = application.ticket("<zoe>@example.com");
        let begun = http::call_service(&app, bring(&ticket)).await;
        assert_eq!(begun.status(), 204);
        let cookie = begun.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        for wrong in [ticket.as_str(), "guessed"] {
            assert_eq!(http::call_service(&app, bring(wrong)).await.status(), 403, "{wrong}");
        }
        for (cookie, text) in [
            (cookie.as_str(), "You are &lt;zoe&gt;@example.com"),
            ("x=1", "You are nobody"),
        ] {
            let read = http::TestRequest::get()
                .uri(PATH)
                .insert_header((header::COOKIE, cookie));
            let page = http::call_and_read_body(&app, read.to_request()).await;
            assert!(std::str::from_utf8(&page).unwrap().contains(text), "{page:?}");
        }
    }
}
