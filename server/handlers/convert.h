// Messages to domain objects and back. Each inbound conversion checks; errors name the field as in the proto.
#ifndef NBO_SERVER_HANDLERS_CONVERT_H_
#define NBO_SERVER_HANDLERS_CONVERT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
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

  // The zone of a store's receipts that name no offset.
  absl::TimeZone ZoneOf(absl::string_view store_id) const {
    return store_zones == nullptr ? time_zone : store_zones->Pin()->ZoneOf(store_id, time_zone);
  }
};

absl::StatusOr<Channel> ToChannel(absl::string_view field, int channel);
absl::StatusOr<Identity> ToIdentity(absl::string_view field, const v1::Identity& identity);

// A valid protobuf timestamp. INVALID_ARGUMENT names the field.
absl::StatusOr<absl::Time> ToTime(absl::string_view field, const google::protobuf::Timestamp& timestamp);
// As ToTime, and within 1970-01-01 .. now + skew.
absl::StatusOr<absl::Time> ToEventTime(absl::string_view field, const google::protobuf::Timestamp& timestamp,
                                       absl::Time now, const TimeRules& rules);
void FromTime(absl::Time time, google::protobuf::Timestamp* timestamp);

// The customer id that a reference stands for: itself, or what the identity is linked to, or the identity's derived id.
// Reads the store for identities. INVALID_ARGUMENT if the reference is empty or malformed.
absl::StatusOr<std::string> ResolveCustomer(absl::string_view field, const v1::CustomerRef& ref,
                                            const ProfileStore& store);

// Converts, resolves the customer and checks everything. OK means that the receipt can be recorded.
absl::StatusOr<Receipt> ToReceipt(const v1::Purchase& purchase, const ProfileStore& store, absl::Time now,
                                  const TimeRules& rules);

// Converts and checks all but the customer and the time. Views point into the message.
absl::StatusOr<OfferRequest> ToOfferRequest(const v1::GetOffersRequest& request);

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_CONVERT_H_
