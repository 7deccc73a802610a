// nboctl: the command line of nbo. See cli.h.
#include <unistd.h>

#include <iostream>

#include "absl/time/clock.h"
#include "server/ctl/cli.h"

int main(int argc, char** argv) {
  nbo::ctl::Context context{
      .out = std::cout,
      .err = std::cerr,
      .err_is_terminal = isatty(STDERR_FILENO) != 0,
      .in = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0 ? &std::cin : nullptr,
      .now = [] { return absl::Now(); },
      .sleep = [](absl::Duration duration) { absl::SleepFor(duration); },
  };
  return nbo::ctl::RunNboctl(argc, argv, context);
}
