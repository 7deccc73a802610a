// Receipts for tests: short ones by hand, many from a seed.
#ifndef NBO_TESTS_CORE_PROFILE_RANDOM_RECEIPTS_H_
#define NBO_TESTS_CORE_PROFILE_RANDOM_RECEIPTS_H_

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/profile/receipt.h"
#include "core/profile/state.h"

namespace nbo {

// One piece of a product.
inline ReceiptLine Bought(std::string category, int64_t amount_minor, int64_t discount_minor = 0) {
  return {absl::StrCat("p-", category), category, 1000, amount_minor, discount_minor};
}
inline ReceiptLine Returned(std::string category, int64_t amount_minor) {
  return {absl::StrCat("p-", category), category, -1000, -amount_minor, 0};
}

// A receipt at noon of a day.
inline Receipt ReceiptOf(std::string customer, std::string receipt_id, Day day, std::vector<ReceiptLine> lines,
                         std::string store = "s1", Channel channel = Channel::kPos) {
  Receipt receipt;
  receipt.customer_id = std::move(customer);
  receipt.store_id = std::move(store);
  receipt.receipt_id = std::move(receipt_id);
  receipt.time = absl::FromUnixSeconds(int64_t{day} * 86'400 + 43'200);
  receipt.day = day;
  receipt.channel = channel;
  receipt.lines = std::move(lines);
  return receipt;
}

inline std::vector<const Receipt*> Pointers(const std::vector<Receipt>& receipts) {
  std::vector<const Receipt*> pointers;
  for (const Receipt& receipt : receipts) pointers.push_back(&receipt);
  return pointers;
}

// Valid receipts: sales, returns, exchanges, gifts; some from stores or in categories without a name; some far older
// than kDetailedDays. The same seed gives the same receipts on every machine.
class RandomReceipts {
 public:
  explicit RandomReceipts(uint64_t seed) : generator_(seed) {}

  // A number of 0 .. count-1.
  int64_t Below(int64_t count) { return static_cast<int64_t>(generator_() % static_cast<uint64_t>(count)); }
  bool Chance(int percent) { return Below(100) < percent; }

  Receipt Next(const std::string& customer) {
    Receipt receipt;
    receipt.customer_id = customer;
    receipt.receipt_id = absl::StrCat("r", ++count_);
    if (!Chance(15)) receipt.store_id = absl::StrCat("store-", Below(7));
    receipt.day = static_cast<Day>(kNewest - (Chance(70) ? Below(380) : Below(2 * kDetailedDays + 400)));
    receipt.time = absl::FromUnixSeconds(int64_t{receipt.day} * 86'400 + Below(86'400));
    receipt.channel = static_cast<Channel>(Below(kChannelCount));
    const int64_t kind = Below(10);  // 0, 1: return; 2: exchange; 3: gift; else sale
    for (int64_t lines = 1 + Below(6); lines > 0; --lines) receipt.lines.push_back(Line(kind));
    return receipt;
  }

  std::vector<Receipt> Many(size_t count, const std::string& customer) {
    std::vector<Receipt> receipts;
    for (size_t i = 0; i < count; ++i) receipts.push_back(Next(customer));
    return receipts;
  }

  template <typename T>
  void Shuffle(std::vector<T>* items) {
    for (size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[static_cast<size_t>(Below(i))]);
  }

  static constexpr Day kNewest = 19'000;

 private:
  ReceiptLine Line(int64_t kind) {
    ReceiptLine line;
    line.product_id = absl::StrCat("product-", Below(200));
    if (!Chance(10)) line.category = absl::StrCat("category ", Below(30));
    line.quantity_milli = 1 + Below(5000);
    line.amount_minor = Below(20'000);
    line.discount_minor = Chance(30) ? Below(2'000) : 0;
    const bool back = kind <= 1 || (kind == 2 && Chance(50));
    if (back) {
      line.quantity_milli = -line.quantity_milli;
      line.amount_minor = -line.amount_minor;
      line.discount_minor = -line.discount_minor;
    }
    if (kind == 3) line.amount_minor = 0;
    return line;
  }

  std::mt19937_64 generator_;
  int count_ = 0;
};

}  // namespace nbo

#endif  // NBO_TESTS_CORE_PROFILE_RANDOM_RECEIPTS_H_
