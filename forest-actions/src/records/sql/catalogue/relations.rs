//! Relations from foreign keys, and their names.

use std::collections::HashSet;

use super::inflection::{plural, singular};
use super::keys::{TableKey, key_of};
use super::{ForeignKey, NoRelation, Omission, Table};
use crate::records::relation::{RelationModel, Through};

/// The relations of each table, in the order of the tables.
pub(super) fn relations_of(tables: &[Table], omissions: &mut Vec<Omission>) -> Vec<Vec<RelationModel>> {
    let links: Vec<Vec<Link>> = tables.iter().map(|table| links_of(table, tables, omissions)).collect();
    let mut drafts: Vec<Vec<Draft>> = tables.iter().map(|_| Vec::new()).collect();
    for (index, (table, links)) in tables.iter().zip(&links).enumerate() {
        let join_table = join_table(table, links);
        for link in links {
            let forward = Draft::belongs_to(tables, link);
            if join_table.is_some() && link.only_column().is_some() {
                push(&mut drafts, index, forward);
            } else {
                let back = Draft::back(table, tables, link);
                push_pair(&mut drafts, (index, forward), (link.target, back));
            }
        }
        if let Some((left, right)) = join_table {
            let there = Draft::through(tables, table, left, right);
            let back = Draft::through(tables, table, right, left);
            push_pair(&mut drafts, (left.target, there), (right.target, back));
        }
    }
    let names: Vec<Vec<String>> = tables
        .iter()
        .zip(&drafts)
        .map(|(table, drafts)| names_of(table, drafts))
        .collect();
    drafts
        .into_iter()
        .zip(&names)
        .map(|(drafts, own)| {
            drafts
                .into_iter()
                .zip(own)
                .map(|(draft, name)| draft.finish(name, &names))
                .collect()
        })
        .collect()
}

/// A foreign key to a collection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Link {
    /// The columns of this table, at least one, each with that of the other.
    columns: Vec<(String, String)>,
    /// The index of the other table.
    target: usize,
}

impl Link {
    fn only_column(&self) -> Option<&str> {
        match self.columns.as_slice() {
            [(only, _)] => Some(only),
            _ => None,
        }
    }

    /// The columns of this table, as a part of a name.
    fn joined_columns(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(column, _)| column.as_str()).collect();
        columns.join("_")
    }

    /// A relation over its columns, from this table to the other.
    fn relation(&self, new: impl Fn(&str, &str) -> RelationModel) -> RelationModel {
        let mut columns = self.columns.iter();
        let (column, target) = columns.next().map_or(("", ""), |(column, target)| (column, target));
        columns.fold(new(column, target), |relation, (column, target)| {
            relation.and(column, target)
        })
    }

    /// The same from the other table to this one.
    fn reversed(&self) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|(column, target)| (target.clone(), column.clone()));
        Self {
            columns: columns.collect(),
            target: self.target,
        }
    }
}

fn links_of(table: &Table, tables: &[Table], omissions: &mut Vec<Omission>) -> Vec<Link> {
    let mut seen = HashSet::new();
    let mut links = Vec::new();
    for foreign_key in &table.foreign_keys {
        match link(table, foreign_key, tables) {
            // a foreign key may be declared twice
            Ok(link) => {
                if seen.insert(link.clone()) {
                    links.push(link);
                }
            }
            Err(reason) => omissions.push(Omission::ForeignKey {
                table: table.name.clone(),
                columns: foreign_key.columns.clone(),
                target: foreign_key.target.clone(),
                reason,
            }),
        }
    }
    links
}

fn link(table: &Table, foreign_key: &ForeignKey, tables: &[Table]) -> Result<Link, NoRelation> {
    if foreign_key.target_schema != table.schema {
        return Err(NoRelation::OtherSchema);
    }
    let target = tables
        .iter()
        .position(|other| other.name == foreign_key.target && other.schema == foreign_key.target_schema)
        .ok_or(NoRelation::UnreadTable)?;
    let (columns, target_columns) = (&foreign_key.columns, &foreign_key.target_columns);
    let other = tables.get(target).ok_or(NoRelation::UnreadTable)?;
    let are_read = columns.iter().all(|column| table.usable_column(column).is_some())
        && target_columns
            .iter()
            .all(|column| other.usable_column(column).is_some());
    if !are_read || columns.is_empty() || columns.len() != target_columns.len() {
        return Err(NoRelation::UnreadColumn);
    }
    // SQLite does not check it, and PostgreSQL does not for the tables that inherit from the target
    if !other.are_unique(target_columns) {
        return Err(NoRelation::NotUnique);
    }
    if columns.len() > 1 && matches!(key_of(other), TableKey::None(_)) {
        return Err(NoRelation::NoKey);
    }
    let columns = columns.iter().cloned().zip(target_columns.iter().cloned());
    Ok(Link {
        columns: columns.collect(),
        target,
    })
}

/// The two sides of the join table of a many-to-many relation: a table in which exactly two columns of the key are foreign
/// keys.
fn join_table<'a>(table: &Table, links: &'a [Link]) -> Option<(Side<'a>, Side<'a>)> {
    let sides = links.iter().filter_map(|link| match link.columns.as_slice() {
        [(column, target_column)] => Some(Side {
            column,
            target: link.target,
            target_column,
        }),
        _ => None,
    });
    let sides: Vec<Side<'_>> = sides.collect();
    let is_single = |side: &&Side<'_>| {
        table.primary_key.iter().any(|part| part == side.column)
            && sides.iter().filter(|other| other.column == side.column).count() == 1
    };
    let singles: Vec<&Side<'_>> = sides.iter().filter(is_single).collect();
    match singles.as_slice() {
        [left, right] => Some((**left, **right)),
        _ => None,
    }
}

/// A foreign key of one column.
#[derive(Clone, Copy)]
struct Side<'a> {
    column: &'a str,
    target: usize,
    target_column: &'a str,
}

/// A constructor of relations: name, target, field here, field there.
type NewRelation = fn(String, String, String, String) -> RelationModel;

/// A relation without a name.
struct Draft {
    relation: RelationModel,
    /// The name, unless it clashes.
    short: String,
    /// The name otherwise.
    long: String,
    /// The indices of the inverse relation: of its table, and within the table.
    inverse: Option<(usize, usize)>,
}

impl Draft {
    fn new(relation: RelationModel, short: String, long: String) -> Self {
        Self {
            relation,
            short,
            long,
            inverse: None,
        }
    }

    fn belongs_to(tables: &[Table], link: &Link) -> Self {
        let target = name_of(tables, link.target);
        Self::new(
            link.relation(|column, other| RelationModel::belongs_to("", target, column, other)),
            singular(base_of(link, target)),
            format!("{}_through_{}", singular(target), link.joined_columns()),
        )
    }

    /// The other end of a foreign key of `table`.
    fn back(table: &Table, tables: &[Table], link: &Link) -> Self {
        let this = name_of(tables, link.target);
        let name = &table.name;
        let columns: Vec<&String> = link.columns.iter().map(|(column, _)| column).collect();
        // without a key, no record is the first of those that lead back
        let has_key = !matches!(key_of(table), TableKey::None(_));
        let (new, inflected): (NewRelation, _) = if table.are_unique(&columns) && has_key {
            (RelationModel::has_one, singular(name))
        } else {
            (RelationModel::has_many, plural(name))
        };
        let relation = link
            .reversed()
            .relation(|here, there| new(String::new(), name.clone(), here.to_owned(), there.to_owned()));
        let long = format!("{inflected}_through_{this}_{}", link.joined_columns());
        Self::new(relation, inflected, long)
    }

    /// From one side of a join table to the other.
    fn through(tables: &[Table], table: &Table, near: Side<'_>, far: Side<'_>) -> Self {
        let target = name_of(tables, far.target);
        Self::new(
            RelationModel::belongs_to_many(
                "",
                target,
                near.target_column,
                far.target_column,
                Through::new(&table.name, near.column, far.column),
            ),
            plural(base_name(far.column, target)),
            format!("{}_through_{}", plural(target), table.name),
        )
    }

    fn finish(self, name: &str, names: &[Vec<String>]) -> RelationModel {
        let mut relation = self.relation;
        relation.name = name.to_owned();
        relation.inverse_of = self
            .inverse
            .and_then(|(table, place)| names.get(table)?.get(place).cloned());
        relation
    }
}

fn push(drafts: &mut [Vec<Draft>], table: usize, draft: Draft) -> Option<(usize, usize)> {
    let list = drafts.get_mut(table)?;
    list.push(draft);
    Some((table, list.len() - 1))
}

/// Adds two relations that are inverses of each other, each with its table.
fn push_pair(drafts: &mut [Vec<Draft>], there: (usize, Draft), back: (usize, Draft)) {
    let there_at = push(drafts, there.0, there.1);
    let back_at = push(drafts, back.0, back.1);
    for (from, to) in [(there_at, back_at), (back_at, there_at)] {
        let draft = from.and_then(|(table, place)| drafts.get_mut(table)?.get_mut(place));
        if let Some(draft) = draft {
            draft.inverse = to;
        }
    }
}

fn name_of(tables: &[Table], index: usize) -> &str {
    tables.get(index).map_or("", |table| &table.name)
}

/// `customer` for a column `customer_id` or `customerId`, else the name of the target.
fn base_name<'a>(column: &'a str, target: &'a str) -> &'a str {
    ["_id", "Id"]
        .iter()
        .find_map(|ending| column.strip_suffix(ending))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(target)
}

/// The base of the name of a foreign key: `loan` for `loan_branch` and `loan_number` of the columns `branch` and `number`.
fn base_of<'a>(link: &'a Link, target: &'a str) -> &'a str {
    if let Some(only) = link.only_column() {
        return base_name(only, target);
    }
    let mut bases = link
        .columns
        .iter()
        .map(|(column, other)| column.strip_suffix(other.as_str())?.strip_suffix('_'));
    let first = bases.next().flatten().filter(|base| !base.is_empty());
    match first {
        Some(base) if bases.all(|other| other == Some(base)) => base,
        _ => target,
    }
}

/// The names of the relations of a table, in their order.
///
/// A relation whose short name clashes takes its long one. If that clashes too, as for a join table between a table and
/// itself, its column is appended, and at last a number.
fn names_of(table: &Table, drafts: &[Draft]) -> Vec<String> {
    let through: HashSet<&str> = drafts
        .iter()
        .filter_map(|draft| draft.relation.through.as_ref())
        .map(|through| through.collection.as_str())
        .collect();
    let has_column = |name: &str| table.columns.iter().any(|column| column.name == name);
    let is_shared = |name: &str| drafts.iter().filter(|draft| draft.short == name).count() > 1;
    let clashes = |name: &str| has_column(name) || name == table.name || through.contains(name) || is_shared(name);

    let mut taken: HashSet<String> = drafts
        .iter()
        .filter(|draft| !clashes(&draft.short))
        .map(|draft| draft.short.clone())
        .collect();
    drafts
        .iter()
        .map(|draft| {
            if !clashes(&draft.short) {
                return draft.short.clone();
            }
            let has_twin = drafts
                .iter()
                .filter(|other| other.long == draft.long && clashes(&other.short))
                .count()
                > 1;
            let long = match &draft.relation.through {
                Some(through) if has_twin => format!("{}_{}", draft.long, through.target_key),
                _ => draft.long.clone(),
            };
            let name = (1u32..)
                .map(|number| match number {
                    1 => long.clone(),
                    _ => format!("{long}_{number}"),
                })
                .find(|name| !has_column(name) && !taken.contains(name))
                .unwrap_or(long);
            taken.insert(name.clone());
            name
        })
        .collect()
}
