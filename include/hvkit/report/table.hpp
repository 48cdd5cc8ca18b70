// SPDX-License-Identifier: BSL-1.0
// Decides how rows of text line up for people to read. Knows nothing of what they say.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace hvkit::report {

/// Columns as wide as their widest cell, two spaces apart. Rows may be short.
class table {
public:
  enum class align : unsigned char { left, right };

  /// `columns`: how each lines up; further ones line up left.
  explicit table(std::vector<align> columns = {}) : columns_(std::move(columns)) {}

  table &row(std::vector<std::string> cells) {
    rows_.push_back(std::move(cells));
    return *this;
  }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  /// Each line begins with `indent` spaces and ends without any.
  [[nodiscard]] std::string text(std::size_t indent = 0) const {
    const std::vector<std::size_t> widths = measure();
    std::string out;
    for (const auto &row : rows_) {
      std::string line(indent, ' ');
      for (std::size_t i = 0; i < row.size(); ++i)
        line += pad(row[i], widths[i], side(i)) + "  ";
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
  }

private:
  [[nodiscard]] align side(std::size_t column) const {
    return column < columns_.size() ? columns_[column] : align::left;
  }
  [[nodiscard]] static std::string pad(const std::string &cell, std::size_t width, align side) {
    return side == align::left ? fmt::format("{:<{}}", cell, width) : fmt::format("{:>{}}", cell, width);
  }
  [[nodiscard]] std::vector<std::size_t> measure() const {
    std::vector<std::size_t> widths;
    for (const auto &row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i)
        widths[i] = std::max(widths[i], row[i].size());
    }
    return widths;
  }

  std::vector<align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace hvkit::report
