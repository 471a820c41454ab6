"""The Ed-Fi ODS/API over a store: discovery, tokens, resources and change queries, as version 7.3 answers."""

import base64
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulator.edfi_faults import FaultError, Faults, Tokens
from simulator.edfi_store import Item, Resource, Store

DEFAULT_PAGE = 25
MOST_TOKENS = 15
"""Of a client, alive at the same time."""
NAMES = ("studentUniqueId", "schoolId", "eventDate", "entryDate")
"""Properties of a key by which items can be asked for."""


class BrokenOff(Response):
    """An answer whose connection is lost in the middle of its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the head and half of the body; the server then closes the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Api:
    """One ODS/API with one client."""

    def __init__(self, store: Store, secret: str, client_id: str = "elevate", token_seconds: float = 1800) -> None:
        self.store, self.client_id, self.secret = store, client_id, secret
        self.largest_page = 500
        self.faults = Faults()
        self.tokens = Tokens(self.faults, token_seconds)
        self.requests: list[str] = []
        """Path and query of each request for data, oldest first."""

    def application(self) -> Starlette:
        """The web application."""
        return Starlette(
            routes=[
                Route("/", self.discovery),
                Route("/oauth/token", self.token, methods=["POST"]),
                Route("/changeQueries/v1/availableChangeVersions", self.data),
                Route("/data/v3/ed-fi/{resource}", self.data),
                Route("/data/v3/ed-fi/{resource}/{what}", self.data),
                Route("/simulator/faults", self.tell, methods=["GET", "POST"]),
            ]
        )

    async def discovery(self, request: Request) -> Response:
        """Version and addresses."""
        root = str(request.base_url).rstrip("/")
        urls = {
            "oauth": f"{root}/oauth/token",
            "dataManagementApi": f"{root}/data/v3/",
            "changeQueries": f"{root}/changeQueries/v1/",
        }
        return JSONResponse({"version": "7.3", "suite": "3", "apiMode": "", "urls": urls})

    async def token(self, request: Request) -> Response:
        """A token for the client that knows its secret."""
        form = dict(part.partition("=")[::2] for part in (await request.body()).decode().split("&"))
        known = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}" or form != {"grant_type": "client_credentials"}:
            return JSONResponse({"error": "invalid_client"}, 401)
        if self.tokens.live >= MOST_TOKENS:
            return JSONResponse({"error": "too_many_tokens"}, 429)
        token = self.tokens.issue()
        return JSONResponse({"access_token": token, "expires_in": self.tokens.seconds, "token_type": "bearer"})

    async def tell(self, request: Request) -> Response:
        """Show the faults, after setting those told."""
        try:
            if request.method == "POST":
                self.faults.tell(await request.json())
        except FaultError as error:
            return JSONResponse({"detail": str(error)}, 400)
        return JSONResponse(vars(self.faults))

    async def data(self, request: Request) -> Response:
        """What a client with a good token asks for, unless a fault strikes."""
        if not self.tokens.accept(request.headers.get("authorization", "")):
            return JSONResponse({"detail": "The access token could not be validated."}, 401)
        self.requests.append(f"{request.url.path}?{request.url.query}")
        fault = self.faults.strike()
        if fault == "busy":
            return JSONResponse({"detail": "Too many requests."}, 429, {"Retry-After": "1"})
        if fault == "error":
            return JSONResponse({"detail": "An unexpected problem has occurred."}, 500)
        try:
            content, headers = self._answer(request)
        except Refused as refused:
            return JSONResponse({"detail": str(refused)}, refused.status)
        body = json.dumps(content).encode()
        answer = BrokenOff if fault == "drop" else Response
        return answer(body, headers=headers, media_type="application/json")

    def _answer(self, request: Request) -> tuple[Any, dict[str, str]]:
        if "resource" not in request.path_params:
            return {"oldestChangeVersion": 0, "newestChangeVersion": self.store.newest}, {}
        resource = self.store.resources.get(request.path_params["resource"])
        if resource is None:
            raise Refused(404, "There is no such resource.")
        query = dict(request.query_params)
        what = request.path_params.get("what")
        if what in ("deletes", "keyChanges"):
            records = resource.deletes if what == "deletes" else resource.key_changes
            low, high = _versions(query)
            chosen = [r for r in records if (low or 0) <= r["changeVersion"] <= (high or self.store.newest)]
            return self._by_offset(chosen, query)
        if what is not None:
            raise Refused(404, "There is no such item.")
        return self._page(resource, query)

    def _page(self, resource: Resource, query: dict[str, str]) -> tuple[list[Item], dict[str, str]]:
        window = resource.within(*_versions(query))
        asked = {name: value for name, value in query.items() if name in NAMES}
        if asked:
            window = [one for one in window if all(str(one.key.get(name)) == asked[name] for name in asked)]
        by_cursor = self.faults.cursor and "offset" not in query and "limit" not in query
        if by_cursor:
            size, first = self._size(query, "pageSize"), _place(query.get("pageToken"))
            left = [stored for stored in window if stored.place >= first]
            page = left[:size]
            headers = {"Next-Page-Token": _token(page[-1].place + 1)} if page else {}
            shown = [stored.shown() for stored in page]
        elif self.faults.cursor and {"pageToken", "pageSize"} & set(query):
            raise Refused(400, "Cursor paging can't be mixed with offset and limit.")
        else:
            page, headers = self._by_offset(window, query)
            shown = [stored.shown() for stored in page]
        if shown:
            self.faults.after_page(self.store, resource, window)
        return shown, headers

    def _by_offset(self, found: list[Any], query: dict[str, str]) -> tuple[list[Any], dict[str, str]]:
        first, size = int(query.get("offset", 0)), self._size(query, "limit")
        headers = {"Total-Count": str(len(found))} if query.get("totalCount") == "true" else {}
        return found[first : first + size], headers

    def _size(self, query: dict[str, str], name: str) -> int:
        size = int(query.get(name, DEFAULT_PAGE))
        if not 0 <= size <= self.largest_page:
            raise Refused(400, f"{name} must be between 0 and {self.largest_page}.")
        return size


def _versions(query: dict[str, str]) -> tuple[int | None, int | None]:
    low, high = (query.get(name) for name in ("minChangeVersion", "maxChangeVersion"))
    return (int(low) if low else None), (int(high) if high else None)


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"{place},2147483647".encode()).decode().rstrip("=")


def _place(token: str | None) -> int:
    if token is None:
        return 0
    return int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).split(b",")[0])
