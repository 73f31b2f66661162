// Included by `main.rs` and by each test: naming a crate that holds it would link that crate.

/// The names of the actions that are linked into this program.
fn served() -> Result<Vec<String>, forest_actions::Error> {
    let schema = forest_actions::Forest::builder().schema()?;
    let orders = schema.find_collection("orders");
    Ok(orders
        .map(|orders| orders.actions().iter().map(|action| action.name().to_owned()).collect())
        .unwrap_or_default())
}
