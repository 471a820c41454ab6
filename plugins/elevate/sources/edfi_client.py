"""An Ed-Fi ODS/API over HTTP: tokens, and answers that come when they are asked for again.

No message repeats a query, which may hold a student's number, or what the server wrote.
"""

import functools
import logging
from collections.abc import Generator
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import tenacity

from elevate.sources.errors import SourceError

TIMEOUT = httpx.Timeout(120, connect=20)
ATTEMPTS = 8
LONGEST_WAIT = 120.0
"""Seconds, also where a server asks for more."""
PATIENCE = tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT)
PAGE = 500
"""Items: the largest page of a server as shipped; an address may say less, as `page_size`."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# At level INFO this library logs each address with its query.
logging.getLogger("httpx").setLevel(logging.WARNING)


class ClientCredentials(httpx.Auth):
    """OAuth 2 client credentials; a token that is refused in mid-pull is renewed once for that request.

    The feeds of a process share their token: an ODS/API 7.3 lets a client have 15 at a time.
    """

    requires_response_body = True

    def __init__(self, token_url: str, client_id: str, secret: str) -> None:
        self._url, self._login = token_url, httpx.BasicAuth(client_id, secret)
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Ask with the token at hand; after a 401 with a new one."""
        fresh = self._token is None
        if fresh:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and not fresh:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        form = httpx.Request("POST", self._url, data={"grant_type": "client_credentials"})
        response = yield next(self._login.auth_flow(form))
        if response.status_code in (400, 401, 403):
            raise SourceError(
                f"the server gives this client no token ({response.status_code}). Check client_id and secret in "
                "sources.yaml. If they are right, ask the server's owner: the client may have been shut out, or have "
                "too many tokens, which end within half an hour."
            )
        response.raise_for_status()
        try:
            self._token = str(response.json()["access_token"])
        except (ValueError, TypeError, KeyError):
            raise SourceError("the answer to the request for a token holds none.") from None


credentials = functools.cache(ClientCredentials)
"""The same ones for the same token address, client and secret."""


class Client:
    """One ODS/API; `page` is how many items may be asked for at once.

    Every method raises SourceError for what trying again did not help.
    """

    def __init__(self, url: str, client_id: str, secret: str, page: int = PAGE) -> None:
        self.page = page
        self._http = httpx.Client(timeout=TIMEOUT)
        self._url = _safe(url)
        discovery = _json(self._get(self._url), "discovery")
        try:
            urls = [discovery["urls"][name] for name in ("dataManagementApi", "changeQueries", "oauth")]
        except (KeyError, TypeError, IndexError):
            raise SourceError(
                "the discovery document does not give the urls dataManagementApi, changeQueries and oauth: "
                "is url in sources.yaml the root of an Ed-Fi ODS/API with change queries?"
            ) from None
        self._data, self._changes, token = (_safe(url).rstrip("/") for url in urls)
        self._http.auth = credentials(token, client_id, secret)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def newest_version(self) -> int:
        """The newest change version of the server."""
        found = _json(self._get(f"{self._changes}/availableChangeVersions"), "availableChangeVersions")
        # Older versions write the name with a capital.
        newest = {str(name).lower(): found[name] for name in found}.get("newestchangeversion")
        if not isinstance(newest, int):
            raise SourceError("the server does not say its newest change version: change queries must be switched on.")
        return newest

    def items(self, resource: str, **query: Any) -> tuple[list[dict[str, Any]], httpx.Headers]:
        """One page of a resource with its headers; what is None in the query is left out."""
        given = {name: value for name, value in query.items() if value is not None}
        answer = self._get(f"{self._data}/{resource}", given)
        page = _json(answer, resource)
        if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
            raise SourceError(f"the answer for {resource} is no list of objects.")
        return page, answer.headers

    def _get(self, url: str, query: dict[str, Any] | None = None) -> httpx.Response:
        path = urlsplit(url).path
        try:
            response = _retrying(self._ask, url, query)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            reason = str(error.response.status_code) if isinstance(error, httpx.HTTPStatusError) else ""
            raise SourceError(
                f"the Ed-Fi API {urlsplit(self._url).netloc} did not answer {path} in {ATTEMPTS} attempts "
                f"({type(error).__name__} {reason}). Check that it runs; with 429 this client asks too much of it."
            ) from None
        if response.status_code in (401, 403):
            raise SourceError(f"client_id may not read {path} ({response.status_code}): its claim set must allow it.")
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise SourceError(
                f"the Ed-Fi API answered {path} with 400, expected 200. It may give fewer than {self.page} items at "
                "once: write its limit as page_size into sources.yaml."
            )
        if response.status_code != httpx.codes.OK:
            raise SourceError(f"the Ed-Fi API answered {path} with {response.status_code}, expected 200.")
        return response

    def _ask(self, url: str, query: dict[str, Any] | None) -> httpx.Response:
        response = self._http.get(url, params=query)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
            response.raise_for_status()
        return response


def _json(response: httpx.Response, what: str) -> Any:
    try:
        return response.json()
    except ValueError:
        raise SourceError(f"the answer for {what} is no JSON.") from None


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as the server asks for, else longer from time to time."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.response.headers.get("Retry-After", "") if isinstance(error, httpx.HTTPStatusError) else ""
    return min(float(asked), LONGEST_WAIT) if asked.isdigit() else PATIENCE(state)


_retrying = tenacity.Retrying(
    retry=tenacity.retry_if_exception_type((httpx.TransportError, httpx.HTTPStatusError)),
    wait=_wait,
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    reraise=True,
)


def _safe(url: Any) -> str:
    """The address, unless the secret would travel in the open."""
    parts = urlsplit(str(url))
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SourceError(f"the address of {parts.hostname} must begin with https://, so that the secret stays one.")
    return str(url)
