// SPDX-License-Identifier: BSL-1.0
// Decides how a benchmark guest's image is read, and told what to do: guests/rv64/start.S says where.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/host/virt_machine.hpp>

namespace hvkit::benchmarks {

/// The image of a guest, for the beginning of memory.
class image {
public:
  static constexpr u64 memory = u64{16} << 20; ///< bytes that the guest needs, on any machine
  static constexpr u64 events_each = 1000;     ///< in a round of a guest that is one event

  explicit image(const std::filesystem::path &path) : name_(path.stem().string()) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  [[nodiscard]] const std::string &name() const { return name_; }
  /// The file was there, and may be a guest.
  [[nodiscard]] explicit operator bool() const { return bytes_.size() >= paged_at + sizeof(u64); }

  /// Its bytes, to do its work so many times, under Sv39 or not.
  [[nodiscard]] std::vector<u8> with(u64 rounds, bool paged) const {
    std::vector<u8> bytes = bytes_;
    const u64 flag = paged ? 1 : 0;
    std::memcpy(&bytes[rounds_at], &rounds, sizeof rounds);
    std::memcpy(&bytes[paged_at], &flag, sizeof flag);
    return bytes;
  }

  /// Instructions that one event and the loop around it retire, counted by a run.
  [[nodiscard]] double instructions_each() const {
    const u64 few = retired(10), many = retired(20);
    return static_cast<double>(many - few) / (10 * events_each);
  }

private:
  static constexpr std::size_t rounds_at = 8, paged_at = 16;

  [[nodiscard]] u64 retired(u64 rounds) const {
    device::collected_bytes output;
    device::queued_bytes input;
    host::virt_machine<hardware::bare_machine<cpu::rv64, engine::blocks>> around({.memory_size = memory}, output,
                                                                                 input);
    if (around.load(device::virt_map::ram, with(rounds, true)) && around.boot(device::virt_map::ram))
      around.machine().run(u64{1} << 50);
    return around.machine().user().retired;
  }

  std::string name_;
  std::vector<u8> bytes_;
};

} // namespace hvkit::benchmarks
