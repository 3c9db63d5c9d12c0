"""A network of one's own: loopback only, and one door to a server outside when it is asked for."""

from __future__ import annotations

import fcntl
import os
import selectors
import socket
import struct

_SIOCSIFFLAGS = 0x8914
_UP_AND_RUNNING = 0x1 | 0x40


def raise_loopback() -> None:
    """Bring `lo` up in a new network namespace, where it starts down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))


def start_door(target: tuple[str, int]) -> tuple[int, socket.socket]:
    """Fork the doorkeeper while this process is still in the host's network.

    Returns its process id, and the channel by which it is handed the socket to listen on: a socket stays in the
    namespace that made it, whoever accepts on it.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child:
        theirs.close()
        return child, ours
    ours.close()
    try:
        _, descriptors, _, _ = socket.recv_fds(theirs, 1, 1)
        if descriptors:
            _keep_door(socket.socket(fileno=descriptors[0]), target)
    finally:
        os._exit(0)


def open_door(channel: socket.socket, port: int) -> None:
    """Listen on 127.0.0.1:`port` in this namespace and hand the socket to the doorkeeper."""
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    socket.send_fds(channel, [b"x"], [listener.fileno()])
    listener.close()
    channel.close()


def _keep_door(listener: socket.socket, target: tuple[str, int]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ, None)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    inside, _ = listener.accept()
                    try:
                        outside = socket.create_connection(target, timeout=10)
                    except OSError:
                        inside.close()
                        continue
                    for one, other in ((inside, outside), (outside, inside)):
                        one.settimeout(10)
                        selector.register(one, selectors.EVENT_READ, other)
                else:
                    _pass_on(selector, key)


def _pass_on(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    source, sink = key.fileobj, key.data
    assert isinstance(source, socket.socket)
    assert isinstance(sink, socket.socket)
    try:
        data = source.recv(65536)
        if data:
            sink.sendall(data)
            return
    except OSError:
        pass
    for end in (source, sink):
        if end.fileno() in selector.get_map():
            selector.unregister(end)
        end.close()
