// SPDX-License-Identifier: BSL-1.0
// Decides how the host's part says that something outside went wrong: with a sentence. Knows no cause.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace hvkit::host {

/// One sentence for the person at the terminal: what, and why. Without a full stop.
struct failure {
  std::string reason;
  friend bool operator==(const failure &, const failure &) = default;
};

/// A `T`, or why there is none. `reason()` may be asked only of a failed one, the value only of a good one.
template <class T> class [[nodiscard]] result {
public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(failure why) : content_(std::in_place_index<1>, std::move(why)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return content_.index() == 0; }
  [[nodiscard]] T &operator*() & { return std::get<0>(content_); }
  [[nodiscard]] const T &operator*() const & { return std::get<0>(content_); }
  [[nodiscard]] T &&operator*() && { return std::get<0>(std::move(content_)); }
  [[nodiscard]] T *operator->() { return &std::get<0>(content_); }
  [[nodiscard]] const T *operator->() const { return &std::get<0>(content_); }
  [[nodiscard]] const std::string &reason() const { return std::get<1>(content_).reason; }

private:
  std::variant<T, failure> content_;
};

} // namespace hvkit::host
