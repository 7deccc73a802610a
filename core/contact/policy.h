// A catalog's contact policy, compiled: how often a person may be told what, when, and with whose consent. Plain data;
// ContactGate evaluates it. Immutable while it is in force; shared by all threads.
//
// Days are 24 hours. A window reaches back from the moment of a request: what happened exactly its length ago is out.
#ifndef NBO_CORE_CONTACT_POLICY_H_
#define NBO_CORE_CONTACT_POLICY_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/channel.h"

namespace nbo {

// A set of channels; bit c: Channel c.
using ChannelSet = uint16_t;
static_assert(kChannelCount <= 16);
inline constexpr bool HasChannel(ChannelSet set, Channel channel) {
  return (set >> static_cast<int>(channel) & 1) != 0;
}
inline constexpr ChannelSet ChannelBit(Channel channel) {
  return static_cast<ChannelSet>(1 << static_cast<int>(channel));
}

inline constexpr int64_t kMicrosPerMinute = int64_t{60} * 1'000'000;
inline constexpr int64_t kMicrosPerDay = 24 * 60 * kMicrosPerMinute;
inline constexpr int kDefaultReservationMinutes = 24 * 60;

// At most `max` contacts in a rolling window. One for a channel counts that channel's contacts and binds its requests.
struct ContactCap {
  enum class Scope : uint8_t { kOverall, kGroup, kEachGroup, kEachOffer };
  Scope scope = Scope::kOverall;
  Channel channel = Channel::kUnspecified;  // kUnspecified: over all channels
  int32_t max = 0;                          // from 1
  int32_t window_minutes = 0;               // from 1
  uint16_t group = 0;                       // kGroup: its number

  int64_t window_us() const { return window_minutes * kMicrosPerMinute; }
};

// How long an offer rests for a person, by what became of it; 0: not at all.
struct ContactCooldowns {
  uint16_t accepted_days = 0;  // after it was accepted or redeemed
  uint16_t declined_days = 0;
  uint16_t ignored_days = 0;  // after it was ignored `ignored_times` times in a row or more
  uint16_t ignored_times = 0;

  bool any() const { return accepted_days != 0 || declined_days != 0 || ignored_days != 0; }
  friend bool operator==(const ContactCooldowns&, const ContactCooldowns&) = default;
};

// What a catalog holds of each offer; 16 bytes.
struct OfferContactPolicy {
  uint16_t group = 0;        // number of its group; 0: of none
  bool has_own_cap = false;  // then caps of scope kEachOffer do not bind it
  int32_t own_max = 0;       // only if has_own_cap
  int32_t own_window_minutes = 0;
  ContactCooldowns cooldowns;  // the catalog's where the offer has none of its own
};

// Part of each day, by the local time of the place of the request, in which channels are silent. Over midnight if it
// ends before it begins.
struct QuietHours {
  int16_t from_minute = 0;  // of the day, 0 to 1439; silent from here on
  int16_t to_minute = 0;    // and to before here
  ChannelSet channels = 0;

  bool Holds(int minute) const {
    return from_minute < to_minute ? minute >= from_minute && minute < to_minute
                                   : minute >= from_minute || minute < to_minute;
  }
};

struct ContactPolicy {
  ContactPolicy() { reservation_minutes.fill(kDefaultReservationMinutes); }

  std::vector<ContactCap> caps;  // as written
  ContactCooldowns cooldowns;    // of the catalog
  std::vector<QuietHours> quiet_hours;
  ChannelSet consent_channels = 0;   // a granted consent is required
  ChannelSet presumed_channels = 0;  // an answer counts as presented at once
  std::array<int32_t, kChannelCount> reservation_minutes;

  struct Group {
    uint64_t key = 0;  // Hash64 of its id
    std::string id;
  };
  std::vector<Group> groups{Group()};                // by number; the first stands for no group
  std::vector<OfferContactPolicy> offers;            // by position in the catalog
  absl::flat_hash_map<uint64_t, int32_t> positions;  // of offers, by Hash64 of the id
  bool has_offer_rules = false;                      // a cooldown or a cap of an offer anywhere

  // Whether it can forbid anything.
  bool restricts() const { return !caps.empty() || !quiet_hours.empty() || consent_channels != 0 || has_offer_rules; }

  // The number of a group, a new one if it has none yet; 0 for the empty id.
  uint16_t NumberOfGroup(absl::string_view id);
  // The same by Hash64 of the id; 0 for the key 0.
  uint16_t NumberOfGroupKey(uint64_t key, absl::string_view id);
  // The number of a group by its key; 0 if no offer and no cap names it.
  uint16_t GroupByKey(uint64_t key) const {
    const auto it = group_numbers_.find(key);
    return it == group_numbers_.end() ? 0 : it->second;
  }
  // Appends the policy of the next offer.
  void AddOffer(absl::string_view offer_id, const OfferContactPolicy& offer);
  // The same by Hash64 of the id.
  void AddOfferByKey(uint64_t key, const OfferContactPolicy& offer);

  absl::Duration ReservationOf(Channel channel) const {
    return absl::Minutes(reservation_minutes[static_cast<size_t>(channel)]);
  }
  bool Presumes(Channel channel) const { return HasChannel(presumed_channels, channel); }

 private:
  absl::flat_hash_map<uint64_t, uint16_t> group_numbers_;
};

}  // namespace nbo

#endif  // NBO_CORE_CONTACT_POLICY_H_
