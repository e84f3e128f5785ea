#include <utility>

#include <rondo/devices/textfsm/detail/regex.h>
#include <rondo/devices/textfsm/detail/unicode.h>

namespace rondo::textfsm::detail {

Subject::Subject(std::string_view whole)
    : text(whole), alphabet(is_ascii(whole) ? Alphabet::ascii : Alphabet::unicode) {}

Regex::Regex(std::string pattern)
    : pattern_(std::move(pattern)), codes_(std::make_unique<Codes>()) {
  Translation translation = translate(pattern_, Alphabet::ascii);
  groups_ = translation.groups;
  names_ = std::move(translation.names);
  auto& code = translation.alphabet == Alphabet::ascii ? codes_->ascii : codes_->unicode;
  code.emplace(translation.pattern, translation.alphabet, groups_);
}

bool Regex::match(Subject subject, Matches& matches) const {
  if (subject.alphabet == Alphabet::ascii && codes_->ascii)
    return codes_->ascii->match(subject.text, matches);
  std::call_once(codes_->once, [this] {
    if (codes_->unicode) return;
    const Translation translation = translate(pattern_, Alphabet::unicode);
    codes_->unicode.emplace(translation.pattern, Alphabet::unicode, groups_);
  });
  return codes_->unicode->match(subject.text, matches);
}

}  // namespace rondo::textfsm::detail
