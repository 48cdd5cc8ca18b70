// SPDX-License-Identifier: BSL-1.0
// Decides which devices the hardware has, who has each of them, and when one may be reached without the VMM. Knows no
// device by kind.
//
//   guest --registers--> VM's bus ----trapped----> device
//     |                                              ^
//     +--page mapped--> hardware's bus ----direct----+        device --wire--> VMM --wire--> the guest's controller
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hvkit/core/address.hpp>
#include <hvkit/hardware/bus.hpp>

namespace hvkit::hardware {

/// How a guest's accesses reach a device that was assigned to it.
enum class passage : u8 {
  trapped, ///< each is an exit; the VMM makes it for the guest
  direct   ///< by the hardware itself: the device's pages are mapped
};

/// Why a device is not assigned, or not put onto the hardware.
enum class refusal : u8 {
  none,
  unknown,       ///< there is no such device
  taken,         ///< another guest has it
  masters,       ///< it reaches memory by itself
  shares_a_page, ///< another device has registers in one of its pages
  unaligned,     ///< its offset in a page is another one for the guest
  occupied,      ///< something else is at that address
  no_pages       ///< the composition cannot map a page of registers
};
/// The same as a sentence's end.
[[nodiscard]] constexpr std::string_view text_of(refusal why) noexcept {
  constexpr std::string_view texts[] = {
      "",
      "there is no such device",
      "another guest has it: withdraw it first",
      "it reaches memory by itself, and without an IOMMU what a guest tells it are the hardware's addresses",
      "another device has registers in the same page, and a page is mapped as a whole",
      "pages are mapped as a whole: its place in a page must be the same for the guest",
      "something else is at that address",
      "this VMM has no page tables for its guests in which it could be mapped"};
  return texts[static_cast<unsigned>(why)];
}

/// A device's way to interrupt: it leads to its owner's controller, or nowhere.
class wire final : public interrupt_sink {
public:
  /// `changed` is called when the level is another one than before: an interrupt of the hardware.
  explicit wire(std::function<void()> changed) : changed_(std::move(changed)) {}
  void set_level(unsigned, bool level) override {
    if (std::exchange(level_, level) == level)
      return;
    to_.set(level);
    changed_();
  }
  void lead(interrupt_line to) {
    to_.set(false);
    to_ = to;
    to_.set(level_);
  }

private:
  std::function<void()> changed_;
  interrupt_line to_;
  bool level_ = false;
};

/// A device of the hardware, as whoever builds the hardware describes it.
struct device_description {
  std::string name;
  device *registers = nullptr;      ///< must outlive the allocator
  hpa place{};                      ///< of the first of them
  u64 size = 0;                     ///< bytes
  bool masters = false;             ///< it reaches memory by itself (DMA)
  wire *out = nullptr;              ///< one of the allocator's, to which it was connected when it was made
  std::function<void()> reset = {}; ///< makes it forget its owner
};

/// The one allocator of a VMM's devices. Each has one owner at most: a guest, by number.
class device_allocator {
public:
  /// Which device, in the order in which they were added.
  using id = std::size_t;
  static constexpr std::size_t nobody = ~std::size_t{0};

  /// `interrupted` is called when a device changes its wire. No device lies where memory is.
  device_allocator(std::function<void()> interrupted, hpa memory, u64 size)
      : interrupted_(std::move(interrupted)), memory_(memory), memory_size_(size) {}
  device_allocator(const device_allocator &) = delete;
  device_allocator &operator=(const device_allocator &) = delete;

  /// The hardware's own bus.
  [[nodiscard]] const bus &devices() const noexcept { return bus_; }
  /// A wire for a device that is yet to be made. It lives as long as the allocator.
  [[nodiscard]] wire &new_wire() { return *wires_.emplace_back(std::make_unique<wire>(interrupted_)); }
  /// Puts a device onto the hardware. Nothing where memory or another device is at its place.
  [[nodiscard]] maybe<id> add(device_description what) {
    const bool wraps = what.place.value + what.size < what.place.value;
    const bool in_memory =
        what.place.value < memory_.value + memory_size_ && memory_.value < what.place.value + what.size;
    if (what.registers == nullptr || wraps || in_memory ||
        !bus_.attach(gpa{what.place.value}, what.size, *what.registers))
      return {};
    entries_.push_back({std::move(what)});
    return entries_.size() - 1;
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] const device_description &at(id which) const { return entries_[which].what; }
  [[nodiscard]] std::size_t owner(id which) const { return entries_[which].owner; }
  [[nodiscard]] passage how(id which) const { return entries_[which].how; }

  /// Whether `which` may become `owner`'s at `to` in a guest's address space; if directly, also why that is not safe.
  [[nodiscard]] refusal check(id which, std::size_t owner, gpa to, passage how) const {
    if (which >= entries_.size())
      return refusal::unknown;
    const entry &e = entries_[which];
    if (e.owner != nobody && e.owner != owner)
      return refusal::taken;
    if (e.what.masters)
      return refusal::masters;
    if (how == passage::trapped)
      return refusal::none;
    if (frame_offset(to.value) != frame_offset(e.what.place.value))
      return refusal::unaligned;
    for (const entry &other : entries_)
      if (&other != &e && first_frame(other) <= last_frame(e) && first_frame(e) <= last_frame(other))
        return refusal::shares_a_page;
    return refusal::none;
  }
  /// Notes the new owner, whose bus it is on at `to` from now on. `check` found nothing.
  [[nodiscard]] refusal assign(id which, std::size_t owner, bus &on, gpa to, interrupt_line line, passage how) {
    if (const refusal why = check(which, owner, to, how); why != refusal::none)
      return why;
    entry &e = entries_[which];
    withdraw(which);
    if (!on.attach(to, e.what.size, *e.what.registers))
      return refusal::occupied;
    e.owner = owner;
    e.on = &on;
    e.to = to;
    e.how = how;
    if (e.what.out != nullptr)
      e.what.out->lead(line);
    return refusal::none;
  }
  /// Takes it from its owner. It forgets all that the owner did with it.
  void withdraw(id which) {
    entry &e = entries_[which];
    if (e.owner == nobody)
      return;
    e.on->detach(*e.what.registers);
    e.owner = nobody;
    if (e.what.out != nullptr)
      e.what.out->lead({});
    if (e.what.reset)
      e.what.reset();
  }
  /// The page of registers that lies at `at` for that guest, if a device of which it has one directly does.
  [[nodiscard]] maybe<hpa> page(std::size_t owner, gpa at) const {
    for (const entry &e : entries_)
      if (e.owner == owner && e.how == passage::direct &&
          frame_base(at.value) - frame_base(e.to.value) <= (last_frame(e) - first_frame(e)) << frame_bits)
        return hpa{(first_frame(e) << frame_bits) + (frame_base(at.value) - frame_base(e.to.value))};
    return {};
  }

private:
  struct entry {
    device_description what;
    std::size_t owner = nobody;
    bus *on = nullptr;
    gpa to{};
    passage how = passage::trapped;
  };
  [[nodiscard]] static u64 first_frame(const entry &e) noexcept { return frame_number(e.what.place.value); }
  [[nodiscard]] static u64 last_frame(const entry &e) noexcept {
    return frame_number(e.what.place.value + (e.what.size - 1));
  }

  std::function<void()> interrupted_;
  hpa memory_;
  u64 memory_size_;
  bus bus_;
  std::vector<std::unique_ptr<wire>> wires_;
  std::vector<entry> entries_;
};

} // namespace hvkit::hardware
