//! Waiting inside of the page: the page looks at itself until a condition holds or the time is over.
//!
//! There is nothing to tune: a condition is looked at again whenever the page had a moment, so a test is as fast as the page.

/// How long anything may take, in milliseconds. Generous: a machine that runs tests is a busy one.
pub(crate) const PATIENCE: u64 = 30_000;

/// An asynchronous script that answers what the function `condition` gives, once that is something.
///
/// `condition` is JavaScript: the body of a function with the arguments of the script.
pub(crate) fn script(condition: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
        const given = Array.prototype.slice.call(arguments, 0, -1);
        const condition = function () {{ {condition} }};
        const end = performance.now() + {PATIENCE};
        let problem = '';
        const look = () => {{
            let found = null;
            try {{ found = condition.apply(null, given); problem = ''; }} catch (error) {{ problem = String(error); }}
            if (found !== null && found !== undefined && found !== false) return done({{ found }});
            if (performance.now() > end) return done({{ problem }});
            setTimeout(look, 10);
        }};
        look();"
    )
}
