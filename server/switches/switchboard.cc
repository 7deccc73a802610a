#include "server/switches/switchboard.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo::server {
namespace {

// One line that says something: it stands in explanations, logs and lists.
absl::Status CheckLine(absl::string_view field, absl::string_view text, size_t max_bytes) {
  if (absl::StripAsciiWhitespace(text).empty()) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": is required; others will ask"));
  }
  if (absl::Status s = CheckText(field, text, max_bytes); !s.ok()) return s;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": contains a control character; write one line"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Switchboard::Load() {
  absl::StatusOr<SwitchesKept> kept = archive_->Read();
  if (!kept.ok()) return kept.status();
  absl::MutexLock lock(&mutex_);
  kept_ = *std::move(kept);
  PutIntoForce();
  return absl::OkStatus();
}

void Switchboard::PutIntoForce() { active_->Swap(std::make_shared<const Switches>(kept_.paused)); }

absl::StatusOr<SwitchOutcome> Switchboard::Set(const SwitchOrder& order) {
  if (absl::Status s = CheckLine("author", order.author, kMaxAuthorBytes); !s.ok()) return s;
  if (absl::Status s = CheckLine("reason", order.reason, kMaxNoteBytes); !s.ok()) return s;
  absl::MutexLock lock(&mutex_);
  SwitchOutcome outcome;
  const auto found = kept_.paused.find(order.target);
  const bool is_paused = found != kept_.paused.end();
  if (is_paused == order.paused) {
    if (is_paused) outcome.in_force = found->second;
    return outcome;
  }
  if (order.paused && kept_.paused.size() >= kMaxSwitches) {
    return absl::ResourceExhaustedError(absl::StrCat("target: ", kMaxSwitches,
                                                     " switches are in force, which is the limit; pause a group, a "
                                                     "channel or everything, or publish a catalog without the offers"));
  }
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(clock_->Now()));  // as it is kept
  const SwitchEvent event{kept_.last_number + 1, order.paused, {order.target, order.author, order.reason, now}};
  if (absl::Status s = archive_->Append(event); !s.ok()) return s;
  kept_.last_number = event.number;
  ApplySwitch(event, &kept_.paused);
  PutIntoForce();
  if (told_) told_(event);
  outcome.changed = true;
  outcome.number = event.number;
  if (order.paused) outcome.in_force = event.what;
  return outcome;
}

SwitchOutcome Switchboard::Preview(const SwitchTarget& target, bool paused) const {
  absl::MutexLock lock(&mutex_);
  const auto found = kept_.paused.find(target);
  SwitchOutcome outcome;
  if (found != kept_.paused.end()) outcome.in_force = found->second;
  outcome.changed = outcome.in_force.has_value() != paused;
  return outcome;
}

std::shared_ptr<const Switches> Switchboard::in_force() const {
  std::shared_ptr<const Switches> pinned = active_->Pin();
  return pinned != nullptr ? pinned : std::make_shared<const Switches>();
}

}  // namespace nbo::server
