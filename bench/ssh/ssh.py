"""asyncssh, on asyncio or uvloop, or paramiko with a thread for each session.

    python3 ssh.py --port PORT --sessions N [--uvloop | --paramiko]
"""

import argparse
import asyncio
import json
import resource
import threading
import time

USERNAME = PASSWORD = "cisco"
COMMAND, PROMPT = "show clock\n", ">"


def resident_bytes(field):
    """VmRSS: what is resident. VmHWM: the most that ever was."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


async def talk(port, all_here):
    import asyncssh

    connection = await asyncssh.connect(
        "127.0.0.1", port, username=USERNAME, password=PASSWORD, known_hosts=None, config=None,
        client_keys=None, agent_path=None, preferred_auth="password",
        connect_timeout=120, login_timeout=120, kex_algs="curve25519-sha256",
        encryption_algs="aes256-ctr", mac_algs="hmac-sha2-256",
        server_host_key_algs="ssh-ed25519",
    )
    async with connection:
        writer, reader, _ = await connection.open_session(term_type="dumb", term_size=(80, 24))
        await reader.readuntil(PROMPT)
        await all_here.wait()
        writer.write(COMMAND)
        await reader.readuntil(PROMPT)


def read_to_prompt(channel):
    while PROMPT not in channel.recv(4096).decode():
        pass


async def all_sessions(port, n):
    all_here = asyncio.Barrier(n)
    await asyncio.gather(*(talk(port, all_here) for _ in range(n)))


def talk_paramiko(port, all_here):
    import paramiko

    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.MissingHostKeyPolicy())
    client.connect(
        "127.0.0.1", port, USERNAME, PASSWORD, look_for_keys=False, allow_agent=False,
        timeout=120, banner_timeout=120, auth_timeout=120,
    )
    channel = client.invoke_shell("dumb", 80, 24)
    read_to_prompt(channel)
    all_here.wait()
    channel.sendall(COMMAND.encode())
    read_to_prompt(channel)
    client.close()


def run_threads(port, n):
    all_here = threading.Barrier(n)
    threads = [threading.Thread(target=talk_paramiko, args=(port, all_here)) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="ssh.py")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sessions", type=int, required=True)
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--paramiko", action="store_true")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.uvloop:
        import uvloop

        uvloop.install()
    if options.paramiko:
        import paramiko  # noqa: F401: what importing takes is not measured
    else:
        import asyncssh  # noqa: F401
    n = options.sessions
    memory = resident_bytes("VmRSS")
    start, cpu = time.monotonic(), time.process_time()
    if options.paramiko:
        run_threads(options.port, n)
    else:
        asyncio.run(all_sessions(options.port, n))
    cpu = time.process_time() - cpu
    wall = time.monotonic() - start
    memory = resident_bytes("VmHWM") - memory
    peer = "paramiko" if options.paramiko else "asyncssh uvloop" if options.uvloop else "asyncssh"
    print(json.dumps({
        "peer": peer, "sessions": n, "seconds": round(wall, 4),
        "cpu_ms_each": round(cpu * 1e3 / n, 4), "kb_each": round(memory / 1024 / n, 1),
    }, separators=(",", ":")))
