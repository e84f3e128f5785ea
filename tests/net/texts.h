#pragma once

#include <string>
#include <vector>

#include <rondo/net/address.h>

namespace rondo::test {

using Texts = std::vector<std::string>;

inline Texts texts(const std::vector<Address>& addresses) {
  Texts spelled;
  for (const Address& address : addresses)
    spelled.push_back(address.text());
  return spelled;
}

}  // namespace rondo::test
