"""The blocking stream: closing it ends a read in another thread."""

import socket
import threading

from milestone_sdk import ConnectionLost
from milestone_sdk._net.blocking import Stream


def test_closing_ends_a_read_in_another_thread() -> None:
    ours, theirs = socket.socketpair()
    stream, ended = Stream(ours, server="127.0.0.1:7563"), list[bytes | ConnectionLost]()
    reading = threading.Event()

    def read() -> None:
        try:
            ended.append(stream.read(1, timeout=60))
            reading.set()
            ended.append(stream.read(1, timeout=3600))
        except ConnectionLost as error:
            ended.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    theirs.sendall(b"1")
    assert reading.wait(60)
    stream.close()
    reader.join(60)
    assert not reader.is_alive()
    assert ended[0] == b"1"
    assert ended[1] == b"" or isinstance(ended[1], ConnectionLost)
    stream.close()
    theirs.close()
