#pragma once

#include <map>
#include <string>
#include <vector>

#include <rondo/devices/inventory.h>
#include <rondo/devices/textfsm/cli_table.h>
#include <rondo/tools/sheet.h>

namespace rondo::tools {

/// Which templates parse what devices say: those of --templates, or else of the inventory, or else
/// of $NTC_TEMPLATES_DIR, or else rondo's own.
class Templates {
 public:
  /// `directory`: of --templates; empty: not given.
  explicit Templates(std::string directory) : directory_(std::move(directory)) {}

  /// Reads what is needed for the commands. Throws UsageError with all that is missing or wrong.
  void check(const std::vector<devices::InventoryDevice>& devices,
             const std::vector<std::string>& commands);

  /// Throws textfsm::Error.
  Sheet parse(const devices::Options& options, const std::string& command, const std::string& text);
  /// `platform` is one of rondo's or of the templates'.
  Sheet parse(const std::string& platform, const std::string& command, const std::string& text);

 private:
  std::string directory_for(const std::string& of_device) const;
  textfsm::CliTable& table_of(const std::string& directory);

  std::string directory_;
  std::map<std::string, textfsm::CliTable> tables_;  // by directory
};

}  // namespace rondo::tools
