#include "core/switches/switches.h"

#include <algorithm>

#include "core/base/hash.h"

namespace nbo {

Switches::Switches(const PausedSwitches& paused) {
  paused_.reserve(paused.size());
  for (const auto& [target, what] : paused) paused_.push_back(what);
  for (const Switch& what : paused_) {
    const SwitchTarget& target = what.target;
    if (target.scope == SwitchScope::kEverything) {
      everything_ = &what;
    } else if (target.scope == SwitchScope::kChannel) {
      if (const auto channel = ChannelByName(target.id)) channels_[static_cast<int>(*channel)] = &what;
    } else if (!target.id.empty()) {
      MapOf(target.scope)[Hash64(target.id)] = &what;
    }
  }
}

Switches::ByHash& Switches::MapOf(SwitchScope scope) {
  switch (scope) {
    case SwitchScope::kStore: return stores_;
    case SwitchScope::kGroup: return groups_;
    case SwitchScope::kCampaign: return campaigns_;
    default: return offers_;
  }
}

const Switch* Switches::Find(const SwitchTarget& target) const {
  const auto it = std::lower_bound(paused_.begin(), paused_.end(), target,
                                   [](const Switch& what, const SwitchTarget& wanted) { return what.target < wanted; });
  return it != paused_.end() && it->target == target ? &*it : nullptr;
}

const Switch* Switches::RequestStopped(Channel channel, absl::string_view store_id) const {
  if (everything_ != nullptr) return everything_;
  if (const Switch* stopped = channels_[static_cast<int>(channel)]; stopped != nullptr) return stopped;
  return stores_.empty() || store_id.empty() ? nullptr : In(stores_, Hash64(store_id));
}

bool Concerns(const SwitchTarget& target, const Offer& offer) {
  switch (target.scope) {
    case SwitchScope::kEverything:
    case SwitchScope::kStore: return true;
    case SwitchScope::kChannel: {
      const auto channel = ChannelByName(target.id);
      return channel.has_value() && offer.HasChannel(*channel);
    }
    case SwitchScope::kGroup: return !target.id.empty() && offer.group == target.id;
    case SwitchScope::kOffer: return offer.id == target.id;
    case SwitchScope::kCampaign: return !target.id.empty() && offer.terms.campaign == target.id;
  }
  return false;
}

}  // namespace nbo
