#include "server/handlers/convert.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "nbo/v1/channel.pb.h"

namespace nbo::server {

absl::StatusOr<Channel> ToChannel(absl::string_view field, int channel) {
  static_assert(static_cast<int>(Channel::kAdCabinet) == v1::CHANNEL_AD_CABINET);
  if (channel < 0 || channel >= kChannelCount) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", channel, " is no channel; see nbo.v1.Channel"));
  }
  return static_cast<Channel>(channel);
}

absl::StatusOr<Identity> ToIdentity(absl::string_view field, const v1::Identity& identity) {
  const int type = identity.type();
  Identity converted{
      type < 0 || type >= kIdentityTypeCount ? IdentityType::kUnspecified : static_cast<IdentityType>(type),
      identity.value()};
  if (absl::Status s = CheckIdentity(field, converted); !s.ok()) return s;
  return converted;
}

absl::StatusOr<absl::Time> ToTime(absl::string_view field, const google::protobuf::Timestamp& timestamp) {
  constexpr int64_t kFirst = -62135596800;  // 0001-01-01, the range of google.protobuf.Timestamp
  constexpr int64_t kLast = 253402300799;   // 9999-12-31
  if (timestamp.seconds() < kFirst || timestamp.seconds() > kLast || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": not a valid timestamp"));
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

absl::StatusOr<absl::Time> ToEventTime(absl::string_view field, const google::protobuf::Timestamp& timestamp,
                                       absl::Time now, const TimeRules& rules) {
  auto time = ToTime(field, timestamp);
  if (!time.ok()) return time;
  if (*time < absl::UnixEpoch()) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", absl::FormatTime(*time, absl::UTCTimeZone()), " is before 1970-01-01"));
  }
  if (*time > now + rules.max_future_skew) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", absl::FormatTime(*time, absl::UTCTimeZone()),
                                                   " is more than ", absl::FormatDuration(rules.max_future_skew),
                                                   " in the future; check the clock of the sender"));
  }
  return time;
}

void FromTime(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::StatusOr<std::string> ResolveCustomer(absl::string_view field, const v1::CustomerRef& ref,
                                            const ProfileStore& store) {
  switch (ref.ref_case()) {
    case v1::CustomerRef::kCustomerId:
      if (!CheckId("", ref.customer_id(), true).ok()) {
        return CheckId(absl::StrCat(field, ".customer_id"), ref.customer_id(), true);
      }
      return ref.customer_id();
    case v1::CustomerRef::kIdentity: {
      auto identity = ToIdentity(absl::StrCat(field, ".identity"), ref.identity());
      if (!identity.ok()) return identity.status();
      auto link = store.ReadLink(*identity);
      if (!link.ok()) return link.status();
      return link->has_value() ? (*link)->customer_id : DerivedCustomerId(*identity);
    }
    case v1::CustomerRef::REF_NOT_SET: break;
  }
  return absl::InvalidArgumentError(absl::StrCat(field, ": is required; set customer_id or identity"));
}

absl::StatusOr<Receipt> ToReceipt(const v1::Purchase& purchase, const ProfileStore& store, absl::Time now,
                                  const TimeRules& rules) {
  if (absl::StartsWith(purchase.customer().customer_id(), "~")) {
    return absl::InvalidArgumentError(
        "purchase.customer.customer_id: ids that begin with '~' are reserved; send the identity instead");
  }
  auto customer_id = ResolveCustomer("purchase.customer", purchase.customer(), store);
  if (!customer_id.ok()) return customer_id.status();
  Receipt receipt;
  receipt.customer_id = *std::move(customer_id);
  receipt.store_id = purchase.store_id();
  receipt.receipt_id = purchase.receipt_id();
  if (!purchase.has_time()) return absl::InvalidArgumentError("purchase.time: is required");
  auto time = ToEventTime("purchase.time", purchase.time(), now, rules);
  if (!time.ok()) return time.status();
  receipt.time = *time;
  if (purchase.has_utc_offset_minutes()) {
    const int offset = purchase.utc_offset_minutes();
    if (offset < -kMaxUtcOffsetMinutes || offset > kMaxUtcOffsetMinutes) {
      return absl::InvalidArgumentError(
          absl::StrCat("purchase.utc_offset_minutes: ", offset, " is outside +-", kMaxUtcOffsetMinutes));
    }
    receipt.day = DayAtOffset(receipt.time, offset);
  } else {
    receipt.day = DayIn(receipt.time, rules.ZoneOf(receipt.store_id));
  }
  auto channel = ToChannel("purchase.channel", purchase.channel());
  if (!channel.ok()) return channel.status();
  receipt.channel = *channel;
  if (purchase.lines_size() <= static_cast<int>(kMaxLinesPerReceipt)) receipt.lines.reserve(purchase.lines_size());
  for (const v1::PurchaseLine& line : purchase.lines()) {
    receipt.lines.push_back(
        {line.product_id(), line.category(), line.quantity_milli(), line.amount_minor(), line.discount_minor()});
    if (receipt.lines.size() > kMaxLinesPerReceipt) break;  // refused below
  }
  if (absl::Status s = ValidateReceipt(receipt); !s.ok()) return s;
  return receipt;
}

absl::StatusOr<OfferRequest> ToOfferRequest(const v1::GetOffersRequest& request) {
  OfferRequest converted;
  auto channel = ToChannel("channel", request.channel());
  if (!channel.ok()) return channel.status();
  converted.channel = *channel;
  converted.placement = request.placement();
  converted.store_id = request.store_id();
  converted.terminal_id = request.terminal_id();
  converted.operator_id = request.operator_id();
  converted.locale = request.locale();
  converted.max_offers = request.max_offers();
  converted.explain = request.explain();
  converted.basket.reserve(request.basket_lines_size());
  for (const v1::BasketLine& line : request.basket_lines()) {
    converted.basket.push_back({line.product_id(), line.category(), line.quantity_milli(), line.amount_minor()});
  }
  converted.attributes.reserve(request.attributes_size());
  for (const auto& [key, value] : request.attributes()) converted.attributes.emplace_back(key, value);
  if (absl::Status s = ValidateOfferRequest(converted); !s.ok()) return s;
  if (absl::Status s = CheckId("request_id", request.request_id(), false); !s.ok()) return s;
  return converted;
}

}  // namespace nbo::server
