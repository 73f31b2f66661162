//! Conditions to expressions. Constant parts are folded, so that a condition that no record can meet costs no statement.

use sea_query::{Expr, ExprTrait as _, Func};

use super::lists::Membership;
use super::names::Context;
use super::{StatementError, keys, live_query, parent, test};
use crate::records::condition::Condition;

#[derive(Debug, Clone)]
pub(crate) enum Clause {
    Always,
    Never,
    Test(Expr),
}

impl Clause {
    pub(crate) fn all(clauses: impl IntoIterator<Item = Clause>) -> Self {
        let mut tests = Vec::new();
        for clause in clauses {
            match clause {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::Test(test) => tests.push(test),
            }
        }
        balanced(tests, |left, right| left.and(right)).map_or(Self::Always, Self::Test)
    }

    /// The opposite. A test of a missing value may be null, which is not true.
    fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Test(test) => Self::Test(Expr::from(Func::coalesce([test, Expr::cust("FALSE")])).not()),
        }
    }

    pub(crate) fn any(clauses: impl IntoIterator<Item = Clause>) -> Self {
        let mut tests = Vec::new();
        for clause in clauses {
            match clause {
                Self::Always => return Self::Always,
                Self::Never => {}
                Self::Test(test) => tests.push(test),
            }
        }
        balanced(tests, |left, right| left.or(right)).map_or(Self::Never, Self::Test)
    }
}

/// Joins in a shallow tree: SQLite refuses an expression with a thousand levels, which a plain chain of as many parts has.
fn balanced(mut tests: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while tests.len() > 1 {
        let mut pairs = Vec::with_capacity(tests.len().div_ceil(2));
        let mut rest = tests.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => join(left, right),
                None => left,
            });
        }
        tests = pairs;
    }
    tests.pop()
}

pub(super) fn clause(context: &mut Context<'_>, condition: &Condition) -> Result<Clause, StatementError> {
    match condition {
        Condition::All(conditions) => clauses(context, conditions).map(Clause::all),
        Condition::Any(conditions) => clauses(context, conditions).map(Clause::any),
        Condition::Field(path, expected) => {
            let column = context.column(path)?;
            test::clause(context.dialect(), &column, expected)
        }
        Condition::KeyIn(keys) => keys::clause(context, keys, Membership::In),
        Condition::KeyNotIn(keys) => keys::clause(context, keys, Membership::Excluded),
        Condition::Not(condition) => clause(context, condition).map(Clause::not),
        Condition::LinkedTo(parent) => parent::clause(context, parent),
        Condition::Query(query) => live_query::clause(context, query),
    }
}

fn clauses(context: &mut Context<'_>, conditions: &[Condition]) -> Result<Vec<Clause>, StatementError> {
    conditions.iter().map(|condition| clause(context, condition)).collect()
}
