"""Slow senders over a real socket, against uvicorn with our protocol and a tiny application."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn

from snapshots.web.connections import PatientProtocol


class Hasty(PatientProtocol):
    look_seconds = 0.2
    fewest_bytes = 100


async def echo(scope, receive, send):
    """Answer how many bytes the body had."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    said = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


class Calm(Hasty):
    """Leaves a busy machine time enough, where a test wants nobody ended."""

    look_seconds = 1.0


@pytest.fixture(params=[Hasty])
def port(request):
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(echo, http=request.param, lifespan="off", log_config=None, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def drip(connection, pieces, pause=0.1):
    """Send piece by piece; the answer is whether the server ended it before the last one."""
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def receive(connection):
    """One whole answer."""
    received = b""
    while not received.partition(b"\r\n\r\n")[2]:
        received += connection.recv(1000)
    return received


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize("head", [[], [b"GET / HT"], [b"GET / HTTP/1.1\r\n", *[b"X-Y: z\r\n"] * 100]])
def test_a_head_that_does_not_end_is_given_up(port, head):
    with connect(port) as connection:
        assert drip(connection, head)


def test_a_body_that_drips_is_given_up(port):
    with connect(port) as connection:
        assert drip(connection, [HEAD % 1000, *[b"x"] * 100])


def test_a_body_that_stops_is_given_up(port):
    with connect(port) as connection:
        assert drip(connection, [HEAD % 1000 + b"x" * 500])


@pytest.mark.parametrize("port", [Calm], indirect=True)
def test_a_slow_body_that_keeps_coming_is_waited_for(port):
    with connect(port) as connection:
        connection.sendall(HEAD % 4000)
        for _ in range(20):
            connection.sendall(b"x" * 200)
            time.sleep(0.15)
        assert receive(connection).endswith(b"\r\n\r\n4000")


@pytest.mark.parametrize("port", [Calm], indirect=True)
def test_requests_one_after_another_are_answered(port):
    with connect(port) as connection:
        for _ in range(5):
            connection.sendall(HEAD % 3 + b"abc")
            assert receive(connection).endswith(b"3")
            time.sleep(0.5)
