#include <utility>

#include <rondo/devices/send_options.h>

namespace rondo::devices {

// Out of line, as g++ 12 wants them for temporaries inside an await.
SendOptions::SendOptions() = default;
InteractiveOptions::InteractiveOptions() = default;

Interaction::Interaction(std::string text, std::string what) : input(text) {
  if (!what.empty()) expected = Pattern::expected(std::string_view(what));
}

Interaction Interaction::hidden(ssh::Secret text, std::string what) {
  Interaction interaction("", std::move(what));
  interaction.input = std::move(text);
  interaction.is_hidden = true;
  return interaction;
}

ReadCallback::ReadCallback(std::string text, Callback call)
    : contains(Pattern::literal(text)), callback(std::move(call)) {}

ReadCallback::ReadCallback(Pattern pattern, Callback call)
    : contains(std::move(pattern)), callback(std::move(call)) {}

}  // namespace rondo::devices
