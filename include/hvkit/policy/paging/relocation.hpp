// SPDX-License-Identifier: BSL-1.0
// Decides how a guest is confined by a relocation-bounds register alone: its own R, composed with where it lies.
// Source: Popek, Goldberg, "Formal Requirements for Virtualizable Third Generation Architectures", CACM 17(7), 1974.
#pragma once

#include <string_view>

#include <hvkit/core/exit.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/paging/concept.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::paging {

/// The hardware's base is the sum of both bases, and its bounds are what the guest may reach of its own storage.
struct relocation {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "relocation";
  using rules = hvkit::rules<rule::needs_relocation_register>;
  /// There is only one register, so a guest's storage lies in one piece.
  static constexpr bool contiguous = true;

  /// `Vm` has `vcpu()`, `hart()` and `memory()` (the guest's).
  template <class Vm> class over : public basics {
    using cpu = typename Vm::cpu;

  public:
    explicit over(Vm &vm) : vm_(vm) {}

    /// Composes both registers.
    [[gnu::always_inline]] void enter(const contexts &) {
      const auto place = typename cpu::relocation{vm_.memory().frame(0).value, vm_.memory().size()};
      cpu::set_relocation(vm_.hart().system(), cpu::compose(cpu::relocation_of(vm_.vcpu().system()), place));
      vm_.hart().changed(effect::context);
      ++count_.root_switches;
    }
    /// Composed bounds are exact: every fault is the guest's own.
    [[nodiscard]] outcome fault(gva, access) const noexcept { return outcome::emulate; }
    /// Storage in one piece has no holes: nothing can be taken out of it.
    void drop(frame_range) noexcept {}

  private:
    using basics::count_;
    Vm &vm_;
  };
};

} // namespace hvkit::paging
