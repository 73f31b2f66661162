//! The actions of users; offered on a company's related users as well.

use actix_web::HttpRequest;
use forest_actions::prelude::*;
use serde_json::json;

use crate::database::Database;
use crate::impersonations::{self, Impersonations};

#[smart_action(collection = "users", name = "Reset password", kind = "single")]
async fn reset_password(id: RecordId<i64>, db: web::Data<Database>) -> ActionResult {
    let name: Option<String> = sqlx::query_scalar(
        "UPDATE users SET must_change_password = TRUE WHERE id = $1 RETURNING firstname || ' ' || lastname",
    )
    .bind(*id)
    .fetch_optional(db.pool())
    .await?;
    let name = name.ok_or_else(|| no_user(*id))?;
    Ok(success(format!("{name} must choose a new password at the next login.")))
}

/// The user's own browser brings a ticket to the application, which sets its session cookie there, and then goes to it.
#[smart_action(collection = "users", name = "Impersonate", kind = "single")]
async fn impersonate(
    id: RecordId<i64>,
    caller: Caller,
    db: web::Data<Database>,
    application: web::Data<Impersonations>,
    req: HttpRequest,
) -> ActionResult {
    let email: Option<String> = sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
        .bind(*id)
        .fetch_optional(db.pool())
        .await?;
    let email = email.ok_or_else(|| no_user(*id))?;
    tracing::info!(user = *id, by = caller.id, "somebody becomes another user");
    // here the application is part of the demo; yours has an address of its own
    let host = req.connection_info().host().to_owned();
    let address = format!("http://{host}{}", impersonations::PATH);
    let sign_in = Webhook::post(&address)
        .header("x-requested-by", "forest-actions-live-demo")
        .json(&json!({ "ticket": application.ticket(&email), "asked_by": caller.email }));
    Ok(success(format!("You are now {email}."))
        .webhook(sign_in)
        .redirect_to(address))
}

fn no_user(id: i64) -> ActionError {
    ActionError::not_found(format!("There is no user {id}."))
}

#[cfg(test)]
mod tests {
    use forest_actions::ErrorKind;

    use super::*;
    use crate::database::testing::fresh;

    #[actix_web::test]
    async fn a_password_reset_changes_exactly_one_user() {
        let db = web::Data::new(fresh().await);
        assert!(reset_password(RecordId(5), db.clone()).await.is_ok());
        let marked: Vec<i64> = sqlx::query_scalar("SELECT id FROM users WHERE must_change_password = TRUE")
            .fetch_all(db.pool())
            .await
            .unwrap();
        assert_eq!(marked, [5]);
        assert_eq!(
            reset_password(RecordId(9999), db).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
