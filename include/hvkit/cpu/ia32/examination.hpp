// SPDX-License-Identifier: BSL-1.0
// Decides on which states and operands IA-32's system instructions are tried.
//
// Protected mode without paging, in a storage that holds all tables:
//
//   000 descriptor table       080 TSS, with a bit map that permits no port     120 operands: far pointers, a table's
//   040 a second one, equal    0f0 vectors 0 to 4                                   base and limit, room for results
//       rights, other bases    118 local table                                  160 stack     1a0 stack of level 0
//
// A VMM that runs a guest in user mode holds IOPL, the TSS and the gates of CR4 fixed.
#pragma once

#include <hvkit/core/access.hpp>
#include <hvkit/core/exit.hpp>
#include <hvkit/cpu/ia32/causes.hpp>
#include <hvkit/cpu/ia32/decoder.hpp>
#include <hvkit/cpu/ia32/knobs.hpp>
#include <hvkit/cpu/ia32/make_row.hpp>
#include <hvkit/cpu/ia32/state.hpp>
#include <hvkit/theory/state.hpp>
#include <hvkit/theory/units.hpp>

namespace hvkit::cpu::x86 {

/// What theory/derive.hpp asks of a CPU, for IA-32 with the knobs of `Cpu`.
template <class Cpu> struct examination {
  using state = theory::state<Cpu>;
  using sentence = void; ///< each row has its own, or the general one
  static constexpr std::string_view leader = "popf";

  static constexpr std::size_t memory_words = 104, program_words = 104;
  static constexpr std::array<u64, 2> modes{0, 3};
  static constexpr u8 bases = 2;

  /// Base 0 has IF clear and O set, base 1 the other way round. Registers are what some instruction takes: EAX a value
  /// for CR0, EBX for CR4, ECX a model-specific register, EDX a data segment or a port, EBP a data
  /// segment of level 0, ESI a TSS, EDI a local table.
  [[nodiscard]] static constexpr state base(u8 n) {
    state s{};
    s.user.r = {0x11, 0x10, user_data, 0x10, stack_at, kernel_data, task, local, 0};
    s.user.pc = 0x100;
    s.user.retired = 1000;
    s.ticks = 1234;
    s.user.flags.set_all(n == 0 ? eflags::of : eflags::zf);
    auto &w = s.system;
    w.set(w_cr0, cr0::pe | cr0::et | (n == 0 ? 0 : cr0::ts));
    w.set(w_eflags, n == 0 ? 0 : eflags::if_);
    w.set(w_cr4, cr4::tsd | (Cpu::knobs.umip ? cr4::umip : 0));
    w.set(w_a20, 1);
    w.set(w_gdt_base, table_at);
    w.set(w_gdt_limit, 63);
    w.set(w_idt_base, vectors_at);
    w.set(w_idt_limit, 39);
    w.set(w_dr6, 0xffff0ff0);
    w.set(w_dr7, 0x400);
    w.set(w_idle, 17);
    for (u8 n_segment = 0; n_segment <= seg::gs; ++n_segment)
      set_segment(s, n_segment, user_data, 0, 0xffffffff, 0xc0f3);
    set_segment(s, seg::cs, kernel_code, 0, 0xffffffff, 0xc09b);
    set_segment(s, seg::ss, kernel_data, 0, 0xffffffff, 0xc093);
    set_segment(s, seg::ldtr, local, local_at, 7, 0x82);
    set_segment(s, seg::tr, task, task_at, 0x6b, 0x8b);
    fill(s);
    return s;
  }

  /// CPL with CS and SS as it wants them.
  [[nodiscard]] static constexpr state twin(state s, u64 to) {
    s.system.set(fields::cpl, to);
    const bool user = to != 0;
    set_segment(s, seg::cs, user ? user_code : kernel_code, 0, 0xffffffff, user ? 0xc0fb : 0xc09b);
    set_segment(s, seg::ss, user ? user_data : kernel_data, 0, 0xffffffff, user ? 0xc0f3 : 0xc093);
    return s;
  }
  /// Without paging there is no other place under the same map.
  [[nodiscard]] static constexpr maybe<state> moved(const state &) { return {}; }
  [[nodiscard]] static constexpr u16 place_of(const state &) { return 0; }

  [[nodiscard]] static constexpr bool fixed(u16 field, u64 mode) {
    if (mode == 0 || field >= state_fields.size())
      return false;
    const isa::field &f = state_fields[field];
    return f.word == segment_word(seg::tr, part_base) || f.word == segment_word(seg::tr, part_limit) ||
           f.word == segment_word(seg::tr, part_rights) || f.word == w_cr4 ||
           (f.word == w_eflags && f.mask == eflags::iopl);
  }
  /// Mode and relocation: CPL, VM, PE, and where segments are.
  [[nodiscard]] static constexpr bool apart(u16 field) {
    const isa::field &f = state_fields[field];
    const bool holds_segment = f.word >= w_segments && f.word < segment_word(seg::ldtr, part_selector);
    return f.word == w_cpl || holds_segment || (f.word == w_eflags && f.mask == eflags::vm) ||
           (f.word == w_cr0 && (f.mask == cr0::pe || f.mask == cr0::pg)) || f.word == w_a20;
  }
  /// The second descriptor table.
  [[nodiscard]] static constexpr maybe<u64> directed(u16 field) {
    return field < state_fields.size() && state_fields[field].word == w_gdt_base ? maybe<u64>(second_table_at)
                                                                                 : maybe<u64>();
  }
  [[nodiscard]] static constexpr bool plausible(const state &s) {
    const u64 table = s.system.get(w_gdt_base);
    return (table == table_at || table == second_table_at) && s.system.get(w_gdt_limit) >= 63 &&
           (Cpu::knobs.umip || (s.system.get(w_cr4) & cr4::umip) == 0) &&
           (s.system.get(w_cr0) & (cr0::nw | cr0::cd)) != cr0::nw &&
           (s.system.get(w_dr7) & bit(13)) == 0; // GD asks for traps
  }
  [[nodiscard]] static constexpr bool is_memory_trap(const trap &t) {
    return t.cause == cause::page_fault || t.cause == cause::alignment_check || t.cause == cause::machine_check ||
           ((t.cause == cause::general_protection || t.cause == cause::stack_fault) &&
            (t.value & 0xffffffffU) == of_segment);
  }
  [[nodiscard]] static constexpr bool reaches_vmm(const system_state &, const trap &) { return true; }

  /// A unit for each alternative of a system row that is told apart: segment registers, control and debug registers,
  /// far transfers.
  [[nodiscard]] static constexpr auto units() {
    std::array<theory::unit, unit_count()> all{};
    std::size_t next = 0;
    each_unit([&](const theory::unit &u) { all[next++] = u; });
    return all;
  }
  [[nodiscard]] static constexpr u16 unit_key(isa::row_id row, const operands &o) {
    if (!by_segment(isa::facts<Cpu>[row].code[0]))
      return 0;
    const u8 n = o.op[0].where == place::segment ? o.op[0].number : o.op[1].number;
    return n == seg::cs || n == seg::ss ? n : seg::ds;
  }
  /// In a register, then in memory, then a segment of level 0 in a register; control registers one after the other.
  [[nodiscard]] static constexpr operands specimen(const theory::unit &u, u16 n) {
    instruction_text text{};
    const auto &facts = isa::facts<Cpu>[u.row];
    const bool drops = facts.name == "retf"; // what RET leaves between its frame and the outer stack's is IRET's flags
    const std::size_t alternative = named_segment(facts.code[0]) ? alternative_of(facts.code, u.key) : drops ? 1 : 0;
    const opcode_form &form = facts.code[alternative];
    if (form.opcode >= 256)
      text.put(0x0f);
    text.put(static_cast<u8>(form.opcode));
    if (form.has_modrm())
      put_modrm(text, facts, form, u, n);
    if (form.operands[0].from == method::a) {
      text.put32(0x100);
      text.put(conforming);
      text.put(0);
    } else if (facts.name == "int") {
      text.put(3);
    } else {
      text.put32(drops ? 4 : 0x10);
    }
    const auto d = decode_bytes<Cpu>(text, true);
    return d ? d->operands : operands{};
  }

private:
  static constexpr u32 table_at = 0, second_table_at = 0x40, task_at = 0x80, vectors_at = 0xf0, local_at = 0x118,
                       code_pointer_at = 0x120, data_pointer_at = 0x128, table_pointer_at = 0x130, selector_at = 0x138,
                       result_at = 0x13c, stack_at = 0x160, inner_stack_at = 0x1a0;
  static constexpr u8 kernel_code = 0x08, kernel_data = 0x10, user_code = 0x1b, user_data = 0x23, task = 0x28,
                      local = 0x30, conforming = 0x38;

  /// Bytes of one instruction, and the source the decoder takes them from.
  struct instruction_text {
    std::array<u8, 16> bytes{};
    std::size_t size = 0, at = 0;
    constexpr void put(u8 b) { bytes[size++] = b; }
    constexpr void put32(u32 v) {
      for (unsigned i = 0; i < 4; ++i)
        put(static_cast<u8>(v >> 8 * i));
    }
    [[nodiscard]] constexpr maybe<u8> byte() { return bytes[at++]; }
  };

  static constexpr void set_segment(state &s, u8 n, u16 sel, u32 where, u32 limit, u32 r) {
    s.system.set(segment_word(n, part_selector), sel);
    s.system.set(segment_word(n, part_base), where);
    s.system.set(segment_word(n, part_limit), limit);
    s.system.set(segment_word(n, part_rights), r);
  }
  static constexpr void put(state &s, u32 at, u32 low, u32 high) {
    s.memory[at / 4] = low;
    s.memory[at / 4 + 1] = high;
  }
  static constexpr void fill(state &s) {
    for (const u32 at : {table_at, second_table_at}) {
      const u32 moved = at == table_at ? 0 : 0x10; // bases and limits differ, rights do not
      const u32 low = (0xffffU - moved) | moved << 16;
      put(s, at + 0x08, low, 0x00cf9b00);
      put(s, at + 0x10, low, 0x00cf9300);
      put(s, at + 0x18, low, 0x00cffb00);
      put(s, at + 0x20, low, 0x00cff300);
      put(s, at + 0x28, (0x6bU - moved) | (task_at + moved) << 16, 0x8900);
      put(s, at + 0x30, (0x1fU - moved) | (local_at + moved) << 16, 0x8200);
      put(s, at + 0x38, low, 0x00cf9f00);
    }
    s.memory[task_at / 4 + 1] = inner_stack_at;
    s.memory[task_at / 4 + 2] = kernel_data;
    s.memory[task_at / 4 + 25] = 0x68U << 16;
    s.memory[task_at / 4 + 26] = 0xffffffff;
    for (u32 n = 0; n < 5; ++n)
      put(s, vectors_at + 8 * n, kernel_code << 16 | 0x100, 0xee00);
    put(s, code_pointer_at, 0x104, conforming);
    put(s, data_pointer_at, 0x108, user_data);
    put(s, table_pointer_at, 0x3f | second_table_at << 16, 0);
    s.memory[selector_at / 4] = user_data;
    constexpr u32 frame[] = {user_data, user_code, eflags::if_ | eflags::iopl | eflags::fixed, stack_at, user_data};
    for (u32 i = 0; i < std::size(frame); ++i)
      s.memory[stack_at / 4 + i] = frame[i];
  }

  [[nodiscard]] static constexpr bool names(const opcode_form &f, method m) {
    return f.operands[0].from == m || f.operands[1].from == m;
  }
  [[nodiscard]] static constexpr bool named_segment(const opcode_form &f) {
    return f.operands[0].from == method::segment;
  }
  [[nodiscard]] static constexpr bool by_segment(const opcode_form &f) {
    return names(f, method::s) || named_segment(f);
  }
  [[nodiscard]] static constexpr std::size_t alternative_of(const encoding &code, u16 segment) {
    for (std::size_t n = 0; n < code.count(); ++n)
      if (code[n].operands[0].number == segment)
        return n;
    return 0;
  }

  static constexpr void put_modrm(instruction_text &text, const row_facts &facts, const opcode_form &form,
                                  const theory::unit &u, u16 n) {
    const bool in_memory = form.memory_only() || (names(form, method::e) && n == 1);
    u32 digit = form.digit != opcode_form::no_digit ? form.digit : u32{reg::ecx};
    u32 rm = n == 2 ? u32{reg::ebp} : register_for(facts.name);
    if (names(form, method::s))
      digit = u.key;
    if (names(form, method::c)) {
      digit = n == 0 ? 0 : n + 1U; // CR0, CR2, CR3, CR4
      rm = n == 3 ? u32{reg::ebx} : u32{reg::eax};
    }
    if (names(form, method::d))
      digit = n == 0 ? 0 : 7;
    text.put(static_cast<u8>((in_memory ? 5U : 0xc0U | rm) | digit << 3));
    if (in_memory)
      text.put32(address_for(facts.name, form));
  }
  [[nodiscard]] static constexpr u32 register_for(std::string_view name) {
    return name == "lldt" ? reg::edi : name == "ltr" ? reg::esi : name == "lmsw" ? reg::eax : reg::edx;
  }
  [[nodiscard]] static constexpr u32 address_for(std::string_view name, const opcode_form &form) {
    if (name == "lgdt" || name == "lidt")
      return table_pointer_at;
    if (name == "jmp" || name == "call")
      return code_pointer_at;
    if (form.operands[1].size == extent::p)
      return data_pointer_at;
    const bool reads = name == "lar" || name == "lsl" || name == "verr" || name == "verw" || names(form, method::s);
    return reads ? selector_at : name == "lldt" || name == "ltr" ? table_at : result_at;
  }
  [[nodiscard]] static constexpr u16 specimens_of(const row_facts &facts) {
    const opcode_form &form = facts.code[0];
    if (names(form, method::c))
      return 4;
    if (names(form, method::d))
      return 2;
    // A null selector in memory is refused by LTR: in registers alone.
    if (!names(form, method::e) || facts.name == "ltr" || facts.name == "esc")
      return 1;
    const bool selects = facts.name == "lar" || facts.name == "lsl" || facts.name == "verr" || facts.name == "verw" ||
                         form.operands[0].from == method::s;
    return selects ? 3 : 2;
  }
  [[nodiscard]] static constexpr std::string_view group_of(const opcode_form &form) {
    const bool first = form.operands[0].from == method::c || form.operands[0].from == method::d;
    if (names(form, method::c))
      return first ? "to cr" : "from cr";
    if (names(form, method::d))
      return first ? "to dr" : "from dr";
    if (form.operands[0].from == method::a)
      return "far";
    return form.operands[0].from == method::m && form.operands[0].size == extent::p ? "far indirect" : "";
  }
  template <class F> static constexpr void each_unit(F f) {
    for (isa::row_id row = 0; row < isa::row_count<Cpu>; ++row) {
      const auto &facts = isa::facts<Cpu>[row];
      if (facts.needs != isa::capability::system)
        continue;
      const opcode_form &form = facts.code[0];
      if (!by_segment(form)) {
        f(theory::unit{row, group_of(form), {}, 0, specimens_of(facts)});
        continue;
      }
      const bool to = form.operands[0].from == method::s;
      const bool moves = names(form, method::s);
      if (!to && (moves || facts.name == "push"))
        f(theory::unit{row, moves ? "from cs" : "cs", {}, seg::cs, specimens_of(facts)});
      f(theory::unit{row, !moves ? "ss" : to ? "to ss" : "from ss", {}, seg::ss, specimens_of(facts)});
      f(theory::unit{row, !moves ? "ds" : to ? "to ds" : "from ds", {}, seg::ds, specimens_of(facts)});
    }
  }
  [[nodiscard]] static constexpr std::size_t unit_count() {
    std::size_t n = 0;
    each_unit([&](const theory::unit &) { ++n; });
    return n;
  }
};

} // namespace hvkit::cpu::x86
