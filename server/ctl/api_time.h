// Times and channels between the API's types and Abseil's.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "nbo/v1/channel.pb.h"

namespace nbo::ctl {

// Cuts to nanoseconds.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);
// For people: "2026-11-22 22:01:11 UTC".
std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp);

// "pos", "POS", "mobile-app", "CHANNEL_WEB"; nothing for other texts.
std::optional<nbo::v1::Channel> ChannelByName(absl::string_view name);
// "mobile_app"; the number for a channel that this program does not know.
std::string ChannelName(nbo::v1::Channel channel);
// "pos, kiosk, ...": the names ChannelByName understands.
std::string ChannelNames();

}  // namespace nbo::ctl
