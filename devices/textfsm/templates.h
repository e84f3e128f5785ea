#pragma once

#include <filesystem>

namespace rondo::textfsm {

/// The directory with rondo's own templates for the usual commands, and their `index`: what
/// RONDO_TEXTFSM_TEMPLATES says, or else where they were installed to, or else where they lie in
/// the source.
std::filesystem::path templates();

}  // namespace rondo::textfsm
