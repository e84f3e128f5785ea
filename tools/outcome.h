#pragma once

#include <string>
#include <vector>

#include <rondo/devices/inventory.h>
#include <rondo/devices/response.h>
#include <rondo/tools/sheet.h>

namespace rondo::tools {

/// Why a device failed; a report has a paragraph for each.
enum class Trouble { none, connection, login, timeout, privilege, command, other, interrupted };

/// What became of one device.
class Outcome {
 public:
  Outcome() = default;

  const devices::InventoryDevice* device = nullptr;  // the inventory's, which lives longer
  std::vector<devices::Response> responses;          // those that came, whatever went wrong later
  std::vector<Sheet> sheets;                         // the responses parsed, with --textfsm
  std::string prompt;                                // of ping
  double seconds = 0;                                // from connecting to the end
  Trouble trouble = Trouble::interrupted;
  std::string reason = "not begun";  // empty: no trouble
};

}  // namespace rondo::tools
