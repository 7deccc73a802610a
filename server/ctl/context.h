// What every command of nboctl needs from outside: streams, clock, global options; and how it ends.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nbo::ctl {

// How nboctl ends; documented in --help. The numbers are an interface for scripts and never change.
enum ExitCode : int {
  kExitOk = 0,
  // The server or nboctl refused the data: bad input, an invalid catalog, some lines rejected.
  kExitRefused = 1,
  // The command line or a local file is wrong; nothing was sent.
  kExitUsage = 2,
  kExitNotFound = 3,
  // The server is not reachable or cannot answer now; trying again later may help.
  kExitUnavailable = 4,
  // Ctrl-C while waiting for work that the server goes on with; as shells have it.
  kExitInterrupted = 130,
};

enum class OutputFormat { kText, kJson };

// One run of nboctl. Not thread-safe; commands use it from the thread that runs them.
struct Context {
  // Results. Never progress, never errors.
  std::ostream& out;
  // Progress and errors.
  std::ostream& err;
  // `err` is a terminal: progress may be redrawn in place.
  bool err_is_terminal = false;
  // Answers to questions; null: nobody can be asked.
  std::istream* in = nullptr;
  std::function<absl::Time()> now = nullptr;
  std::function<void(absl::Duration)> sleep = nullptr;

  // The global options.
  std::string server = "127.0.0.1:7400";
  OutputFormat format = OutputFormat::kText;
  // Limit of one unary call.
  absl::Duration timeout = absl::Seconds(10);
  // Digits after the point of one major unit of money: 2 for euro and cents. 0 to 6.
  int minor_digits = 2;
};

// The exit code for an answer of the server. OK gives kExitOk.
ExitCode ExitCodeFor(const absl::Status& status);

// Writes "nboctl: message" to `err` and returns the exit code for the status of a call.
ExitCode Fail(const Context& context, const absl::Status& status);

// The same for mistakes found before the server was asked: always kExitUsage.
ExitCode FailUsage(const Context& context, const absl::Status& status);

}  // namespace nbo::ctl
