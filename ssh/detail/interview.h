#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libssh2.h>

#include <rondo/ssh/options.h>

namespace rondo::ssh::detail {

class Session;

/// Answers the questions of keyboard-interactive (RFC 4256). libssh2 calls it from inside and takes
/// no exception, so what the user's function throws is kept for the login to throw.
class Interview {
 public:
  /// Both must live as long as this.
  Interview(Session& session, const Options& options);
  Interview(const Interview&) = delete;
  Interview& operator=(const Interview&) = delete;
  ~Interview();

  void answer(std::string_view name, std::string_view instructions,
              const std::vector<Prompt>& prompts,
              std::span<LIBSSH2_USERAUTH_KBDINT_RESPONSE> responses);

  /// Was the password among the answers?
  bool gave_password() const noexcept { return gave_password_; }
  /// A question that nobody could answer, fit for messages; or empty.
  const std::string& unanswered() const noexcept { return unanswered_; }
  const std::exception_ptr& error() const noexcept { return error_; }

 private:
  std::vector<Secret> answer_by_default(const std::vector<Prompt>& prompts);

  Session& session_;
  const Options& options_;
  bool gave_password_ = false;
  std::string unanswered_;
  std::exception_ptr error_;
};

/// What libssh2 is to call.
void answer_questions(const char* name, int name_size, const char* instructions,
                      int instructions_size, int prompt_count,
                      const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                      LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** session);

}  // namespace rondo::ssh::detail
