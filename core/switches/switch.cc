#include "core/switches/switch.h"

#include "absl/strings/str_cat.h"

namespace nbo {
namespace {

std::string Ago(absl::Duration age) {
  const int64_t minutes = absl::ToInt64Minutes(age);
  if (minutes < 1) return "just now";
  if (minutes < 60) return absl::StrCat(minutes, " min ago");
  const int64_t hours = absl::ToInt64Hours(age);
  if (hours < 48) return absl::StrCat(hours, " h ago");
  return absl::StrCat(hours / 24, " days ago");
}

}  // namespace

std::string TargetName(const SwitchTarget& target) {
  switch (target.scope) {
    case SwitchScope::kEverything: return "everything";
    case SwitchScope::kChannel: return absl::StrCat("channel ", target.id);
    case SwitchScope::kStore: return absl::StrCat("store '", target.id, "'");
    case SwitchScope::kGroup: return absl::StrCat("group '", target.id, "'");
    case SwitchScope::kOffer: return absl::StrCat("offer '", target.id, "'");
    case SwitchScope::kCampaign: return absl::StrCat("campaign '", target.id, "'");
  }
  return "";
}

std::string DescribePause(const Switch& paused, absl::Time now) {
  return absl::StrCat("paused by ", paused.author, " ", Ago(now - paused.time), ": ", paused.reason);
}

void ApplySwitch(const SwitchEvent& event, PausedSwitches* paused) {
  if (event.paused) {
    paused->try_emplace(event.what.target, event.what);
  } else {
    paused->erase(event.what.target);
  }
}

}  // namespace nbo
