// SPDX-License-Identifier: BSL-1.0
// Prints a hash of everything that torture programs leave behind, on the bare machine and in VMMs. Whatever compiler
// made this program, and however it optimized, the lines are the same. Usage: hash PROGRAMS SEED
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <hvkit/hardware/engine/blocks.hpp>
#include <hvkit/vmm/shipped.hpp>
#include <hvkit/vmm/single.hpp>

#include "support/torture/bench.hpp"

using namespace hvkit;
using namespace hvkit::tests;

namespace {

/// FNV-1a, 64 bits.
class hash {
public:
  void add(const void *bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      value_ = (value_ ^ static_cast<const u8 *>(bytes)[i]) * 0x100000001b3;
  }
  void add(u64 word) { add(&word, sizeof word); }
  [[nodiscard]] u64 value() const { return value_; }

private:
  u64 value_ = 0xcbf29ce484222325;
};

template <class Machine> void print(const char *name, u64 programs, u64 seed) {
  constexpr u64 size = torture::frames * frame_size;
  hash all;
  std::vector<u8> memory(size);
  for (u64 n = 0; n < programs; ++n) {
    torture::bench<typename Machine::any> b(torture::make_program(seed * 1'000'000 + n),
                                            std::make_unique<Machine>(gpa{torture::ram}, size));
    static_cast<void>(b.machine().run(3000));
    const auto &user = b.machine().user();
    for (unsigned i = 1; i < 32; ++i) // x0's place is where results go that nobody wants
      all.add(user.x[i]);
    for (const u64 word : {user.pc, user.retired, user.reservation, user.fcsr})
      all.add(word);
    all.add(user.f.data(), sizeof user.f);
    for (u16 w = 0; w < cpu::riscv::word_count; ++w)
      all.add(b.machine().system().get(static_cast<cpu::riscv::word>(w)));
    static_cast<void>(b.machine().read(gpa{torture::ram}, memory.data(), size));
    all.add(memory.data(), size);
    all.add(b.written().data(), b.written().size());
  }
  std::printf("%s %016llx\n", name, static_cast<unsigned long long>(all.value()));
}

} // namespace

int main(int argc, char **argv) {
  const u64 programs = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 20;
  const u64 seed = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 1;
  print<hardware::bare_machine<cpu::rv64, engine::step>>("bare, step", programs, seed);
  print<hardware::bare_machine<cpu::rv64, engine::blocks>>("bare, blocks", programs, seed);
  print<single_guest<composition<cpu::rv64, engine::blocks>>>("trap_and_emulate, blocks", programs, seed);
  print<single_guest<composition<cpu::rv64, technique::hybrid, dispatch::batched>>>("hybrid, step", programs, seed);
}
