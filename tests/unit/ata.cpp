// SPDX-License-Identifier: BSL-1.0
// Shows that the ATA drive does what the standard says of each command, register by register.
#include <numeric>

#include <boost/test/unit_test.hpp>

#include <hvkit/device/ata/platform.hpp>

#include "support/recording_disk.hpp"
#include "support/wires.hpp"

using namespace hvkit;
using namespace hvkit::device::ata;

namespace {

constexpr unsigned wire = 12;
constexpr u8 ready = 0x50, ready_with_data = 0x58, failed = 0x51;

struct bench {
  tests::recording_disk disk;
  tests::lines cpu;
  drive d{disk, {cpu, wire}};
  explicit bench(u64 sectors = 300) : disk(sectors) {
    for (u64 n = 0; n < std::min<u64>(sectors, 300); ++n)
      disk.put(n, std::vector<u8>(512, static_cast<u8>(n)));
  }

  [[nodiscard]] bool interrupting() const { return cpu[wire]; }
  void address(u64 at, u8 count, u8 device = 0x40) {
    d.write(sector_count, count);
    for (unsigned i = 0; i < 3; ++i)
      d.write(lba_low + i, static_cast<u8>(at >> (8 * i)));
    d.write(device_register, static_cast<u8>(device | bits(at, 27, 24)));
  }
  void address_ext(u64 at, u16 count) {
    for (const unsigned half : {1U, 0U}) {
      d.write(sector_count, static_cast<u8>(count >> (8 * half)));
      for (unsigned i = 0; i < 3; ++i)
        d.write(lba_low + i, static_cast<u8>(at >> (8 * i + 24 * half)));
    }
    d.write(device_register, 0x40);
  }
  void execute(opcode what) { d.write(command, static_cast<u8>(what)); }
  /// What happened, by Status: the interrupt is acknowledged.
  u8 status() { return d.read(7); }
  std::vector<u8> sector() {
    std::vector<u8> all;
    for (int i = 0; i < 256; ++i) {
      const u16 word = d.read_data();
      all.push_back(static_cast<u8>(word));
      all.push_back(static_cast<u8>(word >> 8));
    }
    return all;
  }
  void send(u8 with) {
    for (int i = 0; i < 256; ++i)
      d.write_data(static_cast<u16>(with * 0x101));
  }
  [[nodiscard]] u64 address_left(bool ext = false) {
    u64 at = 0;
    for (const unsigned half : {0U, 1U}) {
      d.write_control(half != 0 ? 0x80 : 0);
      for (unsigned i = 0; i < 3; ++i)
        at |= u64{d.read(lba_low + i)} << (8 * i + 24 * half);
      if (!ext)
        return at | u64{d.read(device_register) & 0xfU} << 24;
    }
    d.write_control(0);
    return at;
  }
};

std::vector<u8> filled(u8 with) { return std::vector<u8>(512, with); }

/// The command ended at once: with success, or aborted.
void ends(bench &b, opcode what, bool well) {
  BOOST_TEST_CONTEXT("command " << static_cast<unsigned>(what)) {
    b.execute(what);
    BOOST_TEST(b.interrupting());
    BOOST_TEST(b.d.alternate_status() == (well ? ready : failed));
    BOOST_TEST(b.interrupting());
    BOOST_TEST(b.status() == (well ? ready : failed));
    BOOST_TEST(!b.interrupting());
    BOOST_TEST(b.d.read(error) == (well ? 0 : 0x04));
  }
}

void has_signature(bench &b) {
  BOOST_TEST(b.d.read(error) == 1u);
  BOOST_TEST(b.d.read(sector_count) == 1u);
  BOOST_TEST(b.d.read(lba_low) == 1u);
  BOOST_TEST(b.d.read(lba_mid) == 0u);
  BOOST_TEST(b.d.read(lba_high) == 0u);
  BOOST_TEST(b.d.read(device_register) == 0u);
}

} // namespace

BOOST_AUTO_TEST_CASE(out_of_reset_it_is_ready_and_signed) {
  bench b;
  BOOST_TEST(b.status() == ready);
  has_signature(b);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.d.read_data() == 0u);
}

BOOST_AUTO_TEST_CASE(registers_are_two_bytes_deep) {
  bench b;
  b.address_ext(0x0605'0403'0201, 0x1211);
  b.d.write(features, 0x21);
  const std::array<u8, 4> newest{0x11, 1, 2, 3}, previous{0x12, 4, 5, 6};
  for (unsigned i = 0; i < 4; ++i) {
    b.d.write_control(0);
    BOOST_TEST(b.d.read(sector_count + i) == newest[i]);
    b.d.write_control(0x80);
    BOOST_TEST(b.d.read(sector_count + i) == previous[i]);
  }
  b.d.write(features, 0); // any write to the command block ends HOB
  BOOST_TEST(b.d.read(sector_count) == 0x11u);
}

BOOST_AUTO_TEST_CASE(sectors_are_read_each_with_an_interrupt) {
  bench b;
  b.address(7, 3);
  b.execute(opcode::read_sectors);
  for (const u8 n : {u8{7}, u8{8}, u8{9}}) {
    BOOST_TEST(b.interrupting());
    BOOST_TEST(b.status() == ready_with_data);
    BOOST_TEST(!b.interrupting());
    BOOST_TEST((b.sector() == filled(n)));
  }
  BOOST_TEST(!b.interrupting()); // the host knows that it has all
  BOOST_TEST(b.status() == ready);
  BOOST_TEST(b.d.read_data() == 0u);
  BOOST_TEST(b.disk.log == "r7 r8 r9 ");
}

BOOST_AUTO_TEST_CASE(sectors_are_written_each_with_an_interrupt_afterwards) {
  bench b;
  b.address(20, 2);
  b.execute(opcode::write_sectors);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.status() == ready_with_data);
  b.send(0xaa);
  BOOST_TEST((b.disk.content(20, 1) == filled(0xaa)));
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == ready_with_data);
  b.send(0xbb);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == ready);
  BOOST_TEST(!b.interrupting());
  b.send(0xcc); // nobody asked for it
  BOOST_TEST((b.disk.content(21, 1) == filled(0xbb)));
  BOOST_TEST((b.disk.content(22, 1) == filled(22)));
}

BOOST_AUTO_TEST_CASE(a_count_of_0_means_256_and_65536) {
  bench b;
  b.address(0, 0);
  b.execute(opcode::read_sectors);
  for (unsigned n = 0; n < 256; ++n)
    BOOST_REQUIRE((b.sector() == filled(static_cast<u8>(n))));
  BOOST_TEST(b.status() == ready);
  BOOST_TEST(b.d.state.left == 0u);

  bench large(65'537);
  large.address_ext(1, 0);
  large.execute(opcode::read_sectors_ext);
  BOOST_TEST(large.d.state.left == 65'536u);
  large.d.write_control(4);
  large.d.write_control(0);
  large.address_ext(2, 0);
  large.execute(opcode::read_sectors_ext);
  BOOST_TEST(large.status() == failed);
}

BOOST_AUTO_TEST_CASE(addresses_have_28_or_48_bits) {
  bench b(0x10'0002);
  b.disk.put(0x10'0001, filled(0x77));
  b.address(0x10'0001, 1);
  b.execute(opcode::read_sectors);
  BOOST_TEST((b.sector() == filled(0x77)));
  b.address_ext(0x10'0001, 1);
  b.execute(opcode::read_sectors_ext);
  BOOST_TEST((b.sector() == filled(0x77)));
  for (const u64 at : {u64{0x110'0001}, u64{0x810'0001}, u64{0xfff'ffff}}) {
    b.address(at, 1);
    b.execute(opcode::read_sectors);
    BOOST_TEST(b.d.read(error) == 0x10u);
    BOOST_TEST(b.address_left() == at);
  }
  for (const u64 at : {u64{0x100'0000'0001}, u64{0xffff'ffff'ffff}, u64{0x10'0002}}) {
    b.address_ext(at, 1);
    b.execute(opcode::read_sectors_ext);
    BOOST_TEST(b.d.read(error) == 0x10u);
    BOOST_TEST(b.address_left(true) == at);
  }
}

BOOST_AUTO_TEST_CASE(beyond_the_end_nothing_is_transferred) {
  for (const opcode what : {opcode::read_sectors, opcode::write_sectors, opcode::read_verify}) {
    bench b;
    b.address(299, 2);
    b.execute(what);
    BOOST_TEST(b.interrupting());
    BOOST_TEST(b.status() == failed);
    BOOST_TEST(b.d.read(error) == 0x10u);
    BOOST_TEST(b.address_left() == 300u); // the first that is not there
    BOOST_TEST(b.disk.log.empty());
    b.address(299, 1);
    b.execute(what);
    BOOST_TEST(b.d.read(error) == 0u);
    BOOST_TEST((b.status() & 1) == 0);
  }
}

BOOST_AUTO_TEST_CASE(cylinders_and_heads_are_not_addresses) {
  bench b;
  for (const opcode what : {opcode::read_sectors, opcode::write_sectors, opcode::read_verify}) {
    b.address(1, 1, 0xa0);
    ends(b, what, false);
  }
}

BOOST_AUTO_TEST_CASE(multiple_sectors_make_a_block) {
  bench b;
  b.address(10, 5);
  ends(b, opcode::read_multiple, false); // not before its block is set
  ends(b, opcode::write_multiple, false);
  b.d.write(sector_count, 2);
  ends(b, opcode::set_multiple_mode, true);
  b.address(10, 5);
  b.execute(opcode::read_multiple);
  unsigned interrupts = 0;
  for (u8 n = 10; n < 15; ++n) {
    if (b.interrupting()) {
      ++interrupts;
      BOOST_TEST(b.status() == ready_with_data);
    }
    BOOST_TEST((b.sector() == filled(n)));
  }
  BOOST_TEST(interrupts == 3u);
  BOOST_TEST(b.status() == ready);

  b.address_ext(10, 3);
  b.execute(opcode::write_multiple_ext);
  BOOST_TEST(!b.interrupting());
  b.send(0xa1);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.d.alternate_status() == ready_with_data);
  b.send(0xa2);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == ready_with_data);
  b.send(0xa3);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == ready);
  BOOST_TEST((b.disk.content(12, 1) == filled(0xa3)));
}

BOOST_AUTO_TEST_CASE(blocks_are_powers_of_two_up_to_16) {
  bench b;
  for (unsigned n = 0; n < 256; ++n) {
    b.d.write(sector_count, static_cast<u8>(n));
    ends(b, opcode::set_multiple_mode, n <= 16 && (n & (n - 1)) == 0);
  }
  b.d.write(sector_count, 0);
  b.execute(opcode::set_multiple_mode);
  b.address(0, 1);
  ends(b, opcode::read_multiple, false);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
  const auto identity_of = [](bench &b) {
    b.execute(opcode::identify_device);
    BOOST_TEST(b.interrupting());
    BOOST_TEST(b.status() == ready_with_data);
    const auto bytes = b.sector();
    BOOST_TEST(b.status() == ready);
    BOOST_TEST(static_cast<u8>(std::accumulate(bytes.begin(), bytes.end(), 0)) == 0);
    std::array<u16, 256> words{};
    for (std::size_t i = 0; i < 512; ++i)
      words[i / 2] = static_cast<u16>(words[i / 2] | bytes[i] << (8 * (i % 2)));
    return words;
  };
  bench b;
  auto words = identity_of(b);
  BOOST_TEST((words[0] & 0x8000) == 0);
  BOOST_TEST(words[47] == 0x8010u);
  BOOST_TEST((words[49] & 0x0200) != 0);
  BOOST_TEST((words[49] & 0x0100) == 0); // no DMA
  BOOST_TEST(words[59] == 0u);
  BOOST_TEST(words[60] == 300u);
  BOOST_TEST(words[61] == 0u);
  BOOST_TEST(words[63] == 0u);
  BOOST_TEST(words[83] == 0x7400u);
  BOOST_TEST(words[100] == 300u);
  BOOST_TEST(words[27] == ('h' << 8 | 'v'));
  BOOST_TEST((words[85] & 0x60) == 0x60);
  b.d.write(sector_count, 8);
  b.execute(opcode::set_multiple_mode);
  b.d.write(features, 0x82);
  b.execute(opcode::set_features);
  words = identity_of(b);
  BOOST_TEST(words[59] == 0x0108u);
  BOOST_TEST((words[85] & 0x60) == 0x40);
}

BOOST_AUTO_TEST_CASE(flush_comes_after_what_was_written_before) {
  bench b;
  b.address(1, 1);
  b.execute(opcode::write_sectors);
  b.send(1);
  ends(b, opcode::flush_cache, true);
  ends(b, opcode::flush_cache_ext, true);
  BOOST_TEST(b.disk.log == "w1 f f ");
  b.disk.failing = true;
  ends(b, opcode::flush_cache, false);
}

BOOST_AUTO_TEST_CASE(without_a_cache_each_write_is_flushed) {
  bench b;
  b.d.write(features, 0x82);
  ends(b, opcode::set_features, true);
  b.address(1, 1);
  b.execute(opcode::write_sectors);
  b.send(1);
  BOOST_TEST(b.disk.log == "w1 f ");
  b.d.write(features, 0x02);
  ends(b, opcode::set_features, true);
  b.execute(opcode::write_sectors);
  b.send(1);
  BOOST_TEST(b.disk.log == "w1 f w1 ");
}

BOOST_AUTO_TEST_CASE(features_it_does_not_have_abort) {
  bench b;
  for (const u8 good : std::initializer_list<u8>{0x02, 0x55, 0x66, 0x82, 0xaa, 0xcc}) {
    b.d.write(features, good);
    ends(b, opcode::set_features, true);
  }
  for (const u8 bad : std::initializer_list<u8>{0x00, 0x05, 0x10, 0x42, 0x90, 0xff}) {
    b.d.write(features, bad);
    ends(b, opcode::set_features, false);
  }
  b.d.write(features, 0x03);
  for (unsigned mode = 0; mode < 256; ++mode) {
    b.d.write(sector_count, static_cast<u8>(mode));
    ends(b, opcode::set_features, mode < 2 || (mode >= 8 && mode <= 12));
  }
}

BOOST_AUTO_TEST_CASE(commands_without_data_end_at_once) {
  bench b;
  for (const opcode good : {opcode::standby_immediate, opcode::idle_immediate, opcode::standby, opcode::idle,
                            opcode::sleep, opcode::check_power_mode})
    ends(b, good, true);
  BOOST_TEST(b.d.read(sector_count) == 0xffu);
  b.address(290, 10);
  ends(b, opcode::read_verify, true);
  BOOST_TEST(b.disk.log.starts_with("r290 "));
  ends(b, opcode::nop, false);
}

BOOST_AUTO_TEST_CASE(all_other_commands_abort) {
  const std::string known("\x20\x24\x29\x30\x34\x39\x40\x42\x90\xc4\xc5\xc6\xe0\xe1\xe2\xe3\xe5\xe6\xe7\xea\xec\xef");
  bench b;
  for (unsigned n = 0; n < 256; ++n)
    if (known.find(static_cast<char>(n)) == std::string::npos)
      ends(b, static_cast<opcode>(n), false);
  BOOST_TEST(b.disk.log.empty());
}

BOOST_AUTO_TEST_CASE(diagnosis_signs) {
  bench b;
  b.address(0x123456, 9, 0x50); // whichever drive is selected
  b.execute(opcode::execute_device_diagnostic);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == ready);
  has_signature(b);
}

BOOST_AUTO_TEST_CASE(drive_1_is_not_there) {
  bench b;
  b.address(1, 1, 0x50);
  BOOST_TEST(b.status() == 0u);
  BOOST_TEST(b.d.alternate_status() == 0u);
  for (unsigned n = 0; n < 256; ++n)
    if (n != 0x90)
      b.execute(static_cast<opcode>(n));
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.disk.log.empty());
  b.d.write(device_register, 0x40);
  BOOST_TEST(b.status() == ready);
  b.execute(opcode::identify_device); // an interrupt that is pending goes off the wire
  BOOST_TEST(b.interrupting());
  static_cast<void>(b.sector());
  b.d.write(device_register, 0x50);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.status() == 0u); // and is not acknowledged there
  b.d.write(device_register, 0x40);
  BOOST_TEST(b.interrupting());
}

BOOST_AUTO_TEST_CASE(a_software_reset_takes_as_long_as_it_is_held) {
  bench b;
  b.address(1, 4);
  b.execute(opcode::read_sectors);
  static_cast<void>(b.d.read_data());
  b.d.write_control(0x04);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.status() == 0x80u);
  b.d.write(lba_low, 0x55); // it hears nothing
  b.execute(opcode::identify_device);
  BOOST_TEST(b.d.alternate_status() == 0x80u);
  b.d.write_control(0);
  BOOST_TEST(b.status() == ready);
  BOOST_TEST(!b.interrupting());
  has_signature(b);
  BOOST_TEST(b.d.read_data() == 0u);
}

BOOST_AUTO_TEST_CASE(interrupts_can_be_kept_off_the_wire) {
  bench b;
  b.d.write_control(0x02);
  b.execute(opcode::idle);
  BOOST_TEST(!b.interrupting());
  b.d.write_control(0x00);
  BOOST_TEST(b.interrupting());
  b.d.write_control(0x02);
  BOOST_TEST(!b.interrupting());
  BOOST_TEST(b.status() == ready);
  b.d.write_control(0x00);
  BOOST_TEST(!b.interrupting());
  b.execute(opcode::idle);
  BOOST_TEST(b.interrupting());
  b.address(0, 1);
  BOOST_TEST(b.interrupting());
  b.execute(opcode::write_sectors); // a command clears it, too
  BOOST_TEST(!b.interrupting());
}

BOOST_AUTO_TEST_CASE(while_there_are_data_registers_are_not_written) {
  bench b;
  b.address(3, 1);
  b.execute(opcode::read_sectors);
  b.d.write(lba_low, 0x99);
  b.execute(opcode::identify_device);
  BOOST_TEST((b.sector() == filled(3)));
  BOOST_TEST(b.d.read(lba_low) == 3u);
}

BOOST_AUTO_TEST_CASE(a_medium_that_fails_says_where) {
  bench b;
  b.address(5, 3);
  b.execute(opcode::read_sectors);
  b.disk.failing = true;
  static_cast<void>(b.sector());
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == failed);
  BOOST_TEST(b.d.read(error) == 0x40u);
  BOOST_TEST(b.address_left() == 6u);
  b.address_ext(8, 3);
  b.execute(opcode::write_sectors_ext);
  b.send(0);
  BOOST_TEST(b.interrupting());
  BOOST_TEST(b.status() == 0x71u);
  BOOST_TEST(b.address_left(true) == 8u);
  b.address(9, 1);
  b.execute(opcode::read_verify);
  BOOST_TEST(b.status() == failed);
  BOOST_TEST(b.d.read(error) == 0x40u);
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_takes_no_writes) {
  bench b;
  b.disk.locked = true;
  b.address(0, 1);
  ends(b, opcode::write_sectors, false);
  BOOST_TEST(b.disk.log.empty());
}

BOOST_AUTO_TEST_CASE(in_memory_registers_are_words_apart) {
  device::memory_disk disk(std::vector<u8>(512 * 4, 0x61));
  tests::lines cpu;
  platform p(disk, {cpu, wire});
  BOOST_TEST(p.read(0x1c, 1).value() == ready);
  BOOST_TEST(p.read(0x100, 1).value() == ready);
  BOOST_TEST(p.write(0x08, 1, 1));
  BOOST_TEST(p.write(0x0c, 4, 2));
  BOOST_TEST(p.write(0x18, 1, 0x40));
  BOOST_TEST(p.write(0x1c, 1, 0x20));
  BOOST_TEST(cpu[wire]);
  BOOST_TEST(p.read(0x100, 1).value() == ready_with_data);
  BOOST_TEST(p.read(0, 2).value() == 0x6161u);
  BOOST_TEST(p.read(0, 4).value() == 0x6161'6161u);
  BOOST_TEST(p.inner.state.position == 6u);
  BOOST_TEST(p.write(0x100, 1, 2));
  BOOST_TEST(!cpu[wire]);
  BOOST_TEST(p.write(0x100, 1, 4));
  BOOST_TEST(p.write(0x100, 1, 0));
  BOOST_TEST(p.write(0x1c, 1, 0x30)); // without LBA
  BOOST_TEST(p.read(0x04, 1).value() == 4u);
  for (const u64 hole : {0x02U, 0x01U, 0x20U, 0xffU, 0x101U, 0x104U}) {
    BOOST_TEST(!p.read(hole, 1));
    BOOST_TEST(!p.write(hole, 1, 0));
  }
  for (const unsigned size : {1U, 8U}) {
    BOOST_TEST(!p.read(0, size));
    BOOST_TEST(!p.write(0, size, 0));
  }
}
