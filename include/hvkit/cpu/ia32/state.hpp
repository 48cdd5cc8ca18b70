// SPDX-License-Identifier: BSL-1.0
// Decides what state an IA-32 processor has: user state, the words of system state, and their fields by the manual's
// names.
// Source: Intel SDM, Volume 3, "System Architecture Overview".
#pragma once

#include <array>

#include <hvkit/core/bits.hpp>
#include <hvkit/cpu/ia32/flags.hpp>
#include <hvkit/cpu/ia32/operands.hpp>
#include <hvkit/isa/state.hpp>

namespace hvkit::cpu::x86 {

/// What user programs see. `r[8]` is always 0: the base or index that an address does not have.
struct user_state {
  std::array<u32, 9> r{};
  u32 pc = 0; ///< EIP: relative to CS
  status_flags flags{};
  bool df = false; ///< EFLAGS.DF
  u64 retired = 0; ///< instructions retired since reset; each round of a repeated one counts

  friend constexpr bool operator==(const user_state &, const user_state &) = default;
};

/// The words of a segment register: selector, and the hidden part. `rights` has the descriptor's second doubleword
/// moved down by 8: type [3:0], S [4], DPL [6:5], P [7], AVL [12], D/B [14], G [15]; 0 is a null segment.
enum segment_part : u16 { part_selector, part_base, part_limit, part_rights, segment_parts };

/// The words of system state.
enum state_word : u16 {
  w_cpl,
  w_eflags, ///< all but the status flags and DF
  w_cr0,
  w_cr2,
  w_cr3,
  w_cr4,
  w_gdt_base,
  w_gdt_limit,
  w_idt_base,
  w_idt_limit,
  w_segments,
  w_dr = w_segments + segment_parts * seg::count, ///< DR0 to DR3
  w_dr6 = w_dr + 4,
  w_dr7,
  w_shadow,      ///< interrupts wait for one more instruction: after STI or a load of SS
  w_single_step, ///< the instruction that runs ends in a debug exception
  w_lines,       ///< INTR and NMI as they are driven
  w_nmi_taken,   ///< NMI waits for IRET
  w_shut_down,
  w_a20,  ///< address bit 20 is masked if 0
  w_port, ///< what stands for all ports where a machine has none: the theory's machines
  w_idle,
  w_tsc_offset,
  w_traps, ///< exceptions and interrupts taken since reset
  word_count
};
using system_state = isa::state_words<word_count>;

/// The word of a part of segment register `n`.
[[nodiscard]] constexpr u16 segment_word(u8 n, segment_part part) noexcept {
  return static_cast<u16>(w_segments + segment_parts * n + part);
}

/// The word of debug register `n`: 0 to 3, 6 or 7.
[[nodiscard]] constexpr u16 debug_word(unsigned n) noexcept { return static_cast<u16>(w_dr + (n < 4 ? n : n - 2)); }

/// Lines of the processor, as bits of w_lines.
namespace line {
inline constexpr unsigned intr = 0, nmi = 1;
}

namespace cr0 {
inline constexpr u64 pe = bit(0), mp = bit(1), em = bit(2), ts = bit(3), et = bit(4), ne = bit(5), wp = bit(16),
                     am = bit(18), nw = bit(29), cd = bit(30), pg = bit(31);
}
namespace cr4 {
inline constexpr u64 vme = bit(0), pvi = bit(1), tsd = bit(2), de = bit(3), pse = bit(4), mce = bit(6), pge = bit(7),
                     pce = bit(8), umip = bit(11);
}

/// Bits of a segment's rights.
namespace rights {
inline constexpr u32 accessed = 1, writable = 2, readable = 2, expand_down = 4, conforming = 4, code = 8, segment = 16,
                     dpl = 3U << 5, present = 1U << 7, big = 1U << 14, granular = 1U << 15;
/// Of a read/write data segment and a readable code segment, accessed and present.
inline constexpr u32 flat_data = 0x93, flat_code = 0x9b;
} // namespace rights

/// Fields by the manual's names. TF, NT, AC and ID are a program's own as long as nobody watches them.
namespace fields {
using isa::field;
using isa::resource;
/// The current privilege level: 0 is the most privileged.
inline constexpr field cpl{"CPL", w_cpl, low_bits(2), resource::mode};
inline constexpr field tf{"EFLAGS.TF", w_eflags, eflags::tf, resource::none};
inline constexpr field if_{"EFLAGS.IF", w_eflags, eflags::if_, resource::interrupts};
inline constexpr field iopl{"EFLAGS.IOPL", w_eflags, eflags::iopl, resource::gates};
inline constexpr field nt{"EFLAGS.NT", w_eflags, eflags::nt, resource::none};
inline constexpr field vm{"EFLAGS.VM", w_eflags, eflags::vm, resource::mode};
inline constexpr field ac{"EFLAGS.AC", w_eflags, eflags::ac, resource::none};
inline constexpr field id{"EFLAGS.ID", w_eflags, eflags::id, resource::none};
inline constexpr field pe{"CR0.PE", w_cr0, cr0::pe, resource::mode};
inline constexpr field ts{"CR0.TS", w_cr0, cr0::ts, resource::floating_point};
} // namespace fields

/// Every field that is state: a test holds this list against the words above. Selectors of data and code segments are a
/// program's own; what stands behind them is its relocation.
inline constexpr auto state_fields = [] {
  using namespace fields;
  constexpr std::size_t others = 45;
  std::array<field, others + segment_parts * seg::count> all{{
      cpl,
      tf,
      if_,
      iopl,
      nt,
      vm,
      ac,
      id,
      pe,
      {"CR0.MP", w_cr0, cr0::mp, resource::floating_point},
      {"CR0.EM", w_cr0, cr0::em, resource::floating_point},
      ts,
      {"CR0.NE", w_cr0, cr0::ne, resource::floating_point},
      {"CR0.WP", w_cr0, cr0::wp, resource::protection},
      {"CR0.AM", w_cr0, cr0::am, resource::protection},
      {"CR0.NW", w_cr0, cr0::nw, resource::none},
      {"CR0.CD", w_cr0, cr0::cd, resource::none},
      {"CR0.PG", w_cr0, cr0::pg, resource::relocation},
      {"CR2", w_cr2, low_bits(32), resource::traps},
      {"CR3", w_cr3, low_bits(32), resource::relocation},
      {"CR4.TSD", w_cr4, cr4::tsd, resource::gates},
      {"CR4.DE", w_cr4, cr4::de, resource::gates},
      {"CR4.PSE", w_cr4, cr4::pse, resource::relocation},
      {"CR4.UMIP", w_cr4, cr4::umip, resource::gates},
      {"GDTR.base", w_gdt_base, low_bits(32), resource::relocation},
      {"GDTR.limit", w_gdt_limit, low_bits(16), resource::relocation},
      {"IDTR.base", w_idt_base, low_bits(32), resource::traps},
      {"IDTR.limit", w_idt_limit, low_bits(16), resource::traps},
      {"DR0", w_dr, low_bits(32), resource::traps},
      {"DR1", w_dr + 1, low_bits(32), resource::traps},
      {"DR2", w_dr + 2, low_bits(32), resource::traps},
      {"DR3", w_dr + 3, low_bits(32), resource::traps},
      {"DR6", w_dr6, low_bits(32), resource::traps},
      {"DR7", w_dr7, low_bits(32), resource::traps},
      {"interrupt shadow", w_shadow, 1, resource::none},
      {"single step", w_single_step, 1, resource::none},
      {"INTR", w_lines, bit(line::intr), resource::interrupts},
      {"NMI", w_lines, bit(line::nmi), resource::interrupts},
      {"NMI taken", w_nmi_taken, 1, resource::interrupts},
      {"shutdown", w_shut_down, 1, resource::none},
      {"A20", w_a20, 1, resource::relocation},
      {"ports", w_port, low_bits(32), resource::devices},
      {"idle", w_idle, ~u64{0}, resource::time},
      {"TSC (offset)", w_tsc_offset, ~u64{0}, resource::time},
      {"traps taken", w_traps, ~u64{0}, resource::none},
  }};
  constexpr std::string_view names[] = {
      "ES.selector",   "ES.base",   "ES.limit",   "ES.rights",   "CS.selector", "CS.base", "CS.limit", "CS.rights",
      "SS.selector",   "SS.base",   "SS.limit",   "SS.rights",   "DS.selector", "DS.base", "DS.limit", "DS.rights",
      "FS.selector",   "FS.base",   "FS.limit",   "FS.rights",   "GS.selector", "GS.base", "GS.limit", "GS.rights",
      "LDTR.selector", "LDTR.base", "LDTR.limit", "LDTR.rights", "TR.selector", "TR.base", "TR.limit", "TR.rights"};
  for (unsigned n = 0; n < std::size(names); ++n) {
    const bool own = n % segment_parts == part_selector && n / segment_parts <= seg::gs;
    all[others + n] = field{names[n], static_cast<u16>(w_segments + n), low_bits(n % 4 == part_selector ? 16 : 32),
                            own ? resource::none : resource::relocation};
  }
  return all;
}();

} // namespace hvkit::cpu::x86
