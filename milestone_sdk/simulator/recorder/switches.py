"""How one recorder behaves where real ones differ, or where their behaviour is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from attrs import define, field, frozen


@frozen
class PtzHolder:
    """A user of another client who holds PTZ cameras, with `seconds` left at every request."""

    name: str
    priority: int = 32000
    seconds: int = 15
    sid: str = "S-1-5-21-0-0-0-9000"


@define(kw_only=True)
class RecorderSwitches:
    """Change a member at any time; it takes effect with the next request or live picture.

    Where the protocol file says *unknown*, the default is the harsher of the likely behaviours.
    """

    strict_prefix: bool = True
    """Operation and parameter elements with a prefix, or outside the namespace, are not decoded."""
    # docs/protocol: recorder-envelope
    version: int = 2
    """The result of GetVersion (unknown on real servers)."""
    fault_status: int = 500
    """The HTTP status of faults."""  # unknown on real servers, docs/protocol: recorder-faults
    fault_numbers: dict[int, int] = field(factory=dict[int, int])
    """Error numbers in place of those of this recorder, most of which are invented: 49001 is an unknown device, 49002 a
    missing right, 49003 a wrong argument, 49004 what the device cannot do."""
    most_sequences: int | None = None
    """How many sequences an answer has at most, whatever the client asks for (unknown on real servers)."""
    stills_of_every_picture: bool = False
    """The JPEG calls find every picture of video; False finds key frames only."""
    # unknown on real servers, docs/protocol: recorder-jpeg
    readability_delay: timedelta = timedelta(seconds=1)
    """How long after its end a GOP becomes readable."""  # docs/protocol: imageserver-edges
    multipart: bool = True
    """Deliver GOPs as multipart to clients that announce it; False gives everyone what `without_multipart` says."""
    without_multipart: Literal["group", "picture", "packets", "refusal"] = "group"
    """Native video without multipart: a legacy block with the whole GOP, or with its keyframe alone, or all packets
    of the GOP one after the other, or an errorreason."""
    # docs/protocol: payloads-legacy, docs/protocol: payloads-masks, payloads-audio
    boundary: str = "gop_4d1f"
    """The boundary of multipart answers."""
    quoted_boundary: bool = False
    """Put the boundary in quotes; both forms exist."""  # docs/protocol: imageserver-multipart
    no_neighbour: str | None = None
    """`Prev` of the oldest and `Next` of the newest unit, such as "" or "-1"; None repeats the unit itself."""
    # docs/protocol: imageserver-edges, docs/protocol: payloads-audio
    first_sequence_number: int = 7
    """The packet number with which a session begins; not zero, so that it cannot be taken for an index."""
    privacy_mask: str = "none"
    """The PrivacyMask header of native video; JPEG has the mask burnt in and says none."""
    # docs/protocol: payloads-masks
    burns_masks: bool = False
    """Send JPEG with the mask burnt in, in place of masked native video, to clients that draw no masks."""
    # docs/protocol: imageserver-live
    b_pictures: int = 0
    """B-pictures between references, which bunches the time stamps of a mini-GOP."""  # docs/protocol: payloads-streams
    codec_change: tuple[datetime, str] | None = None
    """From that time on every camera sends this codec, `h264`, `h265` or `jpeg`."""  # docs/protocol: payloads-streams
    fragment: bool = False
    """Cut ImageServer messages at random places and put several of them into one segment."""
    bare_jpeg: bool = False
    """Announce bare JPEG pictures as GenericByteData: the content type lies."""  # docs/protocol: imageserver-headers
    wrapped_media: bool = False
    """Put the packets of microphones, speakers and metadata devices into multi-packets (0xFEF0)."""
    # docs/protocol: payloads-kinds
    answer_stop: bool = False
    """Answer `stop` with a methodresponse."""  # unknown on real servers, docs/protocol: imageserver-stop
    expiry: str = "close"
    """What ends a session whose token expired: `close`, or `message` (an errorreason, then close)."""
    status_interval: float = 5.0
    """Seconds between two livepackages without a change."""  # docs/protocol: imageserver-live
    status: dict[int, int] = field(factory=lambda: {2: 0})
    """Status items of livepackages, known or not; without an entry here 1, 3 and 5 follow from the camera."""
    partial_status: bool = False
    """Livepackages have only the items that changed; one without a change has all of them."""
    # docs/protocol: imageserver-live
    camera_lost: bool = False
    """The cameras send no pictures: status 5 is 1, while 1 keeps its value."""  # docs/protocol: imageserver-live
    live_neighbour: str = "0"
    """`Prev` and `Next` of live pictures, such as "" or "-1"."""  # unknown, docs/protocol: payloads-audio
    initial_image: bool = False
    """The first picture of live is the periodic JPEG even where the client refuses it."""
    silent: bool = False
    """Live sends neither pictures nor status, and its connection stays open."""
    idle_timeout: float = 600.0
    """Seconds after which a silent ImageServer connection is closed (unknown on real servers)."""
    retention: timedelta = timedelta(days=7)
    """GetRetentionTimeLimit is now minus this."""
    lost_playback: Literal["error", "empty", "close"] = "error"
    """Direct playback from a device without connection: an errorreason or fault, nothing recorded, or the end."""
    # unknown on real servers, docs/protocol: retrieval-modes
    unordered_sequences: bool = False
    """Sequences of direct playback come as drivers give them: backwards from the time, then forwards."""
    # unknown on real servers, docs/protocol: recorder-sequences
    ptz_holder: PtzHolder | None = None
    """Another user who holds every PTZ camera: a user of no higher priority gets fault 40295/20."""
    # docs/protocol: devices-ptz
    ptz_empty_session: bool = False
    """PTZGetSessionInfo answers without a session as well, with an empty one (unknown on real servers)."""
    ptz_timeout: timedelta = timedelta(seconds=15)
    """A PTZ session ends by itself so long after the last command; what real recorders have is set by camera."""
    ptz_reserved_timeout: timedelta = timedelta(hours=1)
    """The same for a reserved session."""
    ptz_reservable: bool = True
    """The product has reserved PTZ sessions."""
