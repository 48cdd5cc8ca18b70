// SPDX-License-Identifier: BSL-1.0
// Shows that the serial port does what the PC16550D's datasheet says, register by register.
#include <string>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/uart_16550a.hpp>

#include "support/wires.hpp"

using namespace hvkit;
using device::uart_16550a;
namespace at = hvkit::device::uart_register;

namespace {

constexpr unsigned wire = 10;

struct bench {
  device::collected_bytes output;
  device::queued_bytes input;
  tests::lines cpu;
  uart_16550a uart{output, input, {cpu, wire}};

  u64 get(u64 offset, unsigned size = 1) { return uart.read(offset, size).value(); }
  void set(u64 offset, u64 value, unsigned size = 1) { BOOST_REQUIRE(uart.write(offset, size, value)); }
  void arrive(std::string_view text) {
    input.push(text);
    uart.poll();
  }
  [[nodiscard]] bool interrupting() const { return cpu[wire]; }
};

constexpr u64 idle_line = 0x60; // LSR: transmitter empty, nothing received

} // namespace

BOOST_AUTO_TEST_CASE(out_of_reset_it_is_quiet) {
  bench b;
  BOOST_TEST(b.get(at::ier) == 0u);
  BOOST_TEST(b.get(at::iir) == 0x01u);
  BOOST_TEST(b.get(at::lcr) == 0u);
  BOOST_TEST(b.get(at::mcr) == 0u);
  BOOST_TEST(b.get(at::lsr) == idle_line);
  BOOST_TEST(b.get(at::msr) == 0xb0u);
  BOOST_TEST(!b.interrupting());
}

BOOST_AUTO_TEST_CASE(what_is_sent_comes_out_at_once) {
  bench b;
  for (const char c : std::string("hello")) {
    b.set(at::thr, static_cast<u8>(c));
    BOOST_TEST(b.get(at::lsr) == idle_line);
  }
  BOOST_TEST(b.output.text() == "hello");
}

BOOST_AUTO_TEST_CASE(wider_accesses_give_and_take_the_low_byte) {
  bench b;
  for (const unsigned size : {1U, 2U, 4U, 8U}) {
    b.set(at::scr, 0x1234'5678'9abc'de00 + size, size);
    BOOST_TEST(b.get(at::scr, size) == size);
  }
  BOOST_TEST(b.output.text().empty());
  BOOST_TEST(!b.uart.read(8, 1));
  BOOST_TEST(!b.uart.write(8, 1, 0));
  BOOST_TEST(!b.uart.read(uart_16550a::window - 8, 8));
}

BOOST_AUTO_TEST_CASE(the_divisor_is_behind_dlab) {
  bench b;
  b.set(at::lcr, 0x83);
  b.set(at::dll, 0x34);
  b.set(at::dlm, 0x12);
  BOOST_TEST(b.get(at::dll) == 0x34u);
  BOOST_TEST(b.get(at::dlm) == 0x12u);
  b.set(at::lcr, 0x03);
  BOOST_TEST(b.get(at::ier) == 0u);
  b.arrive("x");
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('x'));
  BOOST_TEST(b.output.text().empty());
  BOOST_TEST(b.get(at::lcr) == 0x03u);
}

BOOST_AUTO_TEST_CASE(bits_that_do_not_exist_stay_0) {
  bench b;
  b.set(at::ier, 0xf0);
  BOOST_TEST(b.get(at::ier) == 0u);
  b.set(at::mcr, 0xe0);
  BOOST_TEST(b.get(at::mcr) == 0u);
  b.set(at::lsr, 0xff);
  b.set(at::msr, 0xff);
  BOOST_TEST(b.get(at::lsr) == idle_line);
  BOOST_TEST(b.get(at::msr) == 0xb0u);
}

BOOST_AUTO_TEST_CASE(input_waits_until_it_is_read) {
  bench b;
  b.arrive("ab");
  BOOST_TEST(b.get(at::lsr) == (idle_line | 1));
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('a'));
  b.set(at::fcr, 0x07); // a reset of the FIFO loses nothing that was not received
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('b'));
  BOOST_TEST(b.get(at::lsr) == idle_line);
  BOOST_TEST(b.get(at::rbr) == 0u);
}

BOOST_AUTO_TEST_CASE(received_data_interrupts_until_read) {
  bench b;
  b.set(at::ier, 1);
  BOOST_TEST(!b.interrupting());
  b.arrive("ab");
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x04u);
  BOOST_TEST(b.interrupting());
  static_cast<void>(b.get(at::rbr));
  BOOST_TEST(b.interrupting());
  static_cast<void>(b.get(at::rbr));
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x01u);
}

BOOST_AUTO_TEST_CASE(below_the_trigger_level_it_is_a_timeout) {
  const unsigned levels[] = {1, 4, 8, 14};
  for (unsigned code = 0; code < 4; ++code) {
    bench b;
    b.set(at::fcr, 0x01 | code << 6);
    b.set(at::ier, 1);
    BOOST_TEST(b.get(at::iir) == 0xc1u);
    for (unsigned n = 1; n <= 20; ++n) {
      b.arrive("x");
      BOOST_TEST(b.interrupting());
      BOOST_TEST(b.get(at::iir) == (n >= levels[code] ? 0xc4u : 0xccu));
    }
  }
}

BOOST_AUTO_TEST_CASE(without_its_enable_bit_fcr_changes_nothing) {
  bench b;
  b.set(at::fcr, 0xc0);
  BOOST_TEST(b.get(at::iir) == 0x01u);
  b.set(at::ier, 1);
  b.arrive("x");
  BOOST_TEST(b.get(at::iir) == 0x04u);
  b.set(at::fcr, 0x81);
  BOOST_TEST(b.get(at::iir) == 0xccu);
  b.set(at::fcr, 0x00);
  BOOST_TEST(b.get(at::iir) == 0x04u);
}

BOOST_AUTO_TEST_CASE(reading_iir_settles_the_empty_transmitter) {
  bench b;
  b.set(at::ier, 2);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x02u);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x01u);
  b.set(at::thr, 'x');
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x02u);
  BOOST_TEST(b.get(at::iir) == 0x01u);
  b.set(at::ier, 2); // it was on: no new indication
  BOOST_TEST(!b.interrupting());
  b.set(at::ier, 0);
  b.set(at::ier, 2);
  BOOST_TEST(b.interrupting());
}

BOOST_AUTO_TEST_CASE(reading_iir_settles_only_what_it_showed) {
  bench b;
  b.set(at::ier, 3);
  b.arrive("x");
  BOOST_TEST(b.get(at::iir) == 0x04u);
  static_cast<void>(b.get(at::rbr));
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x02u);
  BOOST_TEST(!b.interrupting());
}

BOOST_AUTO_TEST_CASE(loopback_receives_what_it_sends) {
  bench b;
  b.set(at::mcr, 0x10);
  b.input.push("outside");
  BOOST_TEST(b.get(at::lsr) == idle_line);
  BOOST_TEST(b.get(at::rbr) == 0u);
  b.set(at::thr, 'q');
  BOOST_TEST(b.output.text().empty());
  BOOST_TEST(b.get(at::lsr) == (idle_line | 1));
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('q'));
  b.set(at::mcr, 0);
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('o'));
}

BOOST_AUTO_TEST_CASE(an_overrun_destroys_the_old_byte_without_fifos) {
  bench b;
  b.set(at::mcr, 0x10);
  b.set(at::ier, 5);
  b.set(at::thr, '1');
  b.set(at::thr, '2');
  BOOST_TEST(b.get(at::iir) == 0x06u);
  BOOST_TEST(b.get(at::lsr) == (idle_line | 3));
  BOOST_TEST(b.get(at::lsr) == (idle_line | 1));
  BOOST_TEST(b.get(at::iir) == 0x04u);
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('2'));
  BOOST_TEST(!b.interrupting());
}

BOOST_AUTO_TEST_CASE(an_overrun_destroys_the_new_byte_with_fifos) {
  bench b;
  b.set(at::fcr, 0x01);
  b.set(at::mcr, 0x10);
  for (unsigned n = 0; n < 16; ++n)
    b.set(at::thr, 'a' + n);
  BOOST_TEST(b.get(at::lsr) == (idle_line | 1));
  b.set(at::thr, 'z');
  BOOST_TEST(b.get(at::lsr) == (idle_line | 3));
  b.set(at::mcr, 0); // what was looped back comes before what the line has
  b.input.push("!");
  for (unsigned n = 0; n < 16; ++n)
    BOOST_TEST(b.get(at::rbr) == 'a' + n);
  BOOST_TEST(b.get(at::rbr) == static_cast<u8>('!'));
  BOOST_TEST((b.uart.state.fifo == std::array<u8, 16>{}));
}

BOOST_AUTO_TEST_CASE(resets_empty_the_receiver) {
  for (const u8 control : {u8{0x03}, u8{0x00}}) { // a reset, and a change of mode
    bench b;
    b.set(at::fcr, 0x01);
    b.set(at::mcr, 0x10);
    b.set(at::thr, 'x');
    b.set(at::fcr, control);
    BOOST_TEST(b.get(at::lsr) == idle_line);
    b.set(at::fcr, 0x01);
    b.set(at::thr, 'y');
    b.set(at::fcr, 0x01); // neither
    BOOST_TEST(b.get(at::rbr) == static_cast<u8>('y'));
  }
}

BOOST_AUTO_TEST_CASE(loopback_connects_the_modem_lines) {
  for (unsigned outputs = 0; outputs < 16; ++outputs) {
    bench b;
    b.set(at::mcr, 0x10 | outputs);
    const unsigned dtr = outputs & 1, rts = outputs >> 1 & 1, out1 = outputs >> 2 & 1, out2 = outputs >> 3 & 1;
    BOOST_TEST((b.get(at::msr) & 0xf0) == (rts << 4 | dtr << 5 | out1 << 6 | out2 << 7));
  }
}

BOOST_AUTO_TEST_CASE(changes_of_modem_lines_are_told_once) {
  bench b;
  b.set(at::mcr, 0x10); // CTS, DSR and DCD fall
  BOOST_TEST(b.get(at::msr) == 0x0bu);
  BOOST_TEST(b.get(at::msr) == 0x00u);
  b.set(at::ier, 8);
  b.set(at::mcr, 0x14); // RI rises: no matter
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.get(at::msr) == 0x40u);
  b.set(at::mcr, 0x10); // RI falls
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.get(at::iir) == 0x00u);
  BOOST_TEST(b.get(at::msr) == 0x04u);
  BOOST_TEST(!b.interrupting());
}

BOOST_AUTO_TEST_CASE(interrupts_have_priorities) {
  bench b;
  b.set(at::mcr, 0x10);
  b.set(at::ier, 15);
  b.set(at::thr, '1');
  b.set(at::thr, '2');
  BOOST_TEST(b.get(at::iir) == 0x06u);
  static_cast<void>(b.get(at::lsr));
  BOOST_TEST(b.get(at::iir) == 0x04u);
  static_cast<void>(b.get(at::rbr));
  BOOST_TEST(b.get(at::iir) == 0x02u);
  BOOST_TEST(b.get(at::iir) == 0x00u);
  static_cast<void>(b.get(at::msr));
  BOOST_TEST(b.get(at::iir) == 0x01u);
}

BOOST_AUTO_TEST_CASE(state_is_all_there_is) {
  bench b, other;
  b.set(at::fcr, 0xc1);
  b.set(at::mcr, 0x1a);
  b.set(at::ier, 3);
  b.set(at::thr, 'k');
  other.uart.state = b.uart.state;
  other.uart.advance(0);
  BOOST_TEST(other.interrupting() == b.interrupting());
  for (u64 offset = 0; offset < 8; ++offset)
    BOOST_TEST(other.get(offset) == b.get(offset));
  BOOST_TEST((other.uart.state == b.uart.state));
}

BOOST_AUTO_TEST_CASE(a_bounded_collector_drops_the_rest) {
  device::collected_bytes c(3);
  for (const char x : std::string("abcde"))
    c.put(static_cast<u8>(x));
  BOOST_TEST(c.text() == "abc");
  BOOST_TEST(c.dropped() == 2u);
}
