#pragma once

#include <string>
#include <vector>

namespace rondo::tools {

/// The whole of a file, or of standard input for "-". Throws UsageError.
std::string read_text(const std::string& path);
/// Its lines, without those that are empty. Throws UsageError.
std::vector<std::string> read_lines(const std::string& path);

/// A connection takes a descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit();

}  // namespace rondo::tools
