"""A TCP proxy that breaks connections the way networks do: it ends, resets, cuts, forgets, refuses, delays and drips."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

DRIP = 60
FAULTS = ("fin", "rst", "cut", "blackhole", "delay", "trickle", "refuse")


class Line:
    """One connection through the proxy, and what is wrong with it."""

    def __init__(self, ends: list[asyncio.StreamWriter]) -> None:
        self.ends = ends
        self.is_silent = False
        self.delay = 0.0
        self.drips = False
        self.cut_after: int | None = None

    def end(self, with_reset: bool = False) -> None:
        """Close both sides: with FIN, or with RST."""
        for end in self.ends:
            sock = end.get_extra_info("socket")
            with contextlib.suppress(OSError):
                if with_reset and sock:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if with_reset:
                end.transport.abort()
            else:
                end.close()

    async def _write(self, data: bytes, to: asyncio.StreamWriter) -> None:
        step = DRIP if self.drips else max(len(data), 1)
        for start in range(0, len(data), step):
            to.write(data[start : start + step])
            await to.drain()
            if self.drips:
                await asyncio.sleep(0.02)

    async def pass_on(self, data: bytes, to: asyncio.StreamWriter, downwards: bool) -> None:
        """Hand bytes on, as far as the line lets them through."""
        if self.is_silent:
            return
        if self.delay:
            await asyncio.sleep(self.delay)
        if downwards and self.cut_after is not None:
            data, self.cut_after = data[: self.cut_after], max(self.cut_after - len(data), 0)
        await self._write(data, to)
        if downwards and self.cut_after == 0:
            self.end()


class FaultProxy:
    """One port for each mailbox, all in front of one server; use it in a `with` block. Faults hit living connections only."""

    def __init__(self, target: int, names: list[str]) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self._lines: dict[str, set[Line]] = defaultdict(set)
        self._refused: set[str] = set()
        self.ports: dict[str, int] = {}
        self._names = names

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        for name in self._names:
            server = asyncio.run_coroutine_threadsafe(self._listen(name), self._loop).result(10)
            self.ports[name] = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self, name: str) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(name, reader, writer)

        return await asyncio.start_server(accept, "127.0.0.1", 0)

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line([writer])
        try:
            if name in self._refused:
                return line.end(with_reset=True)
            upstream = await asyncio.open_connection("127.0.0.1", self._target)
            line.ends.append(upstream[1])
            self._lines[name].add(line)
            ways = (self._pump(line, reader, upstream[1], False), self._pump(line, upstream[0], writer, True))
            await asyncio.wait([asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            self._lines[name].discard(line)
            line.end()
        return None

    async def _pump(self, line: Line, source: asyncio.StreamReader, to: asyncio.StreamWriter, downwards: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await line.pass_on(data, to, downwards)

    def _do(self, what: Callable[[], Any]) -> Any:
        async def now() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(10)

    def refuse(self, name: str, refused: bool) -> None:
        """Refuse a mailbox's new connections, or let them through again; refusing ends those that are there."""

        def change() -> None:
            (self._refused.add if refused else self._refused.discard)(name)
            for line in list(self._lines[name]) if refused else ():
                line.end(with_reset=True)

        self._do(change)

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something in the proxy's thread after so many seconds."""
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(seconds, what))

    def hit(self, kind: str, chance: random.Random) -> bool:
        """Do one of `FAULTS` to one living connection; False when there is none."""

        def strike() -> bool:
            alive = [(name, line) for name, lines in self._lines.items() for line in lines if not line.is_silent]
            if not alive:
                return False
            self._strike(kind, *chance.choice(alive), chance)
            return True

        return bool(self._do(strike))

    def _strike(self, kind: str, name: str, line: Line, chance: random.Random) -> None:
        if kind in ("fin", "rst"):
            line.end(with_reset=kind == "rst")
        elif kind == "cut":
            line.cut_after = chance.randrange(1, 6000)
        elif kind == "blackhole":
            line.is_silent = True
        elif kind == "delay":
            line.delay = chance.uniform(0.1, 0.8)
        elif kind == "trickle":
            line.drips = True
        else:
            self._refused.add(name)
            line.end(with_reset=True)
            self._loop.call_later(chance.uniform(0.3, 1.5), lambda: self._refused.discard(name))

    def heal(self) -> None:
        """Let everything through again; connections that are ill are ended."""

        def cure() -> None:
            self._refused.clear()
            for lines in self._lines.values():
                for line in list(lines):
                    line.end()

        self._do(cure)
