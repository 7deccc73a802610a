#include "core/profile/record.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "core/profile/state.h"

namespace nbo {
namespace {

std::vector<KeptLine> KeepLines(const std::vector<ReceiptLine>& lines) {
  std::vector<KeptLine> kept;
  kept.reserve(lines.size());
  for (const ReceiptLine& line : lines) {
    kept.push_back({line.product_id, line.category.empty() ? 0 : CategoryKey(line.category), line.quantity_milli,
                    line.amount_minor, line.discount_minor});
  }
  return kept;
}

auto FindAttached(const ReceiptKey& by, ReceiptRecord* record) {
  return std::lower_bound(record->attached.begin(), record->attached.end(), by,
                          [](const AttachedReturn& entry, const ReceiptKey& key) { return entry.by < key; });
}

void AddToCategory(uint64_t category, int64_t revenue_minor, bool bought, Contribution* contribution) {
  if (category == 0) return;
  auto& parts = contribution->categories;
  auto it = std::lower_bound(parts.begin(), parts.end(), category,
                             [](const CategoryPart& part, uint64_t key) { return part.category < key; });
  if (it == parts.end() || it->category != category) it = parts.insert(it, CategoryPart{category});
  it->revenue_minor += revenue_minor;
  it->bought |= bought;
}

void AddAmounts(const KeptLine& line, uint64_t category, Contribution* contribution) {
  contribution->revenue_minor += line.amount_minor;
  contribution->discount_minor += line.discount_minor;
  AddToCategory(category, line.amount_minor, false, contribution);
}

// What became of one product of a receipt.
struct ProductBalance {
  uint64_t category = 0;  // the smallest key that its lines name: the order of lines says nothing
  int64_t quantity_milli = 0;
  int64_t amount_minor = 0;
  bool counted = false;  // some line gave a quantity to sell

  void Add(const KeptLine& line) {
    quantity_milli += line.quantity_milli;
    amount_minor += line.amount_minor;
  }
  bool kept() const { return counted ? quantity_milli > 0 : amount_minor > 0; }
};

// Some line takes goods back, or some return is attached: products are balanced one by one.
void AddBalanced(const ReceiptRecord& record, Contribution* contribution) {
  absl::flat_hash_map<absl::string_view, ProductBalance> products;
  for (const KeptLine& line : record.content->lines) {
    ProductBalance& product = products[line.product_id];
    const bool named = line.category != 0;
    if (named && (product.category == 0 || line.category < product.category)) product.category = line.category;
    product.counted |= line.quantity_milli > 0;
    product.Add(line);
    AddAmounts(line, line.category, contribution);
  }
  for (const AttachedReturn& attached : record.attached) {
    for (const KeptLine& line : attached.lines) {
      auto sold = products.find(line.product_id);
      if (sold != products.end()) sold->second.Add(line);
      AddAmounts(line, sold != products.end() ? sold->second.category : line.category, contribution);
    }
  }
  for (const auto& [id, product] : products) {
    if (!product.kept()) continue;
    contribution->visit = true;
    AddToCategory(product.category, 0, true, contribution);
  }
}

bool NothingComesBack(const ReceiptRecord& record) {
  if (!record.attached.empty()) return false;
  return std::all_of(record.content->lines.begin(), record.content->lines.end(),
                     [](const KeptLine& line) { return line.quantity_milli >= 0 && line.amount_minor >= 0; });
}

void AddSale(absl::string_view store_id, const ReceiptRecord& record,
             absl::FunctionRef<void(const Contribution&)> add) {
  const ReceiptContent& content = *record.content;
  for (const AttachedReturn& attached : record.attached) {
    if (attached.whole) return;
  }
  Contribution contribution;
  contribution.day = content.day;
  if (NothingComesBack(record)) {
    for (const KeptLine& line : content.lines) {
      const bool bought = line.quantity_milli > 0 || line.amount_minor > 0;
      contribution.visit |= bought;
      contribution.revenue_minor += line.amount_minor;
      contribution.discount_minor += line.discount_minor;
      AddToCategory(line.category, line.amount_minor, bought, &contribution);
    }
  } else {
    AddBalanced(record, &contribution);
  }
  if (contribution.visit) {
    contribution.store_id = store_id;
    contribution.channel = content.channel;
  }
  add(contribution);
}

}  // namespace

ReceiptContent KeepContent(const Receipt& receipt, uint64_t digest) {
  ReceiptContent content{receipt.revision,
                         digest,
                         receipt.cancelled,
                         receipt.time,
                         receipt.day,
                         receipt.channel,
                         receipt.addressed_by,
                         KeepLines(receipt.lines),
                         {}};
  for (const ReturnedGoods& returned : receipt.returns) {
    content.returns.push_back({{returned.store_id, returned.receipt_id}, returned.whole, KeepLines(returned.lines)});
  }
  return content;
}

void Attach(const ReceiptKey& by, Day day, const KeptReturn& returned, ReceiptRecord* record) {
  auto it = FindAttached(by, record);
  AttachedReturn attached{by, day, returned.whole, returned.lines};
  if (it != record->attached.end() && it->by == by) {
    *it = std::move(attached);
  } else {
    record->attached.insert(it, std::move(attached));
  }
}

void Detach(const ReceiptKey& by, ReceiptRecord* record) {
  auto it = FindAttached(by, record);
  if (it != record->attached.end() && it->by == by) record->attached.erase(it);
}

Contribution OfLoneReturn(Day day, const std::vector<KeptLine>& lines) {
  Contribution contribution;
  contribution.day = day;
  for (const KeptLine& line : lines) AddAmounts(line, line.category, &contribution);
  return contribution;
}

void ForEachContribution(absl::string_view store_id, const ReceiptRecord& record,
                         absl::FunctionRef<void(const Contribution&)> add) {
  if (record.live()) return AddSale(store_id, record, add);
  for (const AttachedReturn& attached : record.attached) add(OfLoneReturn(attached.day, attached.lines));
}

}  // namespace nbo
