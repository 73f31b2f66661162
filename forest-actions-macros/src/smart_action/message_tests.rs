//! Every message of `#[smart_action(...)]`, with the source text that it points at.
//!
//! One table per kind of mistake. Messages are part of the public interface: changes of meaning belong in the change
//! log.

use super::smart_action;
use crate::testing::messages;

/// Runs the macro, checks that it gives back the function alone, and gives the messages without their subject.
fn run(args: &str, item: &str) -> Vec<(String, String)> {
    let tokens: proc_macro2::TokenStream = item.parse().unwrap();
    let (output, errors) = smart_action(args.parse().unwrap(), tokens.clone());
    if !errors.is_empty() {
        assert_eq!(
            output.to_string(),
            tokens.to_string(),
            "a broken declaration gives the item and nothing else"
        );
    }
    messages(&errors)
        .into_iter()
        .map(|(message, token)| {
            let message = message
                .strip_prefix("action `a`: ")
                .or_else(|| message.strip_prefix("`#[smart_action]`: "))
                .map(str::to_owned)
                .unwrap_or(message);
            (message, token)
        })
        .collect()
}

/// Asserts that exactly one mistake is found.
fn one(args: &str, item: &str, token: &str, message: &str) {
    assert_eq!(
        run(args, item),
        [(message.to_owned(), token.to_owned())],
        "{args} on {item}"
    );
}

const ITEM: &str = "async fn a() {}";
const ACCEPTED: &str = "\n  note: accepted: `collection`, `name`, `kind`, `endpoint`, `http_method`, `description`, \
                        `submit_button_label`, `download`, `base_url`, `redirect`, `form`, `load`, `change`, \
                        `max_records`, `can_run`, `on_refusal`, `confirm`, `preview`, `require_preview`, \
                        `background`, `wait`, `attempts`, `stall`, `one_at_a_time`, `keep`, `audit`, `unprotected`, `crate`";
const FILTER: &str =
    "\n  help: write `can_run = filter(Filter::leaf(\"status\", Operator::Equal, \"open\"), \"not open\")`";
const QUESTION: &str = "\n  help: write `confirm(text = \"Refund {count} payments?\", type_word = \"REFUND\")`";
const CHANGE: &str = "\n  help: write `change(field = my_function, \"field with spaces\" = my_function)`";

#[test]
fn the_keys() {
    for (rest, token, message) in [
        (
            "colour = \"x\"",
            "colour",
            format!("unknown argument `colour`{ACCEPTED}"),
        ),
        (
            "descripton = \"x\"",
            "descripton",
            format!("unknown argument `descripton`\n  help: did you mean `description`?{ACCEPTED}"),
        ),
        (
            "type = \"bulk\"",
            "type",
            format!("unknown argument `type`\n  help: did you mean `kind`?{ACCEPTED}"),
        ),
        (
            "httpMethod = \"POST\"",
            "httpMethod",
            format!("unknown argument `httpMethod`\n  help: did you mean `http_method`?{ACCEPTED}"),
        ),
        (
            "fields(x, y)",
            "fields",
            format!("unknown argument `fields`\n  help: did you mean `form`?{ACCEPTED}"),
        ),
        (
            "kind = \"bulk\", kind = \"single\"",
            "kind",
            "`kind` is given twice".to_owned(),
        ),
        (
            "unprotected, unprotected",
            "unprotected",
            "`unprotected` is given twice".to_owned(),
        ),
        (
            "forest::kind = \"bulk\"",
            "forest",
            "expected `key = value`, found a path that starts with `forest`".to_owned(),
        ),
        ("3 = 4", "3", "expected `key = value`, found `3`".to_owned()),
        (", unprotected", ",", "expected `key = value`, found `,`".to_owned()),
        ("+", "+", "expected `key = value`, found `+`".to_owned()),
        (
            "kind = \"bulk\" name = \"x\"",
            "name",
            "expected `,` after `kind`, found `name`".to_owned(),
        ),
        (
            "unprotected + 1",
            "+",
            "`unprotected` takes no value, found `+`\n  help: write `unprotected` alone, or leave it out".to_owned(),
        ),
    ] {
        one(&format!("collection = \"c\", {rest}"), ITEM, token, &message);
    }
}

#[test]
fn a_string_without_a_key_is_the_collection() {
    one(
        "\"companies\", kind = \"single\"",
        ITEM,
        "\"companies\"",
        "expected `key = value`, found a string\n  help: say what it is, for instance `collection = \"companies\"`",
    );
}

#[test]
fn the_shape_of_values() {
    let function = "takes the path of an async function, found";
    for (rest, token, message) in [
        ("name", "name", "`name` takes a string, found nothing\n  help: write `name = \"…\"`".to_owned()),
        ("name, unprotected", "name", "`name` takes a string, found nothing\n  help: write `name = \"…\"`".to_owned()),
        ("name =", "=", "`name` takes a string, found nothing\n  help: write `name = \"…\"`".to_owned()),
        ("name(\"x\")", "name", "`name` takes a string, found `(…)`\n  help: write `name = \"…\"`".to_owned()),
        ("name: \"x\"", "name", "`name` takes a string, found `:`\n  help: write `name = \"…\"`".to_owned()),
        ("name = Refund", "Refund", "`name` takes a string, found `Refund`\n  help: write `name = \"Refund\"`".to_owned()),
        ("name = 3", "3", "`name` takes a string, found `3`\n  help: write `name = \"3\"`".to_owned()),
        (
            "name = concat!(\"a\", \"b\"), unprotected",
            "concat",
            "`name` takes a string, found `concat`\n  note: macros and constants are not accepted, as the text is needed at compile time"
                .to_owned(),
        ),
        ("download", "download", "`download` takes `true` or `false`, found nothing\n  help: write `download = true`".to_owned()),
        ("download = \"yes\"", "\"yes\"", "`download` takes `true` or `false`, found `\"yes\"`".to_owned()),
        ("max_records", "max_records", "`max_records` takes a whole number, found nothing\n  help: write `max_records = 100`".to_owned()),
        ("max_records = \"5\"", "\"5\"", "`max_records` takes a whole number, found `\"5\"`".to_owned()),
        ("max_records = -5", "-5", "`max_records` is the largest number of records, at least 1\n  help: leave it out for any number".to_owned()),
        ("max_records = 0", "0", "`max_records` is the largest number of records, at least 1\n  help: leave it out for any number".to_owned()),
        ("max_records = 5, kind = \"single\"", "5", "`max_records` is for bulk actions: a single one runs on exactly one record".to_owned()),
        ("max_records = 5, kind = \"global\"", "5", "`max_records` is for bulk actions: a global one runs on no record".to_owned()),
        ("unprotected = true", "=", "`unprotected` takes no value, found `=`\n  help: write `unprotected` alone, or leave it out".to_owned()),
        ("form", "form", "`form` takes a type, found nothing\n  help: write `form = MyType`".to_owned()),
        ("form = \"Charge\"", "\"Charge\"", "`form` takes a type, found a string\n  help: write `form = Charge`".to_owned()),
        ("form = 3", "3", "`form` takes a type, found `3`".to_owned()),
        ("load", "load", "`load` takes the path of an async function, found nothing\n  help: write `load = my_function`".to_owned()),
        ("load = \"f\"", "\"f\"", format!("`load` {function} a string\n  help: write `f` without quotes")),
        ("load = x::f(1, 2)", "(1, 2)", format!("`load` {function} a call\n  help: write `x::f` without the parentheses")),
        ("load = |call| async {}", "|", format!("`load` {function} a closure\n  help: make it an `async fn` and name that")),
        ("load = async {}", "async", format!("`load` {function} a closure\n  help: make it an `async fn` and name that")),
        ("load = 3", "3", format!("`load` {function} `3`")),
        ("crate = \"a b\"", "\"a b\"", "`crate` takes the path of a crate, found `\"a b\"`".to_owned()),
        ("crate = 3", "3", "`crate` takes the path of a crate, found `3`".to_owned()),
        ("can_run", "can_run", "`can_run` takes the path of a function, or a filter, found nothing\n  help: write `can_run = my_rule`".to_owned()),
        ("can_run = \"f\"", "\"f\"", "`can_run` takes the path of a function, found a string\n  help: write `f` without quotes".to_owned()),
        ("can_run = |a, b| Ok(())", "|", "`can_run` takes the path of a function, found a closure\n  help: make it a `fn` and name that".to_owned()),
        ("can_run = filter(open())", "filter", format!("`filter` takes a filter and the reason for the records outside of it{FILTER}")),
        ("can_run = filter(open(), \"a\", 3)", "filter", format!("`filter` takes a filter and the reason for the records outside of it{FILTER}")),
        ("can_run = filter(open(), \" \")", "\" \"", "the reason of a filter is blank, and it is shown to the user".to_owned()),
        ("on_refusal = \"stop\"", "\"stop\"", "`on_refusal` says what the refusals of `can_run` mean, and there is no `can_run`".to_owned()),
        ("can_run = f, on_refusal = \"fail\"", "\"fail\"", "`on_refusal` is \"skip\" (the others run) or \"stop\" (nothing runs), found \"fail\"".to_owned()),
        ("can_run = f, kind = \"global\"", "f", "a global action runs on no records, so `can_run` has nothing to judge".to_owned()),
        (
            "can_run = f, download = true",
            "f",
            "a file cannot report the records that `can_run` refuses\n  help: write `on_refusal = \"stop\"`, so that nothing is sent when a record is refused"
                .to_owned(),
        ),
        (
            "confirm",
            "confirm",
            "`confirm` takes a text, the path of an async function, or a list in parentheses, found nothing\n  help: write `confirm = \"Go on with {count} records?\"`"
                .to_owned(),
        ),
        ("confirm = \"\"", "\"\"", "`confirm` is empty".to_owned()),
        ("confirm = 3", "3", format!("`confirm` {function} `3`")),
        ("confirm()", "confirm", format!("`confirm` has no question{QUESTION}")),
        ("confirm(field = \"Sure\")", "confirm", format!("`confirm` has no question{QUESTION}")),
        ("confirm(type_word = \" A\")", "\" A\"", "`type_word` begins or ends with white space, which is invisible".to_owned()),
        ("confirm(type_word = \"A\", type_count)", "confirm", "`confirm` asks for one answer, found `type_word` and `type_count`".to_owned()),
        (
            "confirm(word = \"A\", text = \"b\")",
            "word",
            "unknown argument `word`\n  help: did you mean `type_word`?\n  note: accepted: `text`, `type_word`, `type_count`, `over`, `field`"
                .to_owned(),
        ),
        ("preview = \"f\"", "\"f\"", format!("`preview` {function} a string\n  help: write `f` without quotes")),
        ("require_preview", "require_preview", "`require_preview` needs a preview\n  help: write `preview = my_function`".to_owned()),
        ("change", "change", "`change` takes a list in parentheses\n  help: write `change(field = my_function, \"field with spaces\" = my_function)`".to_owned()),
        ("change = f", "change", "`change` takes a list in parentheses\n  help: write `change(field = my_function, \"field with spaces\" = my_function)`".to_owned()),
        ("change(3 = f)", "3", format!("`change` takes the names of fields, found `3`{CHANGE}")),
        ("change(amount)", "amount", format!("expected `=` and a function after the field `amount`, found nothing{CHANGE}")),
        ("change(amount: f)", ":", format!("expected `=` and a function after the field `amount`, found `:`{CHANGE}")),
        ("change(amount = )", "amount", format!("the change hook of the field `amount` names no function{CHANGE}")),
        ("change(amount = f())", "()", format!("`change(amount = …)` {function} a call\n  help: write `f` without the parentheses")),
        ("change(amount = f b = g)", "b", "expected `,` after a change hook, found `b`".to_owned()),
        ("change(amount = f, \"amount\" = g)", "\"amount\"", "the field `amount` has two change hooks".to_owned()),
        ("change(\"\" = f)", "\"\"", "`change` names a field that has an empty name".to_owned()),
    ] {
        one(&format!("collection = \"c\", {rest}"), ITEM, token, &message);
    }
}

#[test]
fn the_meaning_of_values() {
    let long = "x".repeat(51);
    for (rest, token, message) in [
        ("name = \"\"", "\"\"", "`name` is empty".to_owned()),
        ("name = \" \\u{a0}\"", "\" \\u{a0}\"", "`name` is blank".to_owned()),
        (
            "name = \"日本\"",
            "\"日本\"",
            "no endpoint can be made from the name `日本`\n  help: write `endpoint = \"/forest/actions/…\"`".to_owned(),
        ),
        (
            "kind = \"singel\"",
            "\"singel\"",
            "unknown kind `\"singel\"`\n  help: did you mean `\"single\"`?\n  note: accepted: `\"single\"`, `\"bulk\"`, `\"global\"`"
                .to_owned(),
        ),
        (
            "kind = \"whatever\"",
            "\"whatever\"",
            "unknown kind `\"whatever\"`\n  note: accepted: `\"single\"`, `\"bulk\"`, `\"global\"`".to_owned(),
        ),
        (
            "audit = \"critical\"",
            "\"critical\"",
            "unknown mode of `audit` `\"critical\"`\n  help: did you mean `\"strict\"`?\n  note: accepted: `\"strict\"`, `\"normal\"`, `\"off\"`"
                .to_owned(),
        ),
        (
            "http_method = \"post\"",
            "\"post\"",
            "unknown HTTP method `\"post\"`\n  help: did you mean `\"POST\"`?\n  note: accepted: `\"POST\"`, `\"PUT\"`, \
             `\"PATCH\"`, `\"DELETE\"`"
                .to_owned(),
        ),
        (
            "http_method = \"OPTIONS\"",
            "\"OPTIONS\"",
            "unknown HTTP method `\"OPTIONS\"`\n  note: accepted: `\"POST\"`, `\"PUT\"`, `\"PATCH\"`, `\"DELETE\"`".to_owned(),
        ),
        (
            "http_method = \"GET\"",
            "\"GET\"",
            "`http_method` cannot be `\"GET\"`: an action changes data, and browsers and proxies repeat or store a GET request\n  \
             help: leave `http_method` out: the default is `\"POST\"`"
                .to_owned(),
        ),
        (
            "http_method = \"head\"",
            "\"head\"",
            "`http_method` cannot be `\"head\"`: an action changes data, and browsers and proxies repeat or store a HEAD request\n  \
             help: leave `http_method` out: the default is `\"POST\"`"
                .to_owned(),
        ),
        ("submit_button_label = \"\"", "\"\"", "`submit_button_label` is empty".to_owned()),
        (
            &format!("submit_button_label = \"{long}\""),
            &format!("\"{long}\""),
            "`submit_button_label` has 51 characters; Forest Admin accepts 50".to_owned(),
        ),
    ] {
        one(&format!("collection = \"c\", {rest}"), ITEM, token, &message);
    }
    one("collection = \"\"", ITEM, "\"\"", "`collection` is empty");
    one("collection = \" \"", ITEM, "\" \"", "`collection` is blank");
    let help = "\n  help: write `#[smart_action(collection = \"…\")]`";
    one("kind = \"bulk\"", ITEM, "a", &format!("`collection` is missing{help}"));
    one("", ITEM, "a", &format!("`collection` is missing{help}"));
    assert_eq!(
        run(
            "collection = \"c\", submit_button_label = \"é — fifty characters, and not a single one more ok\"",
            ITEM
        ),
        []
    );
}

#[test]
fn function_names_without_a_valid_label_or_endpoint() {
    assert_eq!(
        run("collection = \"c\"", "async fn __() {}"),
        [(
            "action `__`: no label can be made from the function's name\n  help: write `name = \"…\"`".to_owned(),
            "__".to_owned()
        )]
    );
    assert_eq!(
        run("collection = \"c\"", "async fn 日本() {}"),
        [(
            "action `日本`: no endpoint can be made from the name `日本`\n  help: write `endpoint = \"/forest/actions/…\"`".to_owned(),
            "日本".to_owned()
        )]
    );
    assert_eq!(
        run(
            "collection = \"c\", name = \"日本\", endpoint = \"/forest/actions/x\"",
            ITEM
        ),
        []
    );
}

#[test]
fn the_endpoint() {
    let url = "is a path, found a URL\n  help: give the scheme and the host in `base_url`, and the path here";
    let dots = "note: browsers resolve it, and request another path";
    let matched = "note: requests are matched by their path alone";
    for (endpoint, problem) in [
        (
            "",
            "is empty\n  help: leave `endpoint` out: the default is made from the action's name".to_owned(),
        ),
        (
            "/",
            "has no path, found `/`\n  help: leave `endpoint` out: the default is made from the action's name"
                .to_owned(),
        ),
        (
            "//",
            "has no path, found `//`\n  help: leave `endpoint` out: the default is made from the action's name"
                .to_owned(),
        ),
        ("https://x.com/forest/a", url.to_owned()),
        ("HTTP://x.com", url.to_owned()),
        ("/a://b", url.to_owned()),
        ("//x.com/a", url.to_owned()),
        ("/a?b=c", format!("cannot have a query, found `?`\n  {matched}")),
        ("/a#b", format!("cannot have a fragment, found `#`\n  {matched}")),
        ("/a/../b", format!("cannot have the segment `..`\n  {dots}")),
        ("./a", format!("cannot have the segment `.`\n  {dots}")),
        ("/a/%2E.", format!("cannot have the segment `%2E.`\n  {dots}")),
        (
            "/a\\\\b",
            "cannot have a backslash\n  help: segments are separated by `/`".to_owned(),
        ),
        ("/a\\nb", "cannot have control characters".to_owned()),
    ] {
        let args = format!("collection = \"c\", endpoint = \"{endpoint}\"");
        one(
            &args,
            ITEM,
            &format!("\"{endpoint}\""),
            &format!("`endpoint` {problem}"),
        );
    }
    for endpoint in [
        "/forest/orders/refund",
        "forest/orders/export",
        "/a/...",
        "/a/.b",
        "/é/:id",
        "/x y",
    ] {
        assert_eq!(
            run(&format!("collection = \"c\", endpoint = \"{endpoint}\""), ITEM),
            [],
            "{endpoint}"
        );
    }
}

#[test]
fn the_base_url() {
    let example = "help: for instance `\"https://api.example.com\"`";
    let characters = "cannot have white space, backslashes or control characters";
    let appended = "cannot have a query or a fragment\n  note: the endpoint is appended to it";
    for (url, problem) in [
        ("", format!("is an `http` or `https` URL, found `\"\"`\n  {example}")),
        (
            "x.com",
            format!("is an `http` or `https` URL, found `\"x.com\"`\n  {example}"),
        ),
        (
            "ftp://x.com",
            format!("is an `http` or `https` URL, found `\"ftp://x.com\"`\n  {example}"),
        ),
        ("https://", format!("names no host\n  {example}")),
        ("https:///a", format!("names no host\n  {example}")),
        ("https://?a", format!("names no host\n  {example}")),
        ("https://x .com", characters.to_owned()),
        ("https://x.com/?a", appended.to_owned()),
        ("https://x.com#a", appended.to_owned()),
    ] {
        let args = format!("collection = \"c\", base_url = \"{url}\"");
        one(&args, ITEM, &format!("\"{url}\""), &format!("`base_url` {problem}"));
    }
    for url in ["https://x.com", "http://localhost:3310/api", "https://[::1]:80"] {
        assert_eq!(
            run(&format!("collection = \"c\", base_url = \"{url}\""), ITEM),
            [],
            "{url}"
        );
    }
}

#[test]
fn the_form() {
    let args = "collection = \"c\"";
    let two = "an action has one form, found a second `Form` argument";
    one(
        args,
        "async fn a(x: Form<A>, y: forest_actions::Form<B>) {}",
        "forest_actions::Form<B>",
        two,
    );
    one(
        "collection = \"c\", form = A",
        "async fn a(x: Form<A>, y: Form<A>) {}",
        "Form<A>",
        two,
    );
    one(
        "collection = \"c\", form = x::A",
        "async fn a(x: Form<A>) {}",
        "x::A",
        "`form` is `x::A`, but the function takes `Form<A>`\n  help: leave `form` out: it is only needed where an alias hides \
         the form",
    );
    assert_eq!(
        run("collection = \"c\", form = A<B>", "async fn a(x: Form<A < B >>) {}"),
        []
    );
    assert_eq!(run("collection = \"c\", form = A", "async fn a(x: Alias) {}"), []);
}

#[test]
fn the_signature() {
    let generic = "\n  note: the action is registered once, for types that are known when it is declared";
    let argument = "an argument cannot be `impl Trait`\n  help: name the type of the extractor";
    let answer = "an action cannot return `impl Trait`\n  help: name the type, for instance `ActionResult`";
    let cfg = |name| {
        format!("`#[{name}]` on an argument is not supported\n  help: put `#[{name}]` on two versions of the function")
    };
    let thirteen = (0..13).map(|n| format!("x{n}: T{n}")).collect::<Vec<_>>().join(", ");
    for (item, token, message) in [
        ("fn a() {}", "fn", "the function is not `async`\n  help: write `async fn`".to_owned()),
        ("const async fn a() {}", "const", "an action cannot be `const`".to_owned()),
        (
            "async unsafe fn a() {}",
            "unsafe",
            "an action cannot be `unsafe`\n  note: it is called for whatever a browser sends, so nobody can uphold the contract".to_owned(),
        ),
        ("async extern \"C\" fn a() {}", "extern \"C\"", "an action has the Rust ABI\n  help: leave `extern` out".to_owned()),
        ("async fn a<T: X>() {}", "T", format!("an action has no type parameters, found `T`{generic}")),
        ("async fn a<const N: usize>() {}", "N", format!("an action has no const parameters, found `N`{generic}")),
        ("async fn a<'a>() {}", "'a", "an action has no lifetime parameters, found `'a`\n  note: extractors own what they hold".to_owned()),
        ("async fn a() where u8: Copy {}", "where", "an action has no `where` clause".to_owned()),
        (
            "async fn a(&mut self, x: T) {}",
            "self",
            "an action is a free function and takes no `self`\n  help: take state as an extractor, for instance `web::Data<T>`".to_owned(),
        ),
        ("async fn a(x: T, ...) {}", "...", "an action takes a fixed number of arguments, found `...`".to_owned()),
        ("async fn a(x: impl T) {}", "impl", argument.to_owned()),
        ("async fn a(x: A<(B, impl T)>) {}", "impl", argument.to_owned()),
        ("async fn a() -> impl T {}", "impl", answer.to_owned()),
        ("async fn a() -> Result<impl T, E> {}", "impl", answer.to_owned()),
        ("async fn a() -> ! {}", "!", "an action has to answer, found `!`\n  help: return `()` or `ActionResult`".to_owned()),
        ("async fn a(#[cfg(unix)] x: T) {}", "cfg", cfg("cfg")),
        ("async fn a(#[cfg_attr(unix, x)] x: T) {}", "cfg_attr", cfg("cfg_attr")),
        (
            &format!("async fn a({thirteen}) {{}}"),
            "T12",
            "an action takes at most 12 arguments, found 13\n  help: group some in an extractor of your own".to_owned(),
        ),
        (
            "#[forest_actions::smart_action(collection = \"d\")] async fn a() {}",
            "forest_actions::smart_action",
            "a function is one action, found a second `#[smart_action]`\n  help: declare the other one on a function of its own \
             that calls this one"
                .to_owned(),
        ),
        ("async fn a(x y) {}", "y", "expected `:`".to_owned()),
    ] {
        one("collection = \"c\"", item, token, &message);
    }
    let twelve = (0..12).map(|n| format!("x{n}: T{n}")).collect::<Vec<_>>().join(", ");
    assert_eq!(run("collection = \"c\"", &format!("async fn a({twelve}) {{}}")), []);
    assert_eq!(run("collection = \"c\"", "async fn a(#[allow(unused)] x: T) {}"), []);
    assert_eq!(run("collection = \"c\"", "async fn a() { let = ; }"), []);
}

#[test]
fn non_function_items() {
    for (item, kind, token) in [
        ("pub struct A { x: u8 }", "a struct", "struct"),
        ("impl A { async fn a(&self) {} }", "an `impl` block", "impl"),
        ("mod a { async fn a() {} }", "a module", "mod"),
        ("const A: u8 = 1;", "a constant", "const"),
    ] {
        one(
            "collection = \"c\"",
            item,
            token,
            &format!("expected an `async fn`, found {kind}"),
        );
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = run(
        "colection = \"c\", name = \"\", kind = 3, http_method = \"get\", form = , load = f(), change(a = , b = g()), colour, \
         endpoint = \"?\", unprotected = 1",
        "fn a<T>(self, x: impl A, #[cfg(b)] y: B) -> impl C {}",
    );
    let tokens: Vec<&str> = found.iter().map(|(_, token)| token.as_str()).collect();
    assert_eq!(
        tokens,
        [
            "colection",
            "3",
            "=",
            "()",
            "a",
            "()",
            "colour",
            "=",
            "fn",
            "T",
            "self",
            "impl",
            "cfg",
            "impl",
            "\"\"",
            "\"?\"",
            "\"get\""
        ]
    );
}

#[test]
fn messages_name_the_action_when_its_name_is_known() {
    let subject = |item: &str| {
        let (_, errors) = smart_action("collection = 1".parse().unwrap(), item.parse().unwrap());
        messages(&errors)
            .first()
            .unwrap()
            .0
            .split(": ")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(subject("async fn mark_as_live() {}"), "action `mark_as_live`");
    assert_eq!(subject("pub unsafe fn r#move(x y) {}"), "action `r#move`");
    assert_eq!(subject("struct A;"), "`#[smart_action]`");
}

#[test]
fn arguments_that_no_request_fills() {
    let state = "`FormState` is only available in hooks\n  help: take the submitted values as `Form<T>` or `Values`";
    for ty in ["FormState", "FormState<Refund>", "forest_actions::FormState<Refund>"] {
        one("collection = \"c\"", &format!("async fn a(x: {ty}) {{}}"), ty, state);
    }
    let record = "a global action runs without records, so it has no `RecordId`\n  help: write `kind = \"single\"`, or leave \
                  the argument out";
    let global = "collection = \"c\", kind = \"global\"";
    one(global, "async fn a(x: RecordId<i64>) {}", "RecordId<i64>", record);
    for (args, argument) in [("collection = \"c\"", "RecordId<i64>"), (global, "RecordIds<i64>")] {
        assert_eq!(run(args, &format!("async fn a(x: {argument}) {{}}")), [], "{argument}");
    }
}

const BACKGROUND: &str = "\n  help: write `background` alone, or `background(over = 500)`";
const UNITS: &str = "\n  help: write a whole number and a unit, `ms`, `s`, `m`, `h` or `d`: for instance `\"5m\"`";

#[test]
fn the_arguments_of_runs_in_the_background() {
    let alone = |key| format!("`{key}` is about runs in the background\n  help: write `background`");
    for (rest, token, message) in [
        (
            "background = true",
            "=",
            format!("`background` takes no value, or a list in parentheses, found `=`{BACKGROUND}"),
        ),
        ("background()", "()", format!("`background` has an empty list{BACKGROUND}")),
        (
            "background(threshold = 5)",
            "threshold",
            "unknown argument `threshold`\n  help: did you mean `over`?\n  note: accepted: `over`".to_owned(),
        ),
        ("background(over = 5, over = 6)", "over", "`over` is given twice".to_owned()),
        (
            "background(over)",
            "over",
            "`over` takes a whole number, found nothing\n  help: write `over = 100`".to_owned(),
        ),
        (
            "background(wait = \"1s\")",
            "wait",
            "`wait` stands beside `background`\n  help: write `background, wait`".to_owned(),
        ),
        (
            "background(over = 0)",
            "0",
            "`over` is a number of records, at least 1\n  help: write `background` alone for every run".to_owned(),
        ),
        (
            "background(over = 5), kind = \"single\"",
            "5",
            "`over` is for bulk actions: a single one runs on exactly one record\n  help: write `background` alone"
                .to_owned(),
        ),
        (
            "background(over = 5), kind = \"global\"",
            "5",
            "`over` is for bulk actions: a global one runs on no record\n  help: write `background` alone".to_owned(),
        ),
        (
            "background(over = 500), max_records = 500",
            "500",
            "`over` is not below `max_records`, so no run would be in the background".to_owned(),
        ),
        ("wait = \"1s\"", "\"1s\"", alone("wait")),
        ("attempts = 3", "3", alone("attempts")),
        ("stall = \"5m\"", "\"5m\"", alone("stall")),
        ("one_at_a_time", "one_at_a_time", alone("one_at_a_time")),
        ("keep = \"90d\"", "\"90d\"", alone("keep")),
        (
            "background, wait",
            "wait",
            "`wait` takes a duration, found nothing\n  help: write `wait = \"800ms\"`".to_owned(),
        ),
        (
            "background, stall = 5",
            "5",
            "`stall` takes a duration, found `5`\n  help: write `stall = \"5m\"`".to_owned(),
        ),
        (
            "background, keep = 90 d",
            "90",
            "`keep` takes a duration, found `90`\n  help: write `keep = \"90d\"`".to_owned(),
        ),
        (
            "background, wait = \"800\"",
            "\"800\"",
            format!("`wait` is a duration, found `\"800\"`{UNITS}"),
        ),
        (
            "background, stall = \"5min\"",
            "\"5min\"",
            format!("`stall` is a duration, found `\"5min\"`{UNITS}"),
        ),
        (
            "background, wait = \"8001ms\"",
            "\"8001ms\"",
            "`wait` is from `\"0s\"` to `\"8s\"`, found `\"8001ms\"`".to_owned(),
        ),
        (
            "background, stall = \"999ms\"",
            "\"999ms\"",
            "`stall` is from `\"1s\"` to `\"24h\"`, found `\"999ms\"`".to_owned(),
        ),
        (
            "background, keep = \"3651d\"",
            "\"3651d\"",
            "`keep` is from `\"1h\"` to `\"3650d\"`, found `\"3651d\"`".to_owned(),
        ),
        (
            "background, attempts = 0",
            "0",
            "`attempts` is a whole number from 1 to 100, found `0`".to_owned(),
        ),
        (
            "background, attempts = 101",
            "101",
            "`attempts` is a whole number from 1 to 100, found `101`".to_owned(),
        ),
        (
            "background, one_at_a_time = true",
            "=",
            "`one_at_a_time` takes no value, found `=`\n  help: write `one_at_a_time` alone, or leave it out".to_owned(),
        ),
        (
            "background, download = true",
            "true",
            "a file cannot be the answer of a run in the background: the browser is answered before the run ends\n  help: \
             store the file and answer with a link, or leave `background` out"
                .to_owned(),
        ),
    ] {
        one(&format!("collection = \"c\", {rest}"), ITEM, token, &message);
    }
    for rest in [
        "background, wait = \"0s\", attempts = 1, stall = \"1s\", keep = \"1h\"",
        "background, wait = \"8s\", attempts = 100, stall = \"24h\", keep = \"3650d\"",
        "background(over = 499), max_records = 500",
        "background, download = false, kind = \"global\"",
    ] {
        assert_eq!(run(&format!("collection = \"c\", {rest}"), ITEM), [], "{rest}");
    }
}

#[test]
fn words_for_runs_in_the_background() {
    for (word, meant) in [
        ("async", "background"),
        ("queue", "background"),
        ("queued", "background"),
        ("job", "background"),
        ("retries = 3", "attempts"),
        ("max_attempts = 3", "attempts"),
        ("timeout = \"5m\"", "stall"),
        ("deadline = \"5m\"", "stall"),
        ("exclusive", "one_at_a_time"),
        ("singleton", "one_at_a_time"),
        ("retention = \"90d\"", "keep"),
    ] {
        let key = word.split(' ').next().unwrap();
        one(
            &format!("collection = \"c\", {word}"),
            ITEM,
            key,
            &format!("unknown argument `{key}`\n  help: did you mean `{meant}`?{ACCEPTED}"),
        );
    }
    one(
        "collection = \"c\", backgroud, wait = \"1s\"",
        ITEM,
        "backgroud",
        &format!("unknown argument `backgroud`\n  help: did you mean `background`?{ACCEPTED}"),
    );
}

#[test]
fn arguments_that_no_run_in_the_background_has() {
    let background = "collection = \"c\", background";
    for (ty, name) in [("HttpRequest", "HttpRequest"), ("web::Payload", "Payload")] {
        one(
            background,
            &format!("async fn a(x: {ty}) {{}}"),
            ty,
            &format!(
                "there is no request when the run goes on: `{name}` is only available without `background`\n  help: take the \
                 submitted values as `Form<T>` or `Values`, and the user as `Caller`"
            ),
        );
    }
    let keys = |found| {
        format!(
            "`RecordIds` reads all keys at once: in the background it needs a `max_records` of at most 10,000{found}\n  help: \
             take `Selection` or `Records<T>`, which are read in chunks"
        )
    };
    let item = "async fn a(x: RecordIds<i64>) {}";
    one(background, item, "RecordIds<i64>", &keys(""));
    one(
        &format!("{background}, max_records = 10_001"),
        item,
        "RecordIds<i64>",
        &keys(", found 10_001"),
    );
    for (args, item) in [
        (format!("{background}, max_records = 10_000"), item),
        (format!("{background}, kind = \"single\""), item),
        ("collection = \"c\"".to_owned(), item),
        (
            background.to_owned(),
            "async fn a(x: Selection, y: Records<T>, z: web::Json<T>, b: web::Bytes, q: web::Query<T>) {}",
        ),
    ] {
        assert_eq!(run(&args, item), [], "{args}");
    }
    let found = run(
        "collection = \"c\", background, wait = \"9s\", attempts = 0, download = true",
        "async fn a(x: HttpRequest, y: Payload, z: RecordIds<i64>) {}",
    );
    let tokens: Vec<&str> = found.iter().map(|(_, token)| token.as_str()).collect();
    assert_eq!(
        tokens,
        ["\"9s\"", "0", "true", "HttpRequest", "Payload", "RecordIds<i64>"]
    );
}
