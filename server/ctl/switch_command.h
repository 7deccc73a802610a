// nboctl switch off, on, preview and list.
#pragma once

#include <string>

#include "server/ctl/context.h"

namespace nbo::ctl {

struct SwitchOptions {
  // "everything", "channel", "store", "campaign", "group" or "offer".
  std::string what;
  // A channel's name, or the id of what it is; empty for everything.
  std::string id;
  std::string author;
  std::string reason;
};

struct SwitchListOptions {
  // What was paused and resumed instead of what is paused.
  bool history = false;
  // At most so many lines of the history, the latest.
  int limit = 20;
};

// Pauses, or resumes. Exit code 0 also if that changes nothing: the output says so.
ExitCode RunSwitchSet(Context& context, const SwitchOptions& options, bool paused);
// Shows what pausing would stop.
ExitCode RunSwitchPreview(Context& context, const SwitchOptions& options);
ExitCode RunSwitchList(Context& context, const SwitchListOptions& options);

}  // namespace nbo::ctl
