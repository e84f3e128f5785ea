"""asyncio: the streams, or a protocol, which is the layer below them; on its own loop or on uvloop.

Both loops set TCP_NODELAY by themselves.
"""

import argparse
import asyncio
import resource

backlog = 4096


class Service:
    def __init__(self, options):
        self.options = options
        self.sent = 0  # bytes
        self.done = asyncio.Event()

    def count_sent(self, size):
        self.sent += size
        if self.options.requests and self.sent >= self.options.requests * self.options.size:
            self.done.set()

    async def echo(self, reader, writer):
        while data := await reader.read(self.options.buffer):
            writer.write(data)
            await writer.drain()
            self.count_sent(len(data))
        writer.close()


class EchoProtocol(asyncio.Protocol):
    def __init__(self, service):
        self.service = service

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)
        self.service.count_sent(len(data))

    # A client that does not read is not read either.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def start(service):
    port = service.options.port
    if not service.options.protocol:
        return await asyncio.start_server(service.echo, "127.0.0.1", port, backlog=backlog)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: EchoProtocol(service), "127.0.0.1", port, backlog=backlog
    )


async def main(options):
    service = Service(options)
    server = await start(service)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await service.done.wait()
    server.close()


def positive(text):
    number = int(text)
    if number <= 0:
        raise ValueError(text)
    return number


def port_number(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--port", type=port_number, default=0, help="at 127.0.0.1; 0: the kernel picks one"
    )
    parser.add_argument(
        "--buffer", type=positive, default=65536, help="bytes of one read; streams only"
    )
    parser.add_argument("--requests", type=positive, help="ends after so many of --size bytes")
    parser.add_argument("--size", type=positive, help="bytes of a request, for --requests")
    parser.add_argument("--protocol", action="store_true", help="a protocol instead of the streams")
    parser.add_argument("--uvloop", action="store_true", help="uvloop instead of asyncio's loop")
    options = parser.parse_args()
    if (options.requests is None) != (options.size is None):
        parser.error("--requests and --size need each other")
    return options


if __name__ == "__main__":
    options = parse_options()
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    if options.uvloop:
        import uvloop

        uvloop.install()
    asyncio.run(main(options))
