// SPDX-License-Identifier: BSL-1.0
// Decides whether what a machine remembers of translations is what a fresh walk of the guest's tables gives.
#pragma once

#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>

#include <hvkit/core/context.hpp>
#include <hvkit/hardware/tlb.hpp>
#include <hvkit/vmm/guest_memory.hpp>

#include "support/torture/layout.hpp"

namespace hvkit::tests::torture {

/// The CPU's architecture with nothing around it but the guest's memory: translates in any context, changes nothing.
template <class Memory> class fresh_walker final : public cpu_type::arch<fresh_walker<Memory>> {
public:
  /// `state` gives the protection entries, `key` everything else that counts.
  fresh_walker(const Memory &memory, const cpu_type::system_state &state, const context_key &key)
      : memory_(memory), system_(state) {
    using namespace cpu::riscv;
    system_.set(fields::mode, key.rights & 3);
    system_.set(fields::status::mprv, 0);
    system_.set(fields::status::sum, key.rights >> 2 & 1);
    system_.set(fields::status::mxr, key.rights >> 3 & 1);
    system_.set(w_satp, key.root);
  }
  /// Where `at` leads if the whole page may be accessed so, A and D being set already.
  [[nodiscard]] maybe<gpa> page(gva at, access a) {
    const auto where = whole_page(at, a);
    return where ? maybe<gpa>(where->address) : maybe<gpa>();
  }
  /// The same, with the level of the entry that says so.
  [[nodiscard]] maybe<cpu::riscv::translation> whole_page(gva at, access a) {
    updated_ = false;
    auto where =
        this->translate(at, a, 1, [&](unsigned, gpa entry, u64) { tables_.insert(frame_number(entry.value)); });
    return where && where->whole_page && !updated_ ? where : maybe<cpu::riscv::translation>();
  }
  /// Numbers of the frames that hold tables it went through.
  [[nodiscard]] const std::unordered_set<u64> &tables() const noexcept { return tables_; }

  [[nodiscard]] auto &system() noexcept { return system_; }
  [[nodiscard]] const auto &system() const noexcept { return system_; }
  void raise(trap) noexcept {}
  void update_entry(gpa, u64) noexcept { updated_ = true; }
  template <class T> [[nodiscard]] maybe<T> ram_load(gpa at) const {
    T value{};
    if constexpr (std::is_same_v<Memory, hardware::physical_memory>)
      return memory_.read(hpa{at.value}, &value, sizeof value) ? maybe<T>(value) : maybe<T>();
    else
      return memory_.read(at, &value, sizeof value) ? maybe<T>(value) : maybe<T>();
  }

private:
  const Memory &memory_;
  cpu_type::system_state system_;
  std::unordered_set<u64> tables_;
  bool updated_ = false;
};

/// Every page of every leaf of every shadow root against a fresh walk. Answers what is wrong, or "".
template <class Vm> class shadow_audit {
public:
  explicit shadow_audit(Vm &vm) : vm_(vm) {
    for (u64 i = 0; i < vm.memory().frame_count(); ++i)
      guest_frame_[vm.memory().frame(i).value] = i;
  }
  [[nodiscard]] std::string run() {
    vm_.translation().each_root([&](const context_key &code, const context_key &data, hpa top) {
      fresh_walker fetches(vm_.memory(), vm_.vcpu().system(), code);
      fresh_walker accesses(vm_.memory(), vm_.vcpu().system(), data);
      each_leaf(top, sv39::levels - 1, 0, [&](gva at, u64 entry) {
        ++leaves_;
        mapped_.insert(sv39::target(entry));
        compare(fetches, at, entry, sv39::x, access::fetch);
        compare(accesses, at, entry, sv39::r, access::load);
        compare(accesses, at, entry, sv39::w, access::store);
        if (code != data && (entry & (sv39::r | sv39::w)) != 0)
          complain(at, entry, "data is mapped in a root for code alone");
      });
      tables_.insert(fetches.tables().begin(), fetches.tables().end());
      tables_.insert(accesses.tables().begin(), accesses.tables().end());
    });
    for (const u64 frame : writable_)
      if (tables_.contains(frame))
        complain(gva{frame << frame_bits}, 0, "a frame that holds tables can be written");
    return wrong_;
  }
  /// How many pages the roots map.
  [[nodiscard]] u64 leaves() const noexcept { return leaves_; }
  /// Some leaf leads to that frame of the hardware's.
  [[nodiscard]] bool maps(hpa frame) const { return mapped_.contains(frame.value); }

private:
  template <class F> void each_leaf(hpa table, unsigned level, u64 base, F f) {
    for (u64 slot = 0; slot < 512; ++slot) {
      const u64 entry = *vm_.hardware_memory().template load<u64>(table + slot * 8);
      const u64 at = sign_extend(base + (slot << sv39::shift(level)), sv39::address_width);
      if (!sv39::is_valid(entry))
        continue;
      if (sv39::is_leaf(entry))
        for (u64 page = 0; page < bit(sv39::shift(level)); page += frame_size) // those of a superpage one by one
          f(gva{at + page}, sv39::pointer_to(sv39::target(entry) + page) | (entry & low_bits(10)));
      else if (level != 0)
        each_leaf(hpa{sv39::target(entry)}, level - 1, at, f);
    }
  }
  template <class Walker> void compare(Walker &walker, gva at, u64 entry, u64 right, access a) {
    if ((entry & right) == 0)
      return;
    const auto owner = guest_frame_.find(sv39::target(entry));
    if (owner == guest_frame_.end())
      return complain(at, entry, "leads outside the guest");
    const gpa to = vm_.memory().base() + (owner->second << frame_bits);
    const auto fresh = walker.page(at, a);
    if (!fresh || frame_base(fresh->value) != to.value)
      complain(at, entry, a == access::fetch ? "fetch" : a == access::load ? "load" : "store");
    if (a == access::store)
      writable_.insert(frame_number(to.value));
  }
  void complain(gva at, u64 entry, const char *what) {
    std::ostringstream text;
    text << std::hex << "shadow entry 0x" << entry << " for 0x" << at.value << ": " << what;
    wrong_ = wrong_.empty() ? text.str() : wrong_;
  }

  Vm &vm_;
  std::unordered_map<u64, u64> guest_frame_;
  std::unordered_set<u64> tables_, writable_, mapped_;
  std::string wrong_;
  u64 leaves_ = 0;
};

/// What a hart's TLB holds for the contexts in force against a fresh walk in `memory`.
template <class Hart, class Memory> [[nodiscard]] std::string audit_translations(Hart &hart, const Memory &memory) {
  std::string wrong;
  const auto check = [&](auto &bank, auto &side, access a) {
    fresh_walker walker(memory, hart.system(), bank.key);
    for (u64 i = 0; i < hardware::tlb_side::size; ++i) {
      const hardware::tlb_entry &e = side.slot(gva{i << frame_bits});
      if (e.tag == hardware::tlb_entry::empty)
        continue;
      const gva page{frame_base(e.tag)};
      const auto fresh = walker.page(page, a);
      const auto indirect = side.find_indirect(page);
      if (!fresh || (indirect ? *indirect != Hart::hardware_address(*fresh)
                              : hart.memory().host(Hart::hardware_address(*fresh)) != e.host(page)))
        wrong = "the TLB remembers " + std::to_string(e.tag);
    }
  };
  check(hart.code_bank(), hart.code_bank().fetch, access::fetch);
  check(hart.data_bank(), hart.data_bank().load, access::load);
  check(hart.data_bank(), hart.data_bank().store, access::store);
  return wrong;
}

/// Every leaf of the second stage's view in force leads to the guest's own frame, and permits what the guest's
/// protection permits for all of it.
template <class Vm> class second_stage_audit {
  using format = typename Vm::hart_type::cpu::second_stage_format;

public:
  explicit second_stage_audit(Vm &vm) : vm_(vm) {}
  [[nodiscard]] std::string run() {
    using namespace cpu::riscv;
    const u64 hgatp = vm_.hart().system().get(w_hgatp);
    const hpa top{(hgatp & low_bits(44)) << frame_bits};
    const u64 mode = extract(hgatp, csrs::hgatp_vmid) == 1 ? privilege::supervisor : privilege::machine;
    each_leaf(top, format::levels - 1, 0, [&](u64 at, u64 entry) {
      ++leaves_;
      const gpa page{at};
      if (!vm_.memory().contains(page) || vm_.memory().locate(page)->value != format::target(entry))
        return complain(at, entry, "leads elsewhere");
      for (const auto &[right, a] :
           {std::pair{format::r, access::load}, {format::w, access::store}, {format::x, access::fetch}})
        if (const auto all = vm_.vcpu().pmp_check(page, frame_size, a, mode);
            (entry & right) != 0 && !(all.uniform && all.allowed))
          complain(at, entry, "gives a right too many");
    });
    return wrong_;
  }
  [[nodiscard]] u64 leaves() const noexcept { return leaves_; }

private:
  template <class F> void each_leaf(hpa table, unsigned level, u64 base, F f) {
    for (u64 slot = 0; slot < (level == format::levels - 1 ? 2048U : 512U); ++slot) {
      const u64 entry = *vm_.hardware_memory().template load<u64>(table + slot * 8);
      const u64 at = base + (slot << format::shift(level));
      if (!format::is_valid(entry))
        continue;
      if (!format::is_leaf(entry))
        each_leaf(hpa{format::target(entry)}, level - 1, at, f);
      else
        for (u64 page = 0; page < bit(format::shift(level)); page += frame_size)
          f(at + page, format::pointer_to(format::target(entry) + page) | (entry & low_bits(10)));
    }
  }
  void complain(u64 at, u64 entry, const char *what) {
    std::ostringstream text;
    text << std::hex << "second-stage entry 0x" << entry << " for 0x" << at << ": " << what;
    wrong_ = wrong_.empty() ? text.str() : wrong_;
  }

  Vm &vm_;
  std::string wrong_;
  u64 leaves_ = 0;
};

/// What an assisted hart's TLB holds for the guest, against a fresh walk of the guest's tables in the guest's memory.
template <class Vm> [[nodiscard]] std::string audit_guest_translations(Vm &vm) {
  std::string wrong;
  auto &hart = vm.hart();
  const auto check = [&](const context_key &key, auto &side, access a) {
    const u64 view = (key.rights >> 8 & low_bits(14)) - 1; // the VMID tells the guest's M mode, which runs in VU
    const context_key guests =
        view == 0 ? context_key{key.root, key.rights & 0xf} : context_key{0, cpu::riscv::privilege::machine};
    fresh_walker walker(vm.memory(), vm.vcpu().system(), guests);
    for (u64 i = 0; i < hardware::tlb_side::size; ++i) {
      const hardware::tlb_entry &e = side.slot(gva{i << frame_bits});
      if (e.tag == hardware::tlb_entry::empty)
        continue;
      const gva page{frame_base(e.tag)};
      const auto fresh = walker.page(page, a);
      const auto frame = fresh ? vm.memory().locate(*fresh) : maybe<hpa>();
      const auto indirect = side.find_indirect(page);
      if (!frame || (indirect ? *indirect != *frame : hart.memory().host(*frame) != e.host(page)))
        wrong = "the TLB remembers " + std::to_string(e.tag);
    }
  };
  check(hart.code_bank().key, hart.code_bank().fetch, access::fetch);
  check(hart.data_bank().key, hart.data_bank().load, access::load);
  check(hart.data_bank().key, hart.data_bank().store, access::store);
  return wrong;
}

} // namespace hvkit::tests::torture
