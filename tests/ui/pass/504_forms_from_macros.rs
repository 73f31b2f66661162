//! Forms that are written by `macro_rules!`, in part or as a whole.

#![deny(warnings)]
#![allow(dead_code, reason = "only the declarations matter")]

use forest_actions::prelude::*;

macro_rules! form {
    ($name:ident, $label:literal, $type:ty, $default:expr, $min:expr) => {
        #[derive(ActionForm)]
        struct $name {
            #[field(label = $label, default = $default, min = $min)]
            value: $type,
            #[field(default = 1, max = 3, widget = number_input(step = 1.0))]
            own: i64,
        }
    };
}

form!(Amount, "Amount", f64, 2.5, 0);
form!(Count, "Count", Option<u8>, 2, 1 + 1);

macro_rules! documented {
    ($(#[$attribute:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        struct $name { $($(#[$inner])* $field: $type,)* }
    };
}

documented! {
    #[derive(ActionForm)]
    #[form(layout = arranged)]
    Documented {
        /// Help
        #[field(label = "First", change = changed)]
        first: String,
        second: Vec<String>,
    }
}

fn arranged() -> forest_actions::form::Layout {
    use forest_actions::form::layout::input;
    [input("second"), input("First")].into()
}

async fn changed(form: FormState) -> HookResult {
    Ok(form)
}

/// Names of a macro's own, which must not meet those of generated code.
macro_rules! all_of_it {
    () => {
        #[derive(ActionEnum)]
        enum Size {
            #[option("S")]
            Small,
            #[option("L")]
            Large,
        }

        const LEAST: usize = 1;

        #[derive(ActionForm)]
        struct Hidden {
            #[field(default = Size::Large)]
            size: Size,
            #[field(min_length = LEAST, options = Self::texts)]
            text: String,
        }

        impl Hidden {
            fn texts() -> [&'static str; 2] {
                [Size::Small.text(), Size::Large.text()]
            }
        }

        #[smart_action(collection = "orders")]
        async fn hidden(form: Form<Hidden>) -> String {
            format!("{} {}", form.size.text(), form.text)
        }
    };
}

all_of_it!();

macro_rules! action {
    ($name:ident, $form:ty) => {
        #[smart_action(collection = "orders")]
        async fn $name(form: Form<$form>) {
            let _ = form.into_inner();
        }
    };
}

action!(amount, Amount);
action!(count, Count);
action!(documented, Documented);

#[test]
fn compiles_and_is_declared() {
    let actions = actions![hidden, amount, count, documented];
    let schema = Forest::builder().actions(actions).schema().unwrap();
    let names = |action: &str| -> Vec<String> {
        let fields = schema.find_action("orders", action).unwrap().fields();
        fields.iter().map(|field| field.name().to_owned()).collect()
    };
    assert_eq!(names("Amount"), ["Amount", "own"]);
    assert_eq!(names("Count"), ["Count", "own"]);
    assert_eq!(names("Documented"), ["First", "second"]);
    assert_eq!(names("Hidden"), ["size", "text"]);
}
