// SPDX-License-Identifier: BSL-1.0
// Decides when a virtual interrupt reaches its guest: when several have come together, or when the first of them has
// waited long enough.
#pragma once

#include <string_view>

#include <hvkit/core/agreement.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/classification/rules.hpp>
#include <hvkit/policy/interrupt/held_back.hpp>

namespace hvkit::rule {

/// Interrupts that are coalesced are two or more.
template <u64 Together> struct waits_for_several {
  template <class> [[nodiscard]] static constexpr bool holds() { return Together > 1; }
};

} // namespace hvkit::rule

namespace hvkit::interrupt {

/// Holds interrupts back until `Together` lines have gone up, or until `Patience` instruction times after the first of
/// them; from then on it is `held_back`, until none is waiting any more. A guest that asks for its pending interrupts
/// sees them at once; only the handler is entered later than on the bare machine.
template <u64 Together, u64 Patience = 10'000> struct coalesced {
  static constexpr slot kind = slot::interrupt;
  static constexpr std::string_view name = "coalesced";
  static constexpr agreement grade = agreement::replayed;
  using rules = hvkit::rules<rule::unmasking_is_seen, rule::unmasking_exits, rule::waits_for_several<Together>>;

  template <class Vm> class over {
    using virtual_cpu = typename Vm::virtual_cpu;

  public:
    explicit over(Vm &vm) : vm_(vm) {}

    void raise(unsigned line) {
      inner_.raise(line);
      if (raised_++ == 0)
        deadline_ = vm_.now() + Patience;
    }
    void lower(unsigned line) { inner_.lower(line); }
    [[nodiscard]] bool deliver(virtual_cpu &cpu) {
      if (cpu.interrupts_waiting() == 0)
        return begin_again();
      // Software interrupts raise no line, and are not for waiting.
      if (raised_ != 0 && raised_ < Together && vm_.now() < deadline_)
        return false;
      raised_ = Together; // let through whatever waits
      deadline_ = no_deadline;
      return inner_.deliver(cpu);
    }
    [[nodiscard]] u64 deadline() const noexcept { return deadline_; }
    [[nodiscard]] const counters &count() const noexcept { return inner_.count(); }

  private:
    bool begin_again() noexcept {
      raised_ = 0;
      deadline_ = no_deadline;
      return false;
    }
    Vm &vm_;
    typename held_back::template over<Vm> inner_;
    u64 raised_ = 0; ///< lines that went up since nothing was waiting
    u64 deadline_ = no_deadline;
  };
};

} // namespace hvkit::interrupt
