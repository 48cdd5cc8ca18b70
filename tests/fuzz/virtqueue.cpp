// SPDX-License-Identifier: BSL-1.0
// Any driver of a split virtqueue, with any rings: a look at the queue ends, gives back no more than it took, and each
// chain has as many bytes as its pieces.
#include <hvkit/device/virtio/split_queue.hpp>

#include "support/fuzz/target.hpp"
#include "support/guest_bytes.hpp"

using namespace hvkit;
using namespace hvkit::tests;
using namespace hvkit::device::virtio;

namespace {

constexpr u64 size = 0x1000;
constexpr gpa base{0x80000000};

/// Mostly in memory, and mostly near its beginning.
gpa some_address(fuzz::taker &in) {
  const u64 kind = in.take();
  if (kind < 200)
    return base + in.take(2) % size;
  return gpa{
      in.one_of({0, ~u64{0}, ~u64{0} - 7, base.value - 1, base.value + size - 1, base.value + size, u64{1} << 63}) +
      kind % 2};
}

/// One look, as a device has it. Each chain is read, and then written all over.
void look(queue_state &state, guest_bytes &memory, u64 features) {
  split_queue queue(state, memory, features);
  u64 taken = 0;
  const u16 used = state.next_used;
  while (const auto request = queue.take()) {
    fuzz::check(++taken <= state.size, "more requests than there are places");
    std::array<u8, 64> bytes{};
    const bool more = request->readable() > bytes.size();
    static_cast<void>(request->read(memory, more ? request->readable() - bytes.size() : 0, bytes));
    bytes.fill(static_cast<u8>(taken));
    static_cast<void>(request->write(memory, 0, bytes));
    queue.give_back(*request, static_cast<u32>(std::min<u64>(request->writable(), bytes.size())));
  }
  static_cast<void>(queue.finish());
  fuzz::check(static_cast<u16>(state.next_used - used) <= taken, "more given back than taken");
}

} // namespace

void fuzz::target(std::span<const u8> input) {
  taker in(input);
  guest_bytes memory(size, base);
  queue_state state;
  state.size = u32{1} << in.take() % 7;
  state.ready = true;
  state.table = some_address(in);
  state.available = some_address(in);
  state.used = some_address(in);
  state.next_available = static_cast<u16>(in.take(2));
  state.next_used = static_cast<u16>(in.take(2));
  const u64 features =
      version_1 | (in.take() % 2 != 0 ? ring_indirect_desc : 0) | (in.take() % 2 != 0 ? ring_event_idx : 0);
  while (!in.empty()) {
    const u64 what = in.take() % 8;
    if (what == 0)
      look(state, memory, features);
    else if (what < 4) { // a descriptor
      const descriptor d{some_address(in).value, static_cast<u32>(in.take(in.take() % 8 == 0 ? 4 : 1)),
                         static_cast<u16>(in.take() % 8), static_cast<u16>(in.take() % 70)};
      static_cast<void>(memory.store(state.table + 16 * (in.take() % 70), d));
    } else if (what == 4) // another table
      static_cast<void>(
          memory.store(some_address(in), descriptor{some_address(in).value, static_cast<u32>(in.take(2)),
                                                    static_cast<u16>(in.take() % 8), static_cast<u16>(in.take())}));
    else if (what < 7) { // offers one
      const u16 index = memory.load<u16>(state.available + avail_index).value_or(0);
      static_cast<void>(
          memory.store(state.available + avail_ring + 2 * u64{index % state.size}, static_cast<u16>(in.take() % 70)));
      static_cast<void>(memory.store(state.available + avail_index, static_cast<u16>(index + 1)));
    } else
      static_cast<void>(memory.store(some_address(in), in.take(8)));
  }
  look(state, memory, features);
  look(state, memory, features);
}

std::vector<std::vector<u8>> fuzz::seeds() { return random_inputs(64, 400); }
const u64 fuzz::quick_runs = 3000;
