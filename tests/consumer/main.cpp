// SPDX-License-Identifier: BSL-1.0
// Shows that installed headers are found and work.
#include <iostream>

#include <hvkit/core/address.hpp>

int main() {
  const hvkit::gpa start{0x8000'0000};
  std::cout << std::hex << (start + hvkit::frame_size).value << '\n';
  return start + hvkit::frame_size == hvkit::gpa{0x8000'1000} ? 0 : 1;
}
