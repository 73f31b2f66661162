//! The validated action: built by `checks`, read by `expand`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, ExprPath, LitInt, LitStr, Path, Type, Visibility};

/// One action, ready to be expanded.
pub(crate) struct Action {
    /// The annotated function.
    pub(crate) function: Function,
    /// The path of the runtime crate.
    pub(crate) runtime: Path,
    pub(crate) collection: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// As given, or the default made from the name.
    pub(crate) endpoint: String,
    pub(crate) http_method: HttpMethod,
    /// Location of the deprecation warning for methods other than POST.
    pub(crate) deprecated_method: Option<Span>,
    pub(crate) description: Option<String>,
    pub(crate) submit_button_label: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) redirect: Option<String>,
    /// `None`: derived from the return type.
    pub(crate) download: Option<bool>,
    /// From the argument `form`, or from a `Form<T>` in the signature.
    pub(crate) form: Option<Type>,
    pub(crate) load: Option<ExprPath>,
    pub(crate) change: Vec<ChangeHook>,
    pub(crate) max_records: Option<u64>,
    /// The rule over the records, and whether one refused record stops the run.
    pub(crate) can_run: Option<(Rule, bool)>,
    pub(crate) confirm: Option<Confirm>,
    /// The preview, and whether a run requires it.
    pub(crate) preview: Option<(ExprPath, bool)>,
    /// `None`: runs stay in the request.
    pub(crate) background: Option<Background>,
    /// `None`: as the agent is set up.
    pub(crate) audit: Option<Audit>,
    pub(crate) protected: bool,
}

/// The value of `confirm`.
pub(crate) struct Confirm {
    /// The name of the field for the answer.
    pub(crate) field: String,
    pub(crate) question: Question,
}

pub(crate) enum Question {
    /// A function that decides what to ask.
    Function(ExprPath),
    Declared {
        text: Option<LitStr>,
        answer: Answer,
        over: Option<LitInt>,
    },
}

/// The expected answer.
pub(crate) enum Answer {
    Tick,
    Word(LitStr),
    Count,
}

/// The value of `can_run`.
pub(crate) enum Rule {
    /// A function of record and caller.
    Function(ExprPath),
    /// A filter of the collection, and the reason for the records outside of it.
    Filter { filter: Expr, reason: LitStr },
}

/// The arguments of runs in the background; `None`: the default. Durations are in milliseconds.
pub(crate) struct Background {
    pub(crate) over: Option<u64>,
    pub(crate) wait: Option<u64>,
    pub(crate) attempts: Option<u32>,
    pub(crate) stall: Option<u64>,
    pub(crate) one_at_a_time: bool,
    pub(crate) keep: Option<u64>,
}

/// The annotated function, as far as generated code refers to it.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// The `#[cfg]` attributes, for each generated item.
    pub(crate) cfgs: Vec<TokenStream>,
    /// The `#[allow]` attributes: the generated items repeat types and paths that the user allowed something for.
    pub(crate) allows: Vec<TokenStream>,
    pub(crate) is_deprecated: bool,
    /// The types of the arguments, in order.
    pub(crate) arguments: Vec<Type>,
    /// The arguments as they are written, such as `id: RecordId<i64>`.
    pub(crate) texts: Vec<String>,
    /// The return type, `()` when none is written.
    pub(crate) answer: Type,
}

/// The change hooks.
pub(crate) struct ChangeHook {
    pub(crate) field: String,
    pub(crate) path: ExprPath,
}

/// On how many records an action runs.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Single,
    Bulk,
    Global,
}

impl Kind {
    /// The kind written as `text`.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "single" => Some(Self::Single),
            "bulk" => Some(Self::Bulk),
            "global" => Some(Self::Global),
            _ => None,
        }
    }

    /// The name of the runtime's variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Single => "Single",
            Self::Bulk => "Bulk",
            Self::Global => "Global",
        }
    }
}

/// How the runs of an action are recorded.
#[derive(Clone, Copy)]
pub(crate) enum Audit {
    Strict,
    Normal,
    Off,
}

impl Audit {
    /// The mode written as `text`.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "strict" => Some(Self::Strict),
            "normal" => Some(Self::Normal),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    /// The name of the runtime's variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Normal => "Normal",
            Self::Off => "Off",
        }
    }
}

/// The method of the request that runs an action.
#[derive(Clone, Copy)]
pub(crate) enum HttpMethod {
    Post,
    Put,
    Patch,
    Delete,
}

impl HttpMethod {
    /// The method written as `text`.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "PATCH" => Some(Self::Patch),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    /// The name of the runtime's variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Post => "Post",
            Self::Put => "Put",
            Self::Patch => "Patch",
            Self::Delete => "Delete",
        }
    }

    /// Deprecated by Forest Admin.
    pub(crate) fn is_deprecated(self) -> bool {
        !matches!(self, Self::Post)
    }
}
