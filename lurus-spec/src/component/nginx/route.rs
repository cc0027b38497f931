//! Which request goes where.
//!
//! In: domain names and paths as an author wrote them, and endpoints of other components. Out: checked virtual hosts. It
//! knows no configuration text.

use std::fmt;

use crate::component::{Endpoint, EndpointRef, HandedOn};
use crate::literal::{DomainName, Duration, Given, LiteralError, literal};
use crate::model::{Refused, Setting, accept};
use crate::plan::checked;
use crate::report::Origin;

literal! {
    /// The beginning of the paths that a route takes: `/`, or segments of letters, digits and `.`, `_`, `~`, `-` after
    /// slashes, up to 255 characters.
    ///
    /// Good: `/`, `/v1/`, `/api/realtime`. Bad: `v1`, `/v1//x`, `/../x`, `/v1/*`, `/a b`, `/%2e`, `/v1;`.
    ///
    /// Exists because it stands as a bare word in a server's configuration and is compared with paths that are already
    /// decoded: what a client would have to encode never matches, and a brace or a semicolon would end the word.
    pub struct RoutePath(check_route_path);
}

fn check_route_path(text: &str) -> Result<(), LiteralError> {
    let refuse = |why: &str| Err(LiteralError::not_a("the path of a route", text, why));
    let Some(rest) = text.strip_prefix('/') else {
        return refuse("it does not begin with `/`; write one such as `/v1/`");
    };
    let is_allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '~' | '-');
    if let Some(bad) = text.chars().find(|&c| !is_allowed(c)) {
        return refuse(&format!(
            "`{}` is not allowed; write letters, digits and `.`, `_`, `~`, `-` between slashes",
            bad.escape_debug()
        ));
    }
    if text.contains("//") {
        return refuse("servers make one slash of two; write one");
    }
    if rest.split('/').any(|segment| matches!(segment, "." | "..")) {
        return refuse(
            "servers resolve `.` and `..` before they compare; write the path that is meant",
        );
    }
    if text.len() > 255 {
        return refuse("it has more than 255 characters");
    }
    Ok(())
}

/// A domain name that is served, and where its requests go.
///
/// ```
/// # use lurus_spec::component::EndpointRef;
/// use lurus_spec::component::nginx::{Route, VirtualHost};
///
/// # let (api, gateway): (EndpointRef, EndpointRef) = todo();
/// VirtualHost::new("ai.lurus.cn")
///     .route("/", api)
///     .with(Route::new("/v1/", gateway).streaming().timeout("20m"));
/// # fn todo() -> (EndpointRef, EndpointRef) {
/// #     let endpoint = |name: &str| EndpointRef { component: name.parse().unwrap(), endpoint: "http".into() };
/// #     (endpoint("api"), endpoint("gateway"))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VirtualHost {
    pub(super) name: DomainName,
    pub(super) routes: Vec<Route>,
    pub(super) refused: Vec<Refused>,
}

/// Requests whose path begins like this go to that endpoint. Of several routes that fit, the longest takes the request.
#[derive(Clone, Debug)]
pub struct Route {
    pub(in crate::component) path: RoutePath,
    pub(in crate::component) to: EndpointRef,
    pub(in crate::component) streaming: bool,
    pub(in crate::component) timeout: Option<Setting<Duration>>,
    pub(in crate::component) origin: Origin,
    pub(in crate::component) refused: Vec<Refused>,
}

impl VirtualHost {
    /// A domain name without routes.
    #[track_caller]
    pub fn new(name: impl Into<Given<DomainName>>) -> Self {
        let mut refused = Vec::new();
        let name = accept(
            &mut refused,
            "VirtualHost::new",
            name.into(),
            Origin::caller(),
        );
        Self {
            name: name.unwrap_or_else(|| checked("unnamed.invalid")),
            routes: Vec::new(),
            refused,
        }
    }

    /// Sends requests whose path begins like this to an endpoint.
    #[track_caller]
    #[must_use]
    pub fn route(self, path: impl Into<Given<RoutePath>>, to: impl Into<EndpointRef>) -> Self {
        let route = Route::new(path, to);
        self.with(route)
    }

    /// Adds a route that says more than where it leads.
    #[must_use]
    pub fn with(mut self, mut route: Route) -> Self {
        self.refused.append(&mut route.refused);
        self.routes.push(route);
        self
    }
}

impl Route {
    /// Requests whose path begins like this go to that endpoint.
    #[track_caller]
    pub fn new(path: impl Into<Given<RoutePath>>, to: impl Into<EndpointRef>) -> Self {
        let origin = Origin::caller();
        let mut refused = Vec::new();
        let path = accept(&mut refused, "route", path.into(), origin.clone());
        Self {
            path: path.unwrap_or_else(|| checked("/")),
            to: to.into(),
            streaming: false,
            timeout: None,
            origin,
            refused,
        }
    }

    /// Passes every piece of an answer on at once, as server-sent events want; otherwise pieces are gathered until a buffer
    /// is full.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    /// The longest silence between two pieces of a request or an answer, in seconds; that of the server unless set.
    #[track_caller]
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Given<Duration>>) -> Self {
        let origin = Origin::caller();
        let timeout = accept(&mut self.refused, "timeout", timeout.into(), origin.clone());
        self.timeout = timeout.map(|timeout| Setting::new(timeout, origin));
        self
    }
}

impl Route {
    /// The route as its balancer declares it, which waits this long for more of an answer.
    pub(in crate::component) fn handed_on(&self, patience: Setting<Duration>) -> HandedOn {
        HandedOn {
            path: self.path.to_string(),
            to: self.to.clone(),
            patience,
            origin: self.origin.clone(),
        }
    }

    /// The longest that a request of this route may have to wait at an endpoint for more of an answer. Of the requests that
    /// the endpoint hands on, those count that come here by none of `routes` that is more precise than this one.
    pub(in crate::component) fn slowest<'e, 'r>(
        &self,
        endpoint: &'e Endpoint,
        routes: impl Iterator<Item = &'r Route> + Clone,
    ) -> Option<&'e Setting<Duration>> {
        let own = self.path.as_str();
        let comes = |path: &str| {
            let mut finer = routes.clone().map(|route| route.path.as_str());
            path.starts_with(own)
                && !finer.any(|finer| finer.len() > own.len() && path.starts_with(finer))
        };
        let ways = &endpoint.hands_on;
        let whole = ways.iter().filter(|way| own.starts_with(&way.path));
        let parts = ways.iter().filter(|way| comes(&way.path));
        whole
            .max_by_key(|way| way.path.len())
            .into_iter()
            .chain(parts)
            .map(|way| &way.patience)
            .chain(&endpoint.patience)
            .max_by_key(|patience| patience.value)
    }
}

impl fmt::Display for VirtualHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<String> = self.routes.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", self.name, routes.join(", "))
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} to {} of {}",
            self.path, self.to.endpoint, self.to.component
        )?;
        if self.streaming {
            write!(f, ", streaming")?;
        }
        if let Some(timeout) = &self.timeout {
            write!(f, ", {}", timeout.value)?;
        }
        Ok(())
    }
}
