// SPDX-License-Identifier: BSL-1.0
// Decides how shadow paging is broken: its hooks are, the page-table format it builds in, and the VM it thinks it has.
#pragma once

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hvkit/core/context.hpp>
#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/decoder.hpp>
#include <hvkit/policy/paging/shadow.hpp>
#include <hvkit/policy/paging/shadow_lazy.hpp>

#include "support/seeded/bugs.hpp"

namespace hvkit::tests::seeded {

/// Sv39 with faults, for shadow tables alone: the hardware and the guest know the true one.
struct flawed_format : cpu::rv64::page_format {
  using base = cpu::rv64::page_format;
  [[nodiscard]] static u64 index(gva at, unsigned level) noexcept {
    const u64 all = base::index(at, level);
    return level == base::levels - 1 && broken<"index_narrow">() ? all & low_bits(base::index_bits - 1) : all;
  }
  [[nodiscard]] static u64 leaf_to(u64 frame, bool read, bool write, bool execute) noexcept {
    return base::leaf_to(frame, read, write || (read && broken<"loads_open_stores">()), execute);
  }
  [[nodiscard]] static u64 without_write(u64 entry) noexcept {
    return broken<"alias_writable">() ? entry : base::without_write(entry);
  }
  [[nodiscard]] static bool widens(u64 was, u64 now) noexcept {
    const u64 lost = broken<"rights_lost_unseen">() ? (was & ~now) & (r | w | x | a | d) : 0;
    return base::widens(was, now | lost);
  }
  [[nodiscard]] static bool canonical(gva at) {
    if (broken<"asserts_canonical">() && !base::canonical(at))
      throw std::logic_error("assertion failed: canonical(at)");
    return base::canonical(at);
  }
};

/// A hart whose fences may be without effect.
template <class Hart> class flawed_hart {
public:
  explicit flawed_hart(Hart &hart) : hart_(hart) {}
  void flush() {
    if (!broken<"hart_not_flushed">())
      hart_.flush();
  }
  void forget_page(gva at) {
    if (!broken<"page_not_forgotten">())
      hart_.forget_page(at);
  }
  void protect(hpa frame) {
    if (!broken<"hart_remembers_writes">())
      hart_.protect(frame);
  }

private:
  Hart &hart_;
};

/// A virtual CPU that tells paging wrongly where addresses lead and by which tables.
template <class Vm> class flawed_walker {
public:
  explicit flawed_walker(Vm &vm) : vm_(vm) {}
  template <class Observe> [[nodiscard]] auto translate(gva at, access a, u64 size, Observe observe) {
    gpa last{};
    u64 was = 0;
    unsigned lowest = flawed_format::levels;
    auto where = vm_.vcpu().translate(at, a, size, [&](unsigned level, gpa entry, u64 value) {
      last = entry;
      was = value;
      lowest = level;
      if ((level == 0 && broken<"last_table_untracked">()) || (level != 0 && broken<"upper_tables_untracked">()))
        return;
      observe(level < 2 && broken<"level_confused">() ? 1 - level : level, entry, value);
    });
    if (!where)
      return where;
    if (broken<"accessed_not_written">() && lowest < flawed_format::levels)
      static_cast<void>(vm_.memory().template store<u64>(last, was));
    where->whole_page = where->whole_page || broken<"part_of_page_open">();
    if (where->level + 1 < flawed_format::levels && broken<"superpage_too_large">())
      ++where->level;
    if (lowest != 0 && lowest < flawed_format::levels && broken<"large_page_as_small">()) {
      where->address = gpa{flawed_format::target(was) + frame_offset(at.value)};
      where->level = 0;
    }
    return where;
  }
  [[nodiscard]] bool permits_physical(gpa at, u64 size, access a) const {
    return broken<"superpage_unprotected">() || vm_.vcpu().permits_physical(at, size, a);
  }

private:
  Vm &vm_;
};

/// The VM as shadow paging sees it.
template <class Vm> class flawed_vm {
public:
  struct cpu : Vm::cpu {
    using page_format = flawed_format;
    [[nodiscard]] static bool covers(const fence_scope &scope, const context_key &key) noexcept {
      const maybe<u64> next = scope.space ? maybe<u64>(*scope.space + 1) : maybe<u64>();
      return Vm::cpu::covers(broken<"fence_of_other_space">() ? fence_scope{scope.page, next} : scope, key);
    }
  };
  explicit flawed_vm(Vm &vm) : vm_(vm), hart_(vm.hart()), walker_(vm) {}

  [[nodiscard]] auto &hart() noexcept { return hart_; }
  [[nodiscard]] auto &vcpu() noexcept { return walker_; }
  [[nodiscard]] auto &memory() noexcept { return vm_.memory(); }
  [[nodiscard]] auto &hardware_memory() noexcept { return vm_.hardware_memory(); }
  [[nodiscard]] auto &frames() noexcept { return vm_.frames(); }
  [[nodiscard]] hpa hardware_frame(u64 guest_frame) const noexcept { return vm_.hardware_frame(guest_frame); }
  [[nodiscard]] maybe<hpa> device_page(gpa at) const { return vm_.device_page(at); }
  [[nodiscard]] maybe<hpa> prepare(const technique::code_page &page) { return vm_.prepare(page); }
  [[nodiscard]] bool prepares() const { return acts(manner::copying); }
  void enter_root(hpa root, u64 space) {
    const bool held = holds_back_;
    holds_back_ = false;
    if (!held)
      vm_.enter_root(root, space);
  }
  /// The next root that is to be entered is not.
  void hold_back(bool yes) noexcept { holds_back_ = yes; }

private:
  Vm &vm_;
  flawed_hart<typename Vm::hart_type> hart_;
  flawed_walker<Vm> walker_;
  bool holds_back_ = false;
};

template <class Vm> struct flawed_vm_holder { flawed_vm<Vm> seen; };

/// Shadow paging with faults.
struct flawed_paging {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "flawed";
  using rules = paging::shadow::rules;

  template <class Vm> class over : flawed_vm_holder<Vm>, public paging::shadow::over<flawed_vm<Vm>> {
    using holder = flawed_vm_holder<Vm>;
    using base = paging::shadow::over<flawed_vm<Vm>>;

  public:
    explicit over(Vm &vm) : holder{flawed_vm<Vm>(vm)}, base(holder::seen), vm_(vm) {}

    void enter(const contexts &now) {
      const contexts key{flawed(now.code), broken<"mprv_not_in_key">() ? flawed(now.code) : flawed(now.data)};
      if (broken<"bare_keeps_root">() && now.code.root == 0 && last_ != contexts{})
        return base::enter(last_);
      last_ = key;
      holder::seen.hold_back(broken<"new_root_unused">() && is_new(key));
      base::enter(key);
      holder::seen.hold_back(false);
    }
    paging::outcome fault(gva at, access a) {
      const auto said = base::fault(at, a);
      if (said == paging::outcome::mapped && broken<"large_page_read_ahead">())
        static_cast<void>(base::fault(at + frame_size, access::store));
      return said;
    }
    void table_written(gpa at, u64 size) {
      if (broken<"stores_kept">())
        kept_.push_back(at);
      if (broken<"byte_store_unseen">() && size < flawed_format::entry_size)
        return;
      if (broken<"amo_unseen">() && by_amo())
        return;
      if (broken<"table_freed_early">() && std::exchange(freed_, at.value >> frame_bits) == at.value >> frame_bits)
        return;
      if (broken<"second_entry_unseen">())
        size = std::min(size, flawed_format::entry_size - at.value % flawed_format::entry_size);
      base::table_written(at, size);
    }
    void drop(paging::frame_range frames) {
      if (broken<"protection_not_dropped">() && frames.count == paging::every_frame.count)
        return;
      base::drop(frames);
    }

  private:
    [[nodiscard]] static context_key flawed(context_key key) {
      if (key.root == 0)
        return key;
      if (broken<"sum_not_in_key">())
        key.rights &= ~u64{4};
      if (broken<"mxr_not_in_key">())
        key.rights &= ~u64{8};
      if (broken<"mode_not_in_key">())
        key.rights = 0;
      if (broken<"roots_confused">())
        key.root &= ~low_bits(44) | 3;
      return key;
    }
    [[nodiscard]] bool is_new(const contexts &key) const {
      bool known = false;
      this->each_root([&](const context_key &code, const context_key &data, hpa) {
        known = known || (code == key.code && data == key.data);
      });
      return !known;
    }
    [[nodiscard]] bool by_amo() {
      const auto word = static_cast<u32>(vm_.vcpu().instruction_bits());
      return (word & 0x7f) == 0x2f;
    }

    Vm &vm_;
    contexts last_{};
    std::vector<gpa> kept_;
    u64 freed_ = 0; ///< the frame of the last store
  };
};

/// Shadow paging out of step, with faults of its own.
struct flawed_lazy_paging {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "flawed_lazy";
  using rules = paging::shadow_lazy::rules;

  template <class Vm> class over : flawed_vm_holder<Vm>, public paging::lazy_base<flawed_vm<Vm>, over<Vm>> {
    using holder = flawed_vm_holder<Vm>;
    using base = paging::lazy_base<flawed_vm<Vm>, over<Vm>>;
    friend base;
    friend paging::shadow_base<flawed_vm<Vm>, over<Vm>>;

  public:
    explicit over(Vm &vm) : holder{flawed_vm<Vm>(vm)}, base(holder::seen), vm_(vm) {}

    void fence(const fence_scope &scope) {
      const bool all = !scope.page && !scope.space;
      if ((all && broken<"fence_of_all_skipped">()) || (scope.page && broken<"fence_of_page_skipped">()) ||
          (scope.space && broken<"fence_of_space_skipped">()) ||
          (broken<"bare_fence_skipped">() && vm_.vcpu().system().get(cpu::riscv::w_satp) == 0))
        return;
      base::fence(scope);
    }

  protected:
    void walked(gva at, const typename base::path_type &path) {
      if (!broken<"walk_not_compared">())
        base::walked(at, path);
    }
    [[nodiscard]] bool is_open(u64 frame) const { return broken<"opened_unnoted">() || base::is_open(frame); }
    void before_store(u64 frame) {
      if (!broken<"opened_unnoted">())
        base::before_store(frame);
    }
    void protect(u64 frame) {
      if (!broken<"protection_not_restored">())
        base::protect(frame);
    }

  private:
    Vm &vm_;
  };
};

} // namespace hvkit::tests::seeded
