// SPDX-License-Identifier: BSL-1.0
// Decides what is said when an instruction of IA-32 stands in a VMM's way.
#pragma once

#include <string_view>

namespace hvkit::cpu::x86::sentences {

// HVKIT_SENTENCE(name, text) defines a row's sentence: the same literal as text and as the compiler's error.
#define HVKIT_SENTENCE(NAME, TEXT)                                                                                     \
  struct NAME {                                                                                                        \
    static constexpr std::string_view text = TEXT;                                                                     \
    template <bool Holds> static constexpr void check() { static_assert(Holds, TEXT); }                                \
  };

HVKIT_SENTENCE(popf, "hvkit[HV101]: ia32 'popf' is sensitive but does not trap: in user mode it silently keeps IF, so "
                     "the virtual supervisor's interrupts are never masked or unmasked by it. Use "
                     "technique::interpretation, or classification::assume<\"popf\"> to see what goes wrong")
HVKIT_SENTENCE(pushf, "hvkit[HV101]: ia32 'pushf' is sensitive but does not trap: in user mode it shows the real IF. "
                      "Use technique::interpretation, or classification::assume<\"pushf\"> to see what goes wrong")

#undef HVKIT_SENTENCE

} // namespace hvkit::cpu::x86::sentences
