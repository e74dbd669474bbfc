"""A simulated recorder with four cameras, and one face to play from it with."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import attrs

from milestone_sdk._protocol.video.packets import to_milliseconds
from milestone_sdk.models import TimeSpan
from milestone_sdk.simulator import Simulator, Site
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Camera, Hardware, Recorder, User
from tests.support.playing import CAMERA, Face, Played, play

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST, LATER = NOON - 600 * SECOND, NOON - 540 * SECOND
VIDEO, STILLS, EMPTY, HIDDEN = CAMERA, UUID(int=2), UUID(int=3), UUID(int=4)
GROUPS = (0, 1000, 2000, 60_000, 61_000, 62_000)
"""Offsets of the key frames from the first; each group has five pictures, the last one three."""


def site() -> Site:
    """Cameras recorded for 3 s, and a minute later for 2.5 s, five pictures and one group a second."""
    recorder = Recorder(id=UUID(int=5), name="Recorder 1")

    def camera(number: UUID, codec: str, *, recorded: bool = True, rights: dict[str, bool] | None = None) -> Camera:
        return Camera(
            id=number,
            name=f"Camera {number.int % 100}",
            hardware_id=UUID(int=7),
            recorder_id=recorder.id,
            codec=codec,
            rights=rights or {},
            recordings=[(FIRST, FIRST + 3 * SECOND), (LATER, LATER + 2.5 * SECOND)] if recorded else [],
        )

    plan = Site(
        id=UUID(int=1),
        name="Site",
        cameras=[
            camera(VIDEO, "h264"),
            camera(STILLS, "jpeg"),
            camera(EMPTY, "h264", recorded=False),
            camera(HIDDEN, "h264", rights={"Browse": False}),
        ],
        hardware=[Hardware(id=UUID(int=7), name="Hardware", recorder_id=recorder.id)],
        recorders=[recorder],
        users=[User(name="arc", password="x")],
    )
    plan.clock_offset = NOON - datetime.now(UTC)
    return plan


class Stage:
    """The simulator, a token for it, and one face to play with."""

    def __init__(self, simulator: Simulator, face: Face) -> None:
        self.simulator = simulator
        self.face = face
        self.token = self.login()

    def login(self, instance: UUID | None = None) -> str:
        return self.simulator.tokens.login(self.simulator.site.users[0], instance or uuid4(), None).token

    @property
    def port(self) -> int:
        port = self.simulator.recorders[0].port
        assert port is not None
        return port

    @property
    def switches(self) -> RecorderSwitches:
        return self.simulator.recorders[0].switches

    def fault(self, kind: str, operation: str = "next", **options: Any) -> None:
        self.simulator.faults.add("imageserver", kind, operation=operation, **options)

    def methods(self) -> list[str]:
        """What the recorder was asked, in order."""
        return [call.method for call in self.simulator.recorders[0].image_calls]

    def play(self, start: float, end: float, **options: Any) -> Played:
        """Play from `start` to `end`, in seconds after the first picture."""
        span = TimeSpan(FIRST + start * SECOND, FIRST + end * SECOND)
        usual: dict[str, Any] = {"token": lambda: self.token, "patience": 0.0, "now": self.simulator.site.now}
        return play(self.face, self.port, span, **{**usual, **options})


def reset(simulator: Simulator) -> None:
    """Leave nothing of the test before, above all no session that is still being answered."""
    simulator.faults.clear()
    simulator.stop_service("recorder")
    usual = RecorderSwitches()
    for member in attrs.fields(RecorderSwitches):
        setattr(simulator.recorders[0].switches, member.name, getattr(usual, member.name))
    simulator.recorders[0].image_calls.clear()
    simulator.start_service("recorder")


def offsets(played: Played) -> list[int]:
    """Milliseconds after the first picture."""
    return [to_milliseconds(frame.time) - to_milliseconds(FIRST) for frame in played.frames]


def whole(*groups: int) -> list[int]:
    """The offsets of all pictures of these groups."""
    return [key + 200 * place for key in groups for place in range(3 if key == 62_000 else 5)]
