#include "other_server.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_server.h"

namespace rondo::tests {

namespace {

// It gives each command to a shell, as the others do; having no terminals, it tells the size of the
// one that was asked for in $SIZE.
constexpr const char* asyncssh_script = R"(
import asyncio, os, signal, sys, warnings
warnings.simplefilter("ignore")
import asyncssh

class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True
    def password_auth_supported(self):
        return True
    def validate_password(self, username, password):
        return (username, password) == (sys.argv[3], sys.argv[4])
    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return True
    def server_requested(self, listen_host, listen_port):
        return True

async def serve(process):
    width, height = process.get_terminal_size()[:2]
    env = dict(os.environ, TERM=process.get_terminal_type() or "none", SIZE=f"{height} {width}")
    child = await asyncio.create_subprocess_shell(
        process.command, env=env, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    async def feed():
        try:
            while data := await process.stdin.read(65536):
                child.stdin.write(data)
                await child.stdin.drain()
        except OSError:
            pass
        child.stdin.close()
    async def pass_on(source, target):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    feeding = asyncio.ensure_future(feed())
    await asyncio.gather(pass_on(child.stdout, process.stdout),
                         pass_on(child.stderr, process.stderr))
    status = await child.wait()
    feeding.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name[3:])
    else:
        process.exit(status)

async def main():
    await asyncssh.create_server(Server, "127.0.0.1", int(sys.argv[1]),
                                 server_host_keys=[sys.argv[2]],
                                 process_factory=serve, sftp_factory=True, encoding=None)
    await asyncio.Event().wait()

asyncio.run(main())
)";

std::string without_newline(std::string text) {
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

}  // namespace

std::string OtherServer::unavailable(Kind kind) {
  if (kind == Kind::asyncssh) {
    const char* const probe = "/usr/bin/python3 -c 'import asyncssh' >/dev/null 2>&1";
    static const bool there = std::system(probe) == 0;
    return there ? "" : "python3-asyncssh is not installed";
  }
  if (::access("/usr/sbin/dropbear", X_OK) != 0) return "dropbear-bin is not installed";
  return Sshd::unavailable();
}

OtherServer::OtherServer(Kind kind) : port_(free_port()) {
  const std::string script = command(kind);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    if (kind == Kind::asyncssh) ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    ::execlp("unshare", "unshare", "-m", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  if (!wait_until_listening()) throw std::runtime_error("the server does not start: " + script);
}

OtherServer::~OtherServer() {
  end_child(pid_, -pid_);
}

std::string OtherServer::command(Kind kind) {
  const std::string base = directory_.path().string();
  const std::string port = std::to_string(port_);
  std::string key;
  std::string start;
  if (kind == Kind::asyncssh) {
    const std::string script = directory_.write("server.py", asyncssh_script);
    shell("ssh-keygen -q -t ed25519 -N '' -f " + base + "/host_key 2>&1");
    key = shell("cat " + base + "/host_key.pub");
    start = "exec /usr/bin/python3 -W ignore " + script + " " + port + " " + base + "/host_key " +
            Sshd::username + " " + Sshd::password;
  } else {
    start = prepare_accounts(directory_) + "/usr/sbin/dropbear -F -m -p 127.0.0.1:" + port +
            " -r " + base + "/host_key -P " + base + "/pid";
    shell("dropbearkey -t ed25519 -f " + base + "/host_key 2>&1");
    key = shell("dropbearkey -y -f " + base + "/host_key | grep ^ssh-");
  }
  directory_.write("known_hosts", "[127.0.0.1]:" + port + " " + without_newline(key) + "\n");
  return start;
}

bool OtherServer::wait_until_listening() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  constexpr int attempts = 1500;
  constexpr int pause = 20'000;  // microseconds
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (connected) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return false;
    ::usleep(pause);
  }
  return false;
}

ssh::Options OtherServer::options() const {
  ssh::Options options;
  options.port = port_;
  options.username = Sshd::username;
  options.password = Sshd::password;
  options.known_hosts = known_hosts();
  return options;
}

}  // namespace rondo::tests
