//! Decisions about loans, whose key has two parts.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use forest_actions::prelude::*;
use futures_util::future::LocalBoxFuture;
use serde_json::json;
use sqlx::AnyPool;

use crate::database::{LoanKey, new_id};

/// A caller who may decide, as an extractor of this program over one of the library.
pub(crate) struct Officer(pub(crate) Caller);

impl FromRequest for Officer {
    type Error = ActionError;
    type Future = LocalBoxFuture<'static, Result<Self, ActionError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(req, payload);
        Box::pin(async {
            match caller.await? {
                caller if caller.team == "Interns" => Err(ActionError::forbidden("Interns do not decide.")),
                caller => Ok(Self(caller)),
            }
        })
    }
}

/// Decides about a pending loan.
async fn decide(
    db: &AnyPool,
    key: &LoanKey,
    officer: Officer,
    status: &str,
    reason: Option<String>,
) -> ActionResult<()> {
    let update = "UPDATE loans SET status = $3, decided_by = $4, reason = $5 WHERE branch = $1 AND number = $2 AND status = 'pending'";
    let update = sqlx::query(update)
        .bind(key.0.clone())
        .bind(key.1)
        .bind(status.to_owned())
        .bind(officer.0.email)
        .bind(reason);
    match update.execute(db).await?.rows_affected() {
        0 => Err(ActionError::conflict("Only a pending loan can be decided.")
            .name("LoanNotPending")
            .data(json!({"branch": key.0, "number": key.1}))),
        _ => Ok(()),
    }
}

/// 1. A conflict has a name and data, for programs.
#[smart_action(collection = "loans", kind = "single")]
async fn approve(RecordId(id): RecordId<LoanKey>, officer: Officer, db: web::Data<AnyPool>) -> ActionResult {
    decide(&db, &id, officer, "approved", None).await?;
    Ok(success(format!("Loan {}-{} approved", id.0, id.1)))
}

#[derive(ActionEnum, Clone, Copy, PartialEq)]
enum Reason {
    Income,
    History,
    Other,
}

#[derive(ActionForm)]
#[form(labels = "sentence")]
struct Reject {
    #[field(change = reason_changed)]
    reason: Reason,
    other_reason: Option<String>,
}

async fn without_other_reason(mut form: FormState<Reject>) -> HookResult<Reject> {
    form.remove(Reject::OTHER_REASON);
    Ok(form)
}

async fn reason_changed(mut form: FormState<Reject>) -> HookResult<Reject> {
    if form.entered(Reject::REASON) == Some(Reason::Other) {
        form.restore(Reject::OTHER_REASON).set_required(true);
    } else {
        form.remove(Reject::OTHER_REASON);
    }
    Ok(form)
}

/// 2. A second field comes with a choice in the first.
#[smart_action(collection = "loans", kind = "single", load = without_other_reason)]
async fn reject(
    id: RecordId<LoanKey>,
    Form(form): Form<Reject>,
    officer: Officer,
    db: web::Data<AnyPool>,
) -> ActionResult {
    let reason = match (form.reason, form.other_reason) {
        (Reason::Other, None) => return Err(failure("Say which reason.")),
        (Reason::Other, Some(other)) => other,
        (reason, _) => reason.text().to_owned(),
    };
    decide(&db, &id, officer, "rejected", Some(reason)).await?;
    Ok(success("Rejected"))
}

/// 3. All or nothing: the keys are collected before the transaction takes a connection.
#[smart_action(collection = "loans", name = "Write off", max_records = 10_000)]
async fn write_off(ids: RecordIds<LoanKey>, db: web::Data<AnyPool>) -> ActionResult {
    let mut transaction = db.begin().await?;
    for (branch, number) in ids.iter() {
        let update =
            "UPDATE loans SET status = 'written_off' WHERE branch = $1 AND number = $2 AND status = 'approved'";
        let update = sqlx::query(update).bind(branch.clone()).bind(*number);
        if update.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Err(failure(format!(
                "Loan {branch}-{number} is not approved, so nothing was written off."
            )));
        }
    }
    transaction.commit().await?;
    Ok(success(format!("{} loans written off", ids.len())))
}

#[derive(ActionForm)]
struct Note {
    #[field(label = "Note", widget = text_area(rows = 4), max_length = 2000)]
    body: String,
}

/// 4. The list of notes beside the loan is loaded again.
#[smart_action(collection = "loans", name = "Add a note", kind = "single")]
async fn add_a_note(
    RecordId((branch, number)): RecordId<LoanKey>,
    Form(note): Form<Note>,
    caller: Caller,
    db: web::Data<AnyPool>,
) -> ActionResult {
    let insert = sqlx::query(
        "INSERT INTO audit_notes SELECT $1, reference, $2, $3 FROM loans WHERE branch = $4 AND number = $5",
    );
    let insert = insert.bind(new_id("note", 0)).bind(caller.full_name()).bind(note.body);
    insert.bind(branch).bind(number).execute(db.get_ref()).await?;
    Ok(success("Noted").refresh(["audit_notes"]))
}
