// SPDX-License-Identifier: BSL-1.0
// Decides what a classification is asked: the class of each unit of a CPU.
#pragma once

#include <hvkit/theory/unit.hpp>

namespace hvkit::classification {

/// Satisfied when `P` gives a range of `theory::classified`, in the order of `theory::units<Cpu>`, at compile time.
template <class P, class Cpu>
concept classifies = requires {
  P::template classes<Cpu>().begin();
  P::template classes<Cpu>().end();
};

} // namespace hvkit::classification
