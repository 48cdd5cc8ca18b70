// SPDX-License-Identifier: BSL-1.0
// Decides what the benchmarks run: small compute-bound RV64 programs as bootable images, in machine mode or under Sv39
// with 4 KiB pages. The same bytes run here and on QEMU.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/isa/assembler.hpp>

namespace hvkit::benchmarks {

/// Where the kernel runs.
enum class placement : u8 { machine_mode, sv39 };

/// One kernel: a function body `kernel:` that does its work once and returns; s2 to s11 are its own.
struct kernel {
  std::string_view name;
  std::string_view text;
  u64 instructions; ///< retired by one call, roughly
};

inline constexpr kernel kernels[] = {
    {"integer", R"(
kernel: li   s2, 100000
int_loop:  addi s3, s3, 1
        xor  s4, s4, s3
        slli s5, s3, 3
        add  s6, s6, s5
        sub  s7, s6, s4
        and  s8, s7, s3
        addi s2, s2, -1
        bnez s2, int_loop
        ret
)",
     800'000},
    {"sieve", R"(
kernel: la   s2, flags
        li   s3, 32768
        add  s4, s2, s3
        mv   s5, s2
sieve_clr:  sd   zero, 0(s5)
        addi s5, s5, 8
        bltu s5, s4, sieve_clr
        li   s6, 2
sieve_next: add  s7, s2, s6
        lbu  s8, 0(s7)
        bnez s8, sieve_skip
        add  s7, s7, s6
        bgeu s7, s4, sieve_skip
        li   s9, 1
sieve_mark: sb   s9, 0(s7)
        add  s7, s7, s6
        bltu s7, s4, sieve_mark
sieve_skip: addi s6, s6, 1
        bltu s6, s3, sieve_next
        ret
)",
     500'000},
    {"calls", R"(
kernel: addi sp, sp, -16
        sd   ra, 0(sp)
        li   a0, 18
        call fib
        ld   ra, 0(sp)
        addi sp, sp, 16
        ret
fib:    li   t0, 2
        bltu a0, t0, fib_leaf
        addi sp, sp, -32
        sd   ra, 0(sp)
        sd   s2, 8(sp)
        sd   s3, 16(sp)
        mv   s2, a0
        addi a0, s2, -1
        call fib
        mv   s3, a0
        addi a0, s2, -2
        call fib
        add  a0, a0, s3
        ld   ra, 0(sp)
        ld   s2, 8(sp)
        ld   s3, 16(sp)
        addi sp, sp, 32
fib_leaf: ret
)",
     150'000},
    {"matrix", R"(
kernel: la   s2, flags
        li   s3, 24
        li   s4, 0
mat_row:  li   s5, 0
mat_col:  li   s6, 0
        li   s7, 0
mat_dot:  mul  t0, s4, s3
        add  t0, t0, s6
        slli t0, t0, 3
        add  t0, t0, s2
        ld   t1, 0(t0)
        mul  t2, s6, s3
        add  t2, t2, s5
        slli t2, t2, 3
        add  t2, t2, s2
        ld   t3, 0(t2)
        mul  t4, t1, t3
        add  s7, s7, t4
        addi s6, s6, 1
        bltu s6, s3, mat_dot
        mul  t0, s4, s3
        add  t0, t0, s5
        slli t0, t0, 3
        add  t0, t0, s2
        sd   s7, 8(t0)
        addi s5, s5, 1
        bltu s5, s3, mat_col
        addi s4, s4, 1
        bltu s4, s3, mat_row
        ret
)",
     200'000},
};

inline constexpr u64 image_base = 0x80000000;
inline constexpr u64 tables_base = image_base + 0x100000;
inline constexpr u64 image_size = 0x110000;

namespace detail {
/// Maps the 4 KiB page of `at` onto itself with all rights, in an image whose tables start at tables_base.
class identity_map {
public:
  explicit identity_map(std::vector<u8> &image) : image_(image) {}
  void page(u64 at) {
    u64 table = tables_base;
    for (unsigned level = 2; level != 0; --level) {
      const u64 place = table + format::index(gva{at}, level) * 8;
      if (entry(place) == 0)
        set(place, format::pointer_to(next_ += frame_size));
      table = format::target(entry(place));
    }
    set(table + format::index(gva{at}, 0) * 8, format::leaf_to(frame_base(at), true, true, true) & ~format::u);
  }

private:
  using format = cpu::rv64::page_format;
  [[nodiscard]] u64 entry(u64 at) const {
    u64 e = 0;
    std::memcpy(&e, &image_[at - image_base], 8);
    return e;
  }
  void set(u64 at, u64 e) { std::memcpy(&image_[at - image_base], &e, 8); }

  std::vector<u8> &image_;
  u64 next_ = tables_base;
};

inline constexpr std::string_view enter_machine_mode = "start:\n";
inline constexpr std::string_view enter_sv39 = R"(
start:  li   t0, -1
        csrw pmpaddr0, t0
        li   t0, 0x1f
        csrw pmpcfg0, t0
        li   t0, 0x8000000000080100
        csrw satp, t0
        li   t0, 0x1800
        csrc mstatus, t0
        li   t0, 0x0800
        csrs mstatus, t0
        la   t0, body
        csrw mepc, t0
        mret
)";
inline constexpr std::string_view repeat_and_power_off = R"(
body:   la   sp, stack
        li   s1, rounds
again:  call kernel
        addi s1, s1, -1
        bnez s1, again
        li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, 0(t0)
stop:   j    stop
)";
} // namespace detail

/// A bootable image, for image_base, that calls the kernel `rounds` times and powers the machine off.
[[nodiscard]] inline std::vector<u8> make_image(const kernel &k, placement where, u64 rounds) {
  std::string text = ".equ rounds, " + std::to_string(rounds) + "\n.equ stack, 0x800e0000\n.equ flags, 0x80080000\n";
  text += where == placement::sv39 ? detail::enter_sv39 : detail::enter_machine_mode;
  text += detail::repeat_and_power_off;
  text += k.text;
  const isa::program program = isa::assemble_text<cpu::rv64>(image_base, text);
  std::vector<u8> image(image_size);
  std::copy(program.storage.begin(), program.storage.end(), image.begin());
  detail::identity_map map(image);
  for (u64 at = image_base; at < tables_base; at += frame_size)
    map.page(at);
  map.page(0x100000);
  return image;
}

} // namespace hvkit::benchmarks
