// SPDX-License-Identifier: BSL-1.0
// Decides what a device is to whoever reaches it by address, by wire and by clock. Knows no device.
#pragma once

#include <algorithm>
#include <vector>

#include <hvkit/core/access.hpp>
#include <hvkit/core/address.hpp>

namespace hvkit::hardware {

/// No event is due.
inline constexpr u64 never = ~u64{0};

/// The one source of time: instructions retired plus instruction times spent idle, since reset.
struct instruction_clock {
  virtual ~instruction_clock() = default;
  /// Never goes back.
  [[nodiscard]] virtual u64 now() const = 0;
};

/// What a CPU reads as its clock, where that is more than the count of instructions.
struct tick_source {
  virtual ~tick_source() = default;
  /// In units of the source's own.
  [[nodiscard]] virtual u64 ticks() const = 0;
  /// When `ticks() >= value`, unsigned, changes by itself next, on the instruction clock; or never.
  [[nodiscard]] virtual u64 next_change(u64 value) const = 0;
};

/// Where interrupt lines end: an interrupt controller or a CPU. Setting a line to the level it has does nothing.
struct interrupt_sink {
  virtual ~interrupt_sink() = default;
  /// `line` is numbered as the sink numbers its inputs; `level` is true while something asks.
  virtual void set_level(unsigned line, bool level) = 0;
};

/// Who says which interrupt it is when a CPU takes one whose number does not come with the line.
struct vector_source {
  virtual ~vector_source() = default;
  /// The vector of the interrupt that is served from now on.
  [[nodiscard]] virtual u8 acknowledge() = 0;
};

/// One end of a wire, held by the device that drives it. May be left unconnected.
class interrupt_line {
public:
  interrupt_line() = default;
  interrupt_line(interrupt_sink &to, unsigned number) : sink_(&to), number_(number) {}
  void set(bool level) const {
    if (sink_ != nullptr)
      sink_->set_level(number_, level);
  }

private:
  interrupt_sink *sink_ = nullptr;
  unsigned number_ = 0;
};

/// A device with registers in memory. Whatever a guest reads or writes, and however wide, the answer is a value:
/// nothing means that the bus answers with an access fault.
struct device {
  virtual ~device() = default;
  /// `size` is 1, 2, 4 or 8 bytes; `offset` counts from the device's first register.
  [[nodiscard]] virtual maybe<u64> read(u64 offset, unsigned size) = 0;
  /// The same, for `size` low bytes of `value`; false is the access fault.
  [[nodiscard]] virtual bool write(u64 offset, unsigned size, u64 value) = 0;
  /// When something will happen by itself, on the instruction clock.
  [[nodiscard]] virtual u64 next_event() const { return never; }
  /// Time has come to `now`: drive the lines accordingly.
  virtual void advance(u64 now) { static_cast<void>(now); }
};

/// Which device answers at which physical address.
class bus {
public:
  /// Attaches `d` at [base, base + size). Returns false, and attaches nothing, if the range is empty, wraps, or
  /// overlaps another device's.
  [[nodiscard]] bool attach(gpa base, u64 size, device &d) {
    if (size == 0 || base.value + (size - 1) < base.value)
      return false;
    for (const range &r : ranges_)
      if (base.value <= r.last && r.first <= base.value + (size - 1))
        return false;
    ranges_.push_back({base.value, base.value + (size - 1), &d});
    return true;
  }
  /// Takes `d` off the bus, wherever it is attached.
  void detach(const device &d) {
    std::erase_if(ranges_, [&](const range &r) { return r.to == &d; });
  }

  /// `size` is 1, 2, 4 or 8; an access that is not wholly inside one device reaches none.
  [[nodiscard]] maybe<u64> read(gpa at, unsigned size) const {
    const range *r = find(at, size);
    return r != nullptr ? r->to->read(at.value - r->first, size) : maybe<u64>{};
  }
  /// Writes to the device there; false where there is none, or it refuses.
  [[nodiscard]] bool write(gpa at, unsigned size, u64 value) const {
    const range *r = find(at, size);
    return r != nullptr && r->to->write(at.value - r->first, size, value);
  }

  /// The earliest event of any device, on the instruction clock.
  [[nodiscard]] u64 next_event() const {
    u64 next = never;
    for (const range &r : ranges_)
      next = std::min(next, r.to->next_event());
    return next;
  }
  /// Tells every device that time has come to `now`.
  void advance(u64 now) const {
    for (const range &r : ranges_)
      r.to->advance(now);
  }

private:
  struct range {
    u64 first;
    u64 last; ///< included
    device *to;
  };
  [[nodiscard]] const range *find(gpa at, unsigned size) const {
    for (const range &r : ranges_)
      if (at.value >= r.first && at.value <= r.last && size - 1 <= r.last - at.value)
        return &r;
    return nullptr;
  }

  std::vector<range> ranges_;
};

} // namespace hvkit::hardware
