// SPDX-License-Identifier: BSL-1.0
// Decides where a hostile guest is put: beside a neighbour in one VMM, whose memory is poisoned around both. Which
// policies the VMM has cannot be seen.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <hvkit/device/console.hpp>
#include <hvkit/device/guest_access.hpp>
#include <hvkit/device/virt_board.hpp>

#include "support/compositions.hpp"
#include "support/torture.hpp"

namespace hvkit::tests::hostile {

using torture::cpu_type;

/// What of a hardware frame must stay: poison that no guest may see, and whatever lies there when it is looked at.
class canaries {
public:
  explicit canaries(hardware::physical_memory &memory) : memory_(memory), seen_(memory.size()) {}

  /// Writes what no guest may see into all frames but theirs.
  static void poison(hardware::physical_memory &memory, std::initializer_list<const guest_memory *> spared) {
    std::vector<bool> spare(memory.size() / frame_size);
    for (const guest_memory *guest : spared)
      for (u64 i = 0; i < guest->frame_count(); ++i)
        spare[(guest->frame(i) - memory.base()) / frame_size] = true;
    for (u64 at = 0; at < memory.size(); at += 8) {
      const u64 value = 0xdeadbeef00000000 + at;
      if (!spare[at / frame_size])
        std::memcpy(memory.host(memory.base() + at), &value, sizeof value);
    }
  }
  /// From here on everything must stay.
  void look() { static_cast<void>(memory_.read(memory_.base(), seen_.data(), seen_.size())); }
  [[nodiscard]] bool same(hpa frame) const {
    return std::memcmp(memory_.host(frame), &seen_[frame - memory_.base()], frame_size) == 0;
  }
  /// How many frames are not as they were.
  [[nodiscard]] u64 changed() const {
    u64 n = 0;
    for (u64 at = 0; at < memory_.size(); at += frame_size)
      n += same(memory_.base() + at) ? 0 : 1;
    return n;
  }

private:
  hardware::physical_memory &memory_;
  std::vector<u8> seen_;
};

/// A VMM with two guests of `frames` frames each. What is written for it is compiled once for each engine.
template <class Hart> class arena {
public:
  using core = guest_core<cpu_type, Hart>;

  arena(const arena &) = delete;
  arena &operator=(const arena &) = delete;
  virtual ~arena() = default;

  virtual exit_record run(core &vm, u64 steps) = 0;
  virtual void attach(core &vm, hardware::board &around) = 0;
  [[nodiscard]] virtual hardware::physical_memory &memory() = 0;
  [[nodiscard]] virtual Hart &hart() = 0;

  core *attacker = nullptr;
  core *neighbour = nullptr;
  std::string name;
  bool exact = true;   ///< the bare machine does the same at the same instruction
  u64 most_tables = 0; ///< frames beside the guests' own that the VMM may write for one guest

protected:
  arena() = default;
};

template <class Guest> class arena_of final : public arena<typename Guest::composition::hart> {
  using base = arena<typename Guest::composition::hart>;
  using vmm_type = monitor<typename Guest::composition>;
  using core = typename base::core;

public:
  /// `spare` bytes are for the VMM's tables: less than it would like to have.
  arena_of(u64 guest_size, u64 spare) : vmm_({.memory = guest_size + torture::frames * frame_size + spare}) {
    this->attacker = vmm_.create({.memory = guest_size, .base = gpa{torture::ram}});
    this->neighbour = vmm_.create({.memory = torture::frames * frame_size, .base = gpa{torture::ram}});
    if (this->attacker == nullptr || this->neighbour == nullptr)
      throw std::bad_alloc();
    canaries::poison(vmm_.memory(), {&this->attacker->memory(), &this->neighbour->memory()});
    this->name = name_of<Guest>() + ", " + std::string(Guest::composition::interrupt::name);
    this->exact =
        !has(Guest::composition::grade, agreement::replayed) && !has(Guest::composition::grade, agreement::fenced);
    using paging_type = typename vmm_type::guest::paging_type;
    // A second stage has, in each view, a root of four frames, and below it what memory that small can lie across.
    if constexpr (requires { paging_type::table_limit; })
      this->most_tables = paging_type::table_limit + 2 * torture::frames;
    else
      this->most_tables = cpu_type::physical_views * (4 + 2 * 2) + 2 * torture::frames;
  }

  exit_record run(core &vm, u64 steps) override { return vmm_.run(vm, steps); }
  void attach(core &vm, hardware::board &around) override {
    static_cast<typename vmm_type::guest &>(vm).attach(around);
  }
  [[nodiscard]] hardware::physical_memory &memory() override { return vmm_.memory(); }
  [[nodiscard]] typename Guest::composition::hart &hart() override { return vmm_.hart(); }

private:
  vmm_type vmm_;
};

template <class Hart> using arena_maker = std::function<std::unique_ptr<arena<Hart>>(u64 guest_size)>;
using step_hart = composition<cpu_type, engine::step>::hart;
using blocks_hart = composition<cpu_type, engine::blocks>::hart;
using assisted_step_hart = composition<cpu_type, technique::hardware_assisted, engine::step>::hart;
using assisted_blocks_hart = composition<cpu_type, technique::hardware_assisted, engine::blocks>::hart;

/// All arenas, by the hardware and its engine.
struct arena_makers {
  std::vector<arena_maker<step_hart>> step;
  std::vector<arena_maker<blocks_hart>> blocks;
  std::vector<arena_maker<assisted_step_hart>> assisted_step;
  std::vector<arena_maker<assisted_blocks_hart>> assisted_blocks;

  template <class Guest> void add(u64 spare = u64{1} << 20) {
    using hart = typename Guest::composition::hart;
    const arena_maker<hart> make = [spare](u64 size) { return std::make_unique<arena_of<Guest>>(size, spare); };
    if constexpr (std::is_same_v<hart, step_hart>)
      step.push_back(make);
    else if constexpr (std::is_same_v<hart, blocks_hart>)
      blocks.push_back(make);
    else if constexpr (std::is_same_v<hart, assisted_step_hart>)
      assisted_step.push_back(make);
    else
      assisted_blocks.push_back(make);
  }
  template <class Guests> void add_all() {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, Guests>>(
        [this]<class Guest>(mp::mp_identity<Guest>) { this->template add<Guest>(); });
  }
};

/// What is around one guest or bare machine: every device, and a disk whose sectors are told apart. `Access` is how
/// devices reach the guest's memory.
template <class Machine, class Access = device::machine_access<Machine>> class surroundings {
public:
  surroundings(Machine &machine, hardware::instruction_clock &clock, hardware::interrupt_sink &lines, u64 memory,
               device::form devices, bool hypercalls)
      : disk_(sectors()), access_(machine),
        board(options(disk_, memory, devices, hypercalls), clock, lines, output, input_, &access_) {}

  static constexpr u64 sector_count = 16;
  /// Every 8 bytes hold a number, counted from 1 on.
  [[nodiscard]] static std::vector<u8> sectors() {
    std::vector<u8> bytes(sector_count * device::sector_size);
    for (u64 i = 0; i < bytes.size() / 8; ++i) {
      const u64 value = i + 1;
      std::memcpy(&bytes[8 * i], &value, sizeof value);
    }
    return bytes;
  }
  [[nodiscard]] const std::vector<u8> &disk() const { return disk_.bytes(); }

  /// Counts what is printed, and sums it up: no guest makes the host grow.
  struct counted_bytes final : device::byte_sink {
    u64 count = 0, sum = 0;
    void put(u8 byte) override { ++count, sum = sum * 31 + byte; }
  };

private:
  [[nodiscard]] static device::virt_board_options options(device::disk &disk, u64 memory, device::form devices,
                                                          bool hypercalls) {
    device::virt_board_options o;
    o.memory_size = memory;
    o.hypercalls = hypercalls;
    o.storage = &disk;
    return o.in_form(devices);
  }
  device::memory_disk disk_;
  device::queued_bytes input_{"what is typed"};
  Access access_;

public:
  counted_bytes output;
  device::virt_board board;
};

} // namespace hvkit::tests::hostile
