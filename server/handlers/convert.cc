#include "server/handlers/convert.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/decision/factors.h"
#include "core/profile/lookup.h"
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
  return absl::FromUnixMicros(absl::ToUnixMicros(*time));
}

void FromTime(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::StatusOr<std::string> ResolveCustomer(absl::string_view field, const v1::CustomerRef& ref,
                                            const ProfileReader& store, absl::Time at) {
  switch (ref.ref_case()) {
    case v1::CustomerRef::kCustomerId:
      if (!CheckId("", ref.customer_id(), true).ok()) {
        return CheckId(absl::StrCat(field, ".customer_id"), ref.customer_id(), true);
      }
      return ref.customer_id();
    case v1::CustomerRef::kIdentity: {
      auto identity = ToIdentity(absl::StrCat(field, ".identity"), ref.identity());
      if (!identity.ok()) return identity.status();
      return CustomerOf(store, *identity, at);
    }
    case v1::CustomerRef::REF_NOT_SET: break;
  }
  return absl::InvalidArgumentError(absl::StrCat(field, ": is required; set customer_id or identity"));
}

absl::Status CheckCustomerId(absl::string_view field, absl::string_view customer_id) {
  if (absl::Status s = CheckId(field, customer_id, /*required=*/true); !s.ok()) return s;
  if (customer_id[0] != '~') return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ids that begin with '~' are reserved; send the identity instead"));
}

namespace {

absl::Status SetCustomer(const v1::CustomerRef& ref, Receipt* receipt) {
  switch (ref.ref_case()) {
    case v1::CustomerRef::kCustomerId:
      receipt->customer_id = ref.customer_id();
      return CheckCustomerId("purchase.customer.customer_id", ref.customer_id());
    case v1::CustomerRef::kIdentity: {
      auto identity = ToIdentity("purchase.customer.identity", ref.identity());
      if (!identity.ok()) return identity.status();
      receipt->addressed_by = *std::move(identity);
      return absl::OkStatus();
    }
    case v1::CustomerRef::REF_NOT_SET: break;
  }
  return absl::InvalidArgumentError("purchase.customer: is required; set customer_id or identity");
}

absl::Status SetTime(const v1::Purchase& purchase, absl::Time now, const TimeRules& rules, Receipt* receipt) {
  if (!purchase.has_time()) return absl::InvalidArgumentError("purchase.time: is required");
  auto time = ToEventTime("purchase.time", purchase.time(), now, rules);
  if (!time.ok()) return time.status();
  receipt->time = *time;
  if (purchase.has_utc_offset_minutes()) {
    const int offset = purchase.utc_offset_minutes();
    if (offset < -kMaxUtcOffsetMinutes || offset > kMaxUtcOffsetMinutes) {
      return absl::InvalidArgumentError(
          absl::StrCat("purchase.utc_offset_minutes: ", offset, " is outside +-", kMaxUtcOffsetMinutes));
    }
    receipt->day = DayAtOffset(receipt->time, offset);
  } else {
    receipt->day = DayIn(receipt->time, rules.ZoneOf(receipt->store_id));
  }
  if (rules.retention_days > 0 && receipt->day < DayIn(now, rules.ZoneOf(receipt->store_id)) - rules.retention_days) {
    return absl::InvalidArgumentError(
        absl::StrCat("purchase.time: ", absl::FormatTime(receipt->time, absl::UTCTimeZone()), " is more than the ",
                     rules.retention_days,
                     " days of retention.receipts_days ago; it could not be told from a receipt "
                     "that was dropped"));
  }
  return absl::OkStatus();
}

// Stops one beyond the limit, which ValidateReceipt then refuses.
void SetLines(const google::protobuf::RepeatedPtrField<v1::PurchaseLine>& lines, std::vector<ReceiptLine>* out) {
  const int count = std::min(lines.size(), static_cast<int>(kMaxLinesPerReceipt) + 1);
  out->reserve(count);
  for (int i = 0; i < count; ++i) {
    const v1::PurchaseLine& line = lines[i];
    out->push_back(
        {line.product_id(), line.category(), line.quantity_milli(), line.amount_minor(), line.discount_minor()});
  }
}

}  // namespace

absl::StatusOr<Receipt> ToReceipt(const v1::Purchase& purchase, absl::Time now, const TimeRules& rules) {
  Receipt receipt;
  if (absl::Status s = SetCustomer(purchase.customer(), &receipt); !s.ok()) return s;
  receipt.store_id = purchase.store_id();
  receipt.receipt_id = purchase.receipt_id();
  receipt.revision = purchase.revision();
  receipt.cancelled = purchase.cancelled();
  if (absl::Status s = SetTime(purchase, now, rules, &receipt); !s.ok()) return s;
  auto channel = ToChannel("purchase.channel", purchase.channel());
  if (!channel.ok()) return channel.status();
  receipt.channel = *channel;
  SetLines(purchase.lines(), &receipt.lines);
  const int returns = std::min(purchase.returns_size(), static_cast<int>(kMaxReturnsPerReceipt) + 1);
  for (int i = 0; i < returns; ++i) {
    const v1::PurchaseReturn& from = purchase.returns(i);
    ReturnedGoods& returned = receipt.returns.emplace_back();
    returned.store_id = from.has_store_id() ? from.store_id() : purchase.store_id();
    returned.receipt_id = from.receipt_id();
    returned.whole = from.whole();
    SetLines(from.lines(), &returned.lines);
  }
  const int coupons = std::min(purchase.coupon_codes_size(), static_cast<int>(kMaxCouponCodesPerReceipt) + 1);
  receipt.coupon_codes.assign(purchase.coupon_codes().begin(), purchase.coupon_codes().begin() + coupons);
  if (absl::Status s = ValidateReceipt(receipt); !s.ok()) return s;
  return receipt;
}

absl::StatusOr<OfferRequest> ToOfferRequest(const v1::GetOffersRequest& request) {
  OfferRequest converted;
  auto channel = ToChannel("channel", request.channel());
  if (!channel.ok()) return channel.status();
  converted.channel = *channel;
  converted.placement = request.placement();
  converted.placements.assign(request.placements().begin(), request.placements().end());
  converted.store_id = request.store_id();
  converted.terminal_id = request.terminal_id();
  converted.operator_id = request.operator_id();
  converted.locale = request.locale();
  converted.request_id = request.request_id();
  converted.max_offers = request.max_offers();
  converted.explain = request.explain();
  const std::vector<absl::string_view> neutral(request.neutral_factors().begin(), request.neutral_factors().end());
  absl::StatusOr<FactorSet> factors = FactorsNamed(neutral);
  if (!factors.ok()) return factors.status();
  converted.neutral_factors = *factors;
  converted.basket.reserve(request.basket_lines_size());
  for (const v1::BasketLine& line : request.basket_lines()) {
    converted.basket.push_back({line.product_id(), line.category(), line.quantity_milli(), line.amount_minor()});
  }
  converted.attributes.reserve(request.attributes_size());
  for (const auto& [key, value] : request.attributes()) converted.attributes.emplace_back(key, value);
  if (absl::Status s = ValidateOfferRequest(converted); !s.ok()) return s;
  return converted;
}

}  // namespace nbo::server
