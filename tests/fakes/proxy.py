"""A proxy on loopback that speaks HTTP (absolute URLs and CONNECT) and SOCKS 5, and records for whom it connected."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """`targets` holds (scheme of the proxy, HOST:PORT) of each connection. `refuses`: every connection is refused.

    `logins` are the credentials that clients gave, as they came over the wire.
    """

    def __init__(self) -> None:
        self.address = ""
        self.targets: list[tuple[str, str]] = []
        self.logins: list[str] = []
        self.refuses = False
        self._pipes: list[asyncio.Task[None]] = []
        self._writers: list[StreamWriter] = []

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.append(writer)
        first = await reader.read(1)
        if first == b"\x05":
            await self._socks(reader, writer)
        elif first:
            await self._http(first, reader, writer)

    async def _http(self, first: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, url = head.split(b" ", 2)[:2]
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            self.logins += [value.decode()] if name.lower() == b"proxy-authorization" else []
        target = url.decode() if method == b"CONNECT" else urlsplit(url.decode()).netloc
        self.targets.append(("http", target))
        if self.refuses:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        await self._connect(target, reader, writer, b"HTTP/1.1 200 OK\r\n\r\n" if method == b"CONNECT" else b"", head)

    async def _socks(self, reader: StreamReader, writer: StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x05\x02" if b"\x02" in methods else b"\x05\x00")
        if b"\x02" in methods:
            await reader.readexactly(1)
            user, password = [await reader.readexactly((await reader.readexactly(1))[0]) for _ in range(2)]
            self.logins.append(f"{user.decode()}:{password.decode()}")
            writer.write(b"\x01\x00")
        kind = (await reader.readexactly(4))[3]
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = ".".join(map(str, await reader.readexactly(4)))
        target = f"{host}:{struct.unpack('>H', await reader.readexactly(2))[0]}"
        self.targets.append(("socks5", target))
        answer = b"\x05" + (b"\x02" if self.refuses else b"\x00") + b"\x00\x01" + bytes(6)
        if self.refuses:
            writer.write(answer)
            writer.close()
            return
        await self._connect(target, reader, writer, answer)

    async def _connect(
        self, target: str, reader: StreamReader, writer: StreamWriter, answer: bytes, head: bytes = b""
    ) -> None:
        host, _, port = target.rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        if answer:
            writer.write(answer)
        else:
            back.write(head)
        self._writers.append(back)
        self._pipes += [asyncio.ensure_future(_pipe(reader, back)), asyncio.ensure_future(_pipe(there, writer))]

    async def close(self) -> None:
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


async def _pipe(source: StreamReader, sink: StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def proxying() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy
        await proxy.close()
