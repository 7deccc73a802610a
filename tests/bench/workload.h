// The made-up retailer that the benchmarks drive: 50 stores, 40 categories, 4,000 products. Everything is a function
// of a seed, so that fill and load speak of the same customers.
#ifndef NBO_TESTS_BENCH_WORKLOAD_H_
#define NBO_TESTS_BENCH_WORKLOAD_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::bench {

using Random = std::mt19937_64;

inline constexpr int kStoreCount = 50;
inline constexpr int kCategoryCount = 40;
inline constexpr int kProductCount = 4000;

// From 0. The ids have constant length: "c0000042".
std::string CustomerId(int customer);
std::string StoreId(int store);
std::string ProductId(int product);

// product % kCategoryCount is a product's category.
const char* CategoryName(int category);  // below kCategoryCount

struct ReceiptShape {
  uint64_t seed = 1;
  int per_customer = 20;
  int lines = 3;
  int spread_days = 365;            // the receipts of a customer lie this far apart at most
  int64_t end_unix_seconds = 0;     // none is later
  int categories = kCategoryCount;  // of the retailer
  int other_stores = kStoreCount;   // a customer's receipts outside their own store lie in so many others
};

// The shape of real households (The Complete Journey, 159 households with 50 receipts or more): 50 receipts of three
// lines touch 48 of 300 categories and 4 stores; there it is 47.6 of 304, and 3.5.
ReceiptShape HouseholdShape();

// Receipt `index` (0 .. per_customer - 1, oldest first) of a customer. A customer buys mostly from six categories and
// in one store.
void FillPurchase(const ReceiptShape& shape, int customer, int index, v1::Purchase* purchase);

// A request without a customer and an id: channel (POS 1/2, the rest kiosk, app and web), store, till, cashier, locale,
// basket. The basket holds `lines` lines, one more or less.
v1::GetOffersRequest MakeOfferRequest(int lines, Random* random);

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_WORKLOAD_H_
