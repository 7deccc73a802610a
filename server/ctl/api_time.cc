#include "server/ctl/api_time.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace nbo::ctl {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", FromTimestamp(timestamp), absl::UTCTimeZone());
}

std::optional<nbo::v1::Channel> ChannelByName(absl::string_view name) {
  const std::string upper = absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}}));
  nbo::v1::Channel channel;
  if (!nbo::v1::Channel_Parse(absl::StrCat("CHANNEL_", absl::StripPrefix(upper, "CHANNEL_")), &channel) ||
      channel == nbo::v1::CHANNEL_UNSPECIFIED) {
    return std::nullopt;
  }
  return channel;
}

std::string ChannelName(nbo::v1::Channel channel) {
  const std::string& name = nbo::v1::Channel_Name(channel);
  if (name.empty()) return absl::StrCat(static_cast<int>(channel));
  return absl::AsciiStrToLower(absl::StripPrefix(name, "CHANNEL_"));
}

std::string ChannelNames() {
  std::vector<std::string> names;
  for (int value = nbo::v1::Channel_MIN + 1; value <= nbo::v1::Channel_MAX; ++value) {
    if (nbo::v1::Channel_IsValid(value)) names.push_back(ChannelName(static_cast<nbo::v1::Channel>(value)));
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace nbo::ctl
