// SPDX-License-Identifier: BSL-1.0
// What the first processes of all Linux guests need of a kernel and do alike. Built on the kernel's nolibc.
#pragma once

#include <linux/reboot.h>
#include <nolibc.h>

#define SAY(...) printf("init: " __VA_ARGS__)

/// Ends the machine: the guest has no other way to say that it is done.
static inline __attribute__((noreturn)) void power_off(void) {
  my_syscall0(__NR_sync);
  reboot(LINUX_REBOOT_CMD_POWER_OFF);
  for (;;)
    poll(NULL, 0, 1000);
}

/// Says what failed and powers off: whoever waits for the last line does not see it.
static inline __attribute__((noreturn)) void give_up(const char *what) {
  SAY("FAILED: %s (error %d)\n", what, errno);
  power_off();
}

/// `result`, which is negative where `what` failed: then the guest ends.
static inline int need(int result, const char *what) {
  if (result < 0)
    give_up(what);
  return result;
}

static inline void mount_proc_and_sys(void) {
  need(mount("proc", "/proc", "proc", 0, NULL), "mount /proc");
  need(mount("sysfs", "/sys", "sysfs", 0, NULL), "mount /sys");
}

/// Joins two texts into `to`, which is large enough.
static inline char *join(char *to, const char *first, const char *second) {
  const size_t n = strlen(first);
  strcpy(to, first);
  strcpy(to + n, second);
  return to;
}

/// Reads up to `size` bytes, fewer only at the file's end; how many it were.
static inline long read_all(int file, char *to, long size) {
  long done = 0, n;
  while (done < size && (n = need((int)read(file, to + done, (size_t)(size - done)), "read")) > 0)
    done += n;
  return done;
}

static inline long read_file(const char *path, char *to, long size) {
  const int file = need(open(path, O_RDONLY), path);
  const long n = read_all(file, to, size);
  close(file);
  return n;
}

/// Makes the file anew with these bytes; on the disk, not in the cache, when it returns.
static inline void write_file(const char *path, const char *from, long size) {
  const int file = need(open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644), path);
  for (long done = 0; done < size;)
    done += need((int)write(file, from + done, (size_t)(size - done)), "write");
  need(fsync(file), "fsync");
  close(file);
}

/// Prints a file, each line after its name.
static inline void show_file(const char *path) {
  static char text[4096];
  text[read_file(path, text, sizeof text - 1)] = '\0';
  char *end;
  for (char *line = text; *line; line = end) {
    for (end = line; *end && *end != '\n'; ++end)
      ;
    if (*end)
      *end++ = '\0';
    SAY("%s: %s\n", path, line);
  }
}

/// Bytes that look like noise and are the same each time.
static inline void fill(char *to, long size, unsigned seed) {
  for (long i = 0; i < size; ++i) {
    seed = seed * 1103515245 + 12345;
    to[i] = (char)(seed >> 16);
  }
}

/// The checksum of POSIX `cksum` without the length at its end, bit by bit: slow on purpose.
static inline unsigned checksum(const char *bytes, long size) {
  unsigned crc = 0;
  for (long i = 0; i < size; ++i) {
    crc ^= (unsigned)(unsigned char)bytes[i] << 24;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
  }
  return crc;
}
