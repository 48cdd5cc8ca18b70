// SPDX-License-Identifier: BSL-1.0
// Decides which hostile programs there are, all in a row.
#pragma once

#include "support/hostile/cpu_programs.hpp"
#include "support/hostile/device_programs.hpp"
#include "support/hostile/memory_programs.hpp"
#include "support/hostile/trial.hpp"

namespace hvkit::tests::hostile {

[[nodiscard]] inline std::vector<program> every_program() {
  std::vector<program> all;
  for (const auto &some : {descriptor_programs(), dma_programs(), exhausting_programs(), translation_programs(),
                           privilege_programs(), trap_programs(), state_programs()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}
[[nodiscard]] inline guest_image image_of_guest(const program &p) {
  return {image_of(p), torture::frames * frame_size, p.devices, p.kernel};
}

} // namespace hvkit::tests::hostile
