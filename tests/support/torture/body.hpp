// SPDX-License-Identifier: BSL-1.0
// Decides which instructions the random code of a torture program is made of, and how often each kind occurs.
#pragma once

#include "support/torture/code_pieces.hpp"

namespace hvkit::tests::torture {

/// Fills code with short pieces, each of which does something worth seeing.
class body_writer : public code_pieces {
public:
  using code_pieces::code_pieces;

  void fill() {
    while (out_.room(128))
      piece();
    while (out_.room(4))
      pure();
    while (out_.room(2))
      out_.bytes(1, 2); // c.nop
  }

private:
  struct choice {
    u64 weight;
    void (body_writer::*write)();
    bool timing = false; ///< only where clocks are used
  };
  void piece() {
    static constexpr choice choices[] = {
        {16, &body_writer::pure},        {16, &body_writer::memory},    {60, &body_writer::floating},
        {50, &body_writer::store_entry}, {10, &body_writer::csr},       {84, &body_writer::fault},
        {8, &body_writer::branch},       {3, &body_writer::loop},       {4, &body_writer::switch_mode},
        {3, &body_writer::switch_root},  {3, &body_writer::fence},      {5, &body_writer::status_bits},
        {6, &body_writer::interrupts},   {3, &body_writer::write_code}, {4, &body_writer::call_what_was_written},
        {2, &body_writer::raw},          {1, &body_writer::wild_jump},  {3, &body_writer::jump},
        {3, &body_writer::reserved},     {2, &body_writer::protection}, {2, &body_writer::move_pointer},
        {2, &body_writer::device, true}, {1, &body_writer::wait, true}};
    static constexpr u64 total = [] {
      u64 sum = 0;
      for (const choice &c : choices)
        sum += c.weight;
      return sum;
    }();
    u64 at = random_.between(0, total - 1);
    for (const choice &c : choices) {
      if (at < c.weight)
        return c.timing && options_.foreign ? pure() : (this->*c.write)();
      at -= c.weight;
    }
  }
};

} // namespace hvkit::tests::torture
