//! The kinds of fields as types, by which the compiler decides which limits and widgets a field can have.
//!
//! A shape has no values. The type of a field names its shape in [`FieldValue::Shape`](super::FieldValue::Shape).

use crate::schema::FieldType;

/// A kind of field (protocol: form fields, types).
pub trait Shape: 'static {
    /// The type in the schema.
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

/// Shapes of which the protocol has lists.
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
    ($(#[$doc:meta])* $name:ident ($what:literal, $label:literal, $on:literal) for $($shape:ident),+) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(message = $what, label = $label, note = $on)]
        pub trait $name: Shape {}
        // the note lists the shapes in words
        $(
            #[diagnostic::do_not_recommend]
            impl $name for $shape {}
        )+
    };
}

capability! {
    /// Shapes with a smallest and a largest value.
    HasRange (
        "`min` and `max` are limits of a number",
        "not a limit of this field",
        "the field is neither a number nor a list of numbers"
    ) for Number, NumberList
}
capability! {
    /// Shapes whose text has a length and may follow a pattern.
    HasLength (
        "`min_length`, `max_length` and `pattern` are limits of a text",
        "not a limit of this field",
        "the field is neither a text nor a list of texts"
    ) for Text, TextList
}
capability! {
    /// Shapes that hold files.
    HasFiles (
        "`max_size` and `media_types` are limits of a file",
        "not a limit of this field",
        "the field is neither a `FormFile` nor a list of these"
    ) for Document, DocumentList
}
capability! {
    /// Shapes that hold several values.
    HasCount (
        "`min_count` and `max_count` are limits of a list",
        "not a limit of this field",
        "the field is no list"
    ) for TextList, NumberList, DateList, ChoiceList, DocumentList
}
capability! {
    /// Shapes whose options may be computed at run time.
    HasOptions (
        "`options` belongs to a text, a number, or a list of these",
        "this field cannot have options",
        "the options of an enum that derives `ActionEnum` are its variants; for others, take a `String`"
    ) for Text, Number, TextList, NumberList
}
