// Messages of nbo.v1 for tests.
#ifndef NBO_TESTS_SERVER_MESSAGES_H_
#define NBO_TESTS_SERVER_MESSAGES_H_

#include <string>

#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::server {

inline constexpr int64_t kNoon = 1'718'366'400;  // 2024-06-14 12:00 UTC

inline v1::CustomerRef CustomerOf(const std::string& id) {
  v1::CustomerRef ref;
  ref.set_customer_id(id);
  return ref;
}
inline v1::CustomerRef CardOf(const std::string& number) {
  v1::CustomerRef ref;
  ref.mutable_identity()->set_type(v1::IDENTITY_TYPE_LOYALTY_CARD);
  ref.mutable_identity()->set_value(number);
  return ref;
}

// Milk for `amount_minor`, bought an hour before noon.
inline v1::Purchase PurchaseOf(const v1::CustomerRef& customer, const std::string& receipt_id,
                               int64_t amount_minor = 100) {
  v1::Purchase purchase;
  *purchase.mutable_customer() = customer;
  purchase.set_receipt_id(receipt_id);
  purchase.set_store_id("s1");
  purchase.mutable_time()->set_seconds(kNoon - 3600);
  purchase.set_channel(v1::CHANNEL_POS);
  v1::PurchaseLine* line = purchase.add_lines();
  line->set_product_id("p1");
  line->set_category("MILK");
  line->set_quantity_milli(1000);
  line->set_amount_minor(amount_minor);
  return purchase;
}

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_MESSAGES_H_
