#include <charconv>

#include <rondo/lab/platforms/common.h>

namespace rondo::lab {

namespace {

constexpr unsigned most_wrong_secrets = 3;

Reply check_secret(Vty& vty, const std::string& secret) {
  const Router& described = vty.device.description();
  if (secret == described.enable_secret && !described.faults.contains(Fault::bad_secret)) {
    vty.mode = privileged_mode;
  } else if (++vty.wrong_secrets < most_wrong_secrets) {
    vty.question = {"Password: ", Question::Answer::secret, check_secret};
    return {};
  } else {
    vty.wrong_secrets = 0;
    return says("% Bad secrets\n\n");
  }
  vty.wrong_secrets = 0;
  return {};
}

}  // namespace

unsigned number_of(const Argument& argument) {
  unsigned value = 0;
  std::from_chars(argument.text.data(), argument.text.data() + argument.text.size(), value);
  return value;
}

Reply enable(Vty& vty, Arguments) {
  const Router& described = vty.device.description();
  if (vty.mode != exec_mode) return {};
  if (described.enable_secret.empty() && !described.faults.contains(Fault::bad_secret)) {
    vty.mode = privileged_mode;
    return {};
  }
  vty.question = {"Password: ", Question::Answer::secret, check_secret};
  return {};
}

Reply enable_level(Vty& vty, Arguments arguments) {
  const unsigned level = number_of(arguments[0]);
  if (level == 15) return enable(vty, {});
  if (level == 1) {
    vty.mode = exec_mode;
    return {};
  }
  return says("% No password set\n");
}

Reply disable(Vty& vty, Arguments) {
  vty.mode = exec_mode;
  return {};
}

Reply leave(Vty& vty, Arguments) {
  vty.closed = true;
  return {};
}

Reply nothing(Vty&, Arguments) {
  return {};
}

Reply terminal_length(Vty& vty, Arguments arguments) {
  vty.length = number_of(arguments[0]);
  vty.length_typed = true;
  return {};
}

Reply terminal_width(Vty& vty, Arguments arguments) {
  vty.width = number_of(arguments[0]);
  return {};
}

Reply configure_terminal(Vty& vty, Arguments) {
  vty.mode = configuration_mode;
  return says("Enter configuration commands, one per line.  End with CNTL/Z.\n");
}

bool confirms(const std::string& answer) {
  return answer.empty() || answer == "\r" || answer == "y" || answer == "Y" || answer == "yes";
}

Reply reload(Vty& vty, Arguments) {
  vty.question = {"Proceed with reload? [confirm]", Question::Answer::key,
                  [](Vty& asked, const std::string& answer) {
                    asked.closed = confirms(answer);
                    return Reply{};
                  }};
  return {};
}

Reply clear_logging(Vty& vty, Arguments) {
  vty.question = {"Clear logging buffer [confirm]", Question::Answer::key,
                  [](Vty&, const std::string&) { return Reply{}; }};
  return {};
}

Reply clear_counters(Vty& vty, Arguments) {
  vty.question = {"Clear \"show interface\" counters on all interfaces [confirm]",
                  Question::Answer::key, [](Vty&, const std::string&) { return Reply{}; }};
  return {};
}

Reply ask_for_filename(Vty& vty, Reply (*answered)(Vty&, const std::string&)) {
  vty.question = {"Destination filename [startup-config]? ", Question::Answer::line, answered};
  return {};
}

}  // namespace rondo::lab
