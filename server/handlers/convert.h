// Messages to domain objects and back. Each inbound conversion checks; errors name the field as in the proto.
#ifndef NBO_SERVER_HANDLERS_CONVERT_H_
#define NBO_SERVER_HANDLERS_CONVERT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/store_zones.h"
#include "core/decision/request.h"
#include "core/profile/identity.h"
#include "core/profile/receipt.h"
#include "core/profile/store.h"
#include "nbo/v1/customer.pb.h"
#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::server {

// What decides the day and the validity of a time.
struct TimeRules {
  absl::TimeZone time_zone;        // of receipts that name no offset, in stores with no zone of their own
  absl::Duration max_future_skew;  // later times are refused
  const ActiveStoreZones* store_zones = nullptr;  // must outlive the rules; null: no store has a zone of its own
  int retention_days = 0;                         // older receipts are refused; 0: none is

  // The zone of a store's receipts that name no offset.
  absl::TimeZone ZoneOf(absl::string_view store_id) const {
    return store_zones == nullptr ? time_zone : store_zones->Pin()->ZoneOf(store_id, time_zone);
  }
};

absl::StatusOr<Channel> ToChannel(absl::string_view field, int channel);
absl::StatusOr<Identity> ToIdentity(absl::string_view field, const v1::Identity& identity);

// A valid protobuf timestamp. INVALID_ARGUMENT names the field.
absl::StatusOr<absl::Time> ToTime(absl::string_view field, const google::protobuf::Timestamp& timestamp);
// As ToTime, and within 1970-01-01 .. now + skew; cut to microseconds, as times are kept.
absl::StatusOr<absl::Time> ToEventTime(absl::string_view field, const google::protobuf::Timestamp& timestamp,
                                       absl::Time now, const TimeRules& rules);
// "Now" of a request that may name another moment in `as_of`. INVALID_ARGUMENT: it does, but replay is not enabled.
template <typename Request>
absl::StatusOr<absl::Time> DecideTime(const Request& request, const Clock& clock, bool replay_enabled) {
  if (!request.has_as_of()) return clock.Now();
  if (replay_enabled) return ToTime("as_of", request.as_of());
  return absl::InvalidArgumentError("as_of: refused; only a server with replay.enabled decides for another time");
}
void FromTime(absl::Time time, google::protobuf::Timestamp* timestamp);

// The customer id that a reference stands for at a moment: itself, or the owner of the identity, or the identity's
// derived id, or "" if the owner was erased. Reads the store for identities. INVALID_ARGUMENT if the reference is empty
// or malformed.
absl::StatusOr<std::string> ResolveCustomer(absl::string_view field, const v1::CustomerRef& ref,
                                            const ProfileReader& store, absl::Time at);

// Checks a customer id that comes from outside: an id, and none of those that nbo derives.
absl::Status CheckCustomerId(absl::string_view field, absl::string_view customer_id);

// Converts and checks everything but whom the customer is. OK means that the receipt can be resolved and recorded.
absl::StatusOr<Receipt> ToReceipt(const v1::Purchase& purchase, absl::Time now, const TimeRules& rules);

// Converts and checks all but the customer and the time. Views point into the message.
absl::StatusOr<OfferRequest> ToOfferRequest(const v1::GetOffersRequest& request);

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_CONVERT_H_
