// A libFuzzer target: a template, a zero byte, and a text. No
// input may do more than throw one of textfsm's errors, and a second run must make the same rows.
// Not a part of ./dev check; to run it for a minute:
//
//   clang++-19 -std=c++20 -g -O1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     tests/fuzz/fuzz_textfsm.cpp devices/textfsm/*.cpp devices/textfsm/detail/*.cpp \
//     -lpcre2-8 -o build/fuzz_textfsm
//   build/fuzz_textfsm -max_total_time=60 -max_len=1000 -timeout=60

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondo/textfsm.h>

namespace {

using namespace rondo::textfsm;

std::string outcome(const TextFSM& fsm, std::string_view text) {
  try {
    return to_json(fsm.header(), fsm.parse_text(text));
  } catch (const ParseError& error) {
    return error.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view source = bytes.substr(0, bytes.find('\0'));
  const std::string_view text = bytes.substr(std::min(source.size() + 1, bytes.size()));
  try {
    const TextFSM fsm(source);
    if (outcome(fsm, text) != outcome(fsm, text)) std::abort();
  } catch (const TemplateError&) {
    return 0;  // most are none
  }
  return 0;
}
