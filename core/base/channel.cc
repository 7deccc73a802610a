#include "core/base/channel.h"

namespace nbo {
namespace {
constexpr absl::string_view kNames[kChannelCount] = {"",      "POS", "KIOSK", "MOBILE_APP", "WEB",     "CALL_CENTER",
                                                     "EMAIL", "SMS", "PUSH",  "MESSENGER",  "COURIER", "AD_CABINET"};
}  // namespace

absl::string_view ChannelName(Channel channel) { return kNames[static_cast<int>(channel)]; }

std::optional<Channel> ChannelByName(absl::string_view name) {
  for (int i = 1; i < kChannelCount; ++i) {
    if (kNames[i] == name) return static_cast<Channel>(i);
  }
  return std::nullopt;
}

}  // namespace nbo
