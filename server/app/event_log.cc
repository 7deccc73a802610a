#include "server/app/event_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace nbo::server {
namespace {

// " by 'anna' (spring offers)". Texts from outside stay on one line.
std::string ByWhom(const std::string& author, const std::string& note) {
  return absl::StrCat(author.empty() ? "" : absl::StrCat(" by '", absl::Utf8SafeCEscape(author), "'"),
                      note.empty() ? "" : absl::StrCat(" (", absl::Utf8SafeCEscape(note), ")"));
}

}  // namespace

// Called once for each change, not for each receipt that is refused.
void LogWriteState(const storage::WriteState& state) {
  if (!state.writable) {
    spdlog::error("the store is read-only: {}", state.trouble);
  } else if (!state.trouble.empty()) {
    spdlog::warn("the store has trouble, writes go on: {}", state.trouble);
  } else {
    spdlog::info("the store takes writes again");
  }
}

void LogActivation(const CatalogActivation& activation) {
  const std::string asked = absl::StrCat("activation ", activation.number, ByWhom(activation.author, activation.note));
  switch (activation.state) {
    case CatalogActivation::State::kScheduled:
      return spdlog::info("catalog version {} will be active from {} on: {}", activation.version,
                          absl::FormatTime(activation.activate_time, absl::UTCTimeZone()), asked);
    case CatalogActivation::State::kDone:
      return spdlog::info("catalog version {} is active: {}", activation.version, asked);
    case CatalogActivation::State::kCancelled:
      return spdlog::info("catalog version {} will not be active: {}, was cancelled{}", activation.version, asked,
                          ByWhom(activation.end_author, activation.end_note));
    case CatalogActivation::State::kFailed:
      return spdlog::error("catalog version {} could not be activated, what is active stays: {}\n{}",
                           activation.version, asked, activation.end_note);
  }
}

void LogWarnings(const std::vector<Diagnostic>& warnings) {
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < std::min(kShown, warnings.size()); ++i) spdlog::warn("{}", warnings[i].rendered);
  if (warnings.size() > kShown) {
    spdlog::warn("{} more warnings; 'nboctl catalog validate' shows them", warnings.size() - kShown);
  }
}

void LogSwitch(const SwitchEvent& event) {
  spdlog::info("{} {}{}", TargetName({event.what.target.scope, absl::Utf8SafeCEscape(event.what.target.id)}),
               event.paused ? "is paused" : "is resumed", ByWhom(event.what.author, event.what.reason));
}

void LogSkippedDecisions(const std::string& where, uint64_t bytes) {
  spdlog::error(
      "decision log: {}: {} bytes are passed over (decisions.skip_damage); what was told to customers there, "
      "and what it held of budgets, is not known",
      where, bytes);
}

void LogCheckpoint(const absl::Status& status) {
  if (status.ok()) {
    spdlog::info("what customers were told is kept in the store again");
  } else {
    spdlog::error("what customers were told stays in the log, the store does not take it: {}", Text(status));
  }
}

void LogRedemptionTrouble(const absl::Status& latest, int64_t receipts) {
  spdlog::warn("redemptions could not be looked for in {} receipts: {}", receipts, Text(latest));
}

}  // namespace nbo::server
