#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <rondo/runtime/errors.h>
#include <rondo/ssh/detail/agent.h>
#include <rondo/ssh/detail/interview.h>
#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/login.h>
#include <rondo/ssh/detail/private_key.h>
#include <rondo/ssh/detail/scanner.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh::detail {

namespace {

using Names = std::vector<std::string>;

/// A signature that libssh2 wants in the middle of a call, and an agent makes while it waits.
class Signing {
 public:
  explicit Signing(Session& session) noexcept : session_(session) {}

  bool wanted() const noexcept { return wanted_; }
  const std::string& data() const noexcept { return data_; }
  /// Empty: there is none, and libssh2 is to give up on this key.
  void finish(std::string signature) {
    wanted_ = false;
    finished_ = true;
    signature_ = std::move(signature);
  }

  /// What libssh2 calls. EAGAIN makes it come again, with the same data.
  static int callback(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* size,
                      const unsigned char* data, std::size_t data_size, void** signing) {
    return static_cast<Signing*>(*signing)->sign(signature, size,
                                                 {reinterpret_cast<const char*>(data), data_size});
  }

 private:
  int sign(unsigned char** signature, std::size_t* size, std::string_view data) {
    if (!finished_) {
      data_ = data;
      wanted_ = true;
      return LIBSSH2_ERROR_EAGAIN;
    }
    if (signature_.empty()) return -1;
    void* const memory = session_.memory().allocate(signature_.size());
    if (memory == nullptr) return -1;
    std::copy(signature_.begin(), signature_.end(), static_cast<char*>(memory));
    *signature = static_cast<unsigned char*>(memory);
    *size = signature_.size();
    return 0;
  }

  Session& session_;
  bool wanted_ = false;    // libssh2 has asked
  bool finished_ = false;  // and there is an answer
  std::string data_;
  std::string signature_;
};

/// One login: which methods there are, which were tried, with what.
class Login {
 public:
  Login(SessionPtr session, const Options& options)
      : session_(std::move(session)), options_(options) {}

  Coroutine<void> run() {
    co_await ask_for_methods();
    for (;;) {
      if (authenticated()) break;
      const std::string method = next_method();
      if (method.empty()) break;
      attempted_.push_back(method);
      if (method == "publickey") co_await try_public_keys();
      if (method == "password") co_await try_password();
      if (method == "keyboard-interactive") co_await try_questions();
      // A server may want several methods, one after the other, and names the second one now.
      if (!authenticated() && next_method().empty() && any_left()) co_await ask_for_methods();
    }
    show_banners();
    if (!authenticated()) throw PermissionDenied(refusal());
  }

 private:
  bool authenticated() const { return libssh2_userauth_authenticated(session_->get()) == 1; }
  unsigned username_size() const { return static_cast<unsigned>(options_.username.size()); }

  bool is_usable(const std::string& method) const {
    if (holds(attempted_, method)) return false;
    if (method == "password") return !options_.password.empty() && !password_sent_;
    if (method != "keyboard-interactive") return true;
    // A wrong password is not sent twice: devices lock users out.
    return static_cast<bool>(options_.kbdint_challenge_received) ||
           (!options_.password.empty() && !password_sent_);
  }
  Names wanted() const { return split_names(options_.preferred_auth); }
  bool any_left() const {
    return !tried_.empty() &&
           std::ranges::any_of(wanted(), [this](const auto& method) { return is_usable(method); });
  }
  std::string next_method() const {
    for (const std::string& method : wanted()) {
      if (is_usable(method) && holds(offered_, method)) return method;
    }
    return {};
  }

  /// The ways to log in that the server offers to the user; none when it lets everybody in.
  Coroutine<void> ask_for_methods() {
    const char* methods = nullptr;
    const auto list = [&] {
      methods = libssh2_userauth_list(session_->get(), options_.username.c_str(), username_size());
      return methods != nullptr ? 0 : libssh2_session_last_errno(session_->get());
    };
    co_await session_->drive(list);
    show_banners();
    if (methods == nullptr && !authenticated())
      throw PermissionDenied(session_->peer() + ": " + session_->last_error());
    offered_ = split_names(methods == nullptr ? "" : methods);
  }

  /// libssh2 1.10 keeps the packets with banners and tells nobody; they are found where they lie.
  void show_banners() {
    if (!options_.auth_banner_received) return;
    std::vector<std::string> banners;
#if LIBSSH2_VERSION_NUM >= 0x010b00
    char* text = nullptr;
    if (libssh2_userauth_banner(session_->get(), &text) == 0 && text != nullptr)
      banners.emplace_back(text);
#else
    session_->memory().for_each([&banners](std::string_view block) {
      if (const auto text = banner(block)) banners.emplace_back(*text);
    });
#endif
    for (; banners_shown_ < banners.size(); ++banners_shown_)
      options_.auth_banner_received(banners[banners_shown_]);
  }
  /// The text, if a packet is a banner (RFC 4252, section 5.4).
  static std::optional<std::string_view> banner(std::string_view packet) noexcept {
    constexpr unsigned char message_banner = 53;
    Scanner fields(packet);
    const bool is_banner = fields.byte() == message_banner;
    const std::string_view text = fields.string();
    fields.string();  // the language
    if (!is_banner || fields.bad()) return std::nullopt;
    return text;
  }

  Coroutine<void> try_public_keys() {
    const bool by_default =
        options_.password.empty() && options_.client_keys.empty() && options_.agent_path.empty();
    for (const std::string& path : options_.client_keys) {
      const PrivateKey key = PrivateKey::load(path);
      if (key.encrypted && options_.passphrase.empty())
        throw KeyImportError(path + ": is encrypted; set Options::passphrase, or use an agent");
      co_await try_key(key);
      if (authenticated()) co_return;
    }
    if (!options_.agent_path.empty()) co_await try_agent(options_.agent_path);
    if (!by_default || authenticated()) co_return;
    const char* const agent = std::getenv("SSH_AUTH_SOCK");
    if (agent != nullptr && *agent != '\0') {
      try {
        co_await try_agent(agent);
      } catch (const OSError&) {
        tried_.emplace_back("no agent at $SSH_AUTH_SOCK");
      }
    }
    for (const std::string& path : default_keys()) {
      if (authenticated()) co_return;
      const PrivateKey key = PrivateKey::load(path);
      if (!key.encrypted || !options_.passphrase.empty()) co_await try_key(key);
    }
  }

  static Names default_keys() {
    const char* const home = std::getenv("HOME");
    Names paths;
    for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
      const std::string path = std::string(home == nullptr ? "" : home) + "/.ssh/" + name;
      std::error_code ignored;
      if (home != nullptr && std::filesystem::exists(path, ignored)) paths.push_back(path);
    }
    return paths;
  }

  Coroutine<void> try_key(const PrivateKey& key) {
    tried_.push_back("publickey (" + key.path + ")");
    const std::string_view text = key.text.reveal();
    // Never null: without a passphrase libssh2 would let OpenSSL ask for it at the terminal.
    const char* const passphrase = options_.passphrase.reveal().data();
    std::function<int()> log_in = [&] {
      return libssh2_userauth_publickey_frommemory(session_->get(), options_.username.c_str(),
                                                   options_.username.size(), nullptr, 0,
                                                   text.data(), text.size(), passphrase);
    };
    // Making the key out of the passphrase is meant to take its time.
    std::function<bool()> takes_long = [&] { return key.encrypted; };
    const int result = co_await session_->drive_long(std::move(log_in), std::move(takes_long));
    if (result == 0) co_return;
    rsa_refused_ = rsa_refused_ || key.rsa;
    if (result == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
        result == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
      co_return;
    }
    throw KeyImportError(key.path + ": " +
                         (key.encrypted ? "cannot be opened with this passphrase"
                                        : "is of a kind that libssh2 cannot read") +
                         " (" + session_->last_error() + ")");
  }

  Coroutine<void> try_agent(std::string path) {
    const Agent agent = co_await Agent::connect(path);
    const std::vector<AgentKey> keys = co_await agent.keys();
    for (const AgentKey& key : keys) {
      co_await try_agent_key(agent, key);
      if (authenticated()) break;
    }
    agent.close();
    if (keys.empty()) tried_.push_back("no key in the agent at " + path);
  }

  Coroutine<void> try_agent_key(const Agent& agent, const AgentKey& key) {
    tried_.push_back("publickey (" + printable(key.comment) + ", from the agent)");
    if (key_type_of(key.blob) == "ssh-rsa") rsa_refused_ = true;
    Signing signing(*session_);
    void* state = &signing;
    const auto log_in = [&] {
      const int result =
          libssh2_userauth_publickey(session_->get(), options_.username.c_str(),
                                     reinterpret_cast<const unsigned char*>(key.blob.data()),
                                     key.blob.size(), &Signing::callback, &state);
      return signing.wanted() ? signature_wanted : result;
    };
    for (;;) {
      const int result = co_await session_->drive(log_in);
      if (result != signature_wanted) break;
      std::string signature;
      try {
        signature = co_await agent.sign(key.blob, signing.data());
      } catch (const IncompleteReadError&) {
        tried_.emplace_back("the agent hung up");
      }
      signing.finish(std::move(signature));
    }
  }

  Coroutine<void> try_password() {
    tried_.emplace_back("password");
    password_sent_ = true;
    const std::string_view password = options_.password.reveal();
    const auto log_in = [&] {
      return libssh2_userauth_password_ex(session_->get(), options_.username.c_str(),
                                          username_size(), password.data(),
                                          static_cast<unsigned>(password.size()), nullptr);
    };
    const int result = co_await session_->drive(log_in);
    if (result == LIBSSH2_ERROR_PASSWORD_EXPIRED) tried_.back() += " (it has expired)";
  }

  Coroutine<void> try_questions() {
    tried_.emplace_back("keyboard-interactive");
    Interview interview(*session_, options_);
    const auto log_in = [&] {
      return libssh2_userauth_keyboard_interactive_ex(session_->get(), options_.username.c_str(),
                                                      username_size(), &answer_questions);
    };
    co_await session_->drive(log_in);
    if (interview.error()) std::rethrow_exception(interview.error());
    password_sent_ = password_sent_ || interview.gave_password();
    if (!interview.unanswered().empty())
      tried_.back() += " (nobody could answer \"" + interview.unanswered() + "\")";
  }

  std::string refusal() const {
    const std::string accepted = printable(join_names(offered_));
    const std::string user = "user \"" + options_.username + "\"";
    if (tried_.empty()) {
      return session_->peer() + ": nothing to log in with for " + user +
             ": the server accepts only " + accepted +
             "; see Options::password, client_keys, agent_path and preferred_auth";
    }
    std::string text = session_->peer() + ": permission denied for " + user + "; tried ";
    for (std::size_t i = 0; i < tried_.size(); ++i)
      text += (i == 0 ? "" : ", ") + tried_[i];
    text += "; the server accepts only " + accepted;
    if (rsa_refused_ && libssh2_version(rsa_sha2_since) == nullptr) {
      text += "; libssh2 " + std::string(libssh2_version(0)) +
              " signs with RSA keys by SHA-1 only, which servers no longer take: use an Ed25519 or "
              "ECDSA key";
    }
    return text + "; check name and credentials";
  }

  static constexpr int signature_wanted = 1;  // no result of libssh2's
  static constexpr int rsa_sha2_since = 0x010b00;

  SessionPtr session_;
  const Options& options_;
  Names offered_;    // methods that the server accepts
  Names attempted_;  // methods that were tried
  Names tried_;      // the same for messages, with each key
  std::size_t banners_shown_ = 0;
  bool password_sent_ = false;
  bool rsa_refused_ = false;
};

}  // namespace

void check_login_methods(const Options& options) {
  const Names known = {"publickey", "password", "keyboard-interactive"};
  for (const std::string& method : split_names(options.preferred_auth)) {
    if (holds(known, method)) continue;
    throw ValueError("Options::preferred_auth: \"" + method + "\" is none of " + join_names(known));
  }
}

Coroutine<void> log_in(SessionPtr session, const Options& options) {
  Login login(std::move(session), options);
  co_await login.run();
}

}  // namespace rondo::ssh::detail
