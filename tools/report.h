#pragma once

#include <rondo/tools/command_line.h>
#include <rondo/tools/jobs.h>

// What is told at the end of a job.

namespace rondo::tools {

/// What a device said, as text, printable unless it is to be `raw`, or as JSON with all that is
/// known of it.
std::string text_of(const Outcome& outcome, bool raw);
std::string to_json(const std::vector<const Outcome*>& outcomes);
/// What the devices said, in the order of the inventory: as `line.format` has it.
std::string output_of(const std::vector<const Outcome*>& outcomes, const CommandLine& line);

/// To standard error: how many devices are all right, and which are not and why, by reason.
void print_summary(const JobResult& result);
/// 0: all are all right; 1: some are not; 130: interrupted.
int exit_status(const JobResult& result);

/// To standard output. Throws OSError when it cannot be written.
void print_output(const std::string& text);

}  // namespace rondo::tools
