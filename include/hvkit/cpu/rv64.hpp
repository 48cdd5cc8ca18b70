// SPDX-License-Identifier: BSL-1.0
// Decides what `cpu::rv64` is: RV64IMAFDC with M, S and U, Sv39 and PMP, by a knob with H, put together from its
// tables. Source: The RISC-V Instruction Set Manual, Volumes I (unprivileged) and II (privileged).
#pragma once

#include <string>
#include <string_view>

#include <hvkit/cpu/rv64/arch.hpp>
#include <hvkit/cpu/rv64/assist.hpp>
#include <hvkit/cpu/rv64/compressed.hpp>
#include <hvkit/cpu/rv64/examination.hpp>
#include <hvkit/cpu/rv64/rows.hpp>
#include <hvkit/cpu/rv64/text.hpp>
#include <hvkit/isa/decoder.hpp>

namespace hvkit::cpu {

/// RV64 with the given choices. `rv64` is the one with the defaults.
template <rv64_knobs Knobs> struct basic_rv64 : riscv::assist<Knobs> {
  static constexpr std::string_view name = "rv64";
  static constexpr rv64_knobs knobs = Knobs;

  using operands = riscv::operands;
  using user_state = riscv::user_state;
  using system_state = riscv::system_state_of<Knobs.hypervisor>;
  /// The format of its page tables, for whoever builds some.
  using page_format = riscv::sv39;
  template <class D> using arch = riscv::arch<D, Knobs>;
  /// On which states and operands its system rows are tried, to find their classes.
  template <class Cpu> using examination = riscv::examination<Cpu>;
  /// How its instructions are written.
  using notation = riscv::notation;

  static constexpr const auto &instructions = riscv::all_rows<Knobs.floating_point, Knobs.hypervisor>;
  static constexpr const auto &aliases = riscv::compressed_aliases<Knobs.floating_point>;

  /// Opcode and funct3: what the decoder looks at first.
  static constexpr u32 decode_key = 0x707f;
  [[nodiscard]] static constexpr u32 decode_bucket(u32 word) noexcept { return (word & 0x7f) | (word >> 5 & 0x380); }

  /// Bytes of the instruction whose first two are `low`.
  [[nodiscard]] static constexpr unsigned instruction_length(u16 low) noexcept { return (low & 3U) == 3 ? 4 : 2; }

  static constexpr const auto &user_words = riscv::user_words;
  static constexpr const auto &state_fields = riscv::state_fields_of<Knobs.hypervisor>;
  static constexpr u16 mode_word = riscv::w_mode;
  static constexpr u16 idle_word = riscv::w_idle;
  static constexpr u16 traps_word = riscv::w_traps;
  static constexpr u16 lines_word = riscv::w_lines;

  [[nodiscard]] static constexpr std::string_view cause_name(u64 cause) noexcept { return riscv::cause::name(cause); }
  /// The name of a mode as the manual abbreviates it.
  [[nodiscard]] static constexpr std::string_view mode_name(u64 mode) noexcept {
    return mode == riscv::privilege::machine ? "M" : mode == riscv::privilege::supervisor ? "S" : "U";
  }

  /// The instruction set as device trees and compilers name it, "rv64imafdc" with all knobs at their defaults: what
  /// misa says, in the order of Volume I, "ISA Extension Naming Conventions", then what has a longer name. Modes are no
  /// part of it.
  [[nodiscard]] static std::string isa_name() {
    const u64 extensions = riscv::csrs::misa | (knobs.floating_point ? riscv::csrs::misa_floating_point : 0) |
                           (knobs.hypervisor ? riscv::csrs::misa_hypervisor : 0);
    std::string letters = "rv64";
    for (const char letter : std::string_view("imafdch"))
      if ((extensions & bit(static_cast<unsigned>(letter - 'a'))) != 0)
        letters += letter;
    return knobs.supervisor_timer ? letters + "_sstc" : letters;
  }

  /// Causes of synchronous traps are below this.
  static constexpr u64 cause_count = riscv::cause::count;
  /// For a page fault, of either stage, the kind of access that took it: what a VMM's paging is asked about.
  [[nodiscard]] static constexpr maybe<access> faulting_access(u64 cause) noexcept {
    for (const access a : {access::fetch, access::load, access::store})
      if (cause == riscv::cause::page_fault(a) || cause == riscv::cause::guest_page_fault(a))
        return a;
    return {};
  }
  /// What instructions name besides their operands, for whoever counts: CSRs by their row; the last one is "none".
  static constexpr std::size_t unit_count = riscv::csr_table<Knobs.hypervisor>.size() + 1;
  template <class Cpu> [[nodiscard]] static constexpr std::size_t unit_of(const isa::decoded<Cpu> &d) noexcept {
    const bool names_csr = d && isa::facts<Cpu>[d.row].syntax.find("csr") != std::string_view::npos;
    const u8 row = names_csr ? riscv::csr_index<Knobs.hypervisor>[d.operands.csr()] : riscv::no_csr;
    return row == riscv::no_csr ? unit_count - 1 : row;
  }
  [[nodiscard]] static constexpr std::string_view unit_name(std::size_t unit) noexcept {
    return unit + 1 < unit_count ? riscv::csr_table<Knobs.hypervisor>[unit].name : "";
  }

  /// Programs that run now are the least privileged ones.
  [[nodiscard]] static constexpr bool in_user_mode(const system_state &system) noexcept {
    return system.get(riscv::fields::mode) == riscv::privilege::user;
  }

  /// Sets hardware up to run whatever comes in user mode: one PMP entry opens all memory, protection is by translation
  /// alone, nothing is delegated, counters trap unless the knob says otherwise.
  static constexpr void deprivilege(system_state &system) {
    using namespace riscv;
    system = {};
    system.set(fields::mode, privilege::user);
    pmp::open(system);
    system.set(w_mcounteren, knobs.user_counters ? 7 : 0);
    system.set(w_scounteren, knobs.user_counters ? 7 : 0);
    system.set(fields::status::tw, knobs.user_wfi_completes ? 0 : 1);
  }
  /// Makes that hardware translate by the tables at `root`, under an address-space number of their own.
  static constexpr void set_root(system_state &system, hpa root, u64 space) {
    system.set(riscv::w_satp, riscv::csrs::satp_sv39 << 60 | (space & 0xffff) << 44 | root.value >> frame_bits);
  }
  /// Whether a fence of that scope is about translations made in that context, whichever page it names. Where no tables
  /// are in force it makes no difference.
  [[nodiscard]] static constexpr bool covers(const fence_scope &scope, const context_key &key) noexcept {
    return !scope.space || ((*scope.space ^ key.root >> 44) & low_bits(knobs.asid_bits)) == 0;
  }

  /// Puts a CPU at reset into the state in which firmware starts a kernel. Its arguments, in registers, are not set.
  static constexpr void enter_kernel(system_state &system) requires(!Knobs.hypervisor) {
    riscv::sbi::enter_kernel(system, knobs.supervisor_timer);
  }
  /// Whether a trap that the hardware took in user mode is a call of the guest's supervisor mode.
  [[nodiscard]] static constexpr bool is_hypercall(const trap &t, const system_state &guest) noexcept
      requires(!Knobs.hypervisor) {
    return t.cause == riscv::cause::ecall_from_u && guest.get(riscv::fields::mode) == riscv::privilege::supervisor;
  }

  /// What the VMM gives the guest for real: an instruction of floating point makes mstatus.FS Dirty without a trap.
  static constexpr isa::resource lent_resources = isa::resource::floating_point;
  /// Before the hardware runs the guest: it has floating point as far as the guest has it, or it traps.
  static constexpr void lend(const system_state &guest, system_state &hardware) {
    hardware.set(riscv::fields::status::fs, guest.get(riscv::fields::status::fs));
  }
  /// After each exit: what became of it is the guest's.
  static constexpr void fold(const system_state &hardware, system_state &guest) {
    guest.set(riscv::fields::status::fs, hardware.get(riscv::fields::status::fs));
  }

  /// The first difference in what user programs see, in words.
  [[nodiscard]] static std::string user_difference(const user_state &a, const user_state &b) {
    return first_difference(user_words, a, b);
  }

  /// State at reset: machine mode, interrupts off, everything else 0.
  static constexpr void reset(user_state &user, system_state &system, gva entry) {
    user = {};
    user.pc = entry.value;
    system = {};
    system.set(riscv::fields::mode, riscv::privilege::machine);
  }
};

using rv64 = basic_rv64<rv64_knobs{}>;

} // namespace hvkit::cpu
