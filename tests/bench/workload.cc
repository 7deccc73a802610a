#include "tests/bench/workload.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nbo::bench {
namespace {

constexpr std::array<const char*, kCategoryCount> kCategories = {"FLUID MILK PRODUCTS",
                                                                 "CHEESE",
                                                                 "YOGURT",
                                                                 "EGGS",
                                                                 "BAKED BREAD/BUNS/ROLLS",
                                                                 "SOFT DRINKS",
                                                                 "BAG SNACKS",
                                                                 "CRACKERS/MISC BKD FD",
                                                                 "COLD CEREAL",
                                                                 "HOT CEREAL",
                                                                 "COOKIES/CONES",
                                                                 "CANDY - PACKAGED",
                                                                 "FROZEN PIZZA",
                                                                 "FRZN MEAT/MEAT DINNERS",
                                                                 "FRZN POTATOES",
                                                                 "ICE CREAM/MILK/SHERBTS",
                                                                 "BEEF",
                                                                 "PORK",
                                                                 "CHICKEN",
                                                                 "HOT DOGS",
                                                                 "LUNCHMEAT",
                                                                 "SEAFOOD - FROZEN",
                                                                 "TROPICAL FRUIT",
                                                                 "APPLES",
                                                                 "BERRIES",
                                                                 "GRAPES",
                                                                 "SALAD MIX",
                                                                 "TOMATOES",
                                                                 "VEGETABLES - ALL OTHERS",
                                                                 "SOUP",
                                                                 "CANNED MILK",
                                                                 "PASTA SAUCE",
                                                                 "DRY NOODLES/PASTA",
                                                                 "COFFEE",
                                                                 "TEAS",
                                                                 "REFRGRATD JUICES/DRNKS",
                                                                 "WATER - CARBONATED/FLVRD DRINK",
                                                                 "PAPER TOWELS",
                                                                 "BATH TISSUES",
                                                                 "CAT FOOD"};
constexpr int kFavourites = 6;

int Below(int bound, Random* random) { return static_cast<int>((*random)() % static_cast<uint64_t>(bound)); }

int ProductOf(int category, Random* random) {
  return category + kCategoryCount * Below(kProductCount / kCategoryCount, random);
}

// The categories a customer comes back to, and their store, follow from the customer alone.
struct Habits {
  std::array<int, kFavourites> categories;
  int store;
};

Habits HabitsOf(uint64_t seed, int customer) {
  std::minstd_rand random(static_cast<uint32_t>(seed * 7919 + static_cast<uint64_t>(customer) + 1));
  random.discard(3);
  Habits habits;
  for (int& category : habits.categories) category = static_cast<int>(random() % kCategoryCount);
  habits.store = static_cast<int>(random() % kStoreCount);
  return habits;
}

// Beyond the names that are there, further ones like them.
void SetCategory(int category, v1::PurchaseLine* line) {
  if (category < kCategoryCount) {
    line->set_category(CategoryName(category));
  } else {
    line->set_category(absl::StrCat(CategoryName(category % kCategoryCount), " ", category / kCategoryCount));
  }
}

v1::Channel PickChannel(Random* random) {
  constexpr v1::Channel kMix[] = {v1::CHANNEL_POS,   v1::CHANNEL_POS,        v1::CHANNEL_POS,        v1::CHANNEL_POS,
                                  v1::CHANNEL_KIOSK, v1::CHANNEL_MOBILE_APP, v1::CHANNEL_MOBILE_APP, v1::CHANNEL_WEB};
  return kMix[Below(std::size(kMix), random)];
}

}  // namespace

std::string CustomerId(int customer) { return absl::StrFormat("c%07d", customer); }
std::string StoreId(int store) { return absl::StrFormat("store-%03d", store); }
std::string ProductId(int product) { return absl::StrCat(800000 + product * 37); }
const char* CategoryName(int category) { return kCategories[static_cast<size_t>(category)]; }

ReceiptShape HouseholdShape() {
  ReceiptShape shape;
  shape.categories = 300;
  shape.other_stores = 3;
  return shape;
}

void FillPurchase(const ReceiptShape& shape, int customer, int index, v1::Purchase* purchase) {
  const Habits habits = HabitsOf(shape.seed, customer);
  std::minstd_rand seeder(static_cast<uint32_t>(shape.seed * 31 + static_cast<uint64_t>(customer) * 1009 +
                                                static_cast<uint64_t>(index) + 1));
  auto below = [&seeder](int bound) { return static_cast<int>(seeder() % static_cast<uint32_t>(bound)); };
  seeder.discard(3);
  purchase->Clear();
  purchase->mutable_customer()->set_customer_id(CustomerId(customer));
  purchase->set_receipt_id(absl::StrCat("r", customer, "-", index));
  const bool own_store = below(10) < 8;
  const int other = own_store ? 0 : below(shape.other_stores);
  // As many others as there are stores: any of them.
  const int neighbour = shape.other_stores < kStoreCount ? (habits.store + 1 + other) % kStoreCount : other;
  purchase->set_store_id(StoreId(own_store ? habits.store : neighbour));
  const int64_t step = int64_t{shape.spread_days} * 86400 / std::max(1, shape.per_customer);
  purchase->mutable_time()->set_seconds(shape.end_unix_seconds - (shape.per_customer - index - 1) * step -
                                        below(static_cast<int>(std::max<int64_t>(1, step))));
  purchase->set_channel(below(10) < 8 ? v1::CHANNEL_POS : v1::CHANNEL_MOBILE_APP);
  for (int i = 0; i < shape.lines; ++i) {
    const int category =
        below(10) < 7 ? habits.categories[static_cast<size_t>(below(kFavourites))] : below(shape.categories);
    v1::PurchaseLine* line = purchase->add_lines();
    line->set_product_id(ProductId(category + kCategoryCount * below(kProductCount / kCategoryCount)));
    SetCategory(category, line);
    line->set_quantity_milli(1000 * (1 + below(3)));
    line->set_amount_minor(100 + below(1200));
    if (below(3) == 0) line->set_discount_minor(10 + below(150));
  }
}

v1::GetOffersRequest MakeOfferRequest(int lines, Random* random) {
  v1::GetOffersRequest request;
  const v1::Channel channel = PickChannel(random);
  request.set_channel(channel);
  if (channel == v1::CHANNEL_MOBILE_APP) request.set_placement("home_banner");
  if (channel == v1::CHANNEL_WEB) request.set_placement("cart");
  const std::string store = StoreId(Below(kStoreCount, random));
  request.set_store_id(store);
  if (channel == v1::CHANNEL_POS || channel == v1::CHANNEL_KIOSK) {
    request.set_terminal_id(absl::StrCat(store, "-till-", 1 + Below(12, random)));
  }
  if (channel == v1::CHANNEL_POS) request.set_operator_id(absl::StrCat("cashier-", 100 + Below(800, random)));
  request.set_locale(Below(3, random) == 0 ? "ru-RU" : "en");
  const int count = std::max(0, lines + (lines > 0 ? Below(3, random) - 1 : 0));
  for (int i = 0; i < count; ++i) {
    const int category = Below(kCategoryCount, random);
    v1::BasketLine* line = request.add_basket_lines();
    line->set_product_id(ProductId(ProductOf(category, random)));
    line->set_category(CategoryName(category));
    line->set_quantity_milli(1000);
    line->set_amount_minor(100 + Below(1200, random));
  }
  return request;
}

}  // namespace nbo::bench
