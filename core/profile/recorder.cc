#include "core/profile/recorder.h"

#include <utility>

#include "core/profile/record_group.h"

namespace nbo {

absl::StatusOr<bool> Recorder::Resolve(Receipt* receipt) const {
  if (!receipt->addressed_by.has_value()) {
    auto survivor = store_->ReadAlias(receipt->customer_id);
    if (!survivor.ok()) return survivor.status();
    if (!survivor->empty()) receipt->customer_id = *std::move(survivor);
    return true;
  }
  auto history = store_->ReadIdentity(*receipt->addressed_by);
  if (!history.ok()) return history.status();
  const Owner& owner = history->OwnerAt(receipt->time);
  if (owner.kind == Owner::kErased) return false;
  receipt->customer_id = owner.kind == Owner::kCustomer ? owner.customer_id : DerivedCustomerId(*receipt->addressed_by);
  return true;
}

std::vector<absl::StatusOr<RecordResult>> Recorder::Record(absl::Span<const Receipt* const> receipts) {
  std::vector<absl::StatusOr<RecordResult>> results;
  results.reserve(receipts.size());
  RecordGroup group(store_, receipts);
  absl::Status status = group.Read();
  if (status.ok()) {
    for (size_t i = 0; i < receipts.size(); ++i) results.push_back(group.Add(i));
    status = group.Write();
  }
  if (status.ok()) return results;
  // A damaged record is the trouble of one customer: everybody else's receipts are recorded one by one.
  if (absl::IsDataLoss(status) && receipts.size() > 1) {
    results.clear();
    for (const Receipt* receipt : receipts) results.push_back(Record({&receipt, 1}).front());
    return results;
  }
  // A duplicate of something in this group was not counted either. What the store already had stands, but telling the
  // two apart is not worth it: everything may be sent again.
  results.resize(receipts.size(), status);
  for (absl::StatusOr<RecordResult>& result : results) {
    if (result.ok() && *result != RecordResult::kElsewhere && *result != RecordResult::kErased) result = status;
  }
  return results;
}

}  // namespace nbo
