// SPDX-License-Identifier: BSL-1.0
// Decides what is said when an instruction of the third-generation machine stands in a VMM's way.
#pragma once

#include <string_view>

namespace hvkit::cpu::generation3::sentences {

// HVKIT_SENTENCE(name, text) defines a row's sentence: the same literal as text and as the compiler's error.
#define HVKIT_SENTENCE(NAME, TEXT)                                                                                     \
  struct NAME {                                                                                                        \
    static constexpr std::string_view text = TEXT;                                                                     \
    template <bool Holds> static constexpr void check() { static_assert(Holds, TEXT); }                                \
  };

HVKIT_SENTENCE(popf,
               "hvkit[HV101]: third_generation 'popf' is sensitive but does not trap: in user mode it silently keeps "
               "the interrupt mask. Use technique::hybrid or technique::interpretation, or "
               "classification::assume<\"popf\"> to see what goes wrong")
HVKIT_SENTENCE(popf_in_user_mode,
               "hvkit[HV101]: third_generation 'popf' is sensitive but does not trap: user mode can change the "
               "interrupt mask with it. Leave third_generation_knobs::io_privilege_level false, or use "
               "technique::interpretation, or classification::assume<\"popf\"> to see what goes wrong")
HVKIT_SENTENCE(pushf, "hvkit[HV101]: third_generation 'pushf' is sensitive but does not trap: in user mode it shows "
                      "the real interrupt mask. Use technique::interpretation, or classification::assume<\"pushf\"> "
                      "to see what goes wrong")
HVKIT_SENTENCE(spl,
               "hvkit[HV101]: third_generation 'spl' is sensitive but does not trap: in user mode it does nothing, "
               "so the virtual supervisor's priority level never changes. Use technique::hybrid or "
               "technique::interpretation, or classification::assume<\"spl\"> to see what goes wrong")
HVKIT_SENTENCE(jrst1, "hvkit[HV101]: third_generation 'jrst1' is sensitive but does not trap: a virtual supervisor "
                      "returns to user mode and its VMM is not told. Use technique::hybrid or "
                      "technique::interpretation, or classification::assume<\"jrst1\"> to see what goes wrong")
HVKIT_SENTENCE(lra, "hvkit[HV101]: third_generation 'lra' is sensitive but does not trap: in user mode it shows where "
                    "the program really lies in storage. Use technique::interpretation, or "
                    "classification::assume<\"lra\"> to see what goes wrong")
HVKIT_SENTENCE(mfpi, "hvkit[HV101]: third_generation 'mfpi' is sensitive but does not trap: the address it forms "
                     "depends on the mode. Use technique::hybrid or technique::interpretation, or "
                     "classification::assume<\"mfpi\"> to see what goes wrong")
HVKIT_SENTENCE(stck, "hvkit[HV101]: third_generation 'stck' is sensitive but does not trap: in user mode it shows the "
                     "real clock. Use technique::interpretation, or classification::assume<\"stck\"> to see what goes "
                     "wrong")

#undef HVKIT_SENTENCE

} // namespace hvkit::cpu::generation3::sentences
