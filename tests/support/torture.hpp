// SPDX-License-Identifier: BSL-1.0
// Decides what one torture program is: an image made from a seed, full of whatever is hard for a machine to get right.
#pragma once

#include <string>
#include <vector>

#include <hvkit/isa/assembler.hpp>

#include "support/torture/values.hpp"

namespace hvkit::tests::torture {

/// Memory from `ram` on, and where to start. The same seed and options give the same program everywhere.
struct program {
  std::vector<u8> image;
  u64 entry = 0;
};

[[nodiscard]] program make_program(u64 seed, const program_options &options = {});

/// What `text` is at `base`. Throws std::logic_error if it is wrong.
[[nodiscard]] isa::program assembled(u64 base, const std::string &text);

} // namespace hvkit::tests::torture
