// Junos's configuration is a tree, and `set` and `delete` work on its leaves. A leaf is kept as a
// statement, its levels parted by " / ": "interfaces / ge-0/0/0 / unit 0 / family inet / address
// 10.0.0.1/30". What the lab knows the meaning of (hostname, interfaces, VLANs) is taken from the
// statements; the others are kept as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/vty.h>

namespace rondo::lab::junos {

using Statements = std::vector<std::string>;

Statements statements_of(const DeviceState& state);

// Gives the state what the statements say. An interface that they do not name has no address.
void assign_statements(const Statements& statements, DeviceState& state);

// A statement that stands for itself, like `host-name`, takes the place of the old one; so does an
// address, for the lab's interfaces have one.
void set(Statements& statements, const std::string& statement);

// Takes away all that begins with these words; false when nothing does.
bool remove(Statements& statements, std::string_view words);

// "interfaces ge-0/0/0 unit 0 ...", as it is typed.
std::string words_of(std::string_view statement);

// The tree below `path` (words; empty: all), with braces. With "+" or "-" for a `mark`, each line
// begins with it.
std::string tree_text(const Statements& statements, std::string_view path, std::string_view mark);
// The same as `set` commands.
std::string set_text(const Statements& statements, std::string_view path);
// What `show | compare` says.
std::string difference_text(const Statements& before, const Statements& after);

// What may be set. Matches the words against it; the statement is in `words` of the match, with
// its levels.
Match match_statement(std::string_view words);

}  // namespace rondo::lab::junos
