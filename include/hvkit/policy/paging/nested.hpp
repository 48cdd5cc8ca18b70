// SPDX-License-Identifier: BSL-1.0
// Decides how nested paging works: the hardware walks the guest's own tables, and under them those of the VMM, which
// say where the guest's memory is and what the guest's own protection unit permits of it.
#pragma once

#include <algorithm>
#include <string_view>

#include <hvkit/core/context.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/core/slot.hpp>
#include <hvkit/policy/paging/concept.hpp>
#include <hvkit/policy/paging/frame_groups.hpp>
#include <hvkit/policy/paging/second_stage.hpp>
#include <hvkit/policy/rules.hpp>

namespace hvkit::paging {

/// Two stages. The guest changes its tables and fences them without the VMM.
struct nested {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "nested";
  using rules = hvkit::rules<rule::reaches_supervisor_pages, rule::needs_second_stage>;

  /// `Vm` has `vcpu()`, `hart()`, `memory()` (the guest's), `hardware_memory()`, `frames()` and `enter_second_root`.
  /// The CPU says which `physical_view` of its memory is in force: views differ in what they permit.
  template <class Vm> class over : public basics {
    using cpu = typename Vm::cpu;
    using hardware_cpu = typename Vm::hart_type::cpu;
    using format = typename hardware_cpu::second_stage_format;

  public:
    explicit over(Vm &vm) : vm_(vm), tables_(vm.hardware_memory(), vm.frames()), groups_(vm.memory()) {}
    ~over() { vm_.hart().flush(); }
    over(const over &) = delete;
    over &operator=(const over &) = delete;

    /// Makes the hardware use the view that is in force.
    void enter(const contexts &) {
      const std::size_t view = cpu::physical_view(vm_.vcpu().system());
      count_.root_switches += view != current_ ? 1 : 0;
      current_ = view;
      vm_.enter_second_root(tables_.root(view), view + 1);
    }

    /// A fault of the first stage is the guest's own. One of the second stage is hidden if the guest has memory there
    /// and its protection permits the same for all of the page.
    outcome fault(gva, access a) {
      const auto missing = hardware_cpu::second_stage_fault_of(vm_.hart(), a);
      if (!missing || !vm_.memory().contains(missing->address))
        return outcome::emulate;
      const u64 frame = vm_.memory().frame_index(missing->address);
      const auto level = level_for(missing->why, frame);
      if (!level)
        return outcome::emulate;
      const u64 first = *level == 0 ? frame : groups_.first(*level, frame);
      if (!tables_.map(current_, missing->address, *level, vm_.hardware_frame(first), missing->why))
        drop_all(); // nothing is left to build with: the access faults once more
      ++count_.filled;
      count_.superpages += *level != 0 ? 1 : 0;
      return outcome::mapped;
    }

    void drop(frame_range frames) {
      const u64 end = vm_.memory().frame_count();
      if (frames.first == 0 && frames.count >= end)
        return drop_all();
      for (u64 n = frames.first; n < end && n - frames.first < frames.count; ++n)
        count_.dropped += tables_.unmap(vm_.memory().base() + (n << frame_bits)) ? 1 : 0;
      vm_.hart().flush();
    }
    /// Calls `f(view, frame)` for each frame of each view's root.
    template <class F> void each_root(F f) const {
      for (std::size_t view = 0; view < cpu::physical_views; ++view)
        for (u64 at = 0; at < format::root_size; at += frame_size)
          f(view, tables_.root(view) + at);
    }
    [[nodiscard]] bool complete() const noexcept { return tables_.complete(); }

  private:
    void drop_all() {
      tables_.clear();
      vm_.hart().flush();
    }
    /// The highest level at which one leaf can give this access to the frame and to all of the group around it; none if
    /// there is no such leaf at all.
    [[nodiscard]] maybe<unsigned> level_for(access a, u64 frame) const {
      if (a != access::fetch && cpu::views_code_alone(current_))
        return {};
      for (unsigned level = format::levels; level-- > 0;) {
        if (!groups_.uniform(level, frame))
          continue;
        const u64 first = level == 0 ? frame : groups_.first(level, frame);
        if (vm_.vcpu().permits_physical(vm_.memory().base() + (first << frame_bits), bit(format::shift(level)), a))
          return level;
      }
      return {};
    }

    using basics::count_;
    Vm &vm_;
    second_stage_tables<format, cpu::physical_views> tables_;
    frame_groups<format> groups_;
    std::size_t current_ = 0;
  };
};

} // namespace hvkit::paging
