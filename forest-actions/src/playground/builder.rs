//! The builder of the local page. A setting that cannot be used is logged as an error and does not stop the program.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

use super::agent::Agent;
use super::people::{LocalPeople, NoPeople, People};
use super::serve::{Page, serve};
use crate::forest::Forest;

/// The local page, to be described and mounted. Feature `playground`.
///
/// It shows the collections with their records, and the actions with their forms and answers, on the machine on which the
/// program runs. Made by [`Forest::playground`]; [`PlaygroundLog`](crate::PlaygroundLog) lets it show log lines.
///
/// ```
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use actix_web::App;
/// use forest_actions::{Forest, LocalUser};
///
/// let forest = Forest::builder()
///     .schema_file(false)
///     .local_user(LocalUser::new(1, "ada@example.com").name("Ada", "Lovelace"))
///     .start()
///     .await?;
/// let app = App::new()
///     .configure(forest.routes())
///     .configure(forest.playground().title("Back office").routes());
/// # let _ = actix_web::test::init_service(app).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Playground {
    pub(super) agent: Agent,
    mount: String,
    title: String,
    webhook_origins: Vec<String>,
    pub(super) people: Arc<dyn People>,
    /// The agent is not connected to the fake Forest server of the page.
    pub(super) is_mismatched: bool,
}

impl Forest {
    /// The local page: the program's actions in a browser. Feature `playground`.
    ///
    /// It only exists in development, and only answers requests of this machine; others get a 404, and the log has the reason.
    /// In local mode it can sign in as each [local user](crate::LocalUser).
    pub fn playground(&self) -> Playground {
        let agent = Agent::new(self);
        Playground {
            people: match agent.is_local() {
                true => Arc::new(LocalPeople),
                false => Arc::new(NoPeople),
            },
            agent,
            mount: String::new(),
            title: "Smart Actions".to_owned(),
            webhook_origins: Vec::new(),
            is_mismatched: false,
        }
    }
}

impl Playground {
    /// Sets the path of the page, below the scope in which its routes are configured, which has to be the one of
    /// [`Forest::routes`]. Default: `/`. The rest of the page is below `<path>/playground/`.
    pub fn at(mut self, path: impl AsRef<str>) -> Self {
        let path = path.as_ref().trim_matches('/');
        self.mount = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        self
    }

    /// Sets the title of the page.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Lets the page send webhooks of actions to this origin, such as `https://hooks.example.com`. Default: this machine only.
    pub fn webhook_origin(mut self, origin: impl Into<String>) -> Self {
        self.webhook_origins.push(origin.into());
        self
    }

    /// The routes of the page, for [`App::configure`](actix_web::App::configure) or a scope's, beside [`Forest::routes`].
    ///
    /// In production there are none, and an error is logged.
    pub fn routes(self) -> impl FnOnce(&mut ServiceConfig) + 'static + use<> {
        let page = self.page().map(Arc::new);
        move |config| {
            let Some(page) = page else { return };
            let mount = &page.mount;
            let paths = [
                mount.clone(),
                format!("{mount}/"),
                format!("{mount}/playground/{{tail}}*"),
            ];
            let answer = move |req: HttpRequest, payload: web::Payload| {
                let page = page.clone();
                async move { Some::<HttpResponse>(serve(&page, &req, payload).await) }
            };
            config.service(web::resource(paths).to(answer));
        }
    }

    /// The checked page; `None` if there cannot be one.
    fn page(self) -> Option<Page> {
        let is_first = self.agent.is_first_page();
        let complain = |problem: &str| {
            if is_first {
                tracing::error!(problem, "the local page");
            }
        };
        if self.agent.is_in_production() {
            if is_first {
                tracing::info!("the local page is not mounted in production");
            }
            return None;
        }
        if !is_plain_path(&self.mount) {
            complain("it is not mounted: its path may have letters, digits, `-`, `_`, `.`, `~` and `/`");
            return None;
        }
        let mut webhook_origins = Vec::new();
        for origin in &self.webhook_origins {
            match origin_of(origin) {
                Some(origin) => webhook_origins.push(origin),
                None => complain("a webhook origin is left out: write `https://host` or `https://host:port`"),
            }
        }
        if self.is_mismatched {
            complain("the agent is not connected to the fake Forest server of the page, which is left out");
        }
        Some(Page::new(
            self.agent,
            self.people,
            self.mount,
            self.title,
            webhook_origins,
        ))
    }
}

/// Returns `true` for a path that means the same in a pattern and in a URL.
fn is_plain_path(path: &str) -> bool {
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte))
        && !path.contains("//")
}

/// An origin as a browser writes it, for the policy header.
fn origin_of(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.host_str().is_some_and(|host| !host.contains(['*', ';', ',', '\'']));
    is_origin.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_accepted() {
        assert_eq!(
            origin_of("https://Hooks.example.com/").as_deref(),
            Some("https://hooks.example.com")
        );
        assert_eq!(
            origin_of("http://10.0.0.1:8080").as_deref(),
            Some("http://10.0.0.1:8080")
        );
        for wrong in [
            "*",
            "https://*",
            "https://*.example.com",
            "https://example.com/path",
            "https://a@example.com",
            "https://example.com; script-src *",
            "data:text/html,x",
            "javascript:1",
            "example.com",
            "",
        ] {
            assert_eq!(origin_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn pattern_characters_are_not_plain() {
        for plain in ["", "/dev", "/dev/page-1.0"] {
            assert!(is_plain_path(plain), "{plain}");
        }
        for other in ["/{any}", "/a//b", "/a b", "/*", "/a?b", "/é"] {
            assert!(!is_plain_path(other), "{other}");
        }
    }
}
