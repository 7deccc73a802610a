// nboctl catalog list, history, activate, rollback, cancel and diff.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/ctl/context.h"

namespace nbo::ctl {

struct CatalogListOptions {
  // At most so many lines, the newest.
  int limit = 20;
};

struct CatalogActivateOptions {
  // 0: the one before, for a rollback.
  int64_t version = 0;
  // RFC 3339; empty: at once.
  std::string at;
  std::string author;
  std::string note;
  bool roll_back = false;
};

struct CatalogCancelOptions {
  int64_t number = 0;
  std::string author;
  std::string note;
};

struct CatalogDiffOptions {
  // Version numbers, "active", or for `after` a file. Without `after`: the active one against `before`.
  std::string before, after;
};

// Versions and what is scheduled.
ExitCode RunCatalogList(Context& context, const CatalogListOptions& options);
// Activations, the latest first.
ExitCode RunCatalogHistory(Context& context, const CatalogListOptions& options);
ExitCode RunCatalogActivate(Context& context, const CatalogActivateOptions& options);
ExitCode RunCatalogCancel(Context& context, const CatalogCancelOptions& options);
// Exit code 0 whether they differ or not.
ExitCode RunCatalogDiff(Context& context, const CatalogDiffOptions& options);

// Sets a time of the command line. INVALID_ARGUMENT if it is none; an empty one is none and no mistake.
absl::Status SetTime(absl::string_view text, google::protobuf::Timestamp* timestamp);

}  // namespace nbo::ctl
