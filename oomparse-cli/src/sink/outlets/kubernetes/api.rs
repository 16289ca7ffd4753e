//! Requests to the API server, as a pod of the cluster makes them.

use crate::sink::outlets::http::{Refusal, agent, answer, roots, roots_of_machine};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use ureq::{Agent, RequestBuilder};

/// Where the kubelet puts the service account's token and the cluster's certificate; `OOMPARSE_SERVICE_ACCOUNT`
/// names another directory.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

#[derive(Debug)]
pub(super) struct Api {
    agent: Agent,
    base: String,
    token: Option<PathBuf>,
}

impl Api {
    /// From `OOMPARSE_KUBERNETES_API`, for example the URL of `kubectl proxy`, or else from
    /// `KUBERNETES_SERVICE_HOST` and the service account's files.
    ///
    /// # Errors If this does not run in a pod, or in one without a service account.
    pub(super) fn of_cluster() -> io::Result<Self> {
        let of = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(url) = of("OOMPARSE_KUBERNETES_API") {
            return Ok(Self {
                agent: agent(roots_of_machine()),
                base: url.trim_end_matches('/').to_owned(),
                token: None,
            });
        }
        let host = of("KUBERNETES_SERVICE_HOST").ok_or_else(|| {
            io::Error::other("this runs in no pod: there is no KUBERNETES_SERVICE_HOST")
        })?;
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let port = of("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned());
        let account = of("OOMPARSE_SERVICE_ACCOUNT").unwrap_or_else(|| ACCOUNT.to_owned());
        let account = Path::new(&account);
        let file = |name: &str| {
            let path = account.join(name);
            std::fs::read(&path).map_err(|error| {
                let why = crate::sentence(&error);
                io::Error::other(format!(
                    "{}: {why}; is automountServiceAccountToken on?",
                    path.display()
                ))
            })
        };
        file("token")?;
        Ok(Self {
            agent: agent(roots(&file("ca.crt")?)),
            base: format!("https://{host}:{port}"),
            token: Some(account.join("token")),
        })
    }

    /// The kubelet writes a new token before the old one expires, so it is read each time.
    fn with_token<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        let Some(path) = &self.token else {
            return request;
        };
        let token = std::fs::read_to_string(path).unwrap_or_default();
        request.header("authorization", format!("Bearer {}", token.trim()))
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, Refusal> {
        let request = self.agent.get(format!("{}{path}", self.base));
        json(self.with_token(request).call())
    }

    pub(super) fn create(&self, namespace: &str, event: &Value) -> Result<Value, Refusal> {
        let request = self.agent.post(self.events(namespace, ""));
        let request = request.header("content-type", "application/json");
        json(self.with_token(request).send(event.to_string()))
    }

    pub(super) fn patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Value, Refusal> {
        let request = self
            .agent
            .patch(self.events(namespace, &format!("/{name}")));
        let request = request.header("content-type", "application/merge-patch+json");
        json(self.with_token(request).send(patch.to_string()))
    }

    fn events(&self, namespace: &str, rest: &str) -> String {
        format!(
            "{}/apis/events.k8s.io/v1/namespaces/{namespace}/events{rest}",
            self.base
        )
    }
}

fn json(came: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Refusal> {
    let body = answer(came).map_err(|mut refusal| {
        // The server's own message, from its Status.
        let status: Option<Value> = serde_json::from_slice(&refusal.body).ok();
        if let Some(message) =
            status.and_then(|status| Some(status["message"].as_str()?.to_owned()))
        {
            refusal.sentence = format!("the API server answered {}: {message}", refusal.status);
        }
        refusal
    })?;
    serde_json::from_slice(&body).map_err(|error| Refusal {
        status: 502,
        code: "json".to_owned(),
        sentence: format!("the API server's answer is not JSON: {error}"),
        pause: None,
        body: Vec::new(),
    })
}
