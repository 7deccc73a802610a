// What is paused, as decisions ask for it.
#ifndef NBO_CORE_SWITCHES_SWITCHES_H_
#define NBO_CORE_SWITCHES_SWITCHES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/base/channel.h"
#include "core/catalog/catalog.h"
#include "core/switches/switch.h"

namespace nbo {

// Immutable once made; shared by all threads. Ids are compared by their Hash64, which is taken for the id. Returned
// pointers live as long as it does.
class Switches {
 public:
  Switches() = default;
  // A target that is no channel's name, or has no id where one is needed, stops nothing.
  explicit Switches(const PausedSwitches& paused);
  Switches(const Switches&) = delete;
  Switches& operator=(const Switches&) = delete;

  size_t size() const { return paused_.size(); }
  bool empty() const { return paused_.empty(); }
  // Sorted by target.
  const std::vector<Switch>& paused() const { return paused_; }
  // nullptr: it is not paused by itself.
  const Switch* Find(const SwitchTarget& target) const;

  // What stops every offer of a request; nullptr: nothing. The widest, if several do: everything, the channel, the
  // store. `store_id` may be empty.
  const Switch* RequestStopped(Channel channel, absl::string_view store_id) const;

  // Whether any offer, group or campaign is paused: if not, OfferStopped need not be asked.
  bool stops_offers() const { return !offers_.empty() || !groups_.empty() || !campaigns_.empty(); }
  // What stops an offer wherever it would be shown; nullptr: nothing. The widest, if several do: its campaign, its
  // group, the offer. A few ns.
  const Switch* OfferStopped(const Offer& offer) const {
    if (const Switch* stopped = In(campaigns_, offer.campaign_key); stopped != nullptr) return stopped;
    if (const Switch* stopped = In(groups_, offer.group_key); stopped != nullptr) return stopped;
    return In(offers_, offer.key);
  }

 private:
  using ByHash = absl::flat_hash_map<uint64_t, const Switch*>;

  ByHash& MapOf(SwitchScope scope);  // of store, group, offer or campaign
  static const Switch* In(const ByHash& map, uint64_t key) {
    if (map.empty()) return nullptr;
    const auto it = map.find(key);
    return it == map.end() ? nullptr : it->second;
  }

  std::vector<Switch> paused_;
  const Switch* everything_ = nullptr;
  std::array<const Switch*, kChannelCount> channels_{};
  ByHash stores_, groups_, offers_, campaigns_;
};

// Whether a switch for `target` concerns an offer: all of them for everything and for a store, those with a treatment
// for a channel, those of a group or a campaign, the one itself.
bool Concerns(const SwitchTarget& target, const Offer& offer);

}  // namespace nbo

#endif  // NBO_CORE_SWITCHES_SWITCHES_H_
