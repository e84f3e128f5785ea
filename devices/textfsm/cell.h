#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What a template makes of a text: rows of cells, one cell for each of its values.

namespace rondo::textfsm {

/// The named groups inside a List value, in the order of the expression; without a string when the
/// group took no part in the match.
using Groups = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// What a List value collects with one match: nothing, when its group took no part in it (None in
/// Python); the text; or the named groups inside, if there are any.
using Item = std::variant<std::monostate, std::string, Groups>;

using List = std::vector<Item>;

/// A string, or what a List value has collected.
using Cell = std::variant<std::string, List>;

/// As many cells as the header has names.
using Row = std::vector<Cell>;

/// A row by the names of its values.
using Record = std::map<std::string, Cell, std::less<>>;

/// True for an empty string and for an empty list.
bool empty(const Cell& cell) noexcept;

/// For a tool that prints them: an array with an object for each row, as JSON in one line and
/// without a blank. Lists are arrays, groups are objects, and what took no part is null.
std::string to_json(const std::vector<std::string>& header, const std::vector<Row>& rows);

}  // namespace rondo::textfsm
