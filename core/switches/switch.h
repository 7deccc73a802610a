// Switches: what people have paused, and who, when and why.
#ifndef NBO_CORE_SWITCHES_SWITCH_H_
#define NBO_CORE_SWITCHES_SWITCH_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo {

// How much a switch stops. Values are persisted: they never change.
enum class SwitchScope : uint8_t {
  kEverything = 1,
  kChannel = 2,  // all answers for it
  kStore = 3,    // all answers for requests that name it
  kGroup = 4,    // the offers of it
  kOffer = 5,
  kCampaign = 6,  // the offers of it
};
inline constexpr int kSwitchScopes = 6;

struct SwitchTarget {
  SwitchScope scope = SwitchScope::kEverything;
  std::string id;  // a ChannelName, or the id of store, group, offer or campaign; empty for kEverything

  friend bool operator==(const SwitchTarget& a, const SwitchTarget& b) { return a.scope == b.scope && a.id == b.id; }
  friend bool operator<(const SwitchTarget& a, const SwitchTarget& b) {
    return std::tie(a.scope, a.id) < std::tie(b.scope, b.id);
  }
};

// "everything", "channel POS", "store '388'", "group 'coffee'", "offer 'coffee-2for1'", "campaign 'spring'".
std::string TargetName(const SwitchTarget& target);

// Something that is paused.
struct Switch {
  SwitchTarget target;
  std::string author;
  std::string reason;
  absl::Time time;  // since when, in whole microseconds
};

// "paused by anna 3 h ago: supplier out of stock". Counted down to whole units; "just now" within the first minute, and
// also if `now` is earlier: a decision may be asked for another moment.
std::string DescribePause(const Switch& paused, absl::Time now);

// That something was paused or resumed. Events are only ever added; what is in force is their fold.
struct SwitchEvent {
  int64_t number = 0;  // from 1, without gaps, in the order in which they came into force
  bool paused = false;
  Switch what;  // `time` is that of the event
};

// What is in force after some events: scope by scope, within it by id.
using PausedSwitches = std::map<SwitchTarget, Switch>;

// Adds the next event. What is paused already keeps who paused it first and why.
void ApplySwitch(const SwitchEvent& event, PausedSwitches* paused);

}  // namespace nbo

#endif  // NBO_CORE_SWITCHES_SWITCH_H_
