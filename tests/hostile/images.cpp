// SPDX-License-Identifier: BSL-1.0
// Guests that nobody wrote: random bytes, and programs and firmware of which some bytes are not what they were. Each is
// put beside a neighbour in one of the compositions in turn. The host comes back when the budget says so, nothing
// outside the guest changes, nothing is allocated, and the guest does what it does on the bare machine.
#include <cstdlib>
#include <new>

#include <boost/test/unit_test.hpp>

#include <hvkit/host/device_tree.hpp>

#include "support/firmware.hpp"
#include "support/gate.hpp"
#include "support/hostile/trial.hpp"

using namespace hvkit;
using namespace hvkit::tests;

u64 hvkit::tests::hostile::allocations = 0;

[[gnu::noinline]] void *operator new(std::size_t size) {
  ++hostile::allocations;
  if (void *p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void *p, std::size_t) noexcept { std::free(p); }

namespace {

using hostile::guest_image;

constexpr u64 small = torture::frames * frame_size;

/// Changes some bits, bytes and words.
void mutate(std::vector<u8> &bytes, random_numbers &random, u64 times) {
  for (; times != 0; --times) {
    const u64 at = random.between(0, bytes.size() - 8);
    const u64 kind = random.between(0, 4);
    if (kind == 0)
      bytes[at] = static_cast<u8>(bytes[at] ^ bit(static_cast<unsigned>(random.between(0, 7))));
    else if (kind == 1)
      bytes[at] = static_cast<u8>(random());
    else if (kind == 2)
      std::memset(&bytes[at], random.between(0, 1) != 0 ? 0xff : 0, random.between(1, 8));
    else
      std::memcpy(&bytes[at & ~u64{3}], &bytes[random.between(0, bytes.size() - 8) & ~u64{3}],
                  4); // what stands elsewhere
  }
}

/// Random bytes from the first instruction on; or behind a handler that goes on behind what trapped, so that it does
/// not stop at the first word that is no instruction.
guest_image random_bytes(random_numbers &random) {
  guest_image g;
  g.code.entry = torture::ram;
  g.code.image.resize(random.between(1, small));
  for (u8 &byte : g.code.image)
    byte = static_cast<u8>(random());
  if (random.between(0, 3) != 0) {
    const auto handler = torture::assembled(
        torture::ram,
        "la t0, trap; csrw mtvec, t0; j end; .align 2; trap: csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6\n"
        "la t6, trap; csrw mtvec, t6; mret; end:");
    g.code.image.resize(std::max<std::size_t>(g.code.image.size(), handler.bytes().size()));
    std::copy(handler.bytes().begin(), handler.bytes().end(), g.code.image.begin());
  }
  g.kernel = random.between(0, 7) == 0;
  g.devices = random.between(0, 1) != 0 ? device::form::emulated : device::form::paravirtual;
  return g;
}
guest_image mutated_program(u64 n, random_numbers &random) {
  guest_image g{torture::make_program(n)};
  mutate(g.code.image, random, random.between(1, 300));
  return g;
}
/// OpenSBI with the board's device tree, of which the first 64 KiB, which run first, have some bytes changed.
guest_image mutated_firmware(const std::vector<u8> &firmware, random_numbers &random) {
  guest_image g;
  g.memory = u64{40} << 20;
  g.code.entry = torture::ram;
  std::vector<u8> start(firmware.begin(), firmware.begin() + (64 << 10));
  mutate(start, random, random.between(1, 100));
  g.code.image = firmware;
  std::copy(start.begin(), start.end(), g.code.image.begin());
  device::virt_board_options o;
  o.memory_size = g.memory;
  o.isa = hostile::cpu_type::isa_name();
  const auto tree = host::make_device_tree(o);
  constexpr u64 tree_offset = u64{2} << 20;
  g.code.image.resize(tree_offset);
  g.code.image.insert(g.code.image.end(), tree.begin(), tree.end());
  g.tree = torture::ram + tree_offset;
  return g;
}

template <class Hart> void withstand(const hostile::arena_maker<Hart> &make, const guest_image &g, u64 steps, u64 n) {
  const auto in = make(g.memory);
  BOOST_TEST_CONTEXT("image " << n << "; " << in->name) {
    const hostile::outcome bare = hostile::bare_outcome(g, steps);
    hostile::trial<Hart>(*in, g).run(steps, &bare);
  }
}
/// In one of the arenas, each in its turn.
void withstand(const guest_image &g, u64 steps, u64 n) {
  static const hostile::arena_makers arenas = [] {
    hostile::arena_makers all;
    all.add_all<every_guest<hostile::cpu_type>>();
    return all;
  }();
  const u64 plain = arenas.step.size() + arenas.blocks.size(), assisted = arenas.assisted_step.size();
  const u64 which = n % (plain + assisted + arenas.assisted_blocks.size());
  if (which >= plain + assisted)
    withstand(arenas.assisted_blocks[which - plain - assisted], g, steps, n);
  else if (which >= plain)
    withstand(arenas.assisted_step[which - plain], g, steps, n);
  else if (which < arenas.step.size())
    withstand(arenas.step[which], g, steps, n);
  else
    withstand(arenas.blocks[which - arenas.step.size()], g, steps, n);
}

template <class Make> void all_images(u64 images, u64 steps, Make make) {
  for (u64 n = seed() * 1'000'000'000; images != 0; ++n, --images) {
    random_numbers random(n);
    for (int i = 0; i < 8; ++i)
      static_cast<void>(random());
    withstand(make(n, random), steps, n);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(bytes_at_random) {
  all_images(amount(500, 5'000, 5'000'000), 3000, [](u64, random_numbers &random) { return random_bytes(random); });
}
BOOST_AUTO_TEST_CASE(programs_with_other_bytes) {
  all_images(amount(500, 5'000, 5'000'000), 3000,
             [](u64 n, random_numbers &random) { return mutated_program(n, random); });
}
BOOST_AUTO_TEST_CASE(firmware_with_other_bytes) {
  const std::vector<u8> firmware = bytes_of(opensbi_jump);
  if (firmware.empty()) {
    BOOST_TEST_MESSAGE("not tried: " << opensbi_jump << " is not there");
    return;
  }
  all_images(amount(8, 300, 10'000), 200'000,
             [&](u64, random_numbers &random) { return mutated_firmware(firmware, random); });
}
