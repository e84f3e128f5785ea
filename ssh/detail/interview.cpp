#include <algorithm>
#include <cstring>

#include <rondo/ssh/detail/interview.h>
#include <rondo/ssh/detail/scanner.h>
#include <rondo/ssh/detail/session.h>

namespace rondo::ssh::detail {

Interview::Interview(Session& session, const Options& options)
    : session_(session), options_(options) {
  session_.set_interview(this);
}

Interview::~Interview() {
  session_.set_interview(nullptr);
}

void Interview::answer(std::string_view name, std::string_view instructions,
                       const std::vector<Prompt>& prompts,
                       std::span<LIBSSH2_USERAUTH_KBDINT_RESPONSE> responses) {
  if (error_) return;
  std::vector<Secret> answers;
  try {
    answers = options_.kbdint_challenge_received
                  ? options_.kbdint_challenge_received(name, instructions, prompts)
                  : answer_by_default(prompts);
  } catch (...) {
    error_ = std::current_exception();
    return;
  }
  for (std::size_t i = 0; i < std::min(answers.size(), responses.size()); ++i) {
    const std::string_view answer = answers[i].reveal();
    // libssh2 gives it back, and then it is wiped.
    void* const memory = session_.memory().allocate(answer.size() + 1);
    if (memory == nullptr) return;
    std::memcpy(memory, answer.data(), answer.size());
    responses[i].text = static_cast<char*>(memory);
    responses[i].length = static_cast<unsigned>(answer.size());
  }
}

std::vector<Secret> Interview::answer_by_default(const std::vector<Prompt>& prompts) {
  if (prompts.empty()) return {};
  const bool asks_for_password = prompts.size() == 1 && !prompts.front().echo;
  if (asks_for_password && !gave_password_ && !options_.password.empty()) {
    gave_password_ = true;
    return {options_.password};
  }
  unanswered_ = printable(prompts.back().text);
  return {};
}

void answer_questions(const char* name, int name_size, const char* instructions,
                      int instructions_size, int prompt_count,
                      const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                      LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** session) {
  const auto text = [](const char* bytes, auto size) {
    return std::string_view(bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(size));
  };
  Interview* const interview = static_cast<Session*>(*session)->interview();
  if (interview == nullptr) return;
  const auto count = static_cast<std::size_t>(std::max(prompt_count, 0));
  std::vector<Prompt> asked;
  for (const LIBSSH2_USERAUTH_KBDINT_PROMPT& prompt : std::span(prompts, count)) {
    Prompt one;
    one.text = text(prompt.text, prompt.length);
    one.echo = prompt.echo != 0;
    asked.push_back(std::move(one));
  }
  interview->answer(text(name, name_size), text(instructions, instructions_size), asked,
                    {responses, count});
}

}  // namespace rondo::ssh::detail
