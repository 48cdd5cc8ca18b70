// SPDX-License-Identifier: BSL-1.0
// Tests what the manual says of floating-point instructions case by case, and that the host's arithmetic is the exact
// one.
// Source: The RISC-V Instruction Set Manual, Volume I, "F" and "D" Extensions for Floating-Point.
#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/hardware/engine/step.hpp>
#include <hvkit/hardware/hart.hpp>
#include <hvkit/isa/assembler.hpp>

#include "support/float_values.hpp"
#include "support/gate.hpp"

using namespace hvkit;
using namespace hvkit::cpu::riscv;
using cpu::rv64;

namespace {

constexpr u64 one = 0x3ff0000000000000, infinity = 0x7ff0000000000000, quiet = 0x7ff8000000000000;
constexpr u64 signaling = 0x7ff0000000000001, minus = bit(63), other_nan = 0xfff8000000001234;
constexpr u64 box = 0xffffffff00000000;
constexpr u64 one_s = box | 0x3f800000, infinity_s = box | 0x7f800000, nan_s = box | 0x7fc00000;
constexpr u64 signaling_s = box | 0x7f800001, minus_s = 0x80000000;
constexpr u64 nx = fflag::nx, uf = fflag::uf, of = fflag::of, dz = fflag::dz, nv = fflag::nv;

/// One hart that runs an instruction on f10 to f12 and x10.
class bench {
public:
  bench() { hart_.system().set(fields::status::fs, extension_status::initial); }
  struct result {
    u64 f = 0, x = 0, flags = 0;
  };
  result run(const std::string &text, u64 a, u64 b = 0, u64 c = 0, u64 frm = 0) {
    const auto code = isa::assemble_text<rv64>(0, text);
    BOOST_TEST_REQUIRE(code.error == "");
    u32 word = 0;
    std::memcpy(&word, code.bytes().data(), code.bytes().size());
    auto &user = hart_.user();
    user.f[10] = a, user.f[11] = b, user.f[12] = c, user.x[10] = a, user.fcsr = frm << 5;
    BOOST_TEST_REQUIRE(hart_.execute(isa::decode<rv64>(word)));
    return {user.f[13], user.x[13], user.fcsr & 31};
  }

private:
  hardware::physical_memory memory_{hpa{0}, frame_size};
  hardware::hart<rv64, engine::step::over> hart_{memory_};
};

void gives_f(const std::string &text, u64 a, u64 b, u64 c, u64 f, u64 flags, u64 frm = 0) {
  const auto r = bench().run(text, a, b, c, frm);
  BOOST_TEST(r.f == f, text << ": " << std::hex << r.f << " and not " << f);
  BOOST_TEST(r.flags == flags, text << " raises " << r.flags << " and not " << flags);
}
void gives_x(const std::string &text, u64 a, u64 b, u64 x, u64 flags, u64 frm = 0) {
  const auto r = bench().run(text, a, b, 0, frm);
  BOOST_TEST(r.x == x, text << std::hex << " of " << a << ": " << r.x << " and not " << x);
  BOOST_TEST(r.flags == flags, text << std::hex << " of " << a << " raises " << r.flags << " and not " << flags);
}

template <class T> void host_agrees(u64 count) {
  using narrow_or_wide = std::conditional_t<T::width == 32, f64, f32>;
  tests::float_values values(tests::seed());
  const auto same = [](const auto &host, const auto &here, const char *what) {
    BOOST_REQUIRE_MESSAGE(host.value == here.value && host.flags == here.flags,
                          what << ": " << std::hex << host.value.bits << " flags " << host.flags << ", exactly "
                               << here.value.bits << " flags " << here.flags);
  };
  for (u64 n = 0; n < count; ++n) {
    const T a = values.any<T>(), b = values.any<T>(), c = values.any<T>();
    for (const rounding m : {rounding::nearest_even, rounding::to_zero, rounding::down, rounding::up}) {
      same(add(a, b, m), exact::add(a, b, m), "add");
      same(multiply(a, b, m), exact::multiply(a, b, m), "multiply");
      same(divide(a, b, m), exact::divide(a, b, m), "divide");
      same(square_root(a, m), exact::square_root(a, m), "square root");
      same(multiply_add(a, b, c, m), exact::multiply_add(a, b, c, m), "multiply and add");
      same(convert<narrow_or_wide>(a, m), exact::convert<narrow_or_wide>(a, m), "convert");
    }
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(the_host_computes_what_is_exact) {
  host_agrees<f32>(tests::amount(50'000, 1'000'000, 50'000'000));
  host_agrees<f64>(tests::amount(50'000, 1'000'000, 50'000'000));
}
/// The fifth rounding mode differs from the first in ties alone.
static_assert(exact::add(f64{one}, f64{0x3ca0000000000000}, rounding::nearest_even).value.bits == one);
static_assert(exact::add(f64{one}, f64{0x3ca0000000000000}, rounding::nearest_away).value.bits == one + 1);

BOOST_AUTO_TEST_CASE(rounding_modes) {
  const u64 half_ulp = 0x3ca0000000000000;
  for (const char *up : {"rup", "rmm"})
    gives_f(std::string("fadd.d fa3, fa0, fa1, ") + up, one, half_ulp, 0, one + 1, nx);
  for (const char *down : {"rne", "rtz", "rdn"})
    gives_f(std::string("fadd.d fa3, fa0, fa1, ") + down, one, half_ulp, 0, one, nx);
  gives_f("fadd.d fa3, fa0, fa1, rmm", one | minus, half_ulp | minus, 0, (one + 1) | minus, nx);
  gives_f("fadd.d fa3, fa0, fa1", one, half_ulp, 0, one + 1, nx, 3); // by frm
  gives_f("fadd.d fa3, fa0, fa1", one, half_ulp, 0, one + 1, nx, 4);
  gives_f("fsub.d fa3, fa0, fa1, rdn", one, one, 0, minus, 0); // zero of a sum that cancels
  gives_f("fsub.d fa3, fa0, fa1, rne", one, one, 0, 0, 0);
}
BOOST_AUTO_TEST_CASE(nans_are_canonical) {
  gives_f("fadd.d fa3, fa0, fa1", one, other_nan, 0, quiet, 0);
  gives_f("fadd.d fa3, fa0, fa1", one, signaling, 0, quiet, nv);
  gives_f("fsub.d fa3, fa0, fa1", infinity, infinity, 0, quiet, nv);
  gives_f("fsqrt.d fa3, fa0", one | minus, 0, 0, quiet, nv);
  gives_f("fsqrt.d fa3, fa0", minus, 0, 0, minus, 0);
  gives_f("fcvt.s.d fa3, fa0", other_nan, 0, 0, nan_s, 0);
  gives_f("fcvt.d.s fa3, fa0", signaling_s, 0, 0, quiet, nv);
  gives_f("fmadd.d fa3, fa0, fa1, fa2", infinity, 0, other_nan, quiet, nv); // though a quiet NaN is there
  gives_f("fnmadd.s fa3, fa0, fa1, fa2", box, infinity_s, nan_s, nan_s, nv);
}
BOOST_AUTO_TEST_CASE(values_not_boxed_are_nans) {
  gives_f("fadd.s fa3, fa0, fa1", 0x3f800000, one_s, 0, nan_s, 0);
  gives_f("fsgnjn.s fa3, fa0, fa1", 0x3f800000, one_s, 0, nan_s | minus_s, 0);
  gives_x("fclass.s a3, fa0", 0x3f800000, 0, bit(9), 0);
  gives_x("fmv.x.w a3, fa0", 0x00000000bf800000, 0, 0xffffffffbf800000, 0); // takes the bits as they are
  gives_f("fmv.w.x fa3, a0", 0x12345678bf800000, 0, 0, box | 0xbf800000, 0);
  gives_x("feq.s a3, fa0, fa1", 0x3f800000, 0x3f800000, 0, 0);
}
BOOST_AUTO_TEST_CASE(overflow_underflow_and_division) {
  const u64 greatest = 0x7fefffffffffffff, least_normal = 0x0010000000000000;
  gives_f("fadd.d fa3, fa0, fa1", greatest, greatest, 0, infinity, of | nx);
  gives_f("fadd.d fa3, fa0, fa1, rtz", greatest, greatest, 0, greatest, of | nx);
  gives_f("fadd.d fa3, fa0, fa1, rup", greatest | minus, greatest | minus, 0, greatest | minus, of | nx);
  gives_f("fdiv.d fa3, fa0, fa1", one, minus, 0, infinity | minus, dz);
  gives_f("fdiv.d fa3, fa0, fa1", 0, 0, 0, quiet, nv);
  // Tininess is detected after rounding: this rounds to the least normal number, and would with any exponent.
  gives_f("fmul.d fa3, fa0, fa1", least_normal + 1, one - 1, 0, least_normal, nx);
  gives_f("fmul.d fa3, fa0, fa1", least_normal, one - 2, 0, least_normal - 1, 0);
  gives_f("fmul.d fa3, fa0, fa1", least_normal, one - 1, 0, least_normal, uf | nx);
  gives_f("fmul.d fa3, fa0, fa1, rmm", 1, one - 1, 0, 1, uf | nx);
}
BOOST_AUTO_TEST_CASE(least_and_greatest) {
  gives_f("fmin.d fa3, fa0, fa1", 0, minus, 0, minus, 0);
  gives_f("fmax.d fa3, fa0, fa1", minus, 0, 0, 0, 0);
  gives_f("fmin.d fa3, fa0, fa1", one, quiet, 0, one, 0);
  gives_f("fmax.d fa3, fa0, fa1", signaling, one, 0, one, nv);
  gives_f("fmin.s fa3, fa0, fa1", signaling_s, nan_s, 0, nan_s, nv);
  gives_f("fmax.d fa3, fa0, fa1", other_nan, other_nan, 0, quiet, 0);
}
BOOST_AUTO_TEST_CASE(comparisons) {
  gives_x("feq.d a3, fa0, fa1", quiet, one, 0, 0);
  gives_x("feq.d a3, fa0, fa1", signaling, one, 0, nv);
  gives_x("flt.d a3, fa0, fa1", quiet, one, 0, nv);
  gives_x("fle.d a3, fa0, fa1", quiet, quiet, 0, nv);
  gives_x("feq.d a3, fa0, fa1", 0, minus, 1, 0);
  gives_x("flt.d a3, fa0, fa1", minus, 0, 0, 0);
  gives_x("fle.d a3, fa0, fa1", 0, minus, 1, 0);
  gives_x("flt.s a3, fa0, fa1", infinity_s | minus_s, one_s, 1, 0);
}
BOOST_AUTO_TEST_CASE(classes) {
  const u64 values[] = {infinity | minus, one | minus, 1 | minus, minus, 0, 1, one, infinity, signaling, quiet};
  for (unsigned n = 0; n < std::size(values); ++n)
    gives_x("fclass.d a3, fa0", values[n], 0, bit(n), 0);
}
/// The table "Domains of float-to-integer conversions and behavior for invalid inputs".
BOOST_AUTO_TEST_CASE(conversions_to_integers_saturate) {
  struct {
    const char *name;
    u64 least, greatest;
  } const rows[] = {{"fcvt.w.d", 0xffffffff80000000, 0x7fffffff},
                    {"fcvt.wu.d", 0, ~u64{0}},
                    {"fcvt.l.d", minus, minus - 1},
                    {"fcvt.lu.d", 0, ~u64{0}}};
  const u64 large = 0x43f0000000000000; // 2^64
  for (const auto &row : rows) {
    const std::string text = row.name + std::string(" a3, fa0");
    for (const u64 v : {infinity, large, quiet, other_nan, signaling})
      gives_x(text, v, 0, row.greatest, nv);
    for (const u64 v : {infinity | minus, large | minus})
      gives_x(text, v, 0, row.least, nv);
  }
  gives_x("fcvt.wu.d a3, fa0", 0xbfe0000000000000, 0, 0, nx); // -0.5
  gives_x("fcvt.wu.d a3, fa0, rdn", 0xbfe0000000000000, 0, 0, nv);
  gives_x("fcvt.w.d a3, fa0", 0xc1e0000000000000, 0, 0xffffffff80000000, 0);
  gives_x("fcvt.w.d a3, fa0", 0xc1e0000000100000, 0, 0xffffffff80000000, nx); // -2^31 - 0.5 to even
  gives_x("fcvt.w.d a3, fa0, rmm", 0xc1e0000000100000, 0, 0xffffffff80000000, nv);
  gives_x("fcvt.lu.s a3, fa0", infinity_s, 0, ~u64{0}, nv);
  gives_x("fcvt.l.d a3, fa0, rmm", 0x4004000000000000, 0, 3, nx); // 2.5
  gives_x("fcvt.l.d a3, fa0", 0x4004000000000000, 0, 2, nx);
}
BOOST_AUTO_TEST_CASE(conversions_from_integers) {
  gives_f("fcvt.d.w fa3, a0", 0x12345678ffffffff, 0, 0, one | minus, 0);
  gives_f("fcvt.d.wu fa3, a0", 0xffffffffffffffff, 0, 0, 0x41efffffffe00000, 0);
  gives_f("fcvt.d.lu fa3, a0", ~u64{0}, 0, 0, 0x43f0000000000000, nx);
  gives_f("fcvt.d.lu fa3, a0, rtz", ~u64{0}, 0, 0, 0x43efffffffffffff, nx);
  gives_f("fcvt.s.l fa3, a0, rdn", 0, 0, 0, box, 0);
  gives_f("fcvt.d.lu fa3, a0, rdn", 0, 0, 0, 0, 0);
  gives_f("fcvt.s.w fa3, a0, rmm", 0x1000001, 0, 0, box | 0x4b800001, nx);
}
