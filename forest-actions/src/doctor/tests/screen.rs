use super::super::screen::wrapped;
use super::super::{Diagnosis, Finding, Severity, Topic};

fn action(number: usize, severity: Severity) -> Finding {
    let finding = match severity {
        Severity::Ok => Finding::ok(Topic::Action, "every role"),
        Severity::Warning => Finding::warning(Topic::Action, "no role may run it", "give one the right"),
        Severity::Problem => Finding::problem(Topic::Action, "refused", "publish"),
    };
    finding.about("companies", &format!("Action {number}"))
}

#[test]
fn a_thousand_actions_fit_on_a_screen_and_the_worst_come_first() {
    let findings = (0..1_000).map(|number| match number {
        500 | 900 => action(number, Severity::Problem),
        700 => action(number, Severity::Warning),
        _ => action(number, Severity::Ok),
    });
    let diagnosis = Diagnosis::new(findings.collect());
    let screen = diagnosis.to_string();
    assert!(screen.lines().count() < 40, "{screen}");
    let text = "\
forest-actions doctor: 2 problems, 1 warning


1000 actions: 2 problems, 1 warning, 997 ok

  PROBLEM  companies: Action 500  refused
                                  -> publish
  PROBLEM  companies: Action 900  refused
                                  -> publish
  warning  companies: Action 700  no role may run it
                                  -> give one the right
  ok       companies: Action 0    every role
";
    assert!(screen.starts_with(text), "{screen}");
    assert!(screen.ends_with("  and 980 more: 980 ok\n"), "{screen}");
    assert!(format!("{diagnosis:#}").lines().count() > 1_000);
    assert!(!diagnosis.is_healthy());
    assert_eq!(diagnosis.count(Severity::Problem), 2);
}

#[test]
fn no_line_is_wider_than_a_hundred_columns() {
    let long = "word ".repeat(100) + &"x".repeat(300);
    let diagnosis = Diagnosis::new(vec![
        Finding::problem(Topic::Permissions, &long, &long),
        Finding::warning(Topic::Action, &long, &long).about(&"c".repeat(80), "\u{1b}[31mred\nline"),
        Finding::ok(Topic::Action, "short").about("companies", "Mark as Live"),
    ]);
    let screen = diagnosis.to_string();
    for line in screen.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    assert_eq!(screen.matches('x').count(), 300 * 4);
}

#[test]
fn a_word_that_is_longer_than_a_line_is_broken() {
    assert_eq!(wrapped("ab cdefghij k", 4), ["ab", "cdef", "ghij", "k"]);
    assert_eq!(wrapped("abcd efgh", 4), ["abcd", "efgh"]);
    assert_eq!(wrapped("a b  c\nd", 20), ["a b c d"]);
    assert_eq!(wrapped("", 4), [""]);
}

#[test]
fn the_verdict_counts() {
    let verdict = |severities: &[Severity]| {
        let findings = severities.iter().map(|severity| action(0, *severity)).collect();
        let diagnosis = Diagnosis::new(findings);
        let first = diagnosis.to_string().lines().next().unwrap().to_owned();
        (
            first.trim_start_matches("forest-actions doctor: ").to_owned(),
            diagnosis.is_healthy(),
        )
    };
    use Severity::{Ok, Problem, Warning};
    for (severities, text, is_healthy) in [
        (&[Ok, Ok][..], "healthy", true),
        (&[Ok, Warning], "healthy, with 1 warning", true),
        (&[Problem], "1 problem", false),
        (&[Problem, Problem, Warning, Warning], "2 problems, 2 warnings", false),
        (&[], "healthy", true),
    ] {
        assert_eq!(verdict(severities), (text.to_owned(), is_healthy));
    }
}
