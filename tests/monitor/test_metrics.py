"""The text that a scraper reads: whatever a site is called, and whatever its server said."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import LinkState
from milestone_sdk.monitor import MonitorSnapshot, SiteSnapshot

NOW = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?)")
SUFFIX = {"counter": "_total", "gauge": "", "stateset": "", "info": "_info"}

Sample = tuple[str, tuple[tuple[str, str], ...]]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def read(text: str) -> dict[Sample, float]:
    """Read OpenMetrics 1.0 as its grammar has it; AssertionError for what breaks a rule."""
    *lines, end, nothing = text.split("\n")
    assert (end, nothing) == ("# EOF", "")
    samples: dict[Sample, float] = {}
    seen: set[str] = set()
    family, kind = "", ""
    for line in lines:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in seen, "the lines of a family stand together"
            seen.add(family)
            continue
        if line.startswith("# UNIT "):
            assert line == f"# UNIT {family} seconds"
            assert family.endswith("_seconds")
            continue
        if line.startswith("# HELP "):
            assert line.startswith(f"# HELP {family} ")
            continue
        found = SAMPLE.fullmatch(line)
        assert found is not None, line
        assert found[1] == family + SUFFIX[kind]
        labels = tuple((name, unescaped(value)) for name, value in LABEL.findall(found[2] or ""))
        assert ",".join(f'{name}="{value}"' for name, value in LABEL.findall(found[2] or "")) == (found[2] or "")
        key = found[1], labels
        assert key not in samples
        samples[key] = float(found[3])
    return samples


@pytest.mark.promise(14)
def test_every_value_of_a_site_is_there() -> None:
    site = SiteSnapshot(
        name="Head office",
        state=LinkState.CATCHING_UP,
        last_contact=NOW,
        last_received=NOW - timedelta(seconds=1),
        lag=timedelta(milliseconds=1500),
        pending=7,
        queued=3,
        parked=1,
        received=20,
        handled=12,
        handler_failures=4,
        undeliverable=1,
        checkpoints=13,
        checkpoint_failures=2,
        polls=99,
        poll_failures=5,
        gaps=1,
        losses=2,
        openings=3,
    )
    samples = read(MonitorSnapshot(taken_at=NOW, sites=(site,)).openmetrics())
    plain = {name: value for (name, labels), value in samples.items() if labels == (("site", "Head office"),)}
    assert plain == {
        "milestone_site_last_contact_timestamp_seconds": NOW.timestamp(),
        "milestone_site_last_received_timestamp_seconds": NOW.timestamp() - 1,
        "milestone_site_lag_seconds": 1.5,
        "milestone_site_pending_alarms": 7,
        "milestone_site_queued_alarms": 3,
        "milestone_site_parked_alarms": 1,
        "milestone_site_alarms_received_total": 20,
        "milestone_site_alarms_handled_total": 12,
        "milestone_site_handler_failures_total": 4,
        "milestone_site_alarms_undeliverable_total": 1,
        "milestone_site_checkpoints_total": 13,
        "milestone_site_checkpoint_failures_total": 2,
        "milestone_site_polls_total": 99,
        "milestone_site_poll_failures_total": 5,
        "milestone_site_gaps_total": 1,
        "milestone_site_link_losses_total": 2,
        "milestone_site_openings_total": 3,
    }
    states = {labels[1][1]: value for (name, labels), value in samples.items() if name == "milestone_site_state"}
    assert states == {
        "connecting": 0,
        "catching_up": 1,
        "live": 0,
        "degraded": 0,
        "offline": 0,
        "refused": 0,
    }


TEXTS = st.text() | st.sampled_from(
    ['a"b', "a\\b", "a\nb", "a\\nb", '"', "\\", "{}", 'x"} 1', "\x00\x85\u2028", "\ud800"]
)


@given(names=st.lists(TEXTS.filter(lambda name: "\ud800" not in name), unique=True, max_size=4), reason=TEXTS)
def test_any_name_and_any_reason_survive(names: list[str], reason: str) -> None:
    sites = tuple(SiteSnapshot(name=name, state=LinkState.REFUSED, reason=reason) for name in names)
    samples = read(MonitorSnapshot(taken_at=NOW, sites=sites).openmetrics())
    told = [labels for name, labels in samples if name == "milestone_site_reason_info"]
    shown = reason.encode("utf-8", "replace").decode()
    assert told == [(("site", name), ("reason", shown)) for name in names]


def test_no_sites_are_valid_too() -> None:
    assert read(MonitorSnapshot(taken_at=NOW, sites=()).openmetrics()) == {}


def test_a_snapshot_is_a_value() -> None:
    site = SiteSnapshot(name="a", state=LinkState.LIVE)
    assert site == SiteSnapshot(name="a", state=LinkState.LIVE)
    with pytest.raises(AttributeError):
        site.name = "b"  # type: ignore[misc]
