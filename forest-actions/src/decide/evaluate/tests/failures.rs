//! Conditions that cannot be evaluated, and those whose values depend on the user.

use super::*;

#[tokio::test]
async fn a_condition_that_cannot_be_evaluated_refuses_and_its_logged_cause_has_no_values() {
    let world = World::new();
    for (filter, expected) in [
        (
            json!({"field": "nope", "operator": "equal", "value": "s3cret"}),
            "'lines.nope' field was not found",
        ),
        (
            json!({"field": "amount", "operator": "resembles", "value": "s3cret"}),
            "operator is not handled",
        ),
        (
            json!({"field": "amount", "operator": "equal", "value": "s3cret"}),
            "amount",
        ),
        (
            json!({"field": "amount", "operator": "equal"}),
            "Invalid condition format",
        ),
        (
            json!({"field": "customer:name", "operator": "equal", "value": "s3cret"}),
            "relation 'customer'",
        ),
        (json!({"aggregator": "and", "conditions": ["s3cret"]}), "raw value"),
        (
            json!({"aggregator": "xor", "conditions": []}),
            "operator is not handled",
        ),
        (json!({}), "Empty condition"),
    ] {
        for rights in [
            trigger_if(&filter),
            approval_if(&filter),
            approval_by(&[(20, filter.clone())]),
        ] {
            for chosen in [|| Chosen::Lines(&[1]), || Chosen::All(None)] {
                let Err(Refusal::InvalidCondition(problem)) = world.trigger(rights.clone(), chosen()).await else {
                    panic!("{rights:?}");
                };
                assert!(problem.cause.contains(expected), "{}", problem.cause);
                assert!(!problem.cause.contains("s3cret"), "{}", problem.cause);
                assert_eq!(problem.reason, None);
            }
        }
        let answer = world.approve(approve_if(&filter), Chosen::Lines(&[1])).await;
        assert!(matches!(answer, Err(Refusal::InvalidCondition(_))), "{filter}");
    }
}

#[tokio::test]
async fn per_02_a_store_that_fails_refuses() {
    let mut world = World::new();
    world.source.fails = Some(|| RecordError::failed("the connection broke"));
    let rights = [
        trigger_if(&country("FR")),
        approval_if(&country("FR")),
        approval_by(&[(20, country("FR"))]),
    ];
    for rights in rights {
        for chosen in [|| Chosen::Lines(&[1]), || Chosen::All(None)] {
            let Err(Refusal::InvalidCondition(problem)) = world.trigger(rights.clone(), chosen()).await else {
                panic!("{rights:?}");
            };
            assert!(problem.cause.contains("the connection broke"), "{}", problem.cause);
            assert_eq!(problem.reason, None);
        }
    }
    world.source.fails = Some(|| RecordError::unavailable("later", "the connection broke"));
    let answer = world.trigger(trigger_if(&country("FR")), Chosen::Lines(&[1])).await;
    assert!(
        matches!(&answer, Err(Refusal::RecordsUnavailable { text, .. }) if text == "later"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn per_17_variables_of_a_condition_are_typed_values() {
    let world = World::new();
    for (filter, expected) in [
        (
            json!({"field": "owner", "operator": "equal", "value": "{{currentUser.id}}"}),
            Ok(()),
        ),
        (
            json!({"field": "owner", "operator": "in", "value": ["{{currentUser.id}}"]}),
            Ok(()),
        ),
        (country("{{currentUser.tags.country}}"), Ok(())),
        (
            json!({"field": "owner", "operator": "not_equal", "value": "{{currentUser.id}}"}),
            not_met(),
        ),
    ] {
        let answer = world.trigger(trigger_if(&filter), Chosen::Lines(&[1])).await;
        assert_eq!(answer, expected, "{filter}");
    }
}

#[tokio::test]
async fn per_16_an_unknown_variable_refuses_and_is_named() {
    let world = World::new();
    let filter = country("{{currentUser.tags.nope}}");
    let Err(Refusal::InvalidCondition(problem)) = world.trigger(trigger_if(&filter), Chosen::Lines(&[1])).await else {
        panic!("refused");
    };
    let reason = problem.reason.unwrap();
    assert!(reason.contains("'currentUser.tags.nope'"), "{reason}");
    assert!(problem.cause.contains("'currentUser.tags.nope'"));
    assert_eq!(world.questions(), [""; 0]);
}
