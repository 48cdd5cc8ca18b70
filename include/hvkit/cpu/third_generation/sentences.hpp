// SPDX-License-Identifier: BSL-1.0
// Decides what the compiler says when an instruction of the third-generation machine stands in a VMM's way.
#pragma once

namespace hvkit::cpu::third_generation_detail::sentences {

struct popf {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'popf' is sensitive but does not trap: in user mode it "
                         "silently keeps the interrupt mask. Use technique::hybrid (if it is not user sensitive) or "
                         "technique::interpretation, or classification::assume<\"popf\"> to see what goes wrong");
  }
};
struct pushf {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'pushf' is sensitive but does not trap: in user mode it shows "
                         "the real interrupt mask. Use technique::interpretation, or classification::assume<\"pushf\"> "
                         "to see what goes wrong");
  }
};
struct spl {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'spl' is sensitive but does not trap: in user mode it does "
                         "nothing, and the virtual supervisor's priority level never changes. Use technique::hybrid or "
                         "technique::interpretation, or classification::assume<\"spl\"> to see what goes wrong");
  }
};
struct jrst1 {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'jrst1' is sensitive but does not trap: a virtual supervisor "
                         "returns to user mode and its VMM is not told. Use technique::hybrid or "
                         "technique::interpretation, or classification::assume<\"jrst1\"> to see what goes wrong");
  }
};
struct lra {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'lra' is sensitive but does not trap: in user mode it shows "
                         "where the program really lies in storage. Use technique::interpretation, or "
                         "classification::assume<\"lra\"> to see what goes wrong");
  }
};
struct mfpi {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'mfpi' is sensitive but does not trap: the address it forms "
                         "depends on the mode. Use technique::hybrid or technique::interpretation, or "
                         "classification::assume<\"mfpi\"> to see what goes wrong");
  }
};
struct stck {
  template <bool Traps> static constexpr void check() {
    static_assert(Traps, "hvkit[HV101]: third_generation 'stck' is sensitive but does not trap: in user mode it shows "
                         "the real clock. Use technique::interpretation, or classification::assume<\"stck\"> to see "
                         "what goes wrong");
  }
};

} // namespace hvkit::cpu::third_generation_detail::sentences
