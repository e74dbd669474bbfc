"""A recorder of its own on a loop in a background thread, and raw sockets to it."""

import asyncio
import gc
import socket
import ssl
import threading
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.server import RecorderService
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Camera, Hardware, Recorder, Site, User

CAMERA = UUID("11111111-2222-4333-8444-555555555555")
#: The instant of the worked examples: 2026-03-14T09:26:53.589Z.
T = 1773480413589
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
NAMESPACE = "http://videoos.net/2/XProtectCSRecorderCommand"
PATH = "/RecorderCommandService/RecorderCommandService.asmx"
HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
)
TAIL = "</soap:Body></soap:Envelope>"


def at(time_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)


def ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def make_camera(recorder_id: UUID, **more: Any) -> Camera:
    defaults: dict[str, Any] = {"id": CAMERA, "name": "Front Hallway", "hardware_id": UUID(int=7), "codec": "jpeg"}
    return Camera(recorder_id=recorder_id, **{**defaults, **more})


class Bench:
    """One recorder with the given cameras; `with Bench(...) as bench`. The site's clock starts at `now`."""

    def __init__(
        self,
        *cameras: dict[str, Any],
        now: datetime = NOON,
        film: type[Film] = Film,
        context: ssl.SSLContext | None = None,
        **switches: Any,
    ) -> None:
        self.recorder = Recorder(id=UUID(int=5), name="Recorder 1", host_name="rec01")
        self.user = User(name="arc", password="secret")
        self.site = Site(
            id=UUID(int=1),
            name="Site",
            host_name="rec01",
            cameras=[make_camera(self.recorder.id, **camera) for camera in cameras or ({},)],
            hardware=[Hardware(id=UUID(int=7), name="Hardware", recorder_id=self.recorder.id)],
            recorders=[self.recorder],
            users=[self.user],
        )
        self.site.clock_offset = now - datetime.now(UTC)
        host = Host(site=self.site)
        self.tokens, self.faults, self.requests = host.tokens, host.faults, host.requests
        self.switches = RecorderSwitches(**switches)
        self.service = RecorderService(host, self.recorder, film=film(self.switches), switches=self.switches)
        self.service.encrypt(context)
        self.loop = asyncio.new_event_loop()
        self.crashes: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.crashes.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever)

    @property
    def camera(self) -> Camera:
        return self.site.cameras[0]

    def __enter__(self) -> "Bench":
        self._thread.start()
        self.run(self.service.start())
        self.token = self.login()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.run(self.service.close())
        gc.collect()  # a task whose exception nobody took tells of it when it goes
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        assert kind is not None or not self.crashes, self.crashes

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def login(self) -> str:
        return self.tokens.login(self.user, uuid4(), None).token

    def socket(self) -> socket.socket:
        assert self.service.port is not None
        connection = socket.create_connection(("127.0.0.1", self.service.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def viewer(self) -> "Viewer":
        return Viewer(self.socket())

    def connected(self, **options: Any) -> "Viewer":
        """A viewer whose connect succeeded."""
        viewer = self.viewer()
        reply = viewer.connect(self.token, **options)
        assert b"<connected>yes</connected>" in reply, reply
        return viewer

    def post(
        self,
        body: str | bytes,
        *,
        path: str = PATH,
        action: str = "",
        method: str = "POST",
        content_type: str = "text/xml; charset=utf-8",
    ) -> tuple[int, bytes]:
        """One HTTP request over a raw socket; the status and the body of its answer."""
        octets = body.encode() if isinstance(body, str) else body
        head = f"{method} {path} HTTP/1.1\r\nHost: rec01:7563\r\nContent-Type: {content_type}\r\n"
        head += f'SOAPAction: "{action}"\r\nContent-Length: {len(octets)}\r\nConnection: close\r\n\r\n'
        with self.socket() as connection:
            connection.sendall(head.encode() + octets)
            return split_http(read_all(connection))

    def call(self, operation: str, parameters: str = "", *, token: str | None = None) -> tuple[int, str]:
        """One SOAP call in the recommended form; the status and what stands between the Body tags."""
        shown = self.token if token is None else token
        status, answer = self.post(envelope(operation, f"<token>{escape(shown)}</token>{parameters}"))
        text = answer.decode()
        assert text.startswith(HEAD), text
        assert text.endswith(TAIL), text
        return status, text[len(HEAD) : -len(TAIL)]


def envelope(operation: str, inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<soap:Body><{operation} xmlns="{NAMESPACE}">{inner}</{operation}></soap:Body></soap:Envelope>'
    )


def read_all(connection: socket.socket) -> bytes:
    octets = bytearray()
    while chunk := connection.recv(65536):
        octets += chunk
    return bytes(octets)


def split_http(octets: bytes) -> tuple[int, bytes]:
    head, _, body = octets.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


class Image:
    """An ImageResponse, taken apart by the grammar of docs/protocol: imageserver-framing and nothing looser."""

    def __init__(self, raw: bytes, headers: dict[str, str], parts: list[bytes], multipart: bool) -> None:
        self.raw = raw
        self.headers = headers
        self.parts = parts
        self.multipart = multipart

    @property
    def times(self) -> tuple[int, int, int]:
        return int(self.headers["Prev"]), int(self.headers["Current"]), int(self.headers["Next"])

    @property
    def current(self) -> int:
        return int(self.headers["Current"])


class Viewer:
    """The client's end of an ImageServer connection, blocking and strict."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.read_octets = bytearray()
        self._buffer = bytearray()
        self._raw = bytearray()

    def __enter__(self) -> "Viewer":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, document: str) -> None:
        self.connection.sendall(document.encode() + b"\r\n\r\n")

    def call(self, method: str, request_id: int = 2, inner: str = "") -> None:
        declaration = '<?xml version="1.0" encoding="utf-8"?>'
        head = f"<requestid>{request_id}</requestid><methodname>{method}</methodname>"
        self.send(f"{declaration}<methodcall>{head}{inner}</methodcall>")

    def connect(
        self,
        token: str,
        *,
        camera: UUID = CAMERA,
        multipart: bool = True,
        jpeg: bool = False,
        extra: str = "",
        parameter: str | None = None,
    ) -> bytes:
        wanted = f"id={camera}&amp;connectiontoken={token}" if parameter is None else parameter
        yes = {True: "yes", False: "no"}
        self.call(
            "connect",
            1,
            f"<username>a</username><password>a</password><cameraid>{camera}</cameraid>"
            f"<alwaysstdjpeg>{yes[jpeg]}</alwaysstdjpeg>{extra}<clientcapabilities><privacymask>no</privacymask>"
            f"<multipartdata>{yes[multipart]}</multipartdata></clientcapabilities>"
            f"<connectparam>{wanted}</connectparam>",
        )
        return self.xml()

    def goto(self, time_ms: int, inner: str = "") -> Image:
        self.call("goto", 2, f"<time>{time_ms}</time>{inner}")
        return self.image()

    def step(self, method: str) -> Image:
        self.call(method, 3)
        return self.image()

    def message(self) -> bytes | Image:
        """The next message: a document with its terminator, or an image."""
        self._raw = bytearray()
        if self._peek(1) == b"<":
            return self._until(b"\r\n\r\n")
        assert self._line() == b"ImageResponse"
        headers = self._headers()
        content_type = headers["Content-type"]
        if not content_type.startswith("multipart/"):
            body = self._take(int(headers["Content-length"]))
            assert self._take(4) == b"\r\n\r\n"
            return Image(bytes(self._raw), headers, [body], False)
        boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('"').encode()
        parts: list[bytes] = []
        while (line := self._line()) == b"--" + boundary:
            parts.append(self._take(int(self._headers()["Content-length"])))
            assert self._take(2) == b"\r\n"
        assert line == b"--" + boundary + b"--"
        assert self._take(2) == b"\r\n"
        return Image(bytes(self._raw), headers, parts, True)

    def xml(self) -> bytes:
        message = self.message()
        assert isinstance(message, bytes), message
        return message

    def image(self) -> Image:
        message = self.message()
        assert isinstance(message, Image), message
        return message

    def ends(self) -> bool:
        """Whether the server ends the connection now, without another octet."""
        return not self._buffer and self.connection.recv(1) == b""

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self._line():
            name, separator, value = line.decode("ascii").partition(": ")
            assert separator, line
            headers[name] = value
        return headers

    def _line(self) -> bytes:
        return self._until(b"\r\n")[:-2]

    def _until(self, end: bytes) -> bytes:
        while (found := self._buffer.find(end)) < 0:
            self._fill()
        return self._take(found + len(end))

    def _peek(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        return bytes(self._buffer[:count])

    def _take(self, count: int) -> bytes:
        octets = self._peek(count)
        del self._buffer[:count]
        self._raw += octets
        return octets

    def _fill(self) -> None:
        octets = self.connection.recv(65536)
        if not octets:
            raise EOFError(bytes(self._buffer))
        self._buffer += octets


def wait_until(condition: Any, seconds: float = 5.0) -> None:
    """Until the background loop has caught up; fails loudly instead of waiting for ever."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the simulator did not get there in time"
        time.sleep(0.005)
