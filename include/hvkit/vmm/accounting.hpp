// SPDX-License-Identifier: BSL-1.0
// Decides how what a VMM does for a guest is counted: each exit by its reason, each instruction by its derived class.
#pragma once

#include <algorithm>
#include <array>

#include <hvkit/isa/decoder.hpp>
#include <hvkit/theory/classes.hpp>
#include <hvkit/vmm/counters.hpp>
#include <hvkit/vmm/exit_observer.hpp>

namespace hvkit {

/// The counters of one VM, and how they go up.
template <class Cpu> class vm_accounting : public vm_counters<Cpu> {
public:
  /// `classes` are those of the CPU's units, by the composition's classification; null where no guest code runs on the
  /// hardware.
  explicit vm_accounting(const theory::classified *classes) : classes_(classes) {}

  /// An instruction (none if it could not be fetched) was run on the virtual CPU after an exit, and retired or trapped.
  void emulation(const isa::decoded<Cpu> &d, bool retired, bool memory_trap) {
    this->emulated += retired ? 1 : 0;
    if (d) {
      ++this->by_row[d.row];
      ++this->by_unit[Cpu::unit_of(d)];
    }
    if (!retired)
      ++this->guest_traps;
    else if (memory_trap)
      ++this->memory_accesses;
    else
      ++by_class(d);
  }
  /// The instruction certainly traps wherever guest code runs.
  [[nodiscard]] bool traps_on_hardware(const isa::decoded<Cpu> &d) const {
    const theory::classified *c = class_of(d);
    return c != nullptr && c->traps_in(c->user_mode);
  }

  /// What each exit came to, in the order of `exit_fate`.
  [[nodiscard]] auto fates() const {
    return std::array{this->hidden_faults,   this->sensitive,   this->privileged,
                      this->memory_accesses, this->guest_traps, this->needless};
  }
  /// What the first exit after `before` came to.
  template <class Fates> [[nodiscard]] exit_fate fate_since(const Fates &before) const {
    const auto now = fates();
    return static_cast<exit_fate>(std::mismatch(before.begin(), before.end(), now.begin()).first - before.begin());
  }

private:
  /// The class of a system instruction; null for all others.
  [[nodiscard]] const theory::classified *class_of(const isa::decoded<Cpu> &d) const {
    const std::size_t unit = classes_ != nullptr ? theory::unit_of<Cpu>(d.row, d.operands) : theory::no_unit;
    return unit != theory::no_unit ? classes_ + unit : nullptr;
  }
  [[nodiscard]] u64 &by_class(const isa::decoded<Cpu> &d) {
    const theory::classified *c = class_of(d);
    return c != nullptr && c->sensitive(theory::verdict_resources<Cpu>) ? this->sensitive
           : c != nullptr && c->privileged()                            ? this->privileged
                                                                        : this->needless;
  }

  const theory::classified *classes_;
};

} // namespace hvkit
