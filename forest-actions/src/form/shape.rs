//! What kind of value a field holds, as types: the ground on which the compiler decides which limits and
//! widgets a field can have.
//!
//! A shape is never a value. Each Rust type of a field names one through
//! [`FieldValue::Shape`](super::FieldValue::Shape).

use crate::schema::FieldType;

/// One kind of field (protocol: form fields, types).
pub trait Shape: 'static {
    /// Its type in the schema.
    fn field_type() -> FieldType;
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident = $type:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Shape for $name {
            fn field_type() -> FieldType {
                $type
            }
        }
    )*};
}

shapes! {
    /// `String`.
    Text = FieldType::String;
    /// `Number`.
    Number = FieldType::Number;
    /// `Boolean`.
    Boolean = FieldType::Boolean;
    /// `Date`: an instant.
    Date = FieldType::Date;
    /// `Dateonly`: a calendar day.
    Dateonly = FieldType::Dateonly;
    /// `Time`: a time of day.
    Time = FieldType::Time;
    /// `Enum`: one of several texts.
    Choice = FieldType::Enum;
    /// `File`.
    Document = FieldType::File;
    /// `Json`.
    Json = FieldType::Json;
    /// `["String"]`.
    TextList = FieldType::list(FieldType::String);
    /// `["Number"]`.
    NumberList = FieldType::list(FieldType::Number);
    /// `["Date"]`.
    DateList = FieldType::list(FieldType::Date);
    /// `["Enum"]`.
    ChoiceList = FieldType::list(FieldType::Enum);
    /// `["File"]`.
    DocumentList = FieldType::list(FieldType::File);
}

/// The shapes of which the protocol has lists.
#[diagnostic::on_unimplemented(
    message = "the protocol has no list of `{Self}`",
    label = "cannot be in a list",
    note = "fields can be lists of texts, numbers, instants, enums and files"
)]
pub trait Listable: Shape {
    /// The list's shape.
    type List: Shape;
}

macro_rules! lists {
    ($($element:ident => $list:ident;)*) => {$(
        impl Listable for $element {
            type List = $list;
        }
    )*};
}

lists! {
    Text => TextList;
    Number => NumberList;
    Date => DateList;
    Choice => ChoiceList;
    Document => DocumentList;
}

macro_rules! capability {
    ($(#[$doc:meta])* $name:ident ($what:literal, $on:literal) for $($shape:ident),+) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(message = $what, label = "this field cannot have this limit", note = $on)]
        pub trait $name: Shape {}
        $(impl $name for $shape {})+
    };
}

capability! {
    /// Shapes with a smallest and a largest value.
    Ranged ("`min` and `max` are limits of a number", "numbers and lists of numbers have a range") for Number, NumberList
}
capability! {
    /// Shapes whose text has a length and may follow a pattern.
    Worded ("`min_length`, `max_length` and `pattern` are limits of a text", "texts and lists of texts have a length and a pattern") for Text, TextList
}
capability! {
    /// Shapes that hold files.
    Filed ("`max_size` and `media_types` are limits of a file", "files and lists of files have a size and a media type") for Document, DocumentList
}
capability! {
    /// Shapes that hold several values.
    Counted ("`min_count` and `max_count` are limits of a list", "lists have a count") for TextList, NumberList, DateList, ChoiceList, DocumentList
}
capability! {
    /// Shapes whose options may be known at run time only.
    Optioned ("`options` belongs to a text, a number, or a list of these", "an enum that is known when the program is compiled is a type that derives `ActionEnum`") for Text, Number, TextList, NumberList
}
