//! `POST /forest/authentication/logout`: the browser forgets its session.
//!
//! No agent of today sets the cookie, but all read it, so it is expired with the attributes that it was once set with. A
//! session token itself stays valid until it expires: there is no list of sessions anywhere.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::step::{Outcome, Step};

const EXPIRED: &str =
    "forest_session_token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=None";

pub(super) fn logout(req: &HttpRequest) -> HttpResponse {
    let answer = HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, EXPIRED))
        .finish();
    Step::Logout.log(req.method()).end(Outcome::default(), Ok(answer))
}
