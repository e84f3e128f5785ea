#pragma once

#include <string>

// The bytes of telnet, as RFC 854 numbers them.

namespace rondo::test {

inline const std::string IAC = "\xff";
inline const std::string DONT = "\xff\xfe";
inline const std::string DO = "\xff\xfd";
inline const std::string WONT = "\xff\xfc";
inline const std::string WILL = "\xff\xfb";
inline const std::string SB = "\xff\xfa";
inline const std::string SE = "\xff\xf0";

}  // namespace rondo::test
