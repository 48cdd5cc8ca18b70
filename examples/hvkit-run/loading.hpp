// SPDX-License-Identifier: BSL-1.0
// Decides where in a guest's memory the files lie that were named. Knows no machine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hvkit/device/virt_board.hpp>
#include <hvkit/host/image.hpp>
#include <hvkit/host/result.hpp>

namespace run {

using namespace hvkit;

struct combination;
struct options;
class machine;

/// All that goes into memory before the first instruction, and the board it is for.
struct loading {
  struct piece {
    std::string name; ///< the file's
    host::image image;
  };
  std::vector<piece> pieces;                 ///< disjoint
  std::shared_ptr<device::disk> image, disk; ///< the disk's file, and what the board has: the same, or a snapshot of it
  device::virt_board_options board;          ///< of it, other boards know the size of memory
  u64 share = 1;                             ///< of the hardware, if there are others
  u64 beside = 0;                            ///< bytes of the hardware's memory for those
  host::elf_symbols symbols;                 ///< the kernel's, else the firmware's
  gpa entry{};
  gpa next{}; ///< where the firmware's own description of its next stage lies; 0 if there is none
};

/// Reads all files that `wanted` names, for the machine that was chosen. Fails with a sentence.
[[nodiscard]] host::result<loading> prepare(const options &wanted, const combination &chosen);

/// Puts everything into the machine's memory and the machine at reset. False if the memory does not hold it.
[[nodiscard]] bool load(const loading &what, machine &into);

} // namespace run
