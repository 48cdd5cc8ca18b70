// SPDX-License-Identifier: BSL-1.0
// Decides what an interrupt policy is asked, what it is told, and what it counts.
//
// raise(line)    after a line of the virtual CPU went up: takes note
// lower(line)    after it went down: takes note
// deliver(vcpu)  before the guest's next instruction, whenever something pending, enabled or masked has changed, and
//                from the deadline on: enters the guest's handler, or does not
// deadline()     before the hardware runs: says when to be asked at the latest
#pragma once

#include <concepts>

#include <hvkit/core/bits.hpp>

namespace hvkit::interrupt {

/// What became of the interrupts of one VM.
struct counters {
  u64 raised = 0;    ///< lines that went up
  u64 delivered = 0; ///< handlers entered
  u64 held_back = 0; ///< interrupts that were pending and enabled, and that the guest did not accept at once
  friend constexpr bool operator==(const counters &, const counters &) = default;
};

/// No deadline: the guest's instruction clock never gets there.
inline constexpr u64 no_deadline = ~u64{0};

/// What a policy may inherit: lines are counted, and nothing has a deadline.
class basics {
public:
  void raise(unsigned) noexcept { ++count_.raised; }
  void lower(unsigned) noexcept {}
  [[nodiscard]] u64 deadline() const noexcept { return no_deadline; }
  [[nodiscard]] const counters &count() const noexcept { return count_; }

protected:
  counters count_{};
};

/// Satisfied when `Over`, the policy's `over<Vm>`, has the members above and `count()`. `deliver` answers whether a
/// handler was entered, which is one step. The deadline is a time of the guest's instruction clock.
template <class Over, class VirtualCpu>
concept delivers = requires(Over &o, const Over &c, VirtualCpu &cpu) {
  o.raise(0U);
  o.lower(0U);
  { o.deliver(cpu) } -> std::convertible_to<bool>;
  { c.deadline() } -> std::convertible_to<u64>;
  { c.count() } -> std::convertible_to<const counters &>;
};

} // namespace hvkit::interrupt
