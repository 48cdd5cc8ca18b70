// SPDX-License-Identifier: BSL-1.0
// Decides how the command line is read; what the words mean to a machine is decided elsewhere.
#include "options.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hvkit/host/file.hpp>
#include <hvkit/host/quantity.hpp>
#include <hvkit/policy/scheduler/concept.hpp>

#include "classes.hpp"
#include "listing.hpp"
#include "selection.hpp"

namespace run {

namespace {

constexpr auto about =
    R"(Boots unmodified guests on the bare machine or in a composed VMM, and says what the VMM did.)";

constexpr auto examples = R"(
Images are ELF files, raw bytes, or assembly text if the file's name ends in .s (it starts at the label `start` or
`_start`, if there is one). On rv64 a --bios that says no address is put at 0x80000000, where memory begins, a --kernel
at 0x80200000, or at 0x80000000 if there is no --bios. The machine starts in M mode at the --bios, or at the --kernel if
that is all there is, with the device tree's address in a1; with --sbi, which --technique paravirtual implies, in S mode
at the --kernel. The third_generation machines take one --kernel, at 0;
they print by SIO, have no other device, and end by --until, by --max-instructions or by waiting for ever. There,
--classification declared is a table such as a manual has, and assume, unsound on purpose, takes popf or jrst1 as
innocuous, to show what goes wrong.

Input is typed at the guest's console once that has been quiet for 2.5 seconds of the guest's time, or after it has
printed what the --input-after before it says; an empty one types at once. TEXT may hold \n \r \t \e \0 \\ \xHH.
--input takes a file if one of that name exists; @FILE is always a file, --input-text never. Without any, standard input
is the console: a terminal in raw mode (Ctrl-A x ends the run), anything else like one --input. Nothing depends on the
host's clock: a run with --input can be repeated exactly.

Several guests share one hardware, and one VMM, if the options of each begin with --vm: those before the first one hold
for all, and give way to a guest's own. --scheduler says how they share it; a guest that waits costs the others nothing.
Each has its files, input and --max-instructions; policies and statistics are the VMM's. At a terminal, keyboard and
screen are one guest's at a time: Ctrl-A n gives them to the next one, Ctrl-A 1 to 9 to that one, and Ctrl-A h says so.
Elsewhere what they print stands line by line behind `vm 1: `, and standard input is the first one's that has no --input.
The exit code is the first that is not 0, in the order of the guests.

Exit codes: the guest's own (0 if it passed; codes above 255 are 255), 2 if something asked for cannot be done,
123 if the guest asked for a reset, 124 if it used up --max-instructions, 125 if it waits for ever or was stopped.

Examples:
  hvkit-run --bios fw_jump.bin --kernel u-boot.bin
  hvkit-run --bare --bios fw_jump.bin --kernel u-boot.bin --input 'version\n' --until '=> ' --max-instructions 1G
  hvkit-run --kernel u-boot.bin --input-after autoboot --input ' ' --input-after '=> ' --input 'version\n' --until '=> '
  hvkit-run --technique hybrid --engine step --kernel rv64ui-p-add --signature add.sig --stats
  hvkit-run --technique paravirtual --kernel Image
  hvkit-run --cpu third_generation+popf --classification assume --kernel guest.s --trace-exits /dev/stderr
  hvkit-run --bios fw_jump.bin --memory 64M --scheduler proportional --vm --kernel u-boot.bin --share 3 --vm --kernel Image
  hvkit-run --list)";

/// The words as they were typed, before they mean anything.
struct words {
  std::string memory = "128M";
  std::string max_instructions;
  std::string statistics;
  std::string list;
  bool classes = false;
  std::string cpu;
  std::array<std::string, slot_count> policies;
  std::vector<std::string> input, input_text, input_after;
  std::string until;
  std::string granularity = "4";
  std::string disk_form;
  std::string board, scheduler, share = "1";
  bool vm = false;
};

host::result<std::string> typed_bytes(const std::string &argument, options &o) {
  constexpr u64 most = u64{64} << 20;
  std::error_code unreadable;
  const bool named = argument.starts_with('@');
  if (!named && !std::filesystem::is_regular_file(argument, unreadable))
    return host::unescape(argument);
  o.script_files.push_back(named ? argument.substr(1) : argument);
  const auto bytes = host::read_file(o.script_files.back(), most);
  if (!bytes)
    return host::failure{bytes.reason()};
  return std::string(bytes->begin(), bytes->end());
}

/// Pairs each --input and --input-text with the --input-after before it.
class script_reader {
public:
  script_reader(const CLI::App &app, const words &w, options &o) : app_(app), words_(w), options_(o) {}

  [[nodiscard]] maybe<host::failure> read() {
    for (const CLI::Option *one : app_.parse_order()) {
      maybe<host::failure> wrong;
      if (one == app_.get_option("--input-after"))
        wrong = await(words_.input_after[afters_++]);
      else if (one == app_.get_option("--input"))
        wrong = type("--input", typed_bytes(words_.input[inputs_++], options_));
      else if (one == app_.get_option("--input-text"))
        wrong = type("--input-text", host::unescape(words_.input_text[texts_++]));
      if (wrong)
        return wrong;
    }
    if (awaited_)
      return host::failure{"--input-after is followed by no --input"};
    return {};
  }

private:
  [[nodiscard]] maybe<host::failure> await(const std::string &argument) {
    if (awaited_)
      return host::failure{"--input-after is followed by no --input of its own"};
    const auto text = host::unescape(argument);
    if (!text)
      return host::failure{"--input-after: " + text.reason()};
    awaited_ = *text;
    return {};
  }
  [[nodiscard]] maybe<host::failure> type(std::string_view option, const host::result<std::string> &text) {
    if (!text)
      return host::failure{fmt::format("{}: {}", option, text.reason())};
    options_.script.push_back({*text, std::exchange(awaited_, {})});
    options_.scripted = true;
    return {};
  }

  const CLI::App &app_;
  const words &words_;
  options &options_;
  std::size_t inputs_ = 0, texts_ = 0, afters_ = 0;
  maybe<std::string> awaited_;
};

void declare_machine(CLI::App &app, options &o, words &w) {
  app.add_option("--cpu", w.cpu, fmt::format("The guest's CPU: {}", fmt::join(known_cpus(), ", ")))
      ->type_name("NAME")
      ->group("Machine");
  app.add_option("--board", w.board,
                 fmt::format("What is around it: {}. Each CPU has one", fmt::join(known_boards(), ", ")))
      ->type_name("NAME")
      ->group("Machine");
  app.add_flag("--bare", o.bare, "No VMM: traps enter the guest's own handlers")->group("Machine");
  app.add_flag("--sbi", o.sbi, "No firmware: the --kernel starts in S mode, and its SBI calls are served")
      ->group("Machine");
  for (const known_slot &s : known_slots())
    app.add_option(fmt::format("--{}", slot_name(s.kind)), w.policies[static_cast<unsigned>(s.kind)],
                   fmt::format("{}", fmt::join(s.names, ", ")))
        ->type_name("NAME")
        ->group("VMM (the first name is the default; of paging, the one that the CPU has the hardware for)");
}

void declare_several(CLI::App &app, words &w) {
  constexpr auto group = "Several guests";
  app.add_flag("--vm", w.vm, "Begins the options of a guest; those before the first --vm are for all")->group(group);
  app.add_option("--scheduler", w.scheduler, fmt::format("{}", fmt::join(known_schedulers(), ", ")))
      ->type_name("NAME")
      ->group(group);
  app.add_option("--share", w.share, "Of the hardware's time, beside the others' shares; 1 if not given")
      ->type_name("N")
      ->group(group);
}

void declare_guest(CLI::App &app, options &o, words &w) {
  const auto add = [&](const char *name, std::string &into, const char *what, const char *type = "FILE") {
    app.add_option(name, into, what)->type_name(type)->group("Guest");
  };
  add("--bios", o.bios, "Firmware");
  add("--kernel", o.kernel, "What the firmware starts, or a program of its own");
  add("--initrd", o.initrd, "Put high into memory; the device tree says where");
  add("--disk", o.disk, "The disk's image: a whole number of sectors of 512 bytes. It is written to");
  add("--disk-form", w.disk_form, "How the guest reaches it, if not as --io says: virtio (paravirtual) or ata",
      "virtio|ata");
  app.add_flag("--snapshot", o.snapshot, "Leave the image as it is: forget what is written to the disk")
      ->group("Guest");
  add("--append", o.append, "The kernel's command line (bootargs)", "TEXT");
  add("--memory", w.memory, "Such as 64M, 1G or 0x8000000; 128M if not given", "SIZE");
  add("--max-instructions", w.max_instructions, "Stop after so many, such as 100M; traps count as one", "N");
  for (const auto &[name, into, what] :
       {std::tuple{"--input", &w.input, "Type this at the console"},
        std::tuple{"--input-text", &w.input_text, "The same, even if a file has that name"},
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

/// An empty name is a name, too: one that nothing has.
maybe<host::failure> read_names(const CLI::App &app, const words &w, options &o) {
  if (app.count("--cpu") != 0)
    o.cpu = w.cpu;
  if (app.count("--board") != 0)
    o.board = w.board;
  for (const known_slot &s : known_slots())
    if (const auto n = static_cast<unsigned>(s.kind); app.count(fmt::format("--{}", slot_name(s.kind))) != 0)
      o.policies[n] = w.policies[n];
  for (const auto *file : {"--bios", "--kernel", "--initrd", "--disk", "--signature", "--trace-exits", "--stats-file"})
    if (app.count(file) != 0 && app.get_option(file)->as<std::string>().empty())
      return host::failure{fmt::format("{}: no file is named ''", file)};
  return {};
}

maybe<host::failure> read_disk(const CLI::App &app, const words &w, options &o) {
  if (app.count("--disk-form") != 0) {
    if (w.disk_form != "virtio" && w.disk_form != "ata")
      return host::failure{fmt::format("--disk-form: there is no form '{}': virtio and ata are there", w.disk_form)};
    o.disk_form = w.disk_form == "ata" ? form::emulated : form::paravirtual;
  }
  for (const auto *option : {"--disk-form", "--snapshot"})
    if (app.count(option) != 0 && o.disk.empty())
      return host::failure{fmt::format("{} is about a disk: name one with --disk", option)};
  return {};
}

/// What the words mean, where CLI11 does not know.
maybe<host::failure> interpret(const CLI::App &app, const words &w, options &o) {
  if (const auto wrong = read_names(app, w, o))
    return wrong;
  if (const auto wrong = read_disk(app, w, o))
    return wrong;
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
  const auto share = host::parse_count(w.share);
  if (!share || *share == 0 || *share > scheduler::largest_share)
    return host::failure{fmt::format("--share: '{}' is no number from 1 to {}", w.share, scheduler::largest_share)};
  o.share = *share;
  const auto until = host::unescape(w.until);
  if (!until)
    return host::failure{"--until: " + until.reason()};
  o.until = *until;
  if (const auto wrong = read_reports(app, w, o))
    return wrong;
  return script_reader(app, w, o).read();
}

void declare_lists(CLI::App &app, words &w) {
  app.add_option("--list", w.list, "Print all combinations of policies, and why some are refused")
      ->type_name("[=json]")
      ->expected(0, 1)
      ->group("Lists");
  app.add_flag("--classes", w.classes, "Print the class of each CPU's instructions, and what the theorems say")
      ->group("Lists");
}

/// What was asked of the lists; "" if nothing was.
host::result<std::string> make_lists(const CLI::App &app, const words &w) {
  if (!w.list.empty() && w.list != "json")
    return host::failure{fmt::format("--list: there is no form '{}': json is all there is", w.list)};
  std::string text;
  if (app.count("--list") != 0)
    text += w.list.empty() ? list_combinations() : list_combinations_json();
  if (w.classes)
    text += list_classes();
  return text;
}

/// Prints all that was asked for.
host::result<request> finish(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return host::failure{fmt::format("standard output: {}", std::strerror(errno))};
  return request{{}, {}, {}, 0};
}

/// One reading of options. CLI11 keeps references to all of it.
class reading {
public:
  reading() {
    app.get_formatter()->column_width(36);
    app.footer(examples);
    declare_machine(app, read, said);
    declare_guest(app, read, said);
    declare_reports(app, read, said);
    declare_several(app, said);
    declare_lists(app, said);
  }
  reading(const reading &) = delete;
  reading &operator=(const reading &) = delete;

  /// What is said again takes the place of what was said before, instead of being a mistake.
  void let_the_last_one_count() {
    for (CLI::Option *one : app.get_options())
      if (one->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw)
        one->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  /// Fails with a sentence; otherwise the text that is all that was asked for, or "".
  [[nodiscard]] host::result<std::string> take(const std::vector<const char *> &words) {
    try {
      app.parse(static_cast<int>(words.size()), words.data());
    } catch (const CLI::CallForHelp &) {
      return app.help();
    } catch (const CLI::ParseError &e) {
      return host::failure{e.what()};
    }
    if (app.count("--vm") != 0) // what begins a guest's options is none of them
      return host::failure{"--vm takes no value"};
    return make_lists(app, said);
  }

  CLI::App app{about, "hvkit-run"};
  options read;
  words said;
};

using argument_list = std::vector<const char *>;

/// The program's name and the options before the first --vm, then the program's name and those of each --vm.
std::vector<argument_list> split_guests(int argc, const char *const *argv) {
  std::vector<argument_list> parts{{argv[0]}};
  for (int n = 1; n < argc; ++n)
    if (argv[n] == std::string_view("--vm"))
      parts.push_back({argv[0]});
    else
      parts.back().push_back(argv[n]);
  return parts;
}

/// What there is one of, whoever runs on it.
maybe<host::failure> check_own(const CLI::App &own, std::string_view who) {
  std::vector<std::string> common{"--cpu",   "--board",      "--bare", "--scheduler",
                                  "--stats", "--stats-file", "--list", "--classes"};
  for (const known_slot &s : known_slots())
    common.push_back(fmt::format("--{}", slot_name(s.kind)));
  for (const std::string &option : common)
    if (own.count(option) != 0)
      return host::failure{fmt::format("{}: {} is for all guests: it stands before the first --vm", who, option)};
  return {};
}

host::result<options> read_guest(const argument_list &common, const argument_list &own, std::string_view who) {
  const auto because = [&](const std::string &why) { return host::failure{fmt::format("{}: {}", who, why)}; };
  reading alone;
  if (const auto taken = alone.take(own); !taken)
    return because(taken.reason());
  if (const auto wrong = check_own(alone.app, who))
    return *wrong;
  argument_list all = common;
  all.insert(all.end(), own.begin() + 1, own.end());
  reading both;
  both.let_the_last_one_count();
  if (const auto taken = both.take(all); !taken)
    return because(taken.reason());
  if (const auto wrong = interpret(both.app, both.said, both.read))
    return because(wrong->reason);
  return both.read;
}

maybe<host::failure> check_several(const reading &common, const request &r) {
  if (common.read.bare)
    return host::failure{"--bare and --vm contradict each other: a bare machine has no VMM that could share it"};
  if (const auto &known = known_schedulers(); std::ranges::find(known, r.scheduler) == known.end())
    return host::failure{
        fmt::format("--scheduler: there is no '{}': {} are there", r.scheduler, fmt::join(known, ", "))};
  for (const options &one : r.several)
    if (one.share != 1 && r.scheduler == known_schedulers().front())
      return host::failure{
          fmt::format("--share is about --scheduler proportional: {} gives all the same", r.scheduler)};
  return {};
}

host::result<request> parse_several(const std::vector<argument_list> &parts) {
  reading common;
  const auto taken = common.take(parts.front());
  if (!taken || !taken->empty())
    return taken ? finish(*taken) : host::failure{taken.reason()};
  if (const auto wrong = interpret(common.app, common.said, common.read))
    return *wrong;
  request r{common.read,
            {},
            common.app.count("--scheduler") != 0 ? common.said.scheduler : std::string(known_schedulers().front())};
  for (std::size_t n = 1; n < parts.size(); ++n) {
    auto guest = read_guest(parts.front(), parts[n], fmt::format("vm {}", n));
    if (!guest)
      return host::failure{guest.reason()};
    guest->statistics = statistics_form::none;
    guest->statistics_file.clear();
    r.several.push_back(*std::move(guest));
  }
  if (const auto wrong = check_several(common, r))
    return *wrong;
  return r;
}

} // namespace

host::result<request> parse(int argc, const char *const *argv) {
  const auto parts = split_guests(argc, argv);
  if (parts.size() > 1)
    return parse_several(parts);
  reading one;
  const auto taken = one.take(parts.front());
  if (!taken || !taken->empty())
    return taken ? finish(*taken) : host::failure{taken.reason()};
  for (const auto *option : {"--scheduler", "--share"})
    if (one.app.count(option) != 0)
      return host::failure{fmt::format("{} is about several guests: begin the options of each with --vm", option)};
  if (const auto wrong = interpret(one.app, one.said, one.read))
    return *wrong;
  return request{one.read, {}, {}};
}

} // namespace run
