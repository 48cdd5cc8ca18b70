// SPDX-License-Identifier: BSL-1.0
// Decides what is said when an instruction of RV64 stands in a VMM's way: with the defaults none does.
#pragma once

#include <string_view>

namespace hvkit::cpu::riscv::sentences {

// HVKIT_SENTENCE(name, text) defines a row's sentence: the same literal as text and as the compiler's error.
#define HVKIT_SENTENCE(NAME, TEXT)                                                                                     \
  struct NAME {                                                                                                        \
    static constexpr std::string_view text = TEXT;                                                                     \
    template <bool Holds> static constexpr void check() { static_assert(Holds, TEXT); }                                \
  };

HVKIT_SENTENCE(counters,
               "hvkit[HV101]: rv64 'csrrs time' (and cycle and instret, and csrrc) is sensitive but does not trap: in "
               "user mode it shows the real counters. Leave rv64_knobs::user_counters false, so that the VMM clears "
               "mcounteren, or use technique::interpretation")
HVKIT_SENTENCE(wfi,
               "hvkit[HV101]: rv64 'wfi' is sensitive but does not trap: in user mode it completes as a no-op, and "
               "a guest that waits spins. Leave rv64_knobs::user_wfi_completes false, or use technique::hybrid or "
               "technique::interpretation")
HVKIT_SENTENCE(delegated, "hvkit[HV101]: rv64 'csrrw', and every instruction that traps, is sensitive but does not "
                          "trap to the VMM: its trap is delegated to supervisor mode. Leave "
                          "rv64_knobs::traps_delegated false, or use technique::interpretation")

#undef HVKIT_SENTENCE

} // namespace hvkit::cpu::riscv::sentences
