#include <cstdlib>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <rondo/devices/detail/inventory_reader.h>
#include <rondo/devices/inventory.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/keyboard_interrupt.h>

namespace rondo::devices {

namespace {

using Kind = SecretSource::Kind;

/// No echo while it lives.
class WithoutEcho {
 public:
  explicit WithoutEcho(int terminal) : terminal_(terminal) {
    ::tcgetattr(terminal_, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);  // Ctrl-C must not leave it so
    silent.c_cc[VEOL] = before_.c_cc[VINTR];                // but ends the line at once
    ::tcsetattr(terminal_, TCSAFLUSH, &silent);
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
  ~WithoutEcho() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }

  bool is_interrupt(char c) const { return c == static_cast<char>(before_.c_cc[VINTR]); }

 private:
  int terminal_;
  termios before_{};
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool is_readable(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

/// Fetches secrets, each from its place once.
class Fetcher {
 public:
  Fetcher(detail::Mistakes& mistakes, std::vector<std::string>& warnings)
      : mistakes_(mistakes), warnings_(warnings) {}

  ssh::Secret fetch(const SecretSource& source, const std::string& key, const std::string& where) {
    if (source.kind == Kind::text) return source.text;
    if (source.kind == Kind::environment) return of_environment(source.name, key, where);
    return of_file(source.name, key, where);
  }

 private:
  ssh::Secret of_environment(const std::string& name, const std::string& key,
                             const std::string& where) {
    const char* const value = std::getenv(name.c_str());
    if (value != nullptr) return std::string_view(value);
    mistakes_.add_at(where,
                     "'" + key + "' is in the environment variable " + name + ", which is not set");
    return {};
  }

  ssh::Secret of_file(const std::string& path, const std::string& key, const std::string& where) {
    std::ifstream stream(path);
    std::string line;
    if (!std::getline(stream, line) || line.empty()) {
      mistakes_.add_at(where, "'" + key + "' is in the first line of " + path +
                                  ", which cannot be read or is empty");
    }
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0 &&
        warned_.insert(path).second) {
      warnings_.push_back(path + ": everybody can read this password; 'chmod o-r' the file");
    }
    if (line.ends_with('\r')) line.pop_back();
    return ssh::Secret(std::move(line));
  }

  detail::Mistakes& mistakes_;
  std::vector<std::string>& warnings_;
  std::set<std::string> warned_;
};

void give(InventoryDevice& device, const std::string& key, ssh::Secret secret) {
  if (key == "auth_password")
    device.options.auth_password = std::move(secret);
  else if (key == "auth_secondary")
    device.options.auth_secondary = std::move(secret);
  else
    device.options.auth_private_key_passphrase = std::move(secret);
}

void check_files(const InventoryDevice& device, detail::Mistakes& mistakes) {
  const Options& options = device.options;
  for (const auto& [key, path] : {std::pair("auth_private_key", options.auth_private_key),
                                  std::pair("ssh_known_hosts_file", options.ssh_known_hosts_file),
                                  std::pair("ssh_config_file", options.ssh_config_file)}) {
    if (path.empty() || is_readable(path)) continue;
    mistakes.add_at(device.where,
                    std::string("'") + key + "' names " + path + ", which cannot be read");
  }
}

}  // namespace

ssh::Secret ask_on_terminal(const std::string& question) {
  const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal.get() < 0) {
    throw InventoryError("'" + question + "' is to be asked for, and there is no terminal; write " +
                         "env:NAME or file:PATH instead of prompt");
  }
  std::string line;
  ssize_t size = 0;
  bool interrupted = false;
  {
    const WithoutEcho without_echo(terminal.get());
    write_all(terminal.get(), question + ": ");
    for (char c = 0; !interrupted && (size = ::read(terminal.get(), &c, 1)) == 1 && c != '\n';) {
      interrupted = without_echo.is_interrupt(c);
      line.push_back(c);
    }
  }
  write_all(terminal.get(), "\n");
  if (interrupted) throw KeyboardInterrupt();
  if (size != 1) throw InventoryError("'" + question + "' was not answered");
  return ssh::Secret(std::move(line));
}

void Inventory::prepare(const AskSecret& ask) {
  detail::Mistakes mistakes(path_);
  Fetcher fetcher(mistakes, warnings_);
  for (InventoryDevice& device : devices_) {
    check_files(device, mistakes);
    for (const auto& [key, source] : device.secrets) {
      if (source.kind != Kind::prompt) give(device, key, fetcher.fetch(source, key, device.where));
    }
  }
  mistakes.throw_if_any();

  std::map<std::string, ssh::Secret> answers;
  for (InventoryDevice& device : devices_) {
    for (const auto& [key, source] : device.secrets) {
      if (source.kind != Kind::prompt) continue;
      auto answer = answers.find(source.name);
      if (answer == answers.end()) answer = answers.emplace(source.name, ask(source.name)).first;
      give(device, key, answer->second);
    }
  }
}

}  // namespace rondo::devices
