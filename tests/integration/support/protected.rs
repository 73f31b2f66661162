//! Every route that requires a session and an address, one of each kind (AUT-11).
//!
//! Maintained by hand: add new routes of the agent here, so that every access test covers them.

use forest_actions::Forest;

/// The methods and paths of an agent with company records, actions and hooks. The last method of each path is
/// unsupported, which is not disclosed without a session.
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
        asked("/forest/stats/companies"),
        asked("/forest/_charts/open%20orders"),
        read("/forest/_charts/open%20orders"),
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
