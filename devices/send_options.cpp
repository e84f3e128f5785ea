#include <utility>

#include <rondo/devices/send_options.h>

namespace rondo::devices {

// Out of line, as g++ 12 wants them for temporaries inside an await.
SendOptions::SendOptions() = default;
InteractiveOptions::InteractiveOptions() = default;

Interaction::Interaction(std::string text, std::string next) : input(text) {
  if (!next.empty()) expected = Pattern::expected(std::string_view(next));
}

Interaction Interaction::hidden(ssh::Secret text, std::string next) {
  Interaction interaction("", std::move(next));
  interaction.input = std::move(text);
  interaction.is_hidden = true;
  return interaction;
}

ReadCallback::ReadCallback(std::string text, Callback call)
    : contains(Pattern::literal(text)), callback(std::move(call)) {}

ReadCallback::ReadCallback(Pattern pattern, Callback call)
    : contains(std::move(pattern)), callback(std::move(call)) {}

}  // namespace rondo::devices
