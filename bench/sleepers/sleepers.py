"""asyncio, or uvloop: a task for each sleeper.

    python3 sleepers.py N [--seconds 2] [--uvloop]
"""

import argparse
import asyncio
import json
import time
from array import array

MASK = 0xFFFFFFFFFFFFFFFF


def delays(longest):
    """Nanoseconds, by the generator splitmix64."""
    shortest = 1_000_000
    state = 0
    while True:
        state = state + 0x9E3779B97F4A7C15 & MASK
        bits = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & MASK
        bits ^= bits >> 31
        yield shortest + bits % (longest - shortest + 1)


def resident_bytes(field):
    """VmRSS: what is resident. VmHWM: the most that ever was."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


class Run:
    def __init__(self, n, longest):
        self.delays = delays(longest)
        self.late = array("q", [0]) * n  # nanoseconds, in the order of waking
        self.woken = 0

    async def sleeper(self):
        delay = next(self.delays)
        deadline = time.monotonic_ns() + delay
        await asyncio.sleep(delay / 1e9)
        self.late[self.woken] = time.monotonic_ns() - deadline
        self.woken += 1


async def main(peer, n, longest):
    run = Run(n, longest)
    memory = resident_bytes("VmRSS")
    start, cpu = time.monotonic(), time.process_time()

    await asyncio.gather(*(run.sleeper() for _ in range(n)))

    cpu = time.process_time() - cpu
    wall = time.monotonic() - start
    memory = resident_bytes("VmHWM") - memory
    late = sorted(run.late)
    print(json.dumps({
        "peer": peer, "n": n, "seconds": round(wall, 4), "cpu_seconds": round(cpu, 4),
        "bytes_each": round(memory / n), "early": sum(each < 0 for each in late),
        "max_late_ms": round(late[-1] / 1e6, 3),
        "p99_late_ms": round(late[(n - 1) * 99 // 100] / 1e6, 3),
    }, separators=(",", ":")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="sleepers.py")
    parser.add_argument("n", metavar="N", type=int)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    if options.n < 1 or not 0.001 <= options.seconds <= 1000:
        parser.error("N must be at least 1, and the seconds between 0.001 and 1000")
    if options.uvloop:
        import uvloop
        uvloop.install()
    peer = "uvloop" if options.uvloop else "asyncio"
    asyncio.run(main(peer, options.n, int(options.seconds * 1e9)))
