"""A receiving centre's HTTP API, written as a user would write it: starlette, served by uvicorn on 127.0.0.1."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from milestone_sdk.testing import AsyncManualClock

USER, PASSWORD = "arc", "pässword&+secret"
LIFETIME, IDLE = 3600.0, 600.0


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield  # they are those of the test run


class Centre:
    """Hands out tokens that expire, and stores signals once per key; `faults` are answers that come before its own."""

    def __init__(self) -> None:
        self.clock = AsyncManualClock()
        self.tokens: dict[str, tuple[float, float]] = {}
        self.logins: list[dict[str, Any]] = []
        self.signals: dict[str, Any] = {}
        self.requests: list[Request] = []
        self.faults: list[Callable[[Request], Awaitable[Response]]] = []
        self.login_answer: Response | None = None
        self.url = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/login", self.log_in, methods=["POST"]),
                Route("/api/clients/{client_no}/signals", self.take, methods=["POST", "PUT"]),
            ]
        )

    async def log_in(self, request: Request) -> Response:
        kind = request.headers["content-type"]
        given = dict(parse_qsl((await request.body()).decode())) if "form" in kind else await request.json()
        self.logins.append(given)
        if self.login_answer is not None:
            return self.login_answer
        if given != {"username": USER, "password": PASSWORD}:
            return JSONResponse({"error": f"{given['password']} is wrong for {given['username']}"}, status_code=403)
        token = f"token-{len(self.logins)}-of-the-centre"
        self.tokens[token] = (self.clock.monotonic(), self.clock.monotonic())
        return JSONResponse({"data": {"token": token, "expires_in": str(LIFETIME)}})

    def knows(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        issued, used = self.tokens.get(token, (0.0, 0.0))
        now = self.clock.monotonic()
        if scheme != "Bearer" or token not in self.tokens or now - issued >= LIFETIME or now - used >= IDLE:
            return False
        self.tokens[token] = (issued, now)
        return True

    async def take(self, request: Request) -> Response:
        self.requests.append(request)
        if self.faults:
            return await self.faults.pop(0)(request)
        if not self.knows(request.headers.get("authorization", "")):
            return JSONResponse({"error": "log in"}, status_code=401)
        signal = await request.json()
        if signal["zone"] == 99:
            return JSONResponse({"error": f"zone 99 of {request.headers['authorization']}"}, status_code=422)
        self.signals.setdefault(request.headers["idempotency-key"], signal)
        return JSONResponse({"stored": True}, status_code=201)


def status(code: int, text: str = "", **headers: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return PlainTextResponse(text, code, {name.replace("_", "-"): value for name, value in headers.items()})

    return answer


async def hang(_: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


async def huge(_: Request) -> Response:
    async def body() -> AsyncGenerator[bytes]:
        for _ in range(1000):
            yield b"x" * 4096
            await asyncio.sleep(0)

    return StreamingResponse(body())


async def trickle(_: Request) -> Response:
    async def body() -> AsyncGenerator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    return StreamingResponse(body())


async def cut(request: Request) -> Response:
    class Cut(Response):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"100")]})
            await send({"type": "http.response.body", "body": b"{", "more_body": False})

    return Cut()


def redirect(url: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return RedirectResponse(url, 307)

    return answer


@asynccontextmanager
async def centre(certificate: Path | None = None) -> AsyncGenerator[Centre]:
    running = Centre()
    settings: dict[str, Any] = {"lifespan": "off", "ws": "none", "http": "h11", "log_config": None}
    if certificate is not None:
        settings["ssl_certfile"] = settings["ssl_keyfile"] = str(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scheme = "http" if certificate is None else "https"
        running.url = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        server = Server(uvicorn.Config(running.app(), timeout_graceful_shutdown=0, **settings))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(60):
                yield running
        finally:
            server.should_exit = True
            await serving
