// SPDX-License-Identifier: BSL-1.0
// Decides what a guest sees of a 16550A serial port. Knows no baud rate: a byte is sent and received in no time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <hvkit/device/console.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::device {

/// The names of the datasheet, with offsets and bits.
namespace uart_register {
inline constexpr u64 rbr = 0, thr = 0, ier = 1, iir = 2, fcr = 2, lcr = 3, mcr = 4, lsr = 5, msr = 6, scr = 7;
inline constexpr u64 dll = 0, dlm = 1; ///< in place of RBR/THR and IER while LCR.DLAB is set
} // namespace uart_register

/// National Semiconductor's PC16550D, complete but for DMA pins, parity and line errors that a perfect line never has.
///
/// Transmission is instantaneous: the transmitter is always empty, THRE is indicated after each byte. The receive FIFO
/// holds what was looped back, then what waits in the source: a byte leaves the source only when the guest reads it, so
/// none is lost when the guest resets its FIFO, and a run depends on nothing but the guest's instructions. A byte below
/// the trigger level has by definition waited long enough for the character timeout.
/// Wider accesses than a byte give and take the low byte. Offsets from 8 on are access faults.
/// Source: PC16550D datasheet, "Registers" and "FIFO Interrupt Mode Operation".
class uart_16550a final : public hardware::device {
public:
  static constexpr u64 window = 0x100;
  static constexpr std::size_t fifo_depth = 16;

  enum ier_bits : u8 { ier_received = 1, ier_transmitter = 2, ier_line = 4, ier_modem = 8 };
  enum iir_bits : u8 {
    iir_modem = 0x0,
    iir_none = 0x1,
    iir_transmitter = 0x2,
    iir_received = 0x4,
    iir_line = 0x6,
    iir_timeout = 0xc,
    iir_fifos = 0xc0
  };
  enum fcr_bits : u8 { fcr_enable = 1, fcr_clear_receiver = 2, fcr_dma = 8, fcr_trigger = 0xc0 };
  enum lcr_bits : u8 { lcr_dlab = 0x80 };
  enum mcr_bits : u8 { mcr_dtr = 1, mcr_rts = 2, mcr_out1 = 4, mcr_out2 = 8, mcr_loop = 0x10 };
  enum lsr_bits : u8 { lsr_ready = 1, lsr_overrun = 2, lsr_holding_empty = 0x20, lsr_empty = 0x40 };
  enum msr_bits : u8 { msr_cts = 0x10, msr_dsr = 0x20, msr_ri = 0x40, msr_dcd = 0x80 };

  /// All of the device that is not wiring. Bytes still in the source are not the device's.
  struct state_type {
    u8 ier = 0, fcr = 0, lcr = 0, mcr = 0, scr = 0;
    u8 divisor_low = 0, divisor_high = 0;
    u8 modem_changes = 0;             ///< the low half of MSR
    bool transmitter_emptied = false; ///< THRE is to be indicated
    bool overrun = false;
    u8 count = 0; ///< bytes in `fifo`, the oldest first; those behind are 0
    std::array<u8, fifo_depth> fifo{};
    friend bool operator==(const state_type &, const state_type &) = default;
  };

  /// `to` and `from` must outlive the device.
  uart_16550a(byte_sink &to, byte_source &from, hardware::interrupt_line line) : to_(to), from_(from), line_(line) {}

  [[nodiscard]] maybe<u64> read(u64 offset, unsigned) override {
    if (offset > uart_register::scr)
      return {};
    const u8 value = read_register(offset);
    poll();
    return value;
  }
  [[nodiscard]] bool write(u64 offset, unsigned, u64 value) override {
    if (offset > uart_register::scr)
      return false;
    write_register(offset, static_cast<u8>(value));
    poll();
    return true;
  }
  void advance(u64) override { poll(); }
  /// The source may have more by now: drives the interrupt line accordingly.
  void poll() const { line_.set(identify() != iir_none); }

  /// Whoever replaces it calls `poll` afterwards.
  state_type state;

private:
  [[nodiscard]] bool divisor_latch() const noexcept { return (state.lcr & lcr_dlab) != 0; }
  [[nodiscard]] bool fifos() const noexcept { return (state.fcr & fcr_enable) != 0; }
  [[nodiscard]] bool loop() const noexcept { return (state.mcr & mcr_loop) != 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return fifos() ? fifo_depth : 1; }

  /// How many bytes the receiver holds.
  [[nodiscard]] std::size_t received() const {
    const std::size_t room = capacity() - state.count;
    return state.count + (loop() || room == 0 ? 0 : std::min(room, from_.available()));
  }
  [[nodiscard]] std::size_t trigger_level() const noexcept {
    constexpr std::array<u8, 4> levels{1, 4, 8, 14};
    return fifos() ? levels[extract(state.fcr, fcr_trigger)] : 1;
  }

  /// The interrupt of highest priority that is enabled and pending, as IIR names it.
  [[nodiscard]] u8 identify() const {
    if ((state.ier & ier_line) != 0 && state.overrun)
      return iir_line;
    if ((state.ier & ier_received) != 0)
      if (const std::size_t n = received(); n != 0)
        return n >= trigger_level() ? iir_received : iir_timeout;
    if ((state.ier & ier_transmitter) != 0 && state.transmitter_emptied)
      return iir_transmitter;
    return (state.ier & ier_modem) != 0 && state.modem_changes != 0 ? iir_modem : iir_none;
  }

  [[nodiscard]] u8 read_register(u64 offset) {
    namespace at = uart_register;
    switch (offset) {
    case at::rbr:
      return divisor_latch() ? state.divisor_low : receive();
    case at::ier:
      return divisor_latch() ? state.divisor_high : state.ier;
    case at::iir:
      return read_identification();
    case at::lcr:
      return state.lcr;
    case at::mcr:
      return state.mcr;
    case at::lsr:
      return read_line_status();
    case at::msr:
      return read_modem_status();
    default:
      return state.scr;
    }
  }
  void write_register(u64 offset, u8 value) {
    namespace at = uart_register;
    switch (offset) {
    case at::thr:
      return divisor_latch() ? void(state.divisor_low = value) : transmit(value);
    case at::ier:
      return divisor_latch() ? void(state.divisor_high = value) : enable_interrupts(value);
    case at::fcr:
      return control_fifos(value);
    case at::lcr:
      state.lcr = value;
      return;
    case at::mcr:
      return control_modem(value);
    case at::scr:
      state.scr = value;
      return;
    default: // LSR and MSR are for reading
      return;
    }
  }

  [[nodiscard]] u8 receive() {
    if (state.count == 0)
      return loop() ? u8{0} : from_.get().value_or(0);
    const u8 oldest = state.fifo.front();
    std::shift_left(state.fifo.begin(), state.fifo.end(), 1);
    state.fifo[--state.count] = 0;
    return oldest;
  }
  void transmit(u8 byte) {
    if (loop())
      receive_looped(byte);
    else
      to_.put(byte);
    state.transmitter_emptied = true;
  }
  /// An overrun destroys the old byte without FIFOs, the new one with them.
  void receive_looped(u8 byte) {
    if (state.count < capacity()) {
      state.fifo[state.count++] = byte;
      return;
    }
    state.overrun = true;
    if (!fifos())
      state.fifo.front() = byte;
  }

  /// Reading IIR settles a THRE indication, but only if that is what it showed.
  [[nodiscard]] u8 read_identification() {
    const u8 pending = identify();
    if (pending == iir_transmitter)
      state.transmitter_emptied = false;
    return static_cast<u8>(pending | (fifos() ? iir_fifos : 0));
  }
  [[nodiscard]] u8 read_line_status() {
    const bool ready = received() != 0;
    const bool overrun = state.overrun;
    state.overrun = false;
    return static_cast<u8>((ready ? lsr_ready : 0) | (overrun ? lsr_overrun : 0) | lsr_holding_empty | lsr_empty);
  }
  [[nodiscard]] u8 read_modem_status() {
    const u8 changes = state.modem_changes;
    state.modem_changes = 0;
    return static_cast<u8>(modem_lines(state.mcr) | changes);
  }

  /// An empty transmitter is indicated anew when its interrupt is switched on.
  void enable_interrupts(u8 value) {
    if ((value & ~state.ier & ier_transmitter) != 0)
      state.transmitter_emptied = true;
    state.ier = value & (ier_received | ier_transmitter | ier_line | ier_modem);
  }
  /// The other bits count only together with the enable bit; changing that one empties the FIFOs.
  void control_fifos(u8 value) {
    const bool enable = (value & fcr_enable) != 0;
    if (enable != fifos() || (enable && (value & fcr_clear_receiver) != 0)) {
      state.fifo = {};
      state.count = 0;
    }
    state.fcr = enable ? static_cast<u8>(value & (fcr_enable | fcr_dma | fcr_trigger)) : u8{0};
  }
  void control_modem(u8 value) {
    const unsigned before = modem_lines(state.mcr);
    state.mcr = value & (mcr_dtr | mcr_rts | mcr_out1 | mcr_out2 | mcr_loop);
    const unsigned after = modem_lines(state.mcr);
    // Of the ring indicator only the end counts (TERI).
    const unsigned changed = (before ^ after) & ~(after & msr_ri);
    state.modem_changes = static_cast<u8>(state.modem_changes | (changed >> 4));
  }
  /// The high half of MSR: a modem that is always there, or in loopback the four outputs of MCR.
  [[nodiscard]] static u8 modem_lines(u8 mcr) noexcept {
    if ((mcr & mcr_loop) == 0)
      return msr_cts | msr_dsr | msr_dcd;
    return static_cast<u8>(((mcr & mcr_rts) != 0 ? msr_cts : 0) | ((mcr & mcr_dtr) != 0 ? msr_dsr : 0) |
                           ((mcr & mcr_out1) != 0 ? msr_ri : 0) | ((mcr & mcr_out2) != 0 ? msr_dcd : 0));
  }

  byte_sink &to_;
  byte_source &from_;
  hardware::interrupt_line line_;
};

} // namespace hvkit::device
