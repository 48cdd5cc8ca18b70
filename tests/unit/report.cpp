// SPDX-License-Identifier: BSL-1.0
// What reports look like: tables, statistics as text and as JSON, exits line by line, classes.
#include <boost/test/unit_test.hpp>

#include <string>

#include <hvkit/cpu/rv64.hpp>
#include <hvkit/cpu/third_generation.hpp>
#include <hvkit/report/classification.hpp>
#include <hvkit/report/exit_trace.hpp>
#include <hvkit/report/statistics_json.hpp>
#include <hvkit/report/statistics_text.hpp>

using namespace hvkit;

namespace {

report::run_statistics sample() {
  report::run_statistics run;
  run.machine = {{"cpu", "rv64"}, {"engine", "step"}};
  run.outcome = "ended";
  run.exit_code = 3;
  run.retired = 1'234'567;
  run.seconds = 0.5;
  run.vm.emplace();
  run.vm->direct = 1'200'000;
  run.vm->emulated = 34'567;
  run.vm->exits = 40'000;
  run.vm->adds_up = true;
  run.vm->by_cause = {{"illegal instruction", 40'000}};
  run.vm->fates = {{"the guest's own traps (true faults included)", 7}};
  for (int i = 0; i < 12; ++i)
    run.vm->instructions.push_back({"row" + std::to_string(i), 1});
  return run;
}

bool contains(const std::string &text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_CASE(columns_line_up) {
  report::table t({report::table::align::left, report::table::align::right});
  t.row({"a", "1"}).row({"long", "1000", "x"}).row({"b"});
  BOOST_TEST(t.text(1) == " a        1\n long  1000  x\n b\n");
  BOOST_TEST(report::table().text() == "");
}

BOOST_AUTO_TEST_CASE(statistics_as_text) {
  const std::string text = report::to_text(sample(), 10);
  for (const char *part : {"  cpu     rv64\n", "run: ended, exit code 3\n", "1,234,567", "  directly by the hardware",
                           "97.2 %", "exits: 40,000\n", "these add up", "row9", "... and 2 more"})
    BOOST_TEST(contains(text, part), part);
  BOOST_TEST(!contains(text, "row10"));
}

BOOST_AUTO_TEST_CASE(statistics_as_json) {
  const auto j = report::to_json(sample());
  BOOST_TEST(j["machine"]["engine"].get<std::string>() == "step");
  BOOST_TEST(j["retired"].get<u64>() == 1'234'567);
  BOOST_TEST(j["mips"].get<double>() == 2.469134, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(j["vm"]["exits_by_cause"]["illegal instruction"].get<u64>() == 40'000);
  BOOST_TEST(j["vm"]["exits_by_fate"]["the_guests_own_traps"].get<u64>() == 7);
  auto bare = sample();
  bare.vm.reset();
  BOOST_TEST(!report::to_json(bare).contains("vm"));
}

BOOST_AUTO_TEST_CASE(an_exit_in_a_line) {
  const exit_seen seen{12, gva{0x80000000}, 3, {2, 0x30529073}, u32{0x30529073}, exit_fate::sensitive};
  BOOST_TEST(report::exit_line<cpu::rv64>(seen) ==
             "       12  0000000080000000  M  illegal instruction (0x30529073): csrrw zero, mtvec, t0 -> emulated\n");
  exit_seen blind = seen;
  blind.word = {};
  BOOST_TEST(contains(report::exit_line<cpu::rv64>(blind), "(not fetched)"));
}

BOOST_AUTO_TEST_CASE(classes_and_verdicts) {
  using honest = cpu::third_generation<cpu::rows::honest>;
  using with_popf = cpu::third_generation<cpu::rows::honest, cpu::rows::popf>;
  BOOST_TEST(contains(report::class_table<honest>(), "lpsw; lbar; ssm    privileged, control sensitive\n"));
  BOOST_TEST(contains(report::verdicts<honest>(), "theorem 1 holds"));
  BOOST_TEST(contains(report::class_table<with_popf>(), "popf               control sensitive, mode sensitive\n"));
  const std::string said = report::verdicts<with_popf>();
  BOOST_TEST(contains(said, "theorem 1 does not apply: 'popf' is sensitive without being privileged"));
  BOOST_TEST(
      contains(said, "\n    'popf r3' in mode supervisor and in mode user: interrupt mask ends as 0x0 and 0x1\n"));
  BOOST_TEST(contains(said, "theorem 3 holds"));
  BOOST_TEST(contains(report::class_table<cpu::rv64>(), "csrrw; csrrwi                      satp "));
}
