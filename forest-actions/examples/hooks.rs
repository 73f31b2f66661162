//! A form that is filled in when it opens and changes while the user edits it.
//!
//! `cargo run -p forest-actions --example hooks` prints the declared form.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program and its tests")]

use forest_actions::prelude::*;

#[derive(Debug, Clone, Copy, ActionEnum)]
enum Country {
    France,
    Spain,
}

#[derive(ActionForm)]
struct SendParcel {
    email: String,
    #[field(change = country_changed)]
    country: Country,
    city: String,
}

#[smart_action(collection = "parcels", name = "Send parcel", kind = "single", load = prefill)]
async fn send_parcel(id: RecordId<i64>, form: Form<SendParcel>) -> String {
    format!(
        "Parcel {} goes to {}, {:?}; {} is informed",
        *id, form.city, form.country, form.email
    )
}

/// Runs when the form opens.
async fn prefill(mut form: FormState, caller: Caller) -> HookResult {
    form.field("email").set_value(caller.email).set_read_only(true);
    Ok(form)
}

/// Runs when the country has changed; it starts from the fields as the browser has them.
async fn country_changed(mut form: FormState) -> HookResult {
    match form.typed_value("country") {
        Some(Country::France) => form.field("city").set_options(["Paris", "Lyon"]),
        Some(Country::Spain) => form.field("city").set_options(["Madrid", "Sevilla"]),
        None => form.field("city").clear_value(),
    };
    Ok(form)
}

fn main() -> Result<(), forest_actions::Error> {
    println!("{}", Forest::builder().schema()?.to_file_text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use forest_actions::testing::TestForest;

    use super::*;

    #[actix_web::test]
    async fn the_cities_follow_the_country() {
        let agent = Forest::builder().actions(actions![send_parcel]);
        let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes()))
            .await
            .unwrap();
        let form = forest.admin().open("parcels", "Send parcel").ids([7]).await.unwrap();
        assert!(form.value("email").as_str().is_some_and(|email| email.contains('@')));
        let form = form.change("country", "Spain").await.unwrap();
        assert_eq!(form.options("city"), ["Madrid", "Sevilla"]);
    }
}
