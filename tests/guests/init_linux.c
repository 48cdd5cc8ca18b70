// SPDX-License-Identifier: BSL-1.0
// First and only program of the guest `linux`: prints what the kernel knows of the machine, computes, forks, sleeps,
// works with memory and files, and powers off.
#include "guest.h"

enum { numbers = 20000, pages = 256, page = 4096, children = 4 };

static int primes_below(int limit) {
  static char composite[numbers];
  memset(composite, 0, sizeof composite);
  int found = 0;
  for (int i = 2; i < limit; ++i) {
    found += !composite[i];
    for (int j = 2 * i; !composite[i] && j < limit; j += i)
      composite[j] = 1;
  }
  return found;
}

/// Each child gets copies of its parent's pages as it writes to them; results come back through one pipe.
static void fork_and_join(void) {
  int ends[2];
  need((int)my_syscall2(__NR_pipe2, ends, 0), "pipe");
  for (int i = 1; i <= children; ++i) {
    const int pid = need(fork(), "fork");
    if (!pid) {
      const int found = primes_below(i * numbers / children);
      write(ends[1], &found, sizeof found);
      exit(i);
    }
    int found = 0, status = 0;
    need(waitpid(pid, &status, 0), "waitpid");
    read_all(ends[0], (char *)&found, sizeof found);
    SAY("child %d ended with %d: %d primes below %d\n", i, status >> 8 & 255, found, i * numbers / children);
  }
}

static void use_memory(void) {
  char *bytes = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED)
    give_up("mmap");
  long sum = 0;
  for (int i = 0; i < pages; ++i)
    bytes[i * page] = (char)i;
  for (int i = 0; i < pages; ++i)
    sum += (unsigned char)bytes[i * page];
  need(munmap(bytes, pages * page), "munmap");
  SAY("%d pages of memory sum up to %ld\n", (int)pages, sum);
}

static void use_files(void) {
  static char out[64 * 1024], in[sizeof out];
  fill(out, sizeof out, 1);
  write_file("/noise", out, sizeof out);
  const long n = read_file("/noise", in, sizeof in);
  SAY("/noise: %ld bytes read back, %s, checksum %x\n", n, memcmp(in, out, sizeof in) ? "DIFFERENT" : "the same",
      checksum(in, n));
  need(unlink("/noise"), "unlink");
}

int main(void) {
  SAY("a Linux guest\n");
  mount_proc_and_sys();
  show_file("/proc/version");
  show_file("/proc/cpuinfo");
  show_file("/sys/devices/system/cpu/online");
  fork_and_join();
  use_memory();
  use_files();
  poll(NULL, 0, 50); // nothing to run: the kernel waits for interrupts
  SAY("slept\n");
  show_file("/proc/interrupts");
  SAY("done\n");
  power_off();
}
