//! The routes that agents read facts from: the person who logs in, the environment, the users, a rendering, the IP
//! rules (protocol: permissions).

use super::answer::Answer;
use super::provider::LoginRefusal;
use super::requests::RecordedRequest;
use super::shared::Shared;

/// `GET /liana/v2/renderings/:id/authorization`.
pub(super) fn authorization(shared: &Shared, request: &RecordedRequest, rendering: &str) -> Answer {
    let state = shared.state();
    let token = request.header("forest-token").unwrap_or_default();
    let Some(user) = state.provider.user_of(token) else {
        return Answer::error(
            401,
            "UnauthorizedError",
            "the access token is missing, unknown or expired",
        );
    };
    if rendering.parse::<u64>().is_err() {
        return unknown_rendering();
    }
    match state.provider.refusal(user) {
        Some(LoginRefusal::NoAccess) => Answer::error(403, "ForbiddenError", "You cannot access this project"),
        Some(LoginRefusal::TwoFactorRequired) => Answer::error(
            403,
            "TwoFactorAuthenticationRequiredForbiddenError",
            "Two factor authentication is required",
        ),
        Some(LoginRefusal::UnknownProject) => Answer::error(404, "NotFoundError", "project not found"),
        Some(LoginRefusal::InconsistentRendering) => Answer::error(
            422,
            "UnprocessableEntityError",
            "the rendering does not belong to the environment",
        ),
        None => Answer::json(200, &state.user_or_stranger(user).authorized()),
    }
}

/// `GET /liana/v4/permissions/environment`.
pub(super) fn environment(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().environment())
}

/// `GET /liana/v4/permissions/users`.
pub(super) fn users(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().user_list())
}

/// `GET /liana/v4/permissions/renderings/:id`. Nobody has to declare a rendering: its team then sees everything.
pub(super) fn rendering(shared: &Shared, id: &str) -> Answer {
    let Ok(id) = id.parse::<u64>() else {
        return unknown_rendering();
    };
    Answer::json(200, &shared.state().rendering(id))
}

/// `GET /liana/v1/ip-whitelist-rules`.
pub(super) fn ip_rules(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().ip_rules.to_json())
}

fn unknown_rendering() -> Answer {
    Answer::error(404, "NotFoundError", "rendering not found")
}
