// Channels: where a customer meets the retailer.
#ifndef NBO_CORE_BASE_CHANNEL_H_
#define NBO_CORE_BASE_CHANNEL_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace nbo {

// Values are persisted and equal those of nbo.v1.Channel: they never change.
enum class Channel : uint8_t {
  kUnspecified = 0,
  kPos = 1,
  kKiosk = 2,
  kMobileApp = 3,
  kWeb = 4,
  kCallCenter = 5,
  kEmail = 6,
  kSms = 7,
  kPush = 8,
  kMessenger = 9,
  kCourier = 10,
  kAdCabinet = 11,
};
inline constexpr int kChannelCount = 12;

// "POS", "MOBILE_APP", ...; "" for kUnspecified. The views are static.
absl::string_view ChannelName(Channel channel);
// The inverse of ChannelName; nullopt for anything else.
std::optional<Channel> ChannelByName(absl::string_view name);

}  // namespace nbo

#endif  // NBO_CORE_BASE_CHANNEL_H_
