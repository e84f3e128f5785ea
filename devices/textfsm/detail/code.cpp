#include <array>
#include <memory>
#include <new>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <rondo/devices/textfsm/detail/code.h>

namespace rondo::textfsm::detail {

namespace {

constexpr unsigned tries_before_machine_code = 1000;

// In PCRE2's steps, of which a second has some 10^8. A text that takes more is hostile, or its
// template is; templates are in use that take 10^8.
constexpr std::uint32_t longest_match = 200'000'000;
// What is interpreted before machine code is tried instead.
constexpr std::uint32_t short_match = 100'000;
constexpr std::uint32_t most_memory = 512 * 1024;      // KiB, for the interpreter
constexpr std::uint32_t deepest_pcre2_nesting = 2000;  // of parentheses

using CompileContext =
    std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)>;
using MatchContext = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;

template <class T>
T* allocated(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

const CompileContext& compile_context() {
  static const CompileContext context = [] {
    CompileContext made(allocated(pcre2_compile_context_create(nullptr)),
                        pcre2_compile_context_free);
    pcre2_set_newline(made.get(), PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(made.get(), deepest_pcre2_nesting);
    return made;
  }();
  return context;
}

MatchContext make_match_context(std::uint32_t limit) {
  MatchContext made(allocated(pcre2_match_context_create(nullptr)), pcre2_match_context_free);
  pcre2_set_match_limit(made.get(), limit);
  pcre2_set_heap_limit(made.get(), most_memory);
  return made;
}

pcre2_match_context* match_context(std::uint32_t limit) {
  static const MatchContext longest = make_match_context(longest_match);
  static const MatchContext shortest = make_match_context(short_match);
  return limit == longest_match ? longest.get() : shortest.get();
}

std::string error_text(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR units(std::string_view text) {
  static const char nothing = '\0';
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? &nothing : text.data());
}

}  // namespace

Matches::Matches(std::size_t groups)
    : data_(allocated(pcre2_match_data_create(static_cast<std::uint32_t>(groups + 1), nullptr))) {}

Matches::~Matches() {
  pcre2_match_data_free(data_);
}

std::optional<std::string_view> Matches::group(std::size_t number) const noexcept {
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data_) + 2 * number;
  if (ends[0] == PCRE2_UNSET) return std::nullopt;
  return subject_.substr(ends[0], ends[1] - ends[0]);
}

Code::Code(const std::string& pattern, Alphabet alphabet, std::size_t groups) : groups_(groups) {
  std::uint32_t options = PCRE2_ANCHORED | PCRE2_ALT_CIRCUMFLEX;
  if (alphabet == Alphabet::unicode) options |= PCRE2_UTF | PCRE2_NO_UTF_CHECK;
  int error = 0;
  PCRE2_SIZE place = 0;
  code_ = pcre2_compile(units(pattern), pattern.size(), options, &error, &place,
                        compile_context().get());
  if (code_ == nullptr) throw PatternError("PCRE2 cannot compile it: " + error_text(error));
}

Code::~Code() {
  pcre2_code_free(machine_code_.load());
  pcre2_code_free(code_);
}

bool Code::match(std::string_view subject, Matches& matches) const {
  matches.subject_ = subject;
  int result = 0;
  const unsigned tries = tries_.load(std::memory_order_relaxed);
  if (tries < tries_before_machine_code) {
    // Two threads may count for one: it need not be exact.
    tries_.store(tries + 1, std::memory_order_relaxed);
    result = match_with(subject, matches, short_match);
    if (result != PCRE2_ERROR_MATCHLIMIT) return result > 0;
    tries_.store(tries_before_machine_code, std::memory_order_relaxed);
  }
  if (const pcre2_code* machine = machine_code()) {
    result = pcre2_jit_match(machine, units(subject), subject.size(), 0, 0, matches.data_,
                             match_context(longest_match));
    // Its stack is small, and the interpreter's grows.
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match_with(subject, matches, longest_match);
  } else {
    result = match_with(subject, matches, longest_match);
  }
  if (result == PCRE2_ERROR_MATCHLIMIT)
    throw MatchError("the expression takes more than " + std::to_string(longest_match) +
                     " steps with this line: let its parts not overlap, as (a+)+ does");
  return result > 0;
}

/// As pcre2_match, but that what is no answer is thrown, except for PCRE2_ERROR_MATCHLIMIT.
int Code::match_with(std::string_view subject, Matches& matches, std::uint32_t limit) const {
  const int result =
      pcre2_match(code_, units(subject), subject.size(), 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                  matches.data_, match_context(limit));
  if (result == PCRE2_ERROR_NOMEMORY) throw std::bad_alloc();
  if (result < 0 && result != PCRE2_ERROR_NOMATCH && result != PCRE2_ERROR_MATCHLIMIT)
    throw MatchError("the expression cannot be matched with this line: " + error_text(result));
  return result;
}

/// Null where there is none: on some processors, and where memory may not be both written and run.
const pcre2_code* Code::machine_code() const {
  std::call_once(once_, [this] {
    // A copy, for others may be matching with the original.
    pcre2_code* made = allocated(pcre2_code_copy(code_));
    if (pcre2_jit_compile(made, PCRE2_JIT_COMPLETE) == 0) {
      machine_code_.store(made, std::memory_order_release);
    } else {
      pcre2_code_free(made);
    }
  });
  return machine_code_.load(std::memory_order_acquire);
}

}  // namespace rondo::textfsm::detail
