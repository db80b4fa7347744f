"""A light IMAP server over TLS for a thousand idling clients: one empty INBOX, and IDLE. A process of its own, so that only the clients are measured."""

import asyncio
import ssl
import sys
from pathlib import Path

CAPABILITIES = b"CAPABILITY IMAP4rev1 IDLE"
ANSWERS = {
    b"CAPABILITY": b"* " + CAPABILITIES + b"\r\n",
    b"LIST": b'* LIST (\\HasNoChildren) "/" INBOX\r\n',
    b"EXAMINE": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 1] next\r\n",
    b"UID": b"* SEARCH\r\n",
}


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client until it goes."""
    writer.write(b"* OK [" + CAPABILITIES + b"] ready\r\n")
    tag = b"*"
    while line := await reader.readline():
        words = line.split()
        if words[:1] == [b"DONE"]:
            writer.write(tag + b" OK done\r\n")
        elif words[1:2] == [b"IDLE"]:
            tag = words[0]
            writer.write(b"+ idling\r\n")
        elif words:
            writer.write(ANSWERS.get(words[1].upper(), b"") + words[0] + b" OK done\r\n")
        await writer.drain()
    writer.close()


async def serve(certificate: str, key: str, port_file: str) -> None:
    """Serve for ever on a free port that is written to a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=context, backlog=1024)
    Path(port_file).write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
