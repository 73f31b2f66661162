//! The questions of a decision, and the effect of the answers.

use super::*;

#[tokio::test]
async fn per_09_a_condition_of_triggering_holds_for_every_given_record_or_refuses() {
    let world = World::new();
    for (lines, expected) in [
        (&[1, 2, 3][..], Ok(())),
        (&[3], Ok(())),
        (&[3, 4], not_met()),
        (&[6], not_met()),
        (&[6, 5, 4], not_met()),
    ] {
        let answer = world
            .trigger(trigger_if(&amount("less_than", 40)), Chosen::Lines(lines))
            .await;
        assert_eq!(answer, expected, "{lines:?}");
        assert_eq!(world.questions(), ["count"]);
    }
}

#[tokio::test]
async fn a_condition_of_triggering_over_select_all_takes_two_questions_and_stops_early() {
    let world = World::new();
    let below = |limit| trigger_if(&amount("less_than", limit));
    assert_eq!(world.trigger(below(100), Chosen::All(None)).await, Ok(()));
    assert_eq!(world.questions(), ["count", "count to 7"]);
    assert_eq!(world.trigger(below(30), Chosen::All(None)).await, not_met());
    assert_eq!(world.questions(), ["count", "count to 3"]);
    // only what the caller may see is selected
    assert_eq!(world.trigger(below(40), Chosen::All(scope_of("FR"))).await, Ok(()));
    assert_eq!(world.trigger(below(30), Chosen::All(scope_of("FR"))).await, not_met());
}

#[tokio::test]
async fn select_all_without_a_record_is_refused_where_a_condition_would_hold_for_nothing() {
    let world = World::new();
    let nothing = || Chosen::All(scope_of("nowhere"));
    for rights in [
        trigger_if(&amount("less_than", 1)),
        approval_if(&amount("greater_than", 1)),
        approval_by(&[(20, country("FR"))]),
    ] {
        let answer = world.trigger(rights, nothing()).await;
        assert_eq!(answer, Err(Refusal::NothingSelected));
    }
}

#[tokio::test]
async fn an_approval_is_needed_when_one_record_meets_its_condition() {
    let world = World::new();
    for (lines, expected) in [
        (&[1, 2, 3][..], Ok(())),
        (&[1, 2, 6], needs_approval(&[], None)),
        (&[6], needs_approval(&[], None)),
    ] {
        let answer = world
            .trigger(approval_if(&amount("greater_than", 30)), Chosen::Lines(lines))
            .await;
        assert_eq!(answer, expected, "{lines:?}");
        assert_eq!(world.questions(), ["count to 1"]);
    }
}

#[tokio::test]
async fn the_condition_of_triggering_comes_before_the_approval() {
    let world = World::new();
    let mut rights = trigger_if(&amount("less_than", 40));
    rights.approval_required = roles(&[10]);
    rights.user_approval = roles(&[20]);
    assert_eq!(world.trigger(rights.clone(), Chosen::Lines(&[6])).await, not_met());
    assert_eq!(
        world.trigger(rights.clone(), Chosen::Lines(&[1])).await,
        needs_approval(&[20], None)
    );
    assert_eq!(
        world.trigger(rights, Chosen::Nothing).await,
        needs_approval(&[20], None)
    );
}

#[tokio::test]
async fn nothing_is_counted_when_the_role_decides() {
    let world = World::new();
    let plain = ActionRights {
        trigger: roles(&[10]),
        ..ActionRights::default()
    };
    assert_eq!(world.trigger(plain, Chosen::All(None)).await, Ok(()));
    let mut other = trigger_if(&json!({"bad": 1}));
    other.trigger = roles(&[20]);
    assert_eq!(
        world.trigger(other, Chosen::All(None)).await,
        Err(Refusal::Trigger(Cause::RoleLacksRight(RoleId(10))))
    );
    let approved = ActionRights {
        user_approval: roles(&[10]),
        ..ActionRights::default()
    };
    assert_eq!(world.approve(approved, Chosen::All(None)).await, Ok(()));
    let by_roles = approval_by(&[]);
    assert_eq!(
        world.trigger(by_roles, Chosen::Lines(&[1])).await,
        needs_approval(&[30, 20], None)
    );
    assert_eq!(world.questions(), [""; 0]);
}

#[tokio::test]
async fn a_global_action_meets_every_condition_and_triggers_no_conditional_approval() {
    let world = World::new();
    let never = amount("less_than", 0);
    for chosen in [|| Chosen::Nothing, || Chosen::Lines(&[])] {
        assert_eq!(world.trigger(trigger_if(&never), chosen()).await, Ok(()));
        assert_eq!(
            world.trigger(approval_if(&amount("present", 0)), chosen()).await,
            Ok(())
        );
        assert_eq!(world.approve(approve_if(&never), chosen()).await, Ok(()));
        // and every approver is one
        let by = approval_by(&[(20, never.clone()), (40, country("nowhere"))]);
        assert_eq!(world.trigger(by, chosen()).await, needs_approval(&[30, 20, 40], None));
    }
    assert_eq!(world.questions(), [""; 0]);
}

#[tokio::test]
async fn records_must_meet_the_condition_of_triggering_and_not_that_of_the_approval_when_they_are_read() {
    let world = World::new();
    for (rights, expected) in [
        (trigger_if(&amount("less_than", 1_000_000)), 6),
        (approval_if(&amount("greater_than", 1_000_000)), 6),
    ] {
        let facts = facts(rights);
        for chosen in [Chosen::All(None), Chosen::Lines(&[1])] {
            let held = world.triggered(&facts, &chosen).await.unwrap();
            assert_ne!(held, Condition::always());
            let query = RecordQuery::new("lines", held);
            assert_eq!(world.source.records.count(&query, None).await.unwrap(), expected);
        }
    }
    // lines 5 and 6 would need an approval if they were counted again
    let facts = facts(approval_if(&amount("greater_than", 45)));
    let held = world.triggered(&facts, &Chosen::Lines(&[1])).await.unwrap();
    let query = RecordQuery::new("lines", held);
    assert_eq!(world.source.records.count(&query, None).await.unwrap(), 4);
}

#[tokio::test]
async fn per_08_development_asks_nothing() {
    let world = World::new();
    let facts = EnvironmentPermissions::Development;
    let all = Chosen::All(None);
    assert_eq!(world.triggered(&facts, &all).await, Ok(Condition::always()));
    let decision = approve(&facts, NAME, R10, true);
    let approved = world.with(&all, async |subject| decision.finish(subject).await).await;
    assert_eq!(approved, Ok(Condition::always()));
    assert_eq!(world.questions(), [""; 0]);
}

#[tokio::test]
async fn per_10_on_a_virtual_collection_roles_decide_and_conditions_refuse() {
    let world = World::new();
    let unsupported = || Err(Refusal::UnsupportedCondition);
    let condition = amount("less_than", 0);
    assert_eq!(
        world.trigger(trigger_if(&condition), Chosen::Virtual).await,
        unsupported()
    );
    assert_eq!(
        world.approve(approve_if(&condition), Chosen::Virtual).await,
        unsupported()
    );
    assert_eq!(
        world.trigger(approval_if(&condition), Chosen::Virtual).await,
        unsupported()
    );
    // an approval without a condition is requested from roles that can give it
    let by = approval_by(&[(20, condition.clone()), (40, country("FR"))]);
    assert_eq!(world.trigger(by, Chosen::Virtual).await, needs_approval(&[30], None));
    let lacking = ActionRights {
        trigger: roles(&[20]),
        ..ActionRights::default()
    };
    assert_eq!(
        world.trigger(lacking, Chosen::Virtual).await,
        Err(Refusal::Trigger(Cause::RoleLacksRight(RoleId(10))))
    );
    assert_eq!(world.questions(), [""; 0]);
}
