//! Approvers, and the records that an approval covers.

use std::collections::HashMap;

use super::*;

#[tokio::test]
async fn app_04_approvers_are_the_base_roles_and_those_whose_condition_holds_for_all_in_order() {
    let world = World::new();
    let reordered = json!({"value": "FR", "operator": "equal", "field": "country"});
    let by = approval_by(&[
        (20, country("UK")),
        (50, country("FR")),
        (40, amount("less_than", 35)),
        (5, reordered),
    ]);
    let answer = world.trigger(by.clone(), Chosen::Lines(&[1, 2])).await;
    assert_eq!(answer, needs_approval(&[30, 50, 5, 40], None));
    // one question for each distinct condition
    assert_eq!(world.questions(), ["count", "count", "count"]);
    let answer = world.trigger(by, Chosen::Lines(&[1, 4])).await;
    assert_eq!(answer, needs_approval(&[30], None));
}

#[tokio::test]
async fn app_04_approvers_are_counted_over_requested_records_outside_of_the_scope_too() {
    let world = World::new();
    let by = approval_by(&[(20, country("FR")), (40, amount("less_than", 1_000))]);
    let answer = world.trigger(by.clone(), Chosen::Partly(&[1, 2], &[4])).await;
    assert_eq!(answer, needs_approval(&[30, 40], None));
    // a record that no longer exists does not count
    let answer = world.trigger(by, Chosen::Partly(&[1, 2], &[77])).await;
    assert_eq!(answer, needs_approval(&[30, 20, 40], None));
}

#[tokio::test]
async fn app_05_select_all_is_resolved_to_the_packed_ids_that_the_approval_covers() {
    let world = World::new();
    let by = approval_by(&[(20, country("FR"))]);
    let answer = world.trigger(by.clone(), Chosen::All(scope_of("FR"))).await;
    // all of these records are French; records outside of the caller's scope do not count
    assert_eq!(answer, needs_approval(&[30, 20], Some(&["a|1", "a|2", "a|3"])));
    assert_eq!(world.questions(), ["501 keys", "count"]);
    let answer = world.trigger(by, Chosen::All(None)).await;
    assert_eq!(
        answer,
        needs_approval(&[30], Some(&["a|1", "a|2", "a|3", "a|4", "a|5", "a|6"]))
    );
}

#[tokio::test]
async fn app_06_an_approval_covers_at_most_the_cap_and_plain_executions_are_uncapped() {
    let mut world = World::new();
    let by = approval_by(&[(20, country("FR"))]);
    world.cap = 6;
    assert!(matches!(
        world.trigger(by.clone(), Chosen::All(None)).await,
        Err(Refusal::RequiresApproval { records: Some(records), .. }) if records.len() == 6
    ));
    world.cap = 5;
    world.questions();
    assert_eq!(
        world.trigger(by, Chosen::All(None)).await,
        Err(Refusal::ApprovalSelectionTooLarge { at_most: 5 })
    );
    assert_eq!(world.questions(), ["6 keys"]);
    // no approval is needed
    let plain = approval_if(&amount("greater_than", 1000));
    assert_eq!(world.trigger(plain, Chosen::All(None)).await, Ok(()));
    // the ids are known already
    world.cap = 1;
    let by = approval_by(&[]);
    assert_eq!(
        world.trigger(by, Chosen::Lines(&[1, 2])).await,
        needs_approval(&[30, 20], None)
    );
}

#[tokio::test]
async fn app_03_a_condition_of_approving_holds_for_every_record_or_names_who_may() {
    let world = World::new();
    assert_eq!(
        world.approve(approve_if(&country("FR")), Chosen::Lines(&[1, 2])).await,
        Ok(())
    );
    assert_eq!(
        world
            .approve(approve_if(&country("FR")), Chosen::All(scope_of("FR")))
            .await,
        Ok(())
    );
    let refused = |cause, roles: &[i64]| {
        Err(Refusal::Approve {
            cause,
            roles: roles.iter().copied().map(RoleId).collect(),
        })
    };
    let fails = Cause::ConditionFails(RoleId(10));
    assert_eq!(
        world.approve(approve_if(&country("FR")), Chosen::Lines(&[1, 4])).await,
        refused(fails, &[20])
    );
    world.questions();
    let answer = world.approve(approve_if(&country("FR")), Chosen::All(None)).await;
    assert_eq!(answer, refused(fails, &[20]));
    assert_eq!(world.questions(), ["count", "count to 4", "count", "count"]);
    // a missing right names them as well
    let by = approval_by(&[(20, amount("less_than", 100)), (40, country("US"))]);
    let answer = world.approve(by.clone(), Chosen::All(None)).await;
    assert_eq!(answer, refused(Cause::RoleLacksRight(RoleId(10)), &[30, 20]));
    let answer = world.approve(by, Chosen::Lines(&[6])).await;
    assert_eq!(answer, refused(Cause::RoleLacksRight(RoleId(10)), &[30, 20, 40]));
}

#[tokio::test]
async fn per_02_an_unknown_action_has_no_approvers() {
    let world = World::new();
    let permissions = EnvironmentPermissions::Rules {
        collections: HashMap::new(),
    };
    let decision = approve(&permissions, NAME, R10, true);
    let answer = world
        .with(&Chosen::All(None), async |subject| decision.finish(subject).await)
        .await;
    let cause = Cause::UnknownCollection;
    assert_eq!(
        answer,
        Err(Refusal::Approve {
            cause,
            roles: Vec::new()
        })
    );
    assert_eq!(world.questions(), [""; 0]);
}
