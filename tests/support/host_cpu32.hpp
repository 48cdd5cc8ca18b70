// SPDX-License-Identifier: BSL-1.0
// Decides how single 32-bit instructions are run by the host's own processor: an x86-64 host has a code segment of 32
// bits (selector 23h on Linux), a signal's return enters it, and EFLAGS.TF leaves it after one instruction.
#pragma once

#include <cstdint>
#include <cstring>

#include <hvkit/core/bits.hpp>

#if defined(__x86_64__) && defined(__linux__)
#include <csignal>
#include <sys/mman.h>
#include <ucontext.h>
#endif

namespace hvkit::tests {

/// Registers of a 32-bit program, and why it stopped.
struct state32 {
  u32 r[8]{}; ///< EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI
  u32 eip = 0;
  u32 eflags = 0;
  u32 vector = 0; ///< 1 if the instruction completed
  u32 error = 0;
  u32 cr2 = 0;
};

/// Runs one instruction after the other. There is one such processor.
class host_cpu32 {
public:
  /// Gets what the last instruction came to, and makes it the state before the next one; false ends the run. It is
  /// called in a signal handler on a large stack of its own, and must not throw.
  using next_step = bool (*)(void *context, state32 &);

#if defined(__x86_64__) && defined(__linux__)
  static constexpr bool exists = true;

  /// Memory at that address, below 4 GiB, which both sides can see. Null if the host has none there.
  [[nodiscard]] static u8 *map(u32 at, std::size_t size) {
    void *const place = ::mmap(reinterpret_cast<void *>(std::uintptr_t{at}), size, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (place == MAP_FAILED || place != reinterpret_cast<void *>(std::uintptr_t{at}))
      return nullptr;
    return static_cast<u8 *>(place);
  }
  /// Takes away the right to write there, or to touch it at all.
  static void protect(u8 *place, std::size_t size, bool readable) {
    static_cast<void>(::mprotect(place, size, readable ? PROT_READ | PROT_EXEC : PROT_NONE));
  }
  static void unmap(u8 *place, std::size_t size) { ::munmap(place, size); }

  /// Runs from `first` on until `next` says that it is enough. False if the host does not let 32-bit code run.
  [[nodiscard]] static bool run(const state32 &first, next_step next, void *context) {
    next_ = next;
    context_ = context;
    state_ = first;
    inside_ = false;
    refused_ = false;
    stack_t alternate{}, former_stack{};
    alternate.ss_size = std::size_t{1} << 20;
    alternate.ss_sp = ::mmap(nullptr, alternate.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (alternate.ss_sp == MAP_FAILED)
      return false;
    ::sigaltstack(&alternate, &former_stack);
    constexpr int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
    struct sigaction former[5], action{};
    action.sa_sigaction = &on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (unsigned i = 0; i < 5; ++i)
      ::sigaction(signals[i], &action, &former[i]);
    // Data segments are null in 64-bit code; 32-bit code needs some.
    unsigned ds = 0, es = 0;
    asm volatile("mov %%ds, %0\n\tmov %%es, %1" : "=r"(ds), "=r"(es));
    asm volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(user_data));
    asm volatile("int3" : : : "memory");
    asm volatile("mov %0, %%ds\n\tmov %1, %%es" : : "r"(ds), "r"(es));
    for (unsigned i = 0; i < 5; ++i)
      ::sigaction(signals[i], &former[i], nullptr);
    ::sigaltstack(&former_stack, nullptr);
    ::munmap(alternate.ss_sp, alternate.ss_size);
    return !refused_;
  }

private:
  static constexpr unsigned user_code32 = 0x23, user_data = 0x2b;
  static constexpr u32 single_step = 0x100;
  static constexpr int places[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI};

  /// The first time it comes from 64-bit code, and remembers how to get back there.
  static void on_signal(int, siginfo_t *, void *where) {
    auto &machine = static_cast<ucontext_t *>(where)->uc_mcontext;
    auto &g = machine.gregs;
    if (!inside_) {
      std::memcpy(&home_, &g, sizeof home_);
      inside_ = true;
      enter(g);
      return;
    }
    if ((static_cast<u64>(g[REG_CSGSFS]) & 0xffff) != user_code32) {
      refused_ = true;
      std::memcpy(&g, &home_, sizeof home_);
      return;
    }
    for (unsigned n = 0; n < 8; ++n)
      state_.r[n] = static_cast<u32>(g[places[n]]);
    state_.eip = static_cast<u32>(g[REG_RIP]);
    state_.eflags = static_cast<u32>(g[REG_EFL]) & ~single_step;
    state_.vector = static_cast<u32>(g[REG_TRAPNO]);
    state_.error = static_cast<u32>(g[REG_ERR]);
    state_.cr2 = static_cast<u32>(g[REG_CR2]);
    if (next_(context_, state_))
      enter(g);
    else
      std::memcpy(&g, &home_, sizeof home_);
  }
  static void enter(gregset_t &g) {
    for (unsigned n = 0; n < 8; ++n)
      g[places[n]] = state_.r[n];
    g[REG_RIP] = state_.eip;
    g[REG_EFL] = (state_.eflags & 0xcd5U) | 0x202U | single_step;
    const u64 segments = static_cast<u64>(g[REG_CSGSFS]) & 0x0000'ffff'ffff'0000U;
    g[REG_CSGSFS] = static_cast<greg_t>(u64{user_data} << 48 | segments | user_code32);
  }

  static inline next_step next_ = nullptr;
  static inline void *context_ = nullptr;
  static inline state32 state_{};
  static inline gregset_t home_{};
  static inline bool inside_ = false;
  static inline bool refused_ = false;
#else
  static constexpr bool exists = false;
  [[nodiscard]] static u8 *map(u32, std::size_t) { return nullptr; }
  static void protect(u8 *, std::size_t, bool) {}
  static void unmap(u8 *, std::size_t) {}
  [[nodiscard]] static bool run(const state32 &, next_step, void *) { return false; }
#endif
};

} // namespace hvkit::tests
