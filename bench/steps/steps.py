"""asyncio, or uvloop: what each step costs.

    python3 steps.py [--repeat-scale 1] [--uvloop]
"""

import argparse
import asyncio
import json
import math
import time

USUAL_SECONDS = 0.5  # each row is measured so long, at least


async def sleep_0(steps):
    for _ in range(steps):
        await asyncio.sleep(0)


async def child(value):
    return value


async def await_child(steps):
    for _ in range(steps):
        await child(1)


async def spawn_join(steps):
    for _ in range(steps):
        await asyncio.create_task(child(1))


async def consume(queue):
    while await queue.get():
        pass


async def queue(steps):
    items = asyncio.Queue(1)
    consumer = asyncio.create_task(consume(items))
    for _ in range(steps):
        await items.put(1)
    await items.put(0)
    await consumer


async def take_turns(lock, turns):
    for _ in range(turns):
        async with lock:
            await asyncio.sleep(0)


async def lock_handoff(steps):
    lock = asyncio.Lock()
    other = asyncio.create_task(take_turns(lock, steps // 2))
    await take_turns(lock, steps - steps // 2)
    await other


async def lock_free(steps):
    lock = asyncio.Lock()
    for _ in range(steps):
        async with lock:
            pass


ROWS = {
    "yield": sleep_0,
    "await": await_child,
    "spawn_join": spawn_join,
    "queue": queue,
    "lock_handoff": lock_handoff,
    "lock_free": lock_free,
}


async def measure(row, enough):
    """Nanoseconds of CPU time a step. Takes more and more steps until they last long enough."""
    steps = 1
    while True:
        start = time.process_time_ns()
        await row(steps)
        used = time.process_time_ns() - start
        if used >= enough:
            return used / steps
        steps = int(steps * min(10, 1.4 * enough / (used + 1))) + 1


async def main(scale):
    for name, row in ROWS.items():
        ns = await measure(row, scale * USUAL_SECONDS * 1e9)
        print(json.dumps({"name": name, "ns": round(ns, 3)}), flush=True)


def positive(text):
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError
    return value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="steps.py")
    parser.add_argument("--repeat-scale", type=positive, default=1.0, metavar="X")
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    if options.uvloop:
        import uvloop
        uvloop.install()
    asyncio.run(main(options.repeat_scale))
