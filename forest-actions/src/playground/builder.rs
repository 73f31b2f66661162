//! How a program asks for the local page: where it lies, what it is called, and whom it may call.
//!
//! Owns the public face and the checks of what it is given. What cannot be used is an error in the log and no reason to
//! stop the host. Requests are `serve`'s.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

use super::people::People;
use super::serve::{Page, serve};
use crate::config::Environment;
use crate::forest::Forest;
#[cfg(feature = "testing")]
use crate::testing::FakeForest;

/// The local page, to be described and mounted. Feature `playground`.
///
/// It shows the collections with their records, the actions with their forms, and what they answer, to whoever sits at the
/// machine on which the program runs. Made by [`Forest::playground`].
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
    forest: Forest,
    mount: String,
    title: String,
    webhook_origins: Vec<String>,
    #[cfg(feature = "testing")]
    fake: Option<FakeForest>,
}

impl Forest {
    /// The local page: the program's actions in a browser. Feature `playground`.
    ///
    /// It only exists in development and for requests that this very machine sends; everybody else finds nothing there, and
    /// the log says why. In local mode one can be every [local user](crate::LocalUser).
    pub fn playground(&self) -> Playground {
        Playground {
            forest: self.clone(),
            mount: String::new(),
            title: "Smart Actions".to_owned(),
            webhook_origins: Vec::new(),
            #[cfg(feature = "testing")]
            fake: None,
        }
    }
}

impl Playground {
    /// The path of the page, `/` without this. It is below the scope in which the routes are configured, which has to be the
    /// one of [`Forest::routes`]. Everything else of the page lies below `<path>/playground/`.
    pub fn at(mut self, path: impl AsRef<str>) -> Self {
        let path = path.as_ref().trim_matches('/');
        self.mount = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        self
    }

    /// The title of the page.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Lets the page send the webhooks of actions to this origin, such as `https://hooks.example.com`. Without it they only go
    /// to this machine: the browser refuses all others.
    pub fn webhook_origin(mut self, origin: impl Into<String>) -> Self {
        self.webhook_origins.push(origin.into());
        self
    }

    /// Takes the people, their sessions and the approvals from a fake Forest server, which the agent has to be connected
    /// to. Feature `testing`.
    #[cfg(feature = "testing")]
    pub fn fake_forest(mut self, fake: FakeForest) -> Self {
        self.fake = Some(fake);
        self
    }

    /// What to mount, beside [`Forest::routes`]: the argument of [`App::configure`](actix_web::App::configure), or of a
    /// scope's.
    ///
    /// Nothing is mounted in production, with an error in the log.
    pub fn routes(self) -> impl FnOnce(&mut ServiceConfig) + 'static + use<> {
        // every worker of the server mounts its own; what is to be said is said once
        let told = self.forest.shared.told().clone();
        let page = self.page(told.is_first()).map(Arc::new);
        if page.is_some() {
            told.begin();
        }
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

    /// The checked page; `None` when there cannot be one.
    fn page(self, is_first: bool) -> Option<Page> {
        let complain = |problem: &str| {
            if is_first {
                tracing::error!(problem, "the local page");
            }
        };
        if self.forest.environment() == Environment::Production {
            complain("it is for development and does not exist in production: leave `playground()` out there");
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
        #[cfg(feature = "testing")]
        let people = match self.fake {
            Some(fake) if People::is_connected_to(&self.forest, &fake) => People::of_fake(fake),
            Some(_) => {
                complain("the agent is not connected to the fake Forest server of the page, which is left out");
                People::of(&self.forest)
            }
            None => People::of(&self.forest),
        };
        #[cfg(not(feature = "testing"))]
        let people = People::of(&self.forest);
        Some(Page::new(self.forest, people, self.mount, self.title, webhook_origins))
    }
}

/// Whether a path stands for itself, in a pattern and in a URL.
fn is_plain_path(path: &str) -> bool {
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte))
        && !path.contains("//")
}

/// An origin as a browser writes it, so that nothing but an origin gets into a header.
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
    fn only_origins_get_into_the_policy() {
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
    fn a_path_is_no_pattern() {
        for plain in ["", "/dev", "/dev/page-1.0"] {
            assert!(is_plain_path(plain), "{plain}");
        }
        for other in ["/{any}", "/a//b", "/a b", "/*", "/a?b", "/é"] {
            assert!(!is_plain_path(other), "{other}");
        }
    }
}
