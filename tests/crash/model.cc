#include "tests/crash/model.h"

#include <iterator>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nbo::crash {
namespace {

int64_t Micros(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000 + time.nanos() / 1000; }

// What is left of one product of a receipt.
struct Left {
  bool sold_by_quantity = false;
  int64_t quantity_milli = 0;
  int64_t amount_minor = 0;
  bool kept() const { return sold_by_quantity ? quantity_milli > 0 : amount_minor > 0; }
};

// What counts of a receipt that stands, after what was taken back of it.
Totals Balance(const v1::Purchase& sale, const std::vector<const v1::PurchaseReturn*>& returns) {
  Totals totals;
  std::map<std::string, Left> products;
  for (const v1::PurchaseLine& line : sale.lines()) {
    Left& left = products[line.product_id()];
    left.sold_by_quantity |= line.quantity_milli() > 0;
    left.quantity_milli += line.quantity_milli();
    left.amount_minor += line.amount_minor();
    totals.revenue_minor += line.amount_minor();
  }
  for (const v1::PurchaseReturn* back : returns) {
    if (back->whole()) return {};
    for (const v1::PurchaseLine& line : back->lines()) {
      totals.revenue_minor += line.amount_minor();
      auto left = products.find(line.product_id());
      if (left == products.end()) continue;
      left->second.quantity_milli += line.quantity_milli();
      left->second.amount_minor += line.amount_minor();
    }
  }
  for (const auto& [id, left] : products) {
    if (left.kept()) totals.visits = 1;
  }
  return totals;
}

}  // namespace

void Model::Add(const Event& event) {
  std::visit(
      [this](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, v1::Purchase>) {
          auto [it, added] = receipts_.try_emplace({what.store_id(), what.receipt_id()}, what);
          if (!added && it->second.revision() < what.revision()) it->second = what;
        } else if constexpr (std::is_same_v<What, v1::LinkIdentityRequest>) {
          owners_[what.identity().value()][Micros(what.time())] = what.customer_id();
        } else if constexpr (std::is_same_v<What, v1::UnlinkIdentityRequest>) {
          owners_[what.identity().value()][Micros(what.time())] = "";
        } else if constexpr (std::is_same_v<What, v1::MergeCustomersRequest>) {
          survivors_[what.absorbed_customer_id()] = what.surviving_customer_id();
        }  // consents and attributes are in the digest only
      },
      event.what);
}

std::string Model::Survivor(std::string customer_id) const {
  for (auto it = survivors_.find(customer_id); it != survivors_.end(); it = survivors_.find(customer_id)) {
    customer_id = it->second;
  }
  return customer_id;
}

std::string Model::OwnerAt(const std::string& card, int64_t micros) const {
  std::string owner;
  if (auto it = owners_.find(card); it != owners_.end()) {
    auto after = it->second.upper_bound(micros);
    owner = after == it->second.begin() ? after->second : std::prev(after)->second;
  }
  return owner.empty() ? absl::StrCat("~c:", card) : Survivor(owner);
}

std::string Model::OwnerNow(const std::string& card) const { return OwnerAt(card, INT64_MAX); }

std::string Model::OwnerOf(const v1::Purchase& purchase) const {
  if (!purchase.customer().has_identity()) return Survivor(purchase.customer().customer_id());
  return OwnerAt(purchase.customer().identity().value(), Micros(purchase.time()));
}

Totals Model::Sum(const Receipts& receipts) {
  std::map<ReceiptKey, std::vector<const v1::PurchaseReturn*>> returns;
  for (const auto& [key, purchase] : receipts) {
    for (const v1::PurchaseReturn& back : purchase->returns()) {
      returns[{back.has_store_id() ? back.store_id() : key.first, back.receipt_id()}].push_back(&back);
    }
  }
  Totals sum;
  for (const auto& [key, purchase] : receipts) {
    if (purchase->cancelled()) continue;
    const Totals totals = Balance(*purchase, returns[key]);
    sum.visits += totals.visits;
    sum.revenue_minor += totals.revenue_minor;
    returns.erase(key);
  }
  for (const auto& [key, waiting] : returns) {  // for a sale that is not known, or was cancelled
    for (const v1::PurchaseReturn* back : waiting) {
      for (const v1::PurchaseLine& line : back->lines()) sum.revenue_minor += line.amount_minor();
    }
  }
  return sum;
}

std::map<std::string, Totals> Model::TotalsByCustomer() const {
  std::map<std::string, Receipts> by_owner;
  for (const auto& [key, purchase] : receipts_) by_owner[OwnerOf(purchase)][key] = &purchase;
  std::map<std::string, Totals> totals;
  for (const auto& [owner, receipts] : by_owner) totals[owner] = Sum(receipts);
  return totals;
}

}  // namespace nbo::crash
