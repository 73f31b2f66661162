//! Every route that asks for a session and an address, one of each kind (AUT-11).
//!
//! Written by hand: a route that the agent gains is added here, and is then tried by every test of who is let in. Knows
//! no answer; the tests say what must come.

use forest_actions::Forest;

/// The methods and paths of an agent that has records of companies, and of its actions with their hooks. The last method of
/// each path is one that it does not take, which strangers are not told.
pub(crate) fn protected_routes(forest: &Forest) -> Vec<(&'static str, String)> {
    let asked = |path: &str| ("POST", path.to_owned());
    let read = |path: &str| ("GET", path.to_owned());
    let mut routes = vec![
        asked("/forest/scope-cache-invalidation"),
        asked("/forest/_internal/capabilities"),
        read("/forest/companies"),
        read("/forest/companies/count"),
        read("/forest/companies.csv"),
        read("/forest/companies/1"),
        read("/forest/companies/1/relationships/employees"),
        read("/forest/companies/1/relationships/employees/count"),
        read("/forest/companies/1/relationships/employees.csv"),
    ];
    for action in forest.actions() {
        for hook in ["", "/hooks/load", "/hooks/change", "/hooks/search"] {
            routes.push(asked(&format!("{}{hook}", action.endpoint)));
        }
    }
    let refused: Vec<_> = routes.iter().map(|(_, path)| ("DELETE", path.clone())).collect();
    routes.extend(refused);
    routes
}
