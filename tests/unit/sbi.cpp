// SPDX-License-Identifier: BSL-1.0
// Tests each call of the SBI by itself: what it answers, what it asks of the board, what it leaves to the machine.
// Source: RISC-V Supervisor Binary Interface Specification 1.0.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64/sbi.hpp>

#include "support/guest_bytes.hpp"

using namespace hvkit;
using namespace hvkit::cpu::riscv;

namespace {

/// A board that remembers what it was asked.
struct asked final : hypercall_services {
  tests::guest_bytes memory{0x3000};
  maybe<u64> timer;
  std::string printed;
  maybe<u8> typed;
  std::vector<std::string> ends;

  void set_timer(u64 ticks) override { timer = ticks; }
  void put(u8 byte) override { printed.push_back(static_cast<char>(byte)); }
  maybe<u8> get() override { return typed; }
  void switch_off(u64 code) override { ends.push_back("off " + std::to_string(code)); }
  void restart() override { ends.push_back("restart"); }
  bool read(gpa at, std::span<u8> to) const override { return memory.read(at, to); }
};

constexpr i64 success = 0, failed = -1, not_supported = -2, invalid_param = -3, invalid_address = -5,
              already_available = -6;
constexpr u64 all = ~u64{0};

struct bench {
  asked board;
  user_state user;
  system_state system;
  sbi::aftermath after;

  /// Calls it, and gives a0. All other registers but a1 must be as before.
  i64 call(u64 id, u64 number, std::initializer_list<u64> arguments = {}) {
    for (unsigned i = 1; i < 32; ++i)
      user.x[i] = 0x1111 * i;
    unsigned a = 10;
    for (const u64 value : arguments)
      user.x[a++] = value;
    user.x[17] = id;
    user.x[16] = number;
    user.pc = 0x8000'0000;
    user_state kept = user;
    after = sbi::serve(user, system, board);
    kept.x[10] = user.x[10];
    kept.x[11] = user.x[11];
    kept.pc += after.returns ? 4 : 0;
    BOOST_TEST((kept == user));
    return static_cast<i64>(user.x[10]);
  }
  [[nodiscard]] u64 value() const { return user.x[11]; }
};

constexpr u64 base = 0x10, timer = 0x54494d45, ipi = 0x735049, fences = 0x52464e43, harts = 0x48534d,
              reset = 0x53525354;

} // namespace

BOOST_AUTO_TEST_CASE(the_base_extension_says_what_there_is) {
  bench b;
  const auto says = [&](u64 number, u64 value) {
    BOOST_TEST(b.call(base, number) == success);
    BOOST_TEST(b.value() == value);
  };
  says(0, 1U << 24); // 1.0
  says(1, 0x68766b74);
  says(2, 1);
  for (const u64 id : {4U, 5U, 6U})
    says(id, 0);
  for (const u64 id : {base, timer, ipi, fences, harts, reset, u64{0}, u64{1}, u64{2}, u64{8}}) {
    BOOST_TEST(b.call(base, 3, {id}) == success);
    BOOST_TEST(b.value() == 1U);
  }
  for (const u64 id : {u64{3}, u64{4}, u64{7}, u64{9}, u64{0x4442434e}, all, timer | u64{1} << 32}) {
    BOOST_TEST(b.call(base, 3, {id}) == success);
    BOOST_TEST(b.value() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_says_so) {
  bench b;
  for (const u64 id : {u64{0x4442434e}, u64{0x9000000}, all, timer | u64{1} << 32})
    BOOST_TEST(b.call(id, 0) == not_supported);
  for (const auto &[id, number] : {std::pair{base, u64{7}},
                                   {timer, 1},
                                   {ipi, 1},
                                   {fences, 3},
                                   {harts, 4},
                                   {reset, 1},
                                   {timer, all},
                                   {base, u64{1} << 32}})
    BOOST_TEST(b.call(id, number) == not_supported);
  BOOST_TEST(b.call(4, 0, {0x8000'0000}) == not_supported);
  BOOST_TEST(b.value() == 0x1111U * 11); // legacy calls leave a1
  BOOST_TEST(b.board.served == 13U);
  BOOST_TEST(b.board.ends.empty());
}

BOOST_AUTO_TEST_CASE(the_timer_is_the_boards) {
  bench b;
  BOOST_TEST(b.call(timer, 0, {123}) == success);
  BOOST_TEST(b.board.timer.value() == 123U);
  BOOST_TEST(has(b.after.effects, effect::events));
  BOOST_TEST(b.call(0, 77, {all}) == success);
  BOOST_TEST(b.board.timer.value() == all);
  BOOST_TEST(b.value() == 0x1111U * 11);
}

BOOST_AUTO_TEST_CASE(a_timer_of_supervisor_mode_goes_first) {
  bench b;
  sbi::enter_kernel(b.system, true);
  BOOST_TEST(b.system.get(w_stimecmp) == all);
  BOOST_TEST(b.call(timer, 0, {123}) == success);
  BOOST_TEST(b.system.get(w_stimecmp) == 123U);
  BOOST_TEST(!b.board.timer.has_value());
  BOOST_TEST(has(b.after.effects, effect::events));
}

BOOST_AUTO_TEST_CASE(harts_are_named_by_mask_and_base) {
  bench b;
  const auto interrupted = [&](u64 mask, u64 first) {
    b.system.set(w_mip, 0);
    const i64 said = b.call(ipi, 0, {mask, first});
    const bool pending = (b.system.get(w_mip) & irq::ssi) != 0;
    BOOST_TEST(has(b.after.effects, effect::interrupts) == pending);
    return std::pair(said, pending);
  };
  BOOST_TEST((interrupted(1, 0) == std::pair(success, true)));
  BOOST_TEST((interrupted(0, all) == std::pair(success, true)));
  BOOST_TEST((interrupted(6, all) == std::pair(success, true)));
  BOOST_TEST((interrupted(0, 0) == std::pair(success, false)));
  BOOST_TEST((interrupted(2, 0) == std::pair(invalid_param, false)));
  BOOST_TEST((interrupted(3, 0) == std::pair(invalid_param, false)));
  BOOST_TEST((interrupted(1, 1) == std::pair(invalid_param, false)));
  BOOST_TEST((interrupted(1, all - 1) == std::pair(invalid_param, false)));
}

BOOST_AUTO_TEST_CASE(fences_are_as_wide_as_they_must_be) {
  bench b;
  BOOST_TEST(b.call(fences, 0, {1, 0}) == success);
  BOOST_TEST((b.after.effects == effect::code));
  const auto scope = [&](u64 number, u64 start, u64 size, u64 asid = 0) {
    BOOST_TEST(b.call(fences, number, {0, all, start, size, asid}) == success);
    return b.after.fence;
  };
  BOOST_TEST((scope(1, 0, 0) == fence_scope{}));
  BOOST_TEST((scope(1, 0x5000, all) == fence_scope{}));
  BOOST_TEST((scope(1, 0x5000, 0x2000) == fence_scope{}));
  BOOST_TEST((scope(1, 0x5fff, 2) == fence_scope{}));
  BOOST_TEST((scope(1, 0x5000, 0x1000) == fence_scope{gva{0x5000}, {}}));
  BOOST_TEST((scope(2, 0x5008, 8, 7) == fence_scope{gva{0x5008}, 7}));
  BOOST_TEST((scope(2, 0, 0, 0x10007) == fence_scope{{}, 7}));
  BOOST_TEST(b.call(fences, 1, {0, all, all - 5, 8}) == invalid_address);
  BOOST_TEST(!b.after.fence.has_value());
  BOOST_TEST(b.call(fences, 1, {2, 0, 0, 0}) == invalid_param);
  BOOST_TEST(!b.after.fence.has_value());
  BOOST_TEST(b.call(fences, 1, {0, 0, 0, 0}) == success);
  BOOST_TEST(!b.after.fence.has_value());
}

BOOST_AUTO_TEST_CASE(the_one_hart_is_started) {
  bench b;
  BOOST_TEST(b.call(harts, 0, {0, 0x8000'0000, 5}) == already_available);
  BOOST_TEST(b.call(harts, 0, {1, 0x8000'0000, 5}) == invalid_param);
  BOOST_TEST(b.call(harts, 2, {0}) == success);
  BOOST_TEST(b.value() == 0U);
  BOOST_TEST(b.call(harts, 2, {1}) == invalid_param);
  BOOST_TEST(b.call(harts, 3, {u64{7} << 32}) == success); // a type has 32 bits
  BOOST_TEST(b.after.waits);
  BOOST_TEST(b.call(harts, 3, {1}) == invalid_param);
  BOOST_TEST(b.call(harts, 3, {0x80000000}) == not_supported);
  BOOST_TEST(!b.after.waits);
}

BOOST_AUTO_TEST_CASE(a_hart_that_stopped_never_goes_on) {
  bench b;
  b.system.set(w_mie, irq::supervisor);
  b.call(harts, 1);
  BOOST_TEST(b.after.waits);
  BOOST_TEST(!b.after.returns);
  BOOST_TEST(b.system.get(w_mie) == 0U);
}

BOOST_AUTO_TEST_CASE(the_system_is_reset) {
  const auto ends = [](u64 type, u64 reason) {
    bench b;
    const i64 said = b.call(reset, 0, {type, reason});
    BOOST_TEST(has(b.after.effects, effect::events) == (said == success));
    return said == success ? b.board.ends.at(0) : b.board.ends.empty() ? std::to_string(said) : "ended, and an error";
  };
  BOOST_TEST(ends(0, 0) == "off 0");
  BOOST_TEST(ends(0, 1) == "off 1");
  BOOST_TEST(ends(u64{5} << 32, 0) == "off 0");
  BOOST_TEST(ends(1, 0) == "restart");
  BOOST_TEST(ends(2, 1) == "restart");
  for (const auto &[type, reason] : {std::pair{3U, 0U}, {0xf0000000, 0}, {0, 2}, {0, 0xe0000000}, {1, 0xffffffff}})
    BOOST_TEST(ends(type, reason) == std::to_string(invalid_param));
}

BOOST_AUTO_TEST_CASE(the_legacy_console) {
  bench b;
  BOOST_TEST(b.call(1, 9, {0x141}) == success);
  BOOST_TEST(b.board.printed == "A");
  BOOST_TEST(b.call(2, 0) == failed);
  b.board.typed = u8{0xff};
  BOOST_TEST(b.call(2, 0) == 0xff);
  BOOST_TEST(has(b.after.effects, effect::events));
  BOOST_TEST(b.call(8, 0) == success);
  BOOST_TEST(b.board.ends.at(0) == "off 0");
}

BOOST_AUTO_TEST_CASE(what_only_hvkit_has) {
  bench b;
  BOOST_TEST(b.call(base, 3, {hvkit_extension}) == success);
  BOOST_TEST(b.value() == 1U);
  BOOST_TEST(b.call(hvkit_extension, hvkit_function_version) == success);
  BOOST_TEST(b.value() == u64{hvkit_version});
  BOOST_TEST(b.call(hvkit_extension, hvkit_function_features) == success);
  for (u64 number = 0; number < 70; ++number) {
    const bool there = number < 64 && (b.value() >> number & 1) != 0;
    BOOST_TEST((bench().call(hvkit_extension, number) != not_supported) == there);
  }
  BOOST_TEST(b.call(hvkit_extension, hvkit_function_yield) == success);
  BOOST_TEST(b.board.yielded);
  BOOST_TEST(b.call(hvkit_extension, hvkit_function_exit, {7}) == success);
  BOOST_TEST(b.board.ends.at(0) == "off 7");
  BOOST_TEST(has(b.after.effects, effect::events));
}

BOOST_AUTO_TEST_CASE(hostile_buffers_are_errors) {
  bench b;
  const u64 begin = b.board.memory.base().value, end = begin + b.board.memory.size();
  const auto print = [&](u64 at, u64 size) { return b.call(hvkit_extension, hvkit_function_write, {at, size}); };
  b.board.memory.put(gpa{begin + 0x2ffe}, u16{0x6b6f});
  BOOST_TEST(print(begin + 0x2ffe, 2) == success);
  BOOST_TEST(b.value() == 2U);
  BOOST_TEST(b.board.printed == "ok");
  BOOST_TEST(b.board.memory.reads == 1U);
  BOOST_TEST(print(begin, hvkit_longest_write) == success);
  BOOST_TEST(b.board.printed.size() == 2U + hvkit_longest_write);
  BOOST_TEST(print(begin, 0) == success);
  BOOST_TEST(print(0, 0) == success); // of nothing, nothing is missing
  b.board.printed.clear();
  for (const u64 size : {u64{hvkit_longest_write} + 1, u64{1} << 32, u64{1} << 63, all})
    BOOST_TEST(print(begin, size) == invalid_param);
  for (const auto &[at, size] : {std::pair{end - 1, u64{2}},
                                 {end, 1},
                                 {begin - 1, 2},
                                 {0, 1},
                                 {0x1000'0000, 1},
                                 {all, 1},
                                 {all, 2},
                                 {all - 100, 4096},
                                 {u64{1} << 63, 1},
                                 {end - 4095, 4096}})
    BOOST_TEST(print(at, size) == invalid_address);
  BOOST_TEST(b.board.printed.empty());
}

BOOST_AUTO_TEST_CASE(a_kernel_begins_as_firmware_starts_it) {
  system_state s;
  sbi::enter_kernel(s, false);
  BOOST_TEST(s.get(fields::mode) == privilege::supervisor);
  BOOST_TEST(s.get(w_medeleg) == 0xb1ffU); // all but ecall from S
  BOOST_TEST(s.get(w_mideleg) == 0x222U);
  BOOST_TEST(s.get(w_satp) == 0U);
  BOOST_TEST(s.get(fields::status::sie) == 0U);
  BOOST_TEST(s.get(w_mcounteren) == 7U);
  BOOST_TEST(s.get(w_menvcfg) == 0U);
  BOOST_TEST(s.get(w_stimecmp) == 0U);
}
