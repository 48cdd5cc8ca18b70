// SPDX-License-Identifier: BSL-1.0
// Decides what the calls of a supervisor do: the SBI, served by whatever plays machine mode. The bare machine without
// firmware and the VMM run this same code; what a call asks of the board is behind hypercall_services.
// Source: RISC-V Supervisor Binary Interface Specification 1.0; chapters are named at each extension.
#pragma once

#include <algorithm>
#include <iterator>

#include <hvkit/cpu/rv64/csr.hpp>
#include <hvkit/cpu/rv64/protection.hpp>
#include <hvkit/cpu/rv64/sbi_call.hpp>
#include <hvkit/cpu/rv64/sbi_own.hpp>

namespace hvkit::cpu::riscv::sbi {

/// The version that is announced: major number in bits [30:24]. "Base Extension".
inline constexpr u64 specification_version = u64{1} << 24;
/// "hvkt", far from the registered numbers. "SBI Implementation IDs".
inline constexpr u64 implementation_id = 0x68766b74;
inline constexpr u64 implementation_version = 1;

[[nodiscard]] inline const extension *find_extension(u64 id) noexcept;

/// There is one hart, number 0. "Hart list parameter": a base of -1 means all of them.
enum class harts : u8 { none, this_one, wrong };
[[nodiscard]] constexpr harts meant(u64 mask, u64 base) noexcept {
  if (base == ~u64{0})
    return harts::this_one;
  if (mask == 0)
    return harts::none;
  return base == 0 && mask == 1 ? harts::this_one : harts::wrong;
}
/// Does `f()` if the list in a0 and a1 names the hart.
template <class F> [[nodiscard]] answer for_harts(call &c, F f) {
  const harts who = meant(c.argument(0), c.argument(1));
  if (who == harts::wrong)
    return {error::invalid_param};
  return who == harts::none ? answer{} : f();
}

// "Base Extension". The machine's own identification registers read 0.
inline constexpr function base_functions[] = {
    [](call &) {
      return answer{error::success, specification_version};
    },
    [](call &) {
      return answer{error::success, implementation_id};
    },
    [](call &) {
      return answer{error::success, implementation_version};
    },
    [](call &c) {
      return answer{error::success, u64{find_extension(c.argument(0)) != nullptr}};
    },
    [](call &) { return answer{}; }, // mvendorid
    [](call &) { return answer{}; }, // marchid
    [](call &) { return answer{}; }, // mimpid
};

// "Timer Extension". A time in the future takes the pending interrupt back. Where supervisor mode has a timer of its
// own in force, that one is set.
inline answer set_timer(call &c) {
  if (c.system.get(fields::stce) != 0)
    c.system.set(w_stimecmp, c.argument(0));
  else
    c.board.set_timer(c.argument(0));
  c.after.effects = effect::events | effect::interrupts;
  return {};
}
inline constexpr function timer_functions[] = {&set_timer};

// "IPI Extension".
inline answer send_ipi(call &c) {
  return for_harts(c, [&] {
    c.system.set(w_mip, c.system.get(w_mip) | irq::ssi);
    c.after.effects = effect::interrupts;
    return answer{};
  });
}
inline constexpr function ipi_functions[] = {&send_ipi};

// "RFENCE Extension". Fences of more than a page are of all pages: that is wider, and always allowed.
inline answer fence_addresses(call &c, maybe<u64> space) {
  const u64 start = c.argument(2), size = c.argument(3);
  const bool everything = (start == 0 && size == 0) || size == ~u64{0};
  if (!everything && size != 0 && start + (size - 1) < start)
    return {error::invalid_address};
  return for_harts(c, [&] {
    if (everything || frame_number(start) != frame_number(start + size - 1))
      c.after.fence = fence_scope{{}, space};
    else
      c.after.fence = fence_scope{gva{start}, space};
    return answer{};
  });
}
inline constexpr function fence_functions[] = {
    [](call &c) {
      return for_harts(c, [&] {
        c.after.effects = effect::code;
        return answer{};
      });
    },
    [](call &c) { return fence_addresses(c, {}); },
    [](call &c) { return fence_addresses(c, c.argument(4) & low_bits(16)); },
};

// "Hart State Management Extension", for a hart that is started: it is the one that calls.
inline answer start_hart(call &c) { return {c.argument(0) == 0 ? error::already_available : error::invalid_param}; }
inline answer stop_hart(call &c) {
  c.system.set(w_mie, 0);
  c.after.effects = effect::interrupts;
  c.after.waits = true;
  c.after.returns = false;
  return {};
}
inline answer hart_status(call &c) {
  constexpr u64 started = 0;
  return c.argument(0) == 0 ? answer{error::success, started} : answer{error::invalid_param};
}
inline answer suspend_hart(call &c) {
  constexpr u64 default_retentive = 0, default_non_retentive = 0x80000000;
  const u64 type = c.argument(0) & low_bits(32);
  if (type != default_retentive)
    return {type == default_non_retentive ? error::not_supported : error::invalid_param};
  c.after.waits = true;
  return {};
}
inline constexpr function hart_functions[] = {&start_hart, &stop_hart, &hart_status, &suspend_hart};

// "System Reset Extension". Types and reasons are 32 bits wide.
inline answer reset_system(call &c) {
  constexpr u64 shutdown = 0, warm_reboot = 2, system_failure = 1;
  const u64 type = c.argument(0) & low_bits(32), reason = c.argument(1) & low_bits(32);
  if (type > warm_reboot || reason > system_failure)
    return {error::invalid_param};
  if (type == shutdown)
    c.board.switch_off(reason);
  else
    c.board.restart();
  c.after.effects = effect::events;
  return {};
}
inline constexpr function reset_functions[] = {&reset_system};

// "Legacy Extensions": each is a function of its own, whose answer is a0 alone. Those that name harts by an address of
// the caller's are not there.
inline constexpr u64 first_that_is_not_legacy = 0x10;
inline answer put_character(call &c) {
  c.board.put(static_cast<u8>(c.argument(0)));
  return {};
}
inline answer get_character(call &c) {
  const maybe<u8> byte = c.board.get();
  c.after.effects = effect::events; // what a device was about to give is gone
  return {byte ? static_cast<error>(*byte) : error::failed};
}
inline answer shut_down(call &c) {
  c.board.switch_off(0);
  c.after.effects = effect::events;
  return {};
}
inline constexpr function legacy_set_timer[] = {&set_timer}, legacy_put[] = {&put_character},
                          legacy_get[] = {&get_character}, legacy_shutdown[] = {&shut_down};

inline constexpr extension extensions[] = {
    {0x10, base_functions},
    {0x54494d45, timer_functions},
    {0x735049, ipi_functions},
    {0x52464e43, fence_functions},
    {0x48534d, hart_functions},
    {0x53525354, reset_functions},
    {0x00, legacy_set_timer},
    {0x01, legacy_put},
    {0x02, legacy_get},
    {0x08, legacy_shutdown},
    {hvkit_extension, own_functions},
};

inline const extension *find_extension(u64 id) noexcept {
  const auto *const found =
      std::find_if(std::begin(extensions), std::end(extensions), [&](const extension &e) { return e.id == id; });
  return found != std::end(extensions) ? found : nullptr;
}

/// Serves the call that a supervisor makes by the `ecall` at its pc: its answer is in the registers then, and the pc
/// behind the instruction.
[[nodiscard]] inline aftermath serve(user_state &user, system_state &system, hypercall_services &board) {
  call c{user, system, board};
  const u64 id = user.x[17];
  const bool legacy = id < first_that_is_not_legacy;
  const u64 number = legacy ? 0 : user.x[16];
  const extension *const e = find_extension(id);
  const answer said =
      e != nullptr && number < e->functions.size() ? e->functions[number](c) : answer{error::not_supported};
  ++board.served;
  if (!c.after.returns)
    return c.after;
  constexpr u64 size_of_ecall = 4;
  user.pc += size_of_ecall;
  user.x[10] = static_cast<u64>(said.code);
  if (!legacy)
    user.x[11] = said.value;
  return c.after;
}

/// Every exception that firmware leaves to the kernel: all but the calls.
inline constexpr u64 left_to_kernel = csrs::delegable & ~bit(cause::ecall_from_u + privilege::supervisor);

/// Puts a hart at reset into the state in which firmware starts a kernel: in supervisor mode, untranslated, interrupts
/// off, with all of memory, the counters and, if there is one, the supervisor's timer open to it. "Hart start".
constexpr void enter_kernel(system_state &system, bool supervisor_timer) {
  system.set(fields::mode, privilege::supervisor);
  system.set(w_medeleg, left_to_kernel);
  system.set(w_mideleg, irq::supervisor);
  system.set(w_mcounteren, low_bits(3));
  system.set(w_scounteren, low_bits(3));
  pmp::open(system);
  system.set(fields::stce, supervisor_timer ? 1 : 0);
  system.set(w_stimecmp, supervisor_timer ? ~u64{0} : 0);
}

} // namespace hvkit::cpu::riscv::sbi
