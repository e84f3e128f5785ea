#include <cstdlib>
#include <system_error>

#include <rondo/devices/textfsm/templates.h>

namespace rondo::textfsm {

std::filesystem::path templates() {
  const char* const chosen = std::getenv("RONDO_TEXTFSM_TEMPLATES");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  std::error_code ignored;
  std::filesystem::path installed = RONDO_INSTALLED_TEMPLATES;
  if (std::filesystem::exists(installed / "index", ignored)) return installed;
  return RONDO_SOURCE_TEMPLATES;
}

}  // namespace rondo::textfsm
