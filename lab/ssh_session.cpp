#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <rondo/lab/ssh_session.h>

namespace rondo::lab {

namespace {

constexpr long key_exchange_seconds = 30;
constexpr std::chrono::seconds goodbye_limit{1};
// A wait is never longer, so that nothing depends on libssh waking up at the right moment.
constexpr std::chrono::milliseconds longest_poll{500};

unsigned size_of_window(int cells) {
  return cells > 0 ? static_cast<unsigned>(cells) : 0;
}

}  // namespace

SshSession::SshSession(ssh_session session, Device& device, std::chrono::seconds idle_limit)
    : Session(device, idle_limit), session_(session), event_(ssh_event_new()) {
  set_callbacks();
}

SshSession::~SshSession() {
  if (event_) ssh_event_remove_session(event_.get(), session_);
  event_.reset();
  ssh_disconnect(session_);
  ssh_free(session_);
}

void SshSession::run(const std::function<void()>& logged_in) {
  if (router_.faults.contains(Fault::mute)) return stay_mute(socket());
  if (!event_ || !exchange_keys() || !log_in()) return;
  logged_in();
  serve();
  say_goodbye();
}

bool SshSession::exchange_keys() {
  ssh_options_set(session_, SSH_OPTIONS_TIMEOUT, &key_exchange_seconds);
  if (ssh_handle_key_exchange(session_) != SSH_OK) return false;
  ssh_set_blocking(session_, 0);
  return ssh_event_add_session(event_.get(), session_) == SSH_OK;
}

bool SshSession::log_in() {
  while (connected() && failed_attempts_ < most_failed_attempts) {
    if (begun_) return true;
    if (remote_closed_) return false;
    if (!wait_until(Moment::max())) return false;
  }
  return false;
}

bool SshSession::is_open() const {
  return connected() && ssh_channel_is_open(channel_) != 0 && !remote_closed_;
}

bool SshSession::send(std::string& bytes) {
  while (!bytes.empty()) {
    const std::size_t room = ssh_channel_window_size(channel_);
    if (room == 0) return true;
    const auto size = static_cast<std::uint32_t>(std::min(room, bytes.size()));
    const int sent = ssh_channel_write(channel_, bytes.data(), size);
    if (sent < 0) return false;
    if (sent == 0) return true;
    bytes.erase(0, static_cast<std::size_t>(sent));
    last_progress_ = std::chrono::steady_clock::now();
  }
  return true;
}

bool SshSession::receive() {
  std::array<char, 4096> buffer{};
  const int received = ssh_channel_read_nonblocking(channel_, buffer.data(),
                                                    static_cast<std::uint32_t>(buffer.size()), 0);
  if (received <= 0) return received == 0 && ssh_channel_is_eof(channel_) == 0;
  last_progress_ = std::chrono::steady_clock::now();
  terminal_.type({buffer.data(), static_cast<std::size_t>(received)});
  return true;
}

// Waits for the client's own close before the connection ends, so that the last output is not
// overtaken by a reset.
void SshSession::say_goodbye() {
  if (!connected() || channel_ == nullptr) return;
  ssh_channel_request_send_exit_status(channel_, 0);
  ssh_channel_send_eof(channel_);
  ssh_channel_close(channel_);
  const Moment deadline = std::chrono::steady_clock::now() + goodbye_limit;
  while (connected() && !remote_closed_ && std::chrono::steady_clock::now() < deadline) {
    if (!wait_until(deadline)) return;
  }
}

bool SshSession::wait_until(Moment deadline) {
  using std::chrono::milliseconds;
  const Moment now = std::chrono::steady_clock::now();
  const auto wait = std::chrono::ceil<milliseconds>(
      std::clamp(deadline - now, Moment::duration::zero(), Moment::duration{longest_poll}));
  return ssh_event_dopoll(event_.get(), static_cast<int>(wait.count())) != SSH_ERROR;
}

bool SshSession::connected() const {
  return (ssh_get_status(session_) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0;
}

void SshSession::half_close() {
  ssh_channel_send_eof(channel_);
}

ssh_channel SshSession::open_channel() {
  if (!authenticated_ || channel_ != nullptr) return nullptr;
  channel_ = ssh_channel_new(session_);
  if (channel_ != nullptr) ssh_set_channel_callbacks(channel_, &channel_callbacks_);
  return channel_;
}

int SshSession::begin(std::optional<std::string> command) {
  if (std::exchange(begun_, true)) return SSH_ERROR;
  if (command) {
    terminal_.execute(*command);
  } else {
    terminal_.open_shell();
  }
  return SSH_OK;
}

// What has no callback of its own: keyboard-interactive login is served here, and everything else
// (forwarding, subsystems, other ways to log in) gets libssh's refusal by returning 1.
int SshSession::answer_message(ssh_message message) {
  constexpr int refuse = 1;
  constexpr int answered = 0;
  if (ssh_message_type(message) != SSH_REQUEST_AUTH ||
      ssh_message_subtype(message) != SSH_AUTH_METHOD_INTERACTIVE) {
    return refuse;
  }
  if (ssh_message_auth_kbdint_is_response(message) == 0) {
    const char* const username = ssh_message_auth_user(message);
    interactive_username_ = username != nullptr ? username : "";
    std::array<const char*, 1> prompts = {"Password: "};
    std::array<char, 1> echoes = {0};
    ssh_message_auth_interactive_request(message, "", "", 1, prompts.data(), echoes.data());
    return answered;
  }
  const char* const password = ssh_userauth_kbdint_getnanswers(session_) == 1
                                   ? ssh_userauth_kbdint_getanswer(session_, 0)
                                   : nullptr;
  if (password == nullptr) {
    ++failed_attempts_;
    return refuse;
  }
  authenticated_ = credentials_fit(interactive_username_, password);
  if (!authenticated_) return refuse;
  ssh_message_auth_reply_success(message, 0);
  return answered;
}

// libssh is C and calls plain functions; `user` is the SshSession. Nothing may be thrown through
// it: the only thing that could be is std::bad_alloc, and noexcept makes that the end.
void SshSession::set_callbacks() {
  server_callbacks_.userdata = this;
  server_callbacks_.auth_password_function = [](ssh_session, const char* username,
                                                const char* password, void* user) noexcept {
    auto* const asked = static_cast<SshSession*>(user);
    asked->authenticated_ = asked->credentials_fit(username != nullptr ? username : "",
                                                   password != nullptr ? password : "");
    return static_cast<int>(asked->authenticated_ ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED);
  };
  server_callbacks_.channel_open_request_session_function = [](ssh_session, void* user) noexcept {
    return static_cast<SshSession*>(user)->open_channel();
  };
  ssh_callbacks_init(&server_callbacks_);
  ssh_set_server_callbacks(session_, &server_callbacks_);
  ssh_set_auth_methods(session_, SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE);
  ssh_set_message_callback(
      session_,
      [](ssh_session, ssh_message message, void* user) noexcept {
        return static_cast<SshSession*>(user)->answer_message(message);
      },
      this);

  channel_callbacks_.userdata = this;
  channel_callbacks_.channel_pty_request_function = [](ssh_session, ssh_channel, const char*,
                                                       int columns, int rows, int, int,
                                                       void* user) noexcept {
    static_cast<SshSession*>(user)->terminal_.resize(size_of_window(columns), size_of_window(rows));
    return SSH_OK;
  };
  channel_callbacks_.channel_pty_window_change_function = [](ssh_session, ssh_channel, int columns,
                                                             int rows, int, int,
                                                             void* user) noexcept {
    static_cast<SshSession*>(user)->terminal_.resize(size_of_window(columns), size_of_window(rows));
    return SSH_OK;
  };
  channel_callbacks_.channel_shell_request_function = [](ssh_session, ssh_channel,
                                                         void* user) noexcept {
    return static_cast<SshSession*>(user)->begin(std::nullopt);
  };
  channel_callbacks_.channel_exec_request_function = [](ssh_session, ssh_channel,
                                                        const char* command, void* user) noexcept {
    return static_cast<SshSession*>(user)->begin(command != nullptr ? command : "");
  };
  channel_callbacks_.channel_close_function = [](ssh_session, ssh_channel, void* user) noexcept {
    static_cast<SshSession*>(user)->remote_closed_ = true;
  };
  ssh_callbacks_init(&channel_callbacks_);
}

}  // namespace rondo::lab
