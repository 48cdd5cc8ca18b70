// SPDX-License-Identifier: BSL-1.0
// Decides how a guest's run is prepared, and what is said and written when it has ended: the same for one guest and for
// one of several.
#pragma once

#include <string>
#include <string_view>

#include <hvkit/core/exit.hpp>
#include <hvkit/report/statistics.hpp>

#include "loading.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "reports.hpp"

namespace run {

struct combination;

/// How a run ended.
enum class ending : u8 { by_guest, heard, exhausted, waiting, stopped, trapped };

struct conclusion {
  ending how = ending::stopped;
  trap what{}; ///< for ending::trapped
  double seconds = 0;
};

/// What the options of a guest name, read and checked.
struct prepared {
  const combination *chosen = nullptr;
  loading what;
};
[[nodiscard]] host::result<prepared> prepare_all(const options &wanted);

/// Puts what was read into the machine that was made for it, at reset, and has its exits traced if that was asked for.
[[nodiscard]] maybe<host::failure> fill(machine &into, const loading &what, host::typist &console, reports &files);

/// Says on standard error how the run ended, unless all is well, and writes what was asked of this guest; statistics
/// are given back. `who` is the guest's name and ": ", or "" if there is only one.
[[nodiscard]] host::result<report::run_statistics> conclude(const options &wanted, const prepared &p,
                                                            const conclusion &c, machine &guest, reports &files,
                                                            std::string_view who = "");
/// Writes statistics to the file that was opened for them, or to standard error.
[[nodiscard]] maybe<host::failure> write_statistics(const std::string &text, reports &files);

/// Says something on standard error, as this program.
void say(std::string_view sentence);

} // namespace run
