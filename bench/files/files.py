"""asyncio, which has no files: to_thread with os.preadv, from as many tasks as reads are to be
under way. Each takes the number of the next read, makes it, and so on.

    python3 files.py --file PATH --mode seq|random --reads R [--depth 32] [--direct]
"""

import argparse
import asyncio
import json
import mmap
import os
import time
from concurrent.futures import ThreadPoolExecutor

BLOCK_SIZE = 4096
MASK = 0xFFFFFFFFFFFFFFFF


def random_number(index):
    """Number `index` of the row that the generator splitmix64 makes."""
    bits = (index + 1) * 0x9E3779B97F4A7C15 & MASK
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & MASK
    return bits ^ bits >> 31


class Run:
    def __init__(self, fd, reads, random):
        self.fd = fd
        self.blocks = os.fstat(fd).st_size // BLOCK_SIZE
        self.indexes = iter(range(reads))  # of the reads that nobody has taken yet
        self.random = random
        self.checksum = 0  # the sum of the first word of every block

    def offset(self, index):
        return (random_number(index) if self.random else index) % self.blocks * BLOCK_SIZE

    async def read_blocks(self):
        buffer = mmap.mmap(-1, BLOCK_SIZE)  # begins where the disk wants it to
        for index in self.indexes:
            got = await asyncio.to_thread(os.preadv, self.fd, [buffer], self.offset(index))
            if got != BLOCK_SIZE:
                raise OSError("not a whole block")
            self.checksum += int.from_bytes(buffer[:8], "little")


async def main(options):
    flags = os.O_RDONLY | (os.O_DIRECT if options.direct else 0)
    run = Run(os.open(options.file, flags), options.reads, options.mode == "random")
    # The default one would have a few threads more than there are processors.
    executor = ThreadPoolExecutor(options.depth)
    asyncio.get_running_loop().set_default_executor(executor)
    start, cpu = time.monotonic(), time.process_time()

    await asyncio.gather(*(run.read_blocks() for _ in range(options.depth)))
    executor.shutdown()

    cpu = time.process_time() - cpu
    wall = time.monotonic() - start
    print(json.dumps({
        "peer": "asyncio", "mode": options.mode, "depth": options.depth,
        "direct": options.direct, "reads": options.reads, "seconds": round(wall, 4),
        "cpu_us_per_read": round(cpu * 1e6 / options.reads, 3),
        "reads_per_second": round(options.reads / wall),
        "checksum": f"{run.checksum & MASK:016x}",
    }, separators=(",", ":")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="files.py")
    parser.add_argument("--file", required=True)
    parser.add_argument("--mode", choices=["seq", "random"], required=True)
    parser.add_argument("--reads", type=int, required=True)
    parser.add_argument("--depth", type=int, default=32)
    parser.add_argument("--direct", action="store_true")
    arguments = parser.parse_args()
    if arguments.reads < 1 or arguments.depth < 1:
        parser.error("there must be a read at least, and a depth of at least 1")
    if arguments.mode == "seq":
        arguments.depth = 1
    asyncio.run(main(arguments))
