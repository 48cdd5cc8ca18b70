// SPDX-License-Identifier: BSL-1.0
// A CPU whose decoder looks at other bits than it says.
// expect: hvkit[HV037]: decode_bucket(word) must gather the bits of decode_key
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/checks.hpp>

struct my_cpu : hvkit::cpu::rv64 {
  static constexpr hvkit::u32 decode_bucket(hvkit::u32 word) { return word & 0x7f; }
};
static_assert(hvkit::isa::sound<my_cpu>);
