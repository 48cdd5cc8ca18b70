// SPDX-License-Identifier: BSL-1.0
// IA-32's user instructions against the host's own processor: random encodings and operands, one instruction at a time,
// faults included. Only flags that the manual defines are compared; which those are stands in the rows.
#include <algorithm>
#include <iostream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include <hvkit/hardware/bare_machine.hpp>
#include <hvkit/hardware/engine/step.hpp>

#include "support/gate.hpp"
#include "support/host_cpu32.hpp"
#include "support/ia32_programs.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define HVKIT_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HVKIT_SHADOWED 1
#endif
#endif

using namespace hvkit;
using namespace hvkit::tests;

namespace {

using ia32::cpu_type;
namespace x86 = cpu::x86;
using machine_type = hardware::bare_machine<cpu_type, engine::step>;

constexpr u64 place_size = (1 + ia32::data_pages) * frame_size;
constexpr u32 tables_at = ia32::place_base + 0x10000;

/// The machine in user mode, under tables that map the small place as the host's own do.
class simulated_side {
public:
  simulated_side() : machine_(gpa{ia32::place_base}, 0x12000) {
    const u32 directory = (tables_at + 0x1000) | 7;
    write(tables_at + (ia32::place_base >> 22) * 4, directory);
    for (u32 page = 0; page <= ia32::data_pages; ++page) {
      const u32 rights = page == 1 + ia32::absent_page ? 0 : page == 1 + ia32::read_only_page ? 5 : 7;
      write(tables_at + 0x1000 + 4 * page, (ia32::place_base + page * 0x1000) | rights);
    }
    machine_.reset(gva{ia32::code_at});
    cpu_type::enter_flat(machine_.system(), 3);
    machine_.system().set(x86::w_cr3, tables_at);
    machine_.system().set(x86::w_cr0, machine_.system().get(x86::w_cr0) | x86::cr0::pg);
    machine_.system().set(x86::segment_word(x86::seg::tr, x86::part_limit), 0); // no bit map: ports are refused
    machine_.processor().set_hosted(true);
    machine_.processor().changed(effect::context);
  }
  void write(u32 at, u32 value) { static_cast<void>(machine_.write(gpa{at}, &value, sizeof value)); }
  [[nodiscard]] machine_type &machine() noexcept { return machine_; }
  [[nodiscard]] u8 *bytes() const noexcept { return memory().host(hpa{ia32::place_base}); }

  void set(const state32 &s) {
    for (unsigned n = 0; n < 8; ++n)
      machine_.user().r[n] = s.r[n];
    machine_.user().pc = s.eip;
    machine_.user().flags.set_all(s.eflags);
    machine_.user().df = (s.eflags & x86::eflags::df) != 0;
  }
  /// Runs one instruction.
  [[nodiscard]] state32 run() {
    const exit_record exit = machine_.processor().run(1);
    state32 s{};
    for (unsigned n = 0; n < 8; ++n)
      s.r[n] = machine_.user().r[n];
    s.eip = machine_.user().pc;
    s.eflags = machine_.user().flags.all() | (machine_.user().df ? x86::eflags::df : 0U);
    s.vector = exit.reason == exit_reason::trap ? static_cast<u32>(exit.what.cause) : 1;
    s.error = exit.reason == exit_reason::trap ? x86::error_code(exit.what) : 0;
    s.cr2 = static_cast<u32>(exit.what.value);
    return s;
  }

private:
  [[nodiscard]] hardware::physical_memory &memory() const noexcept {
    return const_cast<machine_type &>(machine_).memory();
  }
  machine_type machine_;
};

/// Bytes as a source for the decoder.
struct plain_source {
  const ia32::instruction_bytes &from;
  std::size_t at = 0;
  [[nodiscard]] maybe<u8> byte() { return at < 15 ? maybe<u8>(from[at++]) : maybe<u8>(); }
};

class comparison {
public:
  comparison(u64 seed, u64 cases) : maker_(seed), left_(cases) {
    host_ = host_cpu32::map(ia32::place_base, place_size);
    for (u64 i = 0; host_ != nullptr && i < place_size; i += 4) {
      const u32 value = maker_.value();
      std::memcpy(host_ + i, &value, 4);
    }
    if (host_ != nullptr) {
      std::memcpy(ours_.bytes(), host_, place_size);
      host_cpu32::protect(host_ + (1 + ia32::read_only_page) * frame_size, frame_size, true);
      host_cpu32::protect(host_ + (1 + ia32::absent_page) * frame_size, frame_size, false);
      std::memset(ours_.bytes() + (1 + ia32::absent_page) * frame_size, 0, frame_size);
    }
  }
  ~comparison() {
    if (host_ != nullptr)
      host_cpu32::unmap(host_, place_size);
  }
  comparison(const comparison &) = delete;
  comparison &operator=(const comparison &) = delete;

  /// False if the host does not play along.
  [[nodiscard]] bool run() {
    if (host_ == nullptr)
      return false;
    prepare();
    return host_cpu32::run(
        start_, [](void *self, state32 &s) { return static_cast<comparison *>(self)->next(s); }, this);
  }
  [[nodiscard]] const std::string &difference() const noexcept { return difference_; }
  [[nodiscard]] u64 done() const noexcept { return done_; }
  [[nodiscard]] u64 faults() const noexcept { return faults_; }

private:
  bool next(state32 &host) {
    compare(host);
    if (!difference_.empty() || left_ == 0)
      return false;
    prepare();
    host = start_;
    return true;
  }

  /// The next case: new bytes, and either new registers or what the last instruction left.
  void prepare() {
    --left_;
    auto &random = maker_.random();
    do {
      const auto &forms = x86::detail::flat_forms<cpu_type>;
      bytes_ = maker_.instruction(forms[random.between(0, forms.size() - 1)].code);
      plain_source source{bytes_};
      const auto decoded = x86::decode_bytes<cpu_type>(source, true);
      decoded_ = decoded ? *decoded : isa::decoded<cpu_type>{};
    } while (!decoded_ || !testable() || implementation_specific());
    if (random.between(0, 2) != 0 || !completed_) {
      for (u32 &r : start_.r)
        r = maker_.value();
      start_.eflags = static_cast<u32>(random()) & (x86::eflags::status | x86::eflags::df);
      start_.eip = 0;
      ours_.set(start_);
    }
    start_.eip = ia32::code_at + static_cast<u32>(random.between(0, 0xff0));
    ours_.machine().user().pc = start_.eip;
    count_ = shift_count();
    std::memcpy(host_ + (start_.eip - ia32::place_base), bytes_.data(), 15);
    std::memcpy(ours_.bytes() + (start_.eip - ia32::place_base), bytes_.data(), 15);
  }
  /// Of the system instructions those that are refused in user mode: others show or change the host's real state.
  [[nodiscard]] bool testable() const {
    const auto &facts = isa::facts<cpu_type>[decoded_.row];
    constexpr std::string_view refused[] = {"cli",  "sti", "hlt",  "clts",   "lmsw",  "lgdt",  "lidt", "invlpg",
                                            "lldt", "ltr", "invd", "wbinvd", "rdmsr", "wrmsr", "in",   "out"};
    const auto first = decoded_.operands.op[0].where, second = decoded_.operands.op[1].where;
    return facts.needs != isa::capability::system ||
           std::find(std::begin(refused), std::end(refused), facts.name) != std::end(refused) ||
           first == x86::place::control || second == x86::place::control || first == x86::place::debug ||
           second == x86::place::debug;
  }
  /// What the manual leaves to the processor, and what later processors made of old encodings.
  [[nodiscard]] bool implementation_specific() const {
    const std::string_view name = isa::facts<cpu_type>[decoded_.row].name;
    const auto &o = decoded_.operands;
    return (name == "bswap" && o.operand_width == 2) ||
           ((name == "bsf" || name == "bsr") && o.repeat == x86::repetition::while_equal) || // TZCNT, LZCNT
           (name.starts_with("loop") && o.repeat != x86::repetition::none) || // reserved; AMD's follow the prefix
           ((name == "shld" || name == "shrd") && o.op[0].width == 2);        // counts above 16
  }
  [[nodiscard]] u32 shift_count() const {
    const auto &o = decoded_.operands;
    const auto &last = o.op[2].where != x86::place::none ? o.op[2] : o.op[1];
    return last.where == x86::place::immediate ? o.immediate : start_.r[1] & 0xffU;
  }

  void compare(const state32 &host) {
    ++done_;
    const state32 ours = ours_.run();
    if (wraps(ours) && isa::facts<cpu_type>[decoded_.row].needs != isa::capability::system)
      return reset_memory();
    u32 undefined = ours.vector == 1 ? ia32::undefined_flags(decoded_, count_) : 0;
    const u32 compared = (x86::eflags::status | x86::eflags::df) & ~undefined;
    const bool faulted = ours.vector != 1;
    faults_ += faulted ? 1 : 0;
    // A POPA that faults may have loaded some registers already.
    const bool partial = faulted && isa::facts<cpu_type>[decoded_.row].name == "popa";
    bool same = ours.vector == host.vector && ours.eip == host.eip && ((ours.eflags ^ host.eflags) & compared) == 0 &&
                (partial || std::memcmp(ours.r, host.r, sizeof ours.r) == 0);
    if (ours.vector == x86::cause::page_fault)
      same = same && ours.cr2 == host.cr2 && ours.error == (host.error & 7U);
    if (!same || !same_memory())
      return describe(ours, host, compared);
    completed_ = !faulted;
    start_ = host;
    if (undefined != 0) { // what is undefined is as the host has it
      start_.eflags = host.eflags & (x86::eflags::status | x86::eflags::df);
      ours_.set(start_);
    }
  }
  /// An access that goes beyond the last address: "the processor may or may not cause an exception".
  [[nodiscard]] static bool wraps(const state32 &ours) {
    return ours.vector == x86::cause::general_protection || ours.vector == x86::cause::stack_fault;
  }
  void reset_memory() {
    completed_ = false;
    for (unsigned page = 0; page <= ia32::data_pages; ++page)
      if (page != 1 + ia32::absent_page)
        std::memcpy(ours_.bytes() + page * frame_size, host_ + page * frame_size, frame_size);
  }
  [[nodiscard]] bool same_memory() const {
    for (unsigned page = 0; page <= ia32::data_pages; ++page)
      if (page != 1 + ia32::absent_page &&
          std::memcmp(ours_.bytes() + page * frame_size, host_ + page * frame_size, frame_size) != 0)
        return false;
    return true;
  }

  void describe(const state32 &ours, const state32 &host, u32 compared) {
    std::ostringstream out;
    out << std::hex << "case " << done_ << ": " << isa::facts<cpu_type>[decoded_.row].name << ", bytes";
    for (unsigned i = 0; i < 15; ++i)
      out << ' ' << unsigned{bytes_[i]};
    const auto show = [&](std::string_view who, const state32 &s) {
      out << '\n'
          << who << ": eip " << s.eip << " flags " << (s.eflags & compared) << " vector " << s.vector << " error "
          << s.error << " cr2 " << s.cr2 << " r";
      for (const u32 r : s.r)
        out << ' ' << r;
    };
    show("before", start_);
    show("ours", ours);
    show("host", host);
    if (!same_memory())
      out << "\nmemory differs";
    difference_ = out.str();
  }

  ia32::program_maker maker_;
  simulated_side ours_;
  u8 *host_ = nullptr;
  ia32::instruction_bytes bytes_{};
  isa::decoded<cpu_type> decoded_{};
  state32 start_{};
  u32 count_ = 0;
  bool completed_ = false;
  u64 left_, done_ = 0, faults_ = 0;
  std::string difference_;
};

} // namespace

BOOST_AUTO_TEST_CASE(user_instructions_do_what_the_hosts_processor_does) {
#ifdef HVKIT_SHADOWED
  std::cout << "skipped: the sanitizer's shadow memory lies where the instructions' addresses do\n";
#else
  if (!host_cpu32::exists) {
    std::cout << "skipped: the host is no x86-64 under Linux\n";
    return;
  }
  const u64 cases = amount(200'000, 10'000'000, 100'000'000);
  comparison both(seed(), cases);
  if (!both.run()) {
    std::cout << "skipped: the host does not run 32-bit code\n";
    return;
  }
  BOOST_TEST(both.difference() == "");
  BOOST_TEST((!both.difference().empty() || both.done() == cases));
  std::cout << both.done() << " instructions, " << both.faults() << " of them faulted\n";
#endif
}
