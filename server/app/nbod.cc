#include "server/app/nbod.h"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <string>
#include <variant>

#include "absl/synchronization/mutex.h"
#include "server/app/logging.h"
#include "server/config/settings.h"

namespace nbo::server {
namespace {

// The signals are taken by sigwait in main; blocked before any thread is made, so that every thread inherits it.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void ServeUntilStopped(const sigset_t& signals, App* app) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      app->Reload();
      continue;
    }
    spdlog::info("{}: finishing what is under way", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    return;
  }
}

}  // namespace

int RunNbod(int argc, const char* const* argv, const Overrides& overrides) {
  // Debian's Abseil looks for lock cycles at every lock, gRPC's included: 10 % of the cost of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto loaded = LoadSettings(argc, argv);
  if (!loaded.ok()) {
    std::fprintf(stderr, "nbod: %s\n", std::string(loaded.status().message()).c_str());
    return 2;
  }
  if (auto* exit = std::get_if<ExitNow>(&*loaded)) return exit->code;
  const auto& settings = std::get<Settings>(*loaded);
  SetUpLogging(settings.log_level, settings.log_format);
  const sigset_t signals = BlockSignals();
  auto app = App::Start(settings, overrides);
  if (!app.ok()) {
    spdlog::error("cannot start: {}", std::string(app.status().message()));
    return 1;
  }
  ServeUntilStopped(signals, app->get());
  if (absl::Status stopped = (*app)->Stop(); !stopped.ok()) {
    spdlog::error("closing the store: {}", std::string(stopped.message()));
    return 1;
  }
  spdlog::info("stopped");
  return 0;
}

}  // namespace nbo::server
