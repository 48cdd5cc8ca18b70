// SPDX-License-Identifier: BSL-1.0
// Decides what the bare machine is: a hart, memory and a board, without any VMM. The reference for every VMM.
#pragma once

#include <algorithm>

#include <hvkit/hardware/hart.hpp>

namespace hvkit::hardware {

/// Runs a bare hart with its board for an exact number of steps. `Board` has `next_event()`, `advance(now)` and
/// `finished()` (something true once the guest has switched itself off).
///
/// Returns `budget` when the steps are done, `host` when the board has finished, `waiting` when the CPU waits and
/// nothing is due any more.
template <class Hart, class Board> exit_record run_bare(Hart &hart, Board &board, u64 budget) {
  const u64 end = hart.steps() + budget;
  const auto idle_until = [&](u64 then) {
    auto &system = hart.system();
    system.set(Hart::cpu::idle_word, system.get(Hart::cpu::idle_word) + (then - hart.now()));
    board.advance(then);
  };
  board.advance(hart.now());
  while (hart.steps() < end) {
    if (board.finished())
      return {exit_reason::host, {}};
    const u64 due = board.next_event();
    const u64 slice = due == never ? end - hart.steps() : std::min(end - hart.steps(), due - hart.now());
    const exit_record exit = hart.run(slice);
    board.advance(hart.now());
    if (exit.reason == exit_reason::host)
      return exit;
    while (exit.reason == exit_reason::waiting && !hart.wakes()) {
      if (board.next_event() == never)
        return exit;
      idle_until(board.next_event());
    }
  }
  return {board.finished() ? exit_reason::host : exit_reason::budget, {}};
}

} // namespace hvkit::hardware
