#define PCRE2_CODE_UNIT_WIDTH 8
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include <pcre2.h>

#include <rondo/devices/pattern.h>
#include <rondo/runtime/errors.h>

namespace rondo::devices {

namespace {

constexpr std::uint32_t most_steps = 1'000'000;
constexpr std::uint32_t most_memory = 8 * 1024;  // KiB

using CodePtr = std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)>;

CodePtr compile(const std::string& text, std::uint32_t options) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  CodePtr code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                             options | PCRE2_CASELESS | PCRE2_MULTILINE, &error, &offset, nullptr),
               &pcre2_code_free);
  if (code == nullptr) {
    char message[160] = {};
    pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof message);
    throw ValueError("the pattern '" + text + "' is wrong at character " +
                     std::to_string(offset + 1) + ": " + message);
  }
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without it, it is only slower
  return code;
}

/// What a thread needs to search: the limits, and the place for one match.
class Searcher {
 public:
  Searcher()
      : context_(pcre2_match_context_create(nullptr), &pcre2_match_context_free),
        data_(pcre2_match_data_create(1, nullptr), &pcre2_match_data_free) {
    if (!context_ || !data_) throw std::bad_alloc();
    pcre2_set_match_limit(context_.get(), most_steps);
    pcre2_set_heap_limit(context_.get(), most_memory);
  }

  std::optional<Pattern::Match> search(const pcre2_code* code, const std::string& pattern,
                                       std::string_view text) {
    const int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                  0, data_.get(), context_.get());
    if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (found < 0) {
      throw RuntimeError("the pattern '" + pattern + "' takes too many steps on a text of " +
                         std::to_string(text.size()) + " bytes; write a simpler one");
    }
    const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(data_.get());
    return Pattern::Match(ends[0], ends[1]);
  }

 private:
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context_;
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data_;
};

thread_local Searcher searcher;

}  // namespace

class Pattern::Code {
 public:
  explicit Code(std::string text) : text_(std::move(text)), anywhere_(compile(text_, 0)) {}

  const std::string& text() const noexcept { return text_; }
  const pcre2_code* anywhere() const noexcept { return anywhere_.get(); }
  const pcre2_code* at_end() const {
    std::call_once(once_, [this] { at_end_ = compile(text_, PCRE2_ENDANCHORED); });
    return at_end_.get();
  }

 private:
  std::string text_;
  CodePtr anywhere_;
  mutable std::once_flag once_;
  mutable CodePtr at_end_{nullptr, &pcre2_code_free};  // null until it is wanted
};

Pattern::Pattern(std::string text) : code_(std::make_shared<const Code>(std::move(text))) {}

Pattern Pattern::literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == ' ' || c == '\n' || (c & 0x80) != 0;
    if (!is_plain) escaped += '\\';
    escaped += c;
  }
  return Pattern(std::move(escaped));
}

Pattern Pattern::expected(std::string_view text) {
  if (text.starts_with('^') && text.ends_with('$')) return Pattern(std::string(text));
  return literal(text);
}

std::vector<Pattern> Pattern::expected(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  patterns.reserve(texts.size());
  for (const std::string& text : texts)
    patterns.push_back(expected(std::string_view(text)));
  return patterns;
}

const std::string& Pattern::text() const noexcept {
  static const std::string nothing;
  return code_ == nullptr ? nothing : code_->text();
}

std::optional<Pattern::Match> Pattern::search(std::string_view text) const {
  if (code_ == nullptr) return std::nullopt;
  return searcher.search(code_->anywhere(), code_->text(), text);
}

std::optional<Pattern::Match> Pattern::search_end(std::string_view text) const {
  if (code_ == nullptr) return std::nullopt;
  return searcher.search(code_->at_end(), code_->text(), text);
}

}  // namespace rondo::devices
