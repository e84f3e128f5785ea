#include <algorithm>

#include <rondo/lab/faults.h>

namespace rondo::lab {

namespace {

constexpr FaultName named_faults[] = {
    {Fault::banner, "banner"},
    {Fault::single_byte_echo, "single_byte_echo"},
    {Fault::colored_echo, "colored_echo"},
    {Fault::wrapped_echo, "wrapped_echo"},
    {Fault::hostile_output, "hostile_output"},
    {Fault::paging_stays, "paging_stays"},
    {Fault::bad_secret, "bad_secret"},
    {Fault::wrong_password, "wrong_password"},
    {Fault::hang, "hang"},
    {Fault::cut, "cut"},
    {Fault::half_close, "half_close"},
    {Fault::endless, "endless"},
    {Fault::slow_login, "slow_login"},
    {Fault::silent, "silent"},
    {Fault::mute, "mute"},
    {Fault::closed_port, "closed_port"},
    {Fault::unknown_key, "unknown_key"},
    {Fault::legacy_algorithms, "legacy_algorithms"},
    {Fault::two_line_prompt, "two_line_prompt"},
};

}  // namespace

std::span<const FaultName> fault_names() {
  return named_faults;
}

std::optional<Fault> find_fault(std::string_view name) {
  const auto found = std::ranges::find(named_faults, name, &FaultName::name);
  if (found == std::end(named_faults)) return std::nullopt;
  return found->fault;
}

std::string fault_list() {
  std::string list;
  for (const FaultName& name : named_faults)
    list.append(list.empty() ? "" : ", ").append(name.name);
  return list;
}

}  // namespace rondo::lab
