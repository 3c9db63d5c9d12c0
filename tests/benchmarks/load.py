"""A small load generator in a process of its own: raw sockets, keep-alive, loopback only, bounded in time.

`python load.py PORT TOKEN SECONDS CONNECTIONS PATH...` prints requests per second; it ends with an error when an answer
is not 200.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time


async def connection(port: int, requests: list[bytes], first: int, end: float) -> int:
    """Send one request after another until `end`; return how many were answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    for request in itertools.islice(itertools.cycle(requests), first, None):
        if time.perf_counter() >= end:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {head[:200]!r}")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        answered += 1
    writer.close()
    return answered


async def main(port: int, token: str, seconds: float, connections: int, paths: list[str]) -> None:
    """Run the connections side by side and print requests per second."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n\r\n".encode()
        for path in paths
    ]
    started = time.perf_counter()
    end = started + seconds
    counts = await asyncio.gather(*(connection(port, requests, i * 7, end) for i in range(connections)))
    print(sum(counts) / (time.perf_counter() - started))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
