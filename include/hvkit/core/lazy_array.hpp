// SPDX-License-Identifier: BSL-1.0
// Decides how large tables are held that start as zeros and of which most is never touched.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace hvkit {

/// `size` elements, all zero. The host gives memory page by page when an element is first written.
template <class T> class lazy_array {
  static_assert(std::is_trivial_v<T>, "all zero bytes must be a value of the element type");

public:
  lazy_array() = default;
  /// Throws std::bad_alloc if the host has no such range of addresses.
  explicit lazy_array(std::size_t size) : elements_(static_cast<T *>(std::calloc(size + 1, sizeof(T)))) {
    if (!elements_)
      throw std::bad_alloc();
  }
  [[nodiscard]] T &operator[](std::size_t i) noexcept { return elements_.get()[i]; }
  [[nodiscard]] const T &operator[](std::size_t i) const noexcept { return elements_.get()[i]; }

private:
  struct free_memory {
    void operator()(T *p) const noexcept { std::free(p); }
  };
  std::unique_ptr<T, free_memory> elements_;
};

} // namespace hvkit
