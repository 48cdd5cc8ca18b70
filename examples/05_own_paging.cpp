// SPDX-License-Identifier: BSL-1.0
// A paging policy of your own, the simplest that is right for guests that fence: one root, which each fence voids.
#include <iostream>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/device/virt_guest.hpp>
#include <hvkit/isa/assembler.hpp>
#include <hvkit/vmm/vmm.hpp>
using namespace hvkit;

struct forgetful {
  static constexpr slot kind = slot::paging;
  static constexpr std::string_view name = "forgetful";
  using rules = hvkit::rules<rule::needs_page_tables>;
  template <class Vm> class over : public paging::basics {
    using format = typename Vm::cpu::page_format;
    using enum hvkit::access;

  public:
    explicit over(Vm &vm) : vm_(vm), tables_(vm.frames().allocate_row(limit)) {}
    [[nodiscard]] bool complete() const noexcept { return tables_.has_value(); }
    void enter(const contexts &now) {
      if (now != now_)
        drop(paging::every_frame);
      now_ = now;
      vm_.enter_root(*tables_, 1);
    }
    paging::outcome fault(gva at, hvkit::access a) {
      const auto to = vm_.vcpu().translate(at, a, 1); // as the guest's own tables say
      if (!to || !to->whole_page || !vm_.memory().contains(to->address) || now_.code != now_.data) // or MPRV is on
        return paging::outcome::emulate;
      if (used_ + format::levels > limit)
        drop(paging::every_frame);
      hpa place = *tables_ + 8 * format::index(at, format::levels - 1);
      for (unsigned level = format::levels - 1; level != 0; --level) {
        if (!format::is_valid(entry(place)))
          set(place, format::pointer_to(tables_->value + frame_size * used_++));
        place = hpa{format::target(entry(place)) + 8 * format::index(at, level - 1)};
      }
      const u64 frame = vm_.hardware_frame(vm_.memory().frame_index(to->address)).value;
      const u64 kept = format::target(entry(place)) == frame ? entry(place) : 0; // rights it had already
      set(place, kept | format::leaf_to(frame, a != fetch, a == store, a == fetch));
      return paging::outcome::mapped;
    }
    void fence(const fence_scope &) { drop(paging::every_frame); }
    void drop(paging::frame_range) {
      for (u64 at = 0; tables_ && at < used_ * frame_size; at += 8)
        set(*tables_ + at, 0);
      used_ = 1;
      vm_.hart().flush();
    }

  private:
    static constexpr u64 limit = 64;
    [[nodiscard]] u64 entry(hpa at) const { return *vm_.hardware_memory().template load<u64>(at); }
    void set(hpa at, u64 value) { static_cast<void>(vm_.hardware_memory().template store<u64>(at, value)); }
    Vm &vm_;
    maybe<hpa> tables_; // the first of them
    u64 used_ = limit;
    contexts now_{};
  };
};
/// A supervisor that reads 0 and 7 at one address in turn, 100 times: each time it changes a table entry and fences.
constexpr auto program = isa::assemble<cpu::rv64, 0x80000000, R"(
        li t0, -1; csrw pmpaddr0, t0; csrwi pmpcfg0, 0x1f; la t0, inner; csrw mepc, t0; li t0, 0x800; csrw mstatus, t0
        li t0, 0x80010000; li t1, 0x200000cf; sd t1, 16(t0); li t1, 0x20004401; sd t1, 0(t0); li t1, 0xcf; sd t1, 8(t0)
        li t1, 7; li t0, 0x80200800; sd t1, 0(t0); li s0, 100; li s1, 0x80011000; li s2, 0x200000cf; li s3, 0x200800cf
        li s4, 0x100; li t0, 0x8000000000080010; csrw satp, t0; mret
inner:  sd s2, 0(s1); sfence.vma; ld t0, 0x700(s4); add a0, a0, t0; mv t1, s2; mv s2, s3; mv s3, t1; addi s0, s0, -1
        bnez s0, inner; li t0, 0x40100000; li t1, 0x5555; sw t1, 0(t0))">();
template <class Policy> void run() {
  vmm<cpu::rv64, Policy> hypervisor({.memory = 32_MiB});
  device::virt_guest guest(hypervisor, {.memory_size = 16_MiB});
  if (guest.start(program))
    guest.run(10'000);
  std::cout << Policy::name << ": the guest has " << guest.user().x[10] << ", " << guest.count().exits << " exits, "
            << guest.count().hidden_faults << " of them hidden faults\n";
}
int main() { run<paging::shadow>(), run<forgetful>(); }
