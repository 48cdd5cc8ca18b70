// SPDX-License-Identifier: BSL-1.0
// Decides what every control and status register is: number, fields, gate, effects; one row a register. Those of the H
// extension have a table of their own.
// Source: The RISC-V Instruction Set Manual, Volume II, "CSR Listing" and the sections of each register.
#pragma once

#include <string_view>

#include <boost/hana/tuple.hpp>

#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/rv64/hypervisor_state.hpp>

namespace hvkit::cpu::riscv {

/// What besides the number's own access rule can forbid an access.
enum class gate : u8 { none, counter, virtual_memory, floating_point, environment, supervisor_timer };

/// Whether what is guarded so is there with the knob `supervisor_timer` alone.
[[nodiscard]] constexpr bool brings_supervisor_timer(gate guard) noexcept {
  return guard == gate::environment || guard == gate::supervisor_timer;
}

/// A register, or `count` of them in a row. `read(m, n)` and `write(m, n, value)` get the machine and the number
/// counted from `first`. `base` is what CSRRS and CSRRC modify where that is not what they read.
template <class Read, class Write, class Base = Read> struct csr_row {
  u16 first;
  u16 count;
  std::string_view name;
  gate guard;
  effect effects;

  using read = Read;
  using write = Write;
  using base = Base;
};

namespace csrs {
/// `count` registers from number `first` on: `read(machine, n)` and `write(machine, n, value)` get the n-th of
/// them. A write ends in `changed(effects)`; `guard` is asked before any access.
template <class Read, class Write>
[[nodiscard]] constexpr csr_row<Read, Write> make(u16 first, std::string_view name, Read, Write,
                                                  effect effects = effect::none, gate guard = gate::none,
                                                  u16 count = 1) {
  return {first, count, name, guard, effects};
}

/// A word of state of which `Mask` can be written and read. In VS mode, that of VS if there is one.
template <u16 Word, u64 Mask = ~u64{0}>
[[nodiscard]] constexpr auto plain(u16 number, std::string_view name, effect effects = effect::none) {
  return make(
      number, name, [](const auto &m, unsigned) { return m.system().get(m.in_force(Word)); },
      [](auto &m, unsigned, u64 v) { m.system().set(m.in_force(Word), v & Mask); }, effects);
}
/// Reads as `Value`; writes are ignored (the top two bits of the number say whether they trap).
template <u64 Value> [[nodiscard]] constexpr auto constant(u16 number, std::string_view name, u16 count = 1) {
  return make(
      number, name, [](const auto &, unsigned) { return Value; }, [](auto &, unsigned, u64) {}, effect::none,
      gate::none, count);
}
/// Trap vector: BASE and MODE; reserved modes leave the register as it is.
template <u16 Word> [[nodiscard]] constexpr auto vector(u16 number, std::string_view name) {
  return make(
      number, name, [](const auto &m, unsigned) { return m.system().get(m.in_force(Word)); },
      [](auto &m, unsigned, u64 v) {
        if ((v & 3) < 2)
          m.system().set(m.in_force(Word), v);
      });
}

inline constexpr u64 xlen_64 = 2;
/// RV64 with A, C, I, M, S and U; with D and F.
inline constexpr u64 misa = xlen_64 << 62 | bit(0) | bit(2) | bit(8) | bit(12) | bit(18) | bit(20);
inline constexpr u64 misa_floating_point = bit(3) | bit(5), misa_hypervisor = bit(7);
/// SXL and UXL of mstatus, both fixed to 64.
inline constexpr u64 sxl = xlen_64 << 34, uxl = xlen_64 << 32;
/// The fields of mstatus that sstatus shows, and all that can be written. "Machine Status Registers (mstatus and
/// mstatush)".
inline constexpr u64 sstatus_fields = bit(1) | bit(5) | bit(8) | fields::status::fs.mask | bit(18) | bit(19);
inline constexpr u64 mstatus_fields =
    sstatus_fields | bit(3) | bit(7) | bit(11) | bit(12) | bit(17) | bit(20) | bit(21) | bit(22);
/// Every exception but the ecall from M, which no lower mode can raise.
inline constexpr u64 delegable = 0xb3ff;
/// What the H extension adds to that, and to the fields of mstatus.
inline constexpr u64 delegable_from_guests = bit(cause::ecall_from_vs) | bit(cause::fetch_guest_page) |
                                             bit(cause::load_guest_page) | bit(cause::virtual_instruction) |
                                             bit(cause::store_guest_page);
inline constexpr u64 mstatus_guest_fields = fields::status::gva.mask | fields::status::mpv.mask;
inline constexpr u64 satp_bare = 0, satp_sv39 = 8;
/// FIOM of menvcfg and senvcfg: FENCE orders memory where it orders devices. It always does here.
inline constexpr u64 fence_of_io = bit(0);

/// A word with the fields of mstatus as it is read: SD, the top bit, says that some extension's state is dirty.
template <class M> [[nodiscard]] constexpr u64 read_status(const M &m, u16 word) {
  const u64 status = m.system().get(word);
  return extract(status, fields::status::fs.mask) == extension_status::dirty ? status | bit(63) : status;
}
/// Writes the fields in `mask` of such a word. A reserved value for MPP leaves MPP as it is; without floating point FS
/// is always Off.
template <class M> constexpr void write_status(M &m, u16 word, u64 value, u64 mask) {
  const u64 old = m.system().get(word);
  if (!M::has_floating_point)
    mask &= ~fields::status::fs.mask;
  if (extract(value, fields::status::mpp.mask) == 2) // reserved: MPP keeps its value
    mask &= ~fields::status::mpp.mask;
  m.system().set(word, (old & ~mask) | (value & mask));
}

inline constexpr auto context_and_interrupts = effect::context | effect::interrupts;

/// The bits of mie and mip that sie and sip show: those that `mideleg` gives to supervisor mode; in VS mode those that
/// `hideleg` gives to it, each one place lower.
template <class M> [[nodiscard]] constexpr u64 shown(const M &m, u64 word) {
  return m.virtual_mode() ? (word & m.virtually_delegated()) >> 1 : word & m.system().get(w_mideleg);
}
/// `word` with the bits in `mask`, as they are shown, replaced.
template <class M> [[nodiscard]] constexpr u64 with_shown(const M &m, u64 word, u64 value, u64 mask) {
  const u64 there = m.virtual_mode() ? (mask << 1) & m.virtually_delegated() : mask & m.system().get(w_mideleg);
  return (word & ~there) | ((m.virtual_mode() ? value << 1 : value) & there);
}

/// The registers of supervisor mode. "Supervisor CSRs".
inline constexpr auto supervisor = boost::hana::make_tuple(
    make(
        0x100, "sstatus",
        [](const auto &m, unsigned) {
          return (read_status(m, m.in_force(w_mstatus)) & (sstatus_fields | bit(63))) | uxl;
        },
        [](auto &m, unsigned, u64 v) { write_status(m, m.in_force(w_mstatus), v, sstatus_fields); },
        context_and_interrupts),
    make(
        0x104, "sie", [](const auto &m, unsigned) { return shown(m, m.system().get(w_mie)); },
        [](auto &m, unsigned, u64 v) {
          m.system().set(w_mie, with_shown(m, m.system().get(w_mie), v, irq::supervisor));
        },
        effect::interrupts),
    vector<w_stvec>(0x105, "stvec"),                                                   //
    plain<w_scounteren, 7>(0x106, "scounteren"), plain<w_sscratch>(0x140, "sscratch"), //
    plain<w_sepc, ~u64{1}>(0x141, "sepc"), plain<w_scause>(0x142, "scause"), plain<w_stval>(0x143, "stval"),
    make(
        0x144, "sip", [](const auto &m, unsigned) { return shown(m, m.interrupts_pending()); },
        [](auto &m, unsigned, u64 v) {
          const u16 word = m.in_force(w_mip);
          m.system().set(word, with_shown(m, m.system().get(word), v, irq::ssi));
        },
        effect::interrupts),
    make(
        0x180, "satp", [](const auto &m, unsigned) { return m.system().get(m.in_force(w_satp)); },
        [](auto &m, unsigned, u64 v) { // an unsupported mode makes the write have no effect
          if (v >> 60 == satp_bare || v >> 60 == satp_sv39)
            m.system().set(m.in_force(w_satp), v & ~m.absent_asid_bits);
        },
        effect::context, gate::virtual_memory),
    make(
        0x10a, "senvcfg", [](const auto &m, unsigned) { return m.system().get(w_senvcfg); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_senvcfg, v & fence_of_io); }, effect::none, gate::environment),
    make(
        0x14d, "stimecmp", [](const auto &m, unsigned) { return m.system().get(w_stimecmp); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_stimecmp, v); }, effect::events, gate::supervisor_timer));

/// The registers of machine mode. "Machine-Level CSRs".
inline constexpr auto machine = boost::hana::make_tuple(
    constant<0>(0xf11, "mvendorid"), constant<0>(0xf12, "marchid"), constant<0>(0xf13, "mimpid"),
    constant<0>(0xf14, "mhartid"), constant<0>(0xf15, "mconfigptr"),
    make(
        0x300, "mstatus", [](const auto &m, unsigned) { return read_status(m, w_mstatus) | sxl | uxl; },
        [](auto &m, unsigned, u64 v) {
          write_status(m, w_mstatus, v, mstatus_fields | (m.has_hypervisor ? mstatus_guest_fields : 0));
        },
        context_and_interrupts),
    make(
        0x301, "misa",
        [](const auto &m, unsigned) {
          return misa | (m.has_floating_point ? misa_floating_point : 0) | (m.has_hypervisor ? misa_hypervisor : 0);
        },
        [](auto &, unsigned, u64) {}),
    make(
        0x302, "medeleg", [](const auto &m, unsigned) { return m.system().get(w_medeleg); },
        [](auto &m, unsigned, u64 v) {
          m.system().set(w_medeleg, v & (delegable | (m.has_hypervisor ? delegable_from_guests : 0)));
        }),
    make(
        0x303, "mideleg", [](const auto &m, unsigned) { return m.system().get(w_mideleg) | m.virtual_interrupts(); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_mideleg, v & irq::supervisor); }, effect::interrupts),
    make(
        0x304, "mie", [](const auto &m, unsigned) { return m.system().get(w_mie); },
        [](auto &m, unsigned, u64 v) {
          m.system().set(w_mie, v & (irq::supervisor | irq::machine | m.virtual_interrupts()));
        },
        effect::interrupts),
    vector<w_mtvec>(0x305, "mtvec"),             //
    plain<w_mcounteren, 7>(0x306, "mcounteren"), //
    make(
        0x30a, "menvcfg", [](const auto &m, unsigned) { return m.system().get(w_menvcfg); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_menvcfg, v & (fields::stce.mask | fence_of_io)); },
        effect::interrupts | effect::events, gate::environment),
    constant<0>(0x320, "mcountinhibit"), //
    plain<w_mscratch>(0x340, "mscratch"), plain<w_mepc, ~u64{1}>(0x341, "mepc"), plain<w_mcause>(0x342, "mcause"),
    plain<w_mtval>(0x343, "mtval"),
    [] {
      // SEIP reads as what software wrote or what the device drives; CSRRS and CSRRC modify what software wrote.
      const auto read = [](const auto &m, unsigned) { return m.interrupts_pending(); };
      const auto write = [](auto &m, unsigned, u64 v) {
        const u64 mask = irq::supervisor & ~(m.timer_in_force() ? irq::sti : 0);
        m.system().set(w_mip, (m.system().get(w_mip) & ~mask) | (v & mask));
        m.set_virtual_software_interrupt(v);
      };
      const auto base = [](const auto &m, unsigned) { return m.system().get(w_mip) | m.virtual_pending(); };
      return csr_row<decltype(read), decltype(write), decltype(base)>{0x344, 1, "mip", gate::none, effect::interrupts};
    }(),
    make(
        0x3a0, "pmpcfg0", [](const auto &m, unsigned) { return m.system().get(w_pmpcfg0); },
        [](auto &m, unsigned, u64 v) { m.write_pmpcfg(0, v); }, effect::protection),
    make(
        0x3a2, "pmpcfg2", [](const auto &m, unsigned) { return m.system().get(w_pmpcfg2); },
        [](auto &m, unsigned, u64 v) { m.write_pmpcfg(1, v); }, effect::protection),
    make(
        0x3b0, "pmpaddr0", [](const auto &m, unsigned n) { return m.system().get(static_cast<u16>(w_pmpaddr + n)); },
        [](auto &m, unsigned n, u64 v) { m.write_pmpaddr(n, v); }, effect::protection, gate::none, pmp_entries),
    // No triggers: type 0 in tdata1 says so.
    constant<0>(0x7a0, "tselect", 4));

/// Writing a counter makes the *next* instruction read the value written, so the writing instruction is counted in.
inline constexpr auto counters = boost::hana::make_tuple(
    make(
        0xb00, "mcycle", [](const auto &m, unsigned) { return m.cycles(); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_cycle_offset, v - m.retired() - 1 - m.system().get(w_idle)); }),
    make(
        0xb02, "minstret", [](const auto &m, unsigned) { return m.instructions(); },
        [](auto &m, unsigned, u64 v) { m.system().set(w_instret_offset, v - m.retired() - 1); }),
    make(
        0xc00, "cycle", [](const auto &m, unsigned) { return m.cycles(); }, [](auto &, unsigned, u64) {}, effect::none,
        gate::counter),
    make(
        0xc01, "time", [](const auto &m, unsigned) { return m.ticks() + m.guest_time(); }, [](auto &, unsigned, u64) {},
        effect::none, gate::counter),
    make(
        0xc02, "instret", [](const auto &m, unsigned) { return m.instructions(); }, [](auto &, unsigned, u64) {},
        effect::none, gate::counter));

/// fflags, frm and both of them: [4:0] and [7:5] of one register. "Floating-Point Control and Status Register".
template <u64 Mask> [[nodiscard]] constexpr auto floating(u16 number, std::string_view name) {
  return make(
      number, name, [](const auto &m, unsigned) { return extract(m.user().fcsr, Mask); },
      [](auto &m, unsigned, u64 v) {
        m.user().fcsr = deposit(m.user().fcsr, Mask, v);
        m.fp_written();
      },
      effect::none, gate::floating_point);
}
inline constexpr auto floating_point = boost::hana::make_tuple(
    floating<0x1f>(0x001, "fflags"), floating<0xe0>(0x002, "frm"), floating<0xff>(0x003, "fcsr"));
} // namespace csrs

} // namespace hvkit::cpu::riscv
