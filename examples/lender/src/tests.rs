//! The fourteen actions against a fake Forest server, on both databases.

use actix_web::App;
use forest_actions::testing::TestForest;
use forest_actions::{Forest, FormFile};
use sqlx::ConnectOptions as _;

use crate::database::Database;

async fn start(url: &str) -> TestForest {
    let database = Database::open(url).await.unwrap();
    let state = crate::state(database.clone());
    let agent = crate::agent(Forest::builder(), &database);
    let forest = TestForest::start(agent, |forest| App::new().configure(state).configure(forest.routes()));
    forest.await.unwrap()
}

/// Runs a test on SQLite, and on PostgreSQL where there is a server.
async fn on_each(test: impl AsyncFn(TestForest)) {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}/lender.sqlite?mode=rwc", directory.path().display());
    test(start(&sqlite).await).await;
    if let Some(database) = forest_test_postgres::database().await {
        let url = database.connect_options().to_url_lossy();
        test(start(url.as_str()).await).await;
    }
}

#[actix_web::test]
async fn fourteen_actions_of_two_crates_are_linked() {
    on_each(async |forest| {
        assert_eq!(forest.forest().actions().len(), 14);
        let doctor = forest.forest().doctor().await.to_string();
        assert!(
            doctor.contains("lender (13 actions), lender-reminders (1 action)"),
            "{doctor}"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_loan_is_decided_once_and_with_an_approval() {
    on_each(async |forest| {
        forest
            .fake()
            .grant("Clerk", "loans", "Approve")
            .requires_approval("loans", "Approve");
        forest
            .fake()
            .role("Manager")
            .may_trigger("loans", "Approve")
            .may_approve("loans", "Approve");
        let (clerk, manager) = (forest.user("Clerk"), forest.user("Manager"));
        let request = clerk
            .trigger("loans", "Approve")
            .ids(["BRE|1"])
            .await
            .request_approval();
        assert_eq!(manager.approve(&request).await.success(), "Loan BRE-1 approved");
        let again = manager.trigger("loans", "Approve").ids(["BRE|1"]).await;
        assert_eq!((again.status(), again.error_name()), (409, "LoanNotPending"));

        let rejection = forest.admin().trigger("loans", "Reject").ids(["PAR|1"]);
        let rejection = rejection
            .value("Reason", "Other")
            .value("Other reason", "Withdrawn")
            .await;
        assert_eq!(rejection.success(), "Rejected");
    })
    .await;
}

#[actix_web::test]
async fn loans_are_written_off_together_or_not_at_all() {
    on_each(async |forest| {
        let ada = forest.admin();
        let all = ada.trigger("loans", "Write off").all().await;
        assert!(all.error().contains("nothing was written off"), "{all}");
        let two = ada.trigger("loans", "Write off").ids(["BRE|2", "LEE|1"]).await;
        assert_eq!(two.success(), "2 loans written off");
        let note = ada
            .trigger("loans", "Add a note")
            .ids(["BRE|2"])
            .value("Note", "Sad")
            .await;
        assert_eq!(note.success(), "Noted");
    })
    .await;
}

#[actix_web::test]
async fn payments_come_and_statements_go() {
    on_each(async |forest| {
        let ada = forest.admin();
        let file = "loan,paid_on,amount_cents\nBRE-2,2024-05-15,100\nBRE-2,2024-05-16,ten\nNO-1,2024-05-16,5\n";
        let file = FormFile::new("payments.csv", "text/csv", file).to_data_uri();
        let answer = ada.trigger("payments", "Import payments").value("Payments", file).await;
        assert_eq!(answer.success(), "1 payments imported");
        assert!(
            answer.json()["html"].as_str().unwrap().contains("lines 3, 4"),
            "{answer}"
        );
        let csv = ada.trigger("loans", "Statement (CSV)").all().await.file();
        assert!(String::from_utf8_lossy(&csv.bytes).contains("BRE-2,approved,120000,0"));
        let pdf = ada.trigger("loans", "Statement (PDF)").ids(["BRE|2"]).await.file();
        assert_eq!((pdf.name.as_str(), &pdf.bytes[..5]), ("BRE-2.pdf", &b"%PDF-"[..]));
    })
    .await;
}

#[actix_web::test]
async fn an_interest_run_goes_on_after_its_answer() {
    on_each(async |forest| {
        let ada = forest.admin();
        let answer = ada.trigger("loans", "Recalculate interest").all().await;
        assert_eq!(answer.success(), "Recalculating the interest of 4 loans");
        loop {
            let state = ada.trigger("loans", "Interest run").await;
            if state.json()["html"] == "<p>The run has ended: 4 loans done</p>" {
                break;
            }
            actix_web::rt::task::yield_now().await;
        }
        let cancelled = ada.trigger("loans", "Cancel the interest run").await;
        assert_eq!(cancelled.success(), "The run ends after the current loan");
    })
    .await;
}

#[actix_web::test]
async fn customers_are_checked_edited_impersonated_and_reminded() {
    on_each(async |forest| {
        let ada = forest.admin();
        assert_eq!(
            ada.trigger("customers", "Credit check").ids([1]).await.success(),
            "The score is 615"
        );
        let form = ada.open("customers", "Edit").ids([1]).await.unwrap();
        assert_eq!(form.value("City"), "Bremen");
        for (email, status) in [("nobody@b.c", 400), ("busy@b.c", 429), ("away@b.c", 422)] {
            let edit = ada.trigger("customers", "Edit").ids([3]).value("Email", email).await;
            assert_eq!(edit.success(), "Saved");
            assert_eq!(ada.trigger("customers", "Credit check").ids([3]).await.status(), status);
        }
        let answer = ada.trigger("customers", "Impersonate").ids([1]).await;
        assert_eq!(answer.webhook().url, "https://customers.example.com/sessions");
        let results = ada.trigger("customers", "Send a reminder").ids([1, 2, 3]).await;
        assert_eq!(results.results().ids("no_e_mail_address"), ["2"]);
    })
    .await;
}
