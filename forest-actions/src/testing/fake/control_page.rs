//! `GET /`: the project on one page, with a button for everything that can be changed by hand. Plain HTML; each button is a
//! form that sends a command.

use std::fmt::{Display, Write as _};

use super::approval::{Approval, ApprovalStatus};
use super::html::{Escaped, page};
use super::rights::ActionRight;
use super::shared::Shared;
use super::state::State;

/// How many of each are shown.
const SHOWN: usize = 200;

/// The page.
pub(super) fn render(shared: &Shared) -> String {
    let subscribers = shared.events.count();
    let requests = requests(shared);
    let state = shared.state();
    let mut body = String::new();
    let _ = write!(
        body,
        "<p>A fake Forest server for tests, at <code>{}</code>. Project <b>{}</b>, agent at <code>{}</code>, \
         {subscribers} event streams.</p>",
        Escaped(shared.base_url()),
        Escaped(&state.project),
        Escaped(&state.agent_url),
    );
    let (words, on) = if state.is_development {
        ("Development: no permissions apply.", "false")
    } else {
        ("Permissions apply.", "true")
    };
    let _ = write!(
        body,
        "<p>{words} {}</p>",
        button("/control/development", &[("on", on)], "switch", false)
    );
    rights(&mut body, &state);
    users(&mut body, &state);
    approvals(&mut body, &state);
    body.push_str(&requests);
    page("Fake Forest server", &body)
}

/// A form of one button, with these hidden fields.
fn button(command: &str, fields: &[(&str, &str)], label: &str, is_on: bool) -> String {
    let mut form = format!("<form method=\"post\" action=\"{}\">", Escaped(command));
    for (name, value) in fields {
        let _ = write!(
            form,
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            Escaped(name),
            Escaped(value)
        );
    }
    let class = if is_on { " class=\"on\"" } else { "" };
    let _ = write!(form, "<button{class}>{}</button></form> ", Escaped(label));
    form
}

/// One table: a row for each action, a column for each role, a button for each right.
fn rights(body: &mut String, state: &State) {
    body.push_str(
        "<h2>Rights</h2><p>T: may trigger; R: needs approval; A: may approve; S: may approve its own. A star: under a \
         condition.</p><table><tr><th>Action</th>",
    );
    for role in &state.roles {
        let _ = write!(body, "<th>{}</th>", Escaped(&role.name));
    }
    body.push_str("</tr>");
    let actions = state.collections.iter();
    let actions = actions.flat_map(|(collection, entry)| entry.actions.iter().map(move |action| (collection, action)));
    for (collection, (action, entry)) in actions.take(SHOWN) {
        let _ = write!(body, "<tr><td>{}: {}</td>", Escaped(collection), Escaped(action));
        for role in &state.roles {
            body.push_str("<td>");
            for (right, letter) in ActionRight::ALL.into_iter().zip(["T", "R", "A", "S"]) {
                let is_allowed = entry.right(right).includes(role.id);
                let star = if entry.condition(right, role.id).is_some() {
                    "*"
                } else {
                    ""
                };
                let fields = [
                    ("role", role.name.as_str()),
                    ("collection", collection),
                    ("action", action),
                    ("right", right.name()),
                    ("allowed", if is_allowed { "false" } else { "true" }),
                ];
                body.push_str(&button(
                    "/control/rights",
                    &fields,
                    &format!("{letter}{star}"),
                    is_allowed,
                ));
            }
            body.push_str("</td>");
        }
        body.push_str("</tr>");
    }
    body.push_str("</table>");
}

fn users(body: &mut String, state: &State) {
    body.push_str("<h2>Users</h2><table><tr><th>Id</th><th>Name</th><th>E-mail</th><th>Role</th></tr>");
    for user in state.users.values().take(SHOWN) {
        row(
            body,
            &[
                &user.id(),
                &user.full_name(),
                &user.email(),
                &user.role_name().unwrap_or("none"),
            ],
        );
    }
    body.push_str("</table>");
}

fn approvals(body: &mut String, state: &State) {
    body.push_str(
        "<h2>Approvals</h2><table><tr><th>No.</th><th>Asks</th><th>Action</th><th>Records</th><th>Status</th></tr>",
    );
    for approval in state.approvals.iter().rev().take(SHOWN) {
        let status = match approval.status() {
            ApprovalStatus::Pending => decide(approval, state),
            ApprovalStatus::Approved => approved(approval, state),
            ApprovalStatus::Rejected => {
                let said = approval.comments().last().map_or("", |comment| comment.text.as_str());
                format!("rejected {}", Escaped(said))
            }
        };
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{}: {}</td><td>{}</td><td>{status}</td></tr>",
            approval.id(),
            Escaped(state.user_or_stranger(approval.requester()).full_name()),
            Escaped(approval.collection()),
            Escaped(approval.action()),
            Escaped(approval.record_ids().join(", ")),
        );
    }
    body.push_str("</table>");
}

/// The choice of who decides, and how.
fn decide(approval: &Approval, state: &State) -> String {
    let mut reviewers = String::new();
    for user in state.users.values().take(SHOWN) {
        let _ = write!(
            reviewers,
            "<option value=\"{}\">{}</option>",
            user.id(),
            Escaped(user.full_name())
        );
    }
    let at = format!("/control/approvals/{}", approval.id());
    format!(
        "<form method=\"post\" action=\"{at}/approve\"><select name=\"reviewer\">{reviewers}</select> \
         <button>approve</button> <button formaction=\"{at}/reject\">reject</button></form>"
    )
}

/// What to send to the agent, and how.
fn approved(approval: &Approval, state: &State) -> String {
    let Some(signed) = approval.approved_request() else {
        return String::new();
    };
    let reviewer = approval.reviewer().unwrap_or_default();
    let endpoint = state.endpoint(approval.collection(), approval.action());
    let endpoint = endpoint.unwrap_or_else(|| "/forest/actions/…".to_owned());
    let command = format!(
        "curl -X POST {} \\\n  -H {} \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(&format!(
            "{}/{}?timezone=UTC",
            state.agent_url,
            endpoint.trim_start_matches('/')
        )),
        quoted(&format!("Authorization: Bearer {}", state.session(reviewer).sign())),
        quoted(&signed.body().to_string()),
    );
    let name = Escaped(state.user_or_stranger(reviewer).full_name()).to_string();
    let command = Escaped(command);
    format!("approved by {name}; the browser now sends<br><textarea rows=\"4\" readonly>{command}</textarea>")
}

/// A word of a shell command.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The last requests, without their secrets.
fn requests(shared: &Shared) -> String {
    let mut table =
        "<h2>Last requests</h2><table><tr><th>Method</th><th>Path</th><th>Bytes</th><th>Status</th></tr>".to_owned();
    for request in shared.requests().all().rev().take(50) {
        let status = request.status.map_or("none".to_owned(), |status| status.to_string());
        row(
            &mut table,
            &[&request.method, &request.path, &request.body.len(), &status],
        );
    }
    table + "</table>"
}

fn row(table: &mut String, cells: &[&dyn Display]) {
    table.push_str("<tr>");
    for cell in cells {
        let _ = write!(table, "<td>{}</td>", Escaped(cell));
    }
    table.push_str("</tr>");
}
