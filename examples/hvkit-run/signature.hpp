// SPDX-License-Identifier: BSL-1.0
// Decides how the signature of a conformance test is written: as Spike writes it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <hvkit/device/virt_board.hpp>
#include <hvkit/host/elf.hpp>

#include "machine.hpp"
#include "options.hpp"

namespace run {

/// Whether there is a signature to be written, or why not.
[[nodiscard]] inline maybe<host::failure> check_signature(const options &wanted, const host::elf_symbols &symbols) {
  const u64 base = device::virt_map::ram.value; // no other board has a signature
  if (!symbols.begin_signature || !symbols.end_signature)
    return host::failure{"--signature: no image has the symbols begin_signature and end_signature"};
  const u64 begin = *symbols.begin_signature, end = *symbols.end_signature;
  if (begin > end || begin < base || end - base > wanted.memory)
    return host::failure{fmt::format("--signature: [{:#x}, {:#x}) is no range of memory", begin, end)};
  return {};
}

/// `granularity` bytes a line as one number in lower-case hexadecimal, the byte at the lowest address last; a last line
/// that is cut off is filled with zeros. Source: Spike, fesvr/htif.cc.
[[nodiscard]] inline std::string signature_text(const machine &from, const host::elf_symbols &symbols,
                                                unsigned granularity) {
  std::vector<u8> bytes(*symbols.end_signature - *symbols.begin_signature);
  static_cast<void>(from.read(gpa{*symbols.begin_signature}, bytes));
  bytes.resize((bytes.size() + granularity - 1) / granularity * granularity);
  std::string text;
  for (auto line = bytes.begin(); line != bytes.end(); line += granularity) {
    for (auto byte = line + granularity; byte != line;)
      text += fmt::format("{:02x}", *--byte);
    text += '\n';
  }
  return text;
}

} // namespace run
