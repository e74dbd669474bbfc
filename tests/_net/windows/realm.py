"""A Kerberos realm on loopback, for the tests: a real MIT key distribution centre in a folder of its own.

Everything is told by environment variables (KRB5_CONFIG, KRB5_KDC_PROFILE, KRB5CCNAME), so /etc is neither read nor
written, and no right is needed. Debian and Ubuntu have it in krb5-kdc, krb5-admin-server and krb5-user; the Python side
is the extra `kerberos`, which needs libkrb5-dev to be built.
"""

import importlib.util
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

REALM = "VMS.EXAMPLE"
_PROGRAMS = {"krb5kdc": "krb5-kdc", "kdb5_util": "krb5-kdc", "kadmin.local": "krb5-admin-server", "kinit": "krb5-user"}
_MODULES = ("gssapi", "krb5")
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"))
_TRIES = 5
_SECONDS = 20


def require_kerberos() -> None:
    """Skip the test where a realm cannot be had, saying what is missing; fail if one is demanded."""
    missing = [f"{name} ({package})" for name, package in _PROGRAMS.items() if _program(name) is None]
    missing += [f"Python module {name} (extra kerberos)" for name in _MODULES if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"no Kerberos realm here: missing {', '.join(missing)}"
        if os.environ.get("MILESTONE_SDK_REQUIRE_KERBEROS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def _program(name: str) -> str | None:
    return shutil.which(name, path=_PATH)


def _run(name: str, *arguments: str, environment: Mapping[str, str], text: str = "") -> str:
    program = _program(name)
    assert program is not None, f"{name} is not installed"
    done = subprocess.run(
        [program, *arguments],
        input=text,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{name} {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


class Realm:
    """The realm `VMS.EXAMPLE` between `__enter__` and `__exit__`; `environment` is what programs in it need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._kdc: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead every Kerberos program and library here and nowhere else."""
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{self.folder / 'no-such-cache'}",
            "KRB5_KTNAME": f"FILE:{self.folder / 'no-such-keytab'}",
            "KRB5RCACHENAME": f"file2:{self.folder / 'replays'}",
        }

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the key distribution centre."""
        if self._kdc is not None:
            self._kdc.terminate()
            self._kdc.wait(_SECONDS)
            if self._kdc.stderr is not None:
                self._kdc.stderr.close()
            self._kdc = None

    def _start(self) -> None:
        for attempt in range(_TRIES):
            self.port = _free_port()
            self.write_client_configuration(self.folder / "krb5.conf")
            self._write_kdc_configuration()
            if attempt == 0:
                _run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master", environment=self.environment)
            if self._listen():
                return
        raise AssertionError(f"krb5kdc does not start: {(self.folder / 'kdc.log').read_text()}")

    def _listen(self) -> bool:
        program = _program("krb5kdc")
        assert program is not None
        self._kdc = subprocess.Popen(
            [program, "-n", "-r", REALM, "-P", str(self.folder / "kdc.pid")],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._kdc.stderr is not None
        deadline = threading.Timer(_SECONDS, self._kdc.kill)
        deadline.start()
        try:
            if "starting" in self._kdc.stderr.readline():  # it says so once its ports are open
                return True
        finally:
            deadline.cancel()
        self.close()
        return False

    def write_client_configuration(
        self, path: Path, *, port: int | None = None, home: str = REALM, extra: str = ""
    ) -> Path:
        """A krb5.conf that finds the realm at that port; `home` is the realm of loopback names."""
        path.write_text(
            f"""
[libdefaults]
    default_realm = {REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    dns_uri_lookup = false
    rdns = false
    udp_preference_limit = 1
{extra}
[realms]
    {REALM} = {{
        kdc = 127.0.0.1:{port or self.port}
    }}
[domain_realm]
    localhost = {home}
    127.0.0.1 = {home}
""",
            encoding="ascii",
        )
        return path

    def _write_kdc_configuration(self) -> None:
        (self.folder / "kdc.conf").write_text(
            f"""
[kdcdefaults]
    kdc_listen = 127.0.0.1:{self.port}
    kdc_tcp_listen = 127.0.0.1:{self.port}
[realms]
    {REALM} = {{
        database_name = {self.folder / "principal"}
        key_stash_file = {self.folder / "stash"}
        acl_file = {self.folder / "kadm5.acl"}
        max_life = 10h
        supported_enctypes = aes256-cts:normal
    }}
[logging]
    kdc = FILE:{self.folder / "kdc.log"}
    admin_server = FILE:{self.folder / "kadmin.log"}
""",
            encoding="ascii",
        )

    # Principals, keys and tickets

    def add_user(self, name: str, password: str) -> None:
        """Add a person; the realm's name is not part of `name`."""
        self._administer(f'add_principal -pw "{password}" {name}')

    def add_service(self, name: str) -> Path:
        """Add a service such as `HTTP/localhost`, and return a keytab with its key."""
        self._administer(f"add_principal -randkey {name}")
        return self.keys_of(name)

    def keys_of(self, name: str) -> Path:
        """A keytab with a fresh key: tickets given out before cannot be opened with it."""
        path = self.folder / f"{name.replace('/', '-')}-{len(list(self.folder.glob('*.keytab')))}.keytab"
        self._administer(f"ktadd -k FILE:{path} {name}")
        return path

    def _administer(self, command: str) -> None:
        _run("kadmin.local", "-r", REALM, "-q", command, environment=self.environment)

    def ticket(self, name: str, password: str, *, life: str = "8h") -> Path:
        """Log a person in, and return the file with the ticket (for KRB5CCNAME)."""
        path = self.folder / f"cache-{len(list(self.folder.glob('cache-*')))}"
        _run("kinit", "-l", life, "-c", f"FILE:{path}", f"{name}@{REALM}", environment=self.environment, text=password)
        return path


def shift_clock(cache: Path, seconds: int) -> None:
    """Make the owner of a ticket file believe that the centre's clock differs by so much from his own.

    The file says so in its header (version 4, tag 1: seconds and microseconds), and the library adds it to every time
    it sends: to the centre, that is a machine whose clock is wrong.
    """
    octets = bytearray(cache.read_bytes())
    version, length, tag, size = struct.unpack_from(">HHHH", octets)
    assert (version, length, tag, size) == (0x0504, 12, 1, 8), "no ticket file with a time offset"
    struct.pack_into(">i", octets, 8, seconds)
    cache.write_bytes(octets)


def _free_port() -> int:
    """A loopback port that is free for TCP and for UDP."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
