// SPDX-License-Identifier: BSL-1.0
// Decides how large tables are held that start as zeros and of which most is never touched.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <sys/mman.h>

namespace hvkit {

/// `size` elements, all zero, in a range of addresses of their own. The host gives memory page by page when an element
/// is first written: unlike with `calloc`, also where other tables were given back before.
template <class T> class lazy_array {
  static_assert(std::is_trivial_v<T>, "all zero bytes must be a value of the element type");

public:
  lazy_array() = default;
  /// Throws std::bad_alloc if the host has no such range of addresses.
  explicit lazy_array(std::size_t size) {
    if (size > (~std::size_t{0} >> 1) / sizeof(T))
      throw std::bad_alloc();
    bytes_ = (size + 1) * sizeof(T);
    void *const range =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED)
      throw std::bad_alloc();
    elements_ = static_cast<T *>(range);
  }
  lazy_array(lazy_array &&other) noexcept { swap(other); }
  lazy_array &operator=(lazy_array &&other) noexcept {
    swap(other);
    return *this;
  }
  ~lazy_array() {
    if (elements_ != nullptr)
      ::munmap(elements_, bytes_);
  }
  [[nodiscard]] T &operator[](std::size_t i) noexcept { return elements_[i]; }
  [[nodiscard]] const T &operator[](std::size_t i) const noexcept { return elements_[i]; }

private:
  void swap(lazy_array &other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(bytes_, other.bytes_);
  }
  T *elements_ = nullptr;
  std::size_t bytes_ = 0;
};

} // namespace hvkit
