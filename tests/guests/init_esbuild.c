// SPDX-License-Identifier: BSL-1.0
// First program of the guest `esbuild`: runs esbuild, a static Go program nobody here wrote, from the disk or, if there
// is none, from the initrd, and powers off.
#include "disk.h"

static void run(const char *folder, const char *command, const char *first, const char *second) {
  char *arguments[] = {"esbuild", (char *)first, (char *)second, "--log-level=warning", NULL};
  char *environment[] = {"HOME=/", "PATH=/", NULL};
  const int pid = need(fork(), "fork");
  if (!pid) {
    need(chdir(folder), folder);
    execve(command, arguments, environment);
    SAY("FAILED: %s does not run (error %d)\n", command, errno);
    exit(127);
  }
  int status = 0;
  need(waitpid(pid, &status, 0), "waitpid");
  SAY("esbuild %s ended with %d\n", first, status & 127 ? 128 + (status & 127) : status >> 8 & 255);
}

int main(void) {
  SAY("a Linux guest that runs esbuild\n");
  mount_proc_and_sys();
  const char *folder = "/esbuild", *device = find_disk();
  if (device) {
    mount_disk(device);
    folder = DISK;
  }
  SAY("running from %s\n", device ? device : "the initrd");
  char command[32];
  join(command, folder, "/esbuild");
  run(folder, command, "--version", NULL);
  run(folder, command, "main.js", "--bundle");
  show_file("/proc/interrupts");
  SAY("done\n");
  power_off();
}
