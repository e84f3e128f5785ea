"""An SSH server of python3-asyncssh's on a free loopback port, which it prints.

Users: "asks" is asked one question, whose answer is the password; "asks-twice" is also asked, in
the open, for a number, which is 42; "password" has a password only. The password is the argument."""

import asyncio
import sys

import asyncssh


class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        self.connection = connection

    def begin_auth(self, username):
        self.username = username
        self.connection.send_auth_banner("be good\n")
        return True

    def password_auth_supported(self):
        return self.username == "password"

    def validate_password(self, username, password):
        return password == sys.argv[1]

    def kbdint_auth_supported(self):
        return self.username.startswith("asks")

    def get_kbdint_challenge(self, username, lang, submethods):
        prompts = [("Password: ", False)]
        if username == "asks-twice":
            prompts.append(("Number: ", True))
        return "questions", "answer them", "", prompts

    def validate_kbdint_response(self, username, responses):
        wanted = [sys.argv[1]] + (["42"] if username == "asks-twice" else [])
        return responses == wanted


async def main():
    server = await asyncssh.create_server(
        Server, "127.0.0.1", 0, server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")]
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.wait_closed()


asyncio.run(main())
