// SPDX-License-Identifier: BSL-1.0
// Decides how the command line is read; what the words mean to a machine is decided elsewhere.
#include "options.hpp"

#include <filesystem>
#include <iostream>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hvkit/host/file.hpp>
#include <hvkit/host/quantity.hpp>

#include "classes.hpp"
#include "selection.hpp"

namespace run {

namespace {

constexpr auto about = R"(Boots RISC-V firmware and kernels, on the bare machine or in a composed VMM.)";

constexpr auto examples = R"(
Images are ELF or raw. A raw --bios is put at 0x80000000, where memory begins, a raw --kernel at 0x80200000, or at
0x80000000 if there is no --bios. The machine starts in M mode at the --bios, or at the --kernel if that is all there
is, with the device tree's address in a1.

Input is typed at the guest's console once that has been quiet for 2.5 seconds of the guest's time, or after it has
printed what the --input-after before it says; an empty one types at once. TEXT may hold \n \r \t \e \0 \\ \xHH. If
a file of that name exists, its bytes are typed; @FILE is always a file. Without --input, standard input is the
console: a terminal in raw mode (Ctrl-A x ends the run), anything else like one --input. Nothing depends on the host's
clock: a run with --input can be repeated exactly.

Exit codes: the guest's own (0 if it passed; codes above 255 are 255), 2 if something asked for cannot be done,
123 if the guest asked for a reset, 124 if it used up --max-instructions, 125 if it waits for ever or was stopped.

Examples:
  hvkit-run --bios fw_jump.bin --kernel u-boot.bin
  hvkit-run --bare --bios fw_jump.bin --kernel u-boot.bin --input 'version\n' --until '=> ' --max-instructions 1G
  hvkit-run --kernel u-boot.bin --input-after autoboot --input ' ' --input-after '=> ' --input 'version\n' --until '=> '
  hvkit-run --technique hybrid --engine step --kernel rv64ui-p-add --signature add.sig --stats
  hvkit-run --list)";

/// The words as they were typed, before they mean anything.
struct words {
  std::string memory = "128M";
  std::string max_instructions;
  std::string statistics;
  std::vector<std::string> input, input_after;
  std::string until;
  std::string granularity = "4";
};

host::result<std::string> typed_bytes(const std::string &argument) {
  constexpr u64 most = u64{64} << 20;
  std::error_code unreadable;
  const bool named = argument.starts_with('@');
  if (!named && !std::filesystem::is_regular_file(argument, unreadable))
    return host::unescape(argument);
  const auto bytes = host::read_file(named ? argument.substr(1) : argument, most);
  if (!bytes)
    return host::failure{bytes.reason()};
  return std::string(bytes->begin(), bytes->end());
}

/// Pairs each --input with the --input-after before it.
maybe<host::failure> read_script(const CLI::App &app, const words &w, options &o) {
  const CLI::Option *input = app.get_option("--input");
  const CLI::Option *after = app.get_option("--input-after");
  std::size_t inputs = 0, afters = 0;
  maybe<std::string> awaited;
  for (const CLI::Option *one : app.parse_order()) {
    if (one == after) {
      if (awaited)
        return host::failure{"--input-after is followed by no --input of its own"};
      const auto text = host::unescape(w.input_after[afters++]);
      if (!text)
        return host::failure{"--input-after: " + text.reason()};
      awaited = *text;
    } else if (one == input) {
      const auto text = typed_bytes(w.input[inputs++]);
      if (!text)
        return host::failure{"--input: " + text.reason()};
      o.script.push_back({*text, std::exchange(awaited, {})});
    }
  }
  o.scripted = inputs != 0;
  if (awaited)
    return host::failure{"--input-after is followed by no --input"};
  return {};
}

void declare_machine(CLI::App &app, options &o) {
  app.add_option("--cpu", o.cpu, fmt::format("The guest's CPU: {}", fmt::join(known_cpus(), ", ")))
      ->type_name("NAME")
      ->group("Machine");
  app.add_flag("--bare", o.bare, "No VMM: traps enter the guest's own handlers")->group("Machine");
  for (const known_slot &s : known_slots())
    app.add_option(fmt::format("--{}", slot_name(s.kind)), o.policies[static_cast<unsigned>(s.kind)],
                   fmt::format("{}", fmt::join(s.names, ", ")))
        ->type_name("NAME")
        ->group("Machine (of several names, the first is the default)");
}

void declare_guest(CLI::App &app, options &o, words &w) {
  const auto add = [&](const char *name, std::string &into, const char *what, const char *type = "FILE") {
    app.add_option(name, into, what)->type_name(type)->group("Guest");
  };
  add("--bios", o.bios, "Firmware");
  add("--kernel", o.kernel, "What the firmware starts, or a program of its own");
  add("--initrd", o.initrd, "Put high into memory; the device tree says where");
  add("--append", o.append, "The kernel's command line (bootargs)", "TEXT");
  add("--memory", w.memory, "Such as 64M, 1G or 0x8000000; 128M if not given", "SIZE");
  add("--max-instructions", w.max_instructions, "Stop after so many, such as 100M; traps count as one", "N");
  for (const auto &[name, into, what] :
       {std::tuple{"--input", &w.input, "Type this at the console"},
        std::tuple{"--input-after", &w.input_after, "When to type the next --input: after this was printed"}})
    app.add_option(name, *into, what)
        ->type_name(name == std::string_view("--input") ? "TEXT|FILE" : "TEXT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->group("Guest");
  add("--until", w.until, "Stop, with exit code 0, once this was printed after all input was taken", "TEXT");
}

void declare_reports(CLI::App &app, options &o, words &w) {
  app.add_option("--stats", w.statistics, "Say what was counted, on standard error; for people if not as JSON")
      ->type_name("[=json]")
      ->expected(0, 1)
      ->group("Reports");
  const auto add = [&](const char *name, std::string &into, const char *what) {
    app.add_option(name, into, what)->type_name("FILE")->group("Reports");
  };
  add("--stats-file", o.statistics_file, "Write that to FILE instead");
  add("--trace-exits", o.trace_exits, "Write a line for each exit");
  add("--signature", o.signature, "Write memory from begin_signature to end_signature, once the guest has ended");
  app.add_option("--signature-granularity", w.granularity, "Bytes in a line of it; 4 if not given")
      ->type_name("4|8|16")
      ->group("Reports");
}

maybe<host::failure> read_reports(const CLI::App &app, const words &w, options &o) {
  const bool asked = app.count("--stats") != 0;
  const std::string form = !w.statistics.empty() ? w.statistics : asked ? "text" : "json";
  if (form != "text" && form != "json")
    return host::failure{fmt::format("--stats: there is no form '{}': text and json are there", form)};
  if (asked || !o.statistics_file.empty())
    o.statistics = form == "json" ? statistics_form::json : statistics_form::text;
  const auto granularity = host::parse_count(w.granularity);
  if (!granularity || (*granularity != 4 && *granularity != 8 && *granularity != 16))
    return host::failure{fmt::format("--signature-granularity: '{}' is none of 4, 8 and 16", w.granularity)};
  o.signature_granularity = static_cast<unsigned>(*granularity);
  return {};
}

/// What the words mean, where CLI11 does not know.
maybe<host::failure> interpret(const CLI::App &app, const words &w, options &o) {
  const auto memory = host::parse_size(w.memory);
  if (!memory)
    return host::failure{"--memory: " + memory.reason()};
  o.memory = *memory;
  if (!w.max_instructions.empty()) {
    const auto most = host::parse_count(w.max_instructions);
    if (!most)
      return host::failure{"--max-instructions: " + most.reason()};
    o.max_instructions = *most;
  }
  const auto until = host::unescape(w.until);
  if (!until)
    return host::failure{"--until: " + until.reason()};
  o.until = *until;
  if (const auto wrong = read_reports(app, w, o))
    return wrong;
  return read_script(app, w, o);
}

} // namespace

host::result<request> parse(int argc, const char *const *argv) {
  request r;
  words w;
  bool list = false, classes = false;
  CLI::App app(about, "hvkit-run");
  app.get_formatter()->column_width(36);
  app.footer(examples);
  app.add_flag("--list", list, "Print all combinations of policies, and why some are refused")->group("Machine");
  app.add_flag("--classes", classes, "Print the class of each CPU's instructions, and what the theorems say")
      ->group("Machine");
  declare_machine(app, r.wanted);
  declare_guest(app, r.wanted, w);
  declare_reports(app, r.wanted, w);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    std::cout << app.help();
    r.done = 0;
    return r;
  } catch (const CLI::ParseError &e) {
    return host::failure{e.what()};
  }
  if (list || classes) {
    std::cout << (list ? list_combinations() : "") << (classes ? list_classes() : "");
    r.done = 0;
    return r;
  }
  if (const auto wrong = interpret(app, w, r.wanted))
    return *wrong;
  return r;
}

} // namespace run
