// SPDX-License-Identifier: BSL-1.0
// Decides how a torture program is put together. Compiled once for all tests.
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/torture.hpp"
#include "support/torture/body.hpp"
#include "support/torture/handlers.hpp"
#include "support/torture/tables.hpp"

namespace hvkit::tests::torture {

namespace {

/// Puts a program together.
class generator {
public:
  generator(u64 seed, const program_options &options)
      : random_(seed * 0x9e3779b97f4a7c15 + 1), options_(options), image_(image_frames * frame_size) {
    for (int i = 0; i < 8; ++i)
      static_cast<void>(random_());
  }

  [[nodiscard]] program make() {
    const u64 style = random_.between(0, 9);
    style_ = style < 1 ? handler_style::careful : style < 9 ? handler_style::short_one : handler_style::stays;
    write_code();
    user_ = table_writer(image_, random_, options_).write();
    write_data();
    const u64 entry = write_handlers();
    write_boot_table();
    write_return_table();
    return {std::move(image_), entry};
  }

private:
  void write_code() {
    writer out(image_, frame_at(code_frame), frame_at(code_frame + code_frames));
    body_writer(out, random_, options_).fill();
  }
  void write_data() {
    for (u64 at = data_frame * frame_size; at < (data_frame + data_frames) * frame_size; at += 8)
      put(ram + at, boundary_word(random_));
  }
  [[nodiscard]] u64 write_handlers() {
    static constexpr u64 skips[] = {4, 4, 4, 4, 2, 6, 8, 1020};
    const u64 skip = skips[random_.between(0, std::size(skips) - 1)];
    const handler_options o{options_.foreign, !one_in(random_, 16), skip, random_.between(60, 1200)};
    const auto m = assembled(frame_at(machine_frame), machine_text(style_, o));
    place(m);
    place(assembled(frame_at(supervisor_frame), supervisor_text(skip)));
    vector_ = one_in(random_, 6) ? frame_at(machine_frame) | 1 : *m.find("trap");
    return *m.find("boot");
  }
  void place(const isa::program &p) { std::memcpy(&image_[p.base - ram], p.bytes().data(), p.bytes().size()); }

  void write_boot_table() {
    u64 at = frame_at(machine_frame) + boot_table;
    const auto next = [&](u64 value) {
      put(at, value);
      at += 8;
    };
    for (const char *csr : boot_csrs)
      next(options_.foreign ? foreign_value(number_of(csr), boot_value(csr)) : boot_value(csr));
    const auto registers = first_registers();
    for (u64 x = 1; x < boot_registers; ++x)
      next(registers[x]);
  }
  [[nodiscard]] static unsigned number_of(std::string_view csr) {
    for (const auto &c : cpu::riscv::csr_table<false>)
      if (c.name == csr)
        return c.first;
    return 0x3b0; // the other pmpaddr, all of which are alike
  }
  [[nodiscard]] u64 boot_value(std::string_view csr) {
    if (csr == "mtvec")
      return vector_;
    if (csr == "stvec")
      return one_in(random_, 8) ? code_address(random_) & ~u64{3} : frame_at(supervisor_frame) + supervisor_trap;
    if (csr == "medeleg")
      return csr_value(random_, 0x302);
    if (csr == "mideleg")
      return one_in(random_, 2) ? random_() : 0;
    if (csr == "mie") {
      const u64 timer = one_in(random_, 8) ? 0 : 0x80;
      return random_() | timer;
    }
    if (csr == "mip")
      return one_in(random_, 2) ? 0 : random_();
    if (csr == "sscratch" || csr == "sepc")
      return code_address(random_);
    if (csr == "pmpcfg0" || csr == "pmpcfg2")
      return one_in(random_, 3) ? protection_bytes(random_, csr == "pmpcfg2") : csr == "pmpcfg2" ? u64{0x1f} << 56 : 0;
    if (csr == "pmpaddr15")
      return ~u64{0};
    if (csr.starts_with("pmpaddr"))
      return protection_address(random_, 0);
    return random_();
  }
  [[nodiscard]] std::array<u64, 32> first_registers() {
    std::array<u64, 32> x{};
    for (u64 &value : x)
      value = boundary_word(random_);
    const u64 window = std::array<u64, 3>{u64{4} << 30, ~low_bits(30), 0x80000000}[random_.between(0, 2)];
    const u64 page = frame_at(data_frame + random_.between(0, data_frames - 2));
    const u64 data = page + 8 * random_.between(2, 500);
    x[held::data] = data;
    x[held::data_elsewhere] = one_in(random_, 2) ? window + (data - ram) : data + frame_size;
    x[held::leaf_entries] = leaf_table(random_.between(0, roots - 1));
    x[held::root_entries] = root_table(random_.between(0, roots - 1)) + 2048;
    x[held::code] = frame_at(code_frame + random_.between(0, code_frames - 2)) + 2048;
    x[held::timer] = 0x2000000;
    for (const u64 r : {u64{held::root_a}, u64{held::root_b}, u64{held::root_c}}) {
      const u64 space = one_in(random_, 2) ? 0 : r;
      x[r] = sv39_root(random_.between(0, roots - 1), space);
    }
    x[held::status] = status_value(random_);
    const u64 end = frame_at(data_frame + 1 + random_.between(0, 1));
    x[held::page_end] = end - random_.between(1, 12);
    return x;
  }
  void write_return_table() {
    for (u64 n = 0; n < returns; ++n) {
      const u64 at = frame_at(machine_frame) + return_table + n * return_stride;
      const u64 r = random_.between(0, roots - 1);
      const u64 last = options_.foreign ? table_frame : image_frames;
      const u64 frame = one_in(random_, 3) ? random_.between(0, last - 1) : code_frame + n % code_frames;
      put(at, one_in(random_, 6) ? csr_value(random_, 0x180, options_) : sv39_root(r, one_in(random_, 2) ? 0 : n));
      put(at + 8, leaf_table(r) + 8 * frame);
      put(at + 16, one_in(random_, 3) ? any_entry() : entry_to(frame_at(frame), open_leaf(random_, user_[r])));
      put(at + 24, code_address(random_));
      put(at + 32, status_for(r));
    }
  }
  /// Mostly the mode that the root's pages are for.
  [[nodiscard]] u64 status_for(u64 r) {
    const u64 value = status_value(random_);
    const u64 mode = user_[r] == 8 ? 0 : user_[r] == 0 ? 1 : random_.between(0, 1);
    const u64 status = one_in(random_, 6) ? value : deposit(value, bit(11) | bit(12), mode);
    return options_.foreign ? foreign_value(0x300, status) : status;
  }
  [[nodiscard]] u64 any_entry() { return options_.foreign ? foreign_entry(random_) : table_entry(random_); }
  void put(u64 at, u64 value) { std::memcpy(&image_[at - ram], &value, sizeof value); }

  random_numbers random_;
  program_options options_;
  handler_style style_ = handler_style::careful;
  u64 vector_ = 0;
  std::array<u64, roots> user_{}; ///< how likely a root's pages are for user mode, in eighths
  std::vector<u8> image_;
};

} // namespace

isa::program assembled(u64 base, const std::string &text) {
  isa::program made = isa::assemble_text<cpu_type>(base, text);
  if (!made)
    throw std::logic_error("torture: " + made.error);
  return made;
}

program make_program(u64 seed, const program_options &options) { return generator(seed, options).make(); }

} // namespace hvkit::tests::torture
