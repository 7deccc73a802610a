#include "core/profile/record_group.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/profile/fold.h"

namespace nbo {
namespace {

RecordRef RefOf(const Receipt& receipt) { return {receipt.customer_id, receipt.store_id, receipt.receipt_id}; }

absl::Status Conflict(const Receipt& receipt) {
  return absl::AlreadyExistsError(
      absl::StrCat("purchase.receipt_id: receipt '", receipt.receipt_id, "' of store '", receipt.store_id,
                   "' is already recorded with other content as revision ", receipt.revision,
                   "; to correct it send a higher revision, to record another receipt give it its own id"));
}

}  // namespace

size_t RecordGroup::CustomerOf(absl::string_view id) {
  auto [it, inserted] = customer_index_.try_emplace(id, customers_.size());
  if (inserted) customers_.push_back({id});
  return it->second;
}

size_t RecordGroup::Announce(const RecordRef& ref) {
  auto [it, inserted] = entry_index_.try_emplace(ref, entries_.size());
  if (inserted) entries_.push_back({ref, CustomerOf(ref.customer_id), {}, false});
  return it->second;
}

absl::Status RecordGroup::Read() {
  own_.reserve(receipts_.size());
  for (const Receipt* receipt : receipts_) {
    own_.push_back(Announce(RefOf(*receipt)));
    for (const ReturnedGoods& returned : receipt->returns) {
      Announce({receipt->customer_id, returned.store_id, returned.receipt_id});
    }
  }
  std::vector<absl::string_view> ids;
  for (const Customer& customer : customers_) ids.push_back(customer.id);
  std::vector<char> found;
  if (absl::Status s = store_->ReadStates(ids, &states_, &found); !s.ok()) return s;
  for (size_t i = 0; i < customers_.size(); ++i) customers_[i].known = found[i];
  std::vector<RecordRef> refs;
  for (const Entry& entry : entries_) refs.push_back(entry.ref);
  std::vector<ReceiptRecord> records;
  if (absl::Status s = store_->ReadRecords(refs, &records); !s.ok()) return s;
  for (size_t i = 0; i < entries_.size(); ++i) entries_[i].record = std::move(records[i]);
  return absl::OkStatus();
}

absl::StatusOr<RecordGroup::Entry*> RecordGroup::EntryOf(const RecordRef& ref) {
  if (auto it = entry_index_.find(ref); it != entry_index_.end()) return &entries_[it->second];
  std::vector<ReceiptRecord> records;
  if (absl::Status s = store_->ReadRecords({&ref, 1}, &records); !s.ok()) return s;
  const absl::string_view store_id = texts_.emplace_back(ref.store_id);
  const absl::string_view receipt_id = texts_.emplace_back(ref.receipt_id);
  Entry* entry = &entries_[Announce({ref.customer_id, store_id, receipt_id})];
  entry->record = std::move(records.front());
  return entry;
}

// A customer who has a state is neither merged into another one nor erased; only the others need a look.
absl::Status RecordGroup::CheckStanding(Customer* customer) {
  if (customer->known || customer->resolved) return absl::OkStatus();
  auto survivor = store_->ReadAlias(customer->id);
  if (!survivor.ok()) return survivor.status();
  auto erased = store_->ReadTombstone(customer->id);
  if (!erased.ok()) return erased.status();
  if (erased->has_value()) customer->standing = RecordResult::kErased;
  if (!survivor->empty()) customer->standing = RecordResult::kElsewhere;
  customer->resolved = true;
  return absl::OkStatus();
}

absl::Status RecordGroup::CheckCategories(const Receipt& receipt, std::vector<absl::string_view>* added) const {
  const CategoryNames& names = store_->category_names();
  auto check = [&](const std::vector<ReceiptLine>& lines) -> absl::Status {
    for (const ReceiptLine& line : lines) {
      if (line.category.empty() || new_categories_.contains(line.category)) continue;
      const auto standing = names.StandingOf(line.category);
      if (standing == CategoryNames::Standing::kKnown) continue;
      if (standing == CategoryNames::Standing::kCollides) {
        return absl::InvalidArgumentError(
            absl::StrCat("purchase.lines.category: '", line.category, "' cannot be told from another one; rename it"));
      }
      if (names.size() + new_categories_.size() + added->size() >= kMaxCategories) {
        return absl::ResourceExhaustedError(absl::StrCat("purchase.lines.category: '", line.category,
                                                         "' would exceed the ", kMaxCategories,
                                                         " categories of a deployment"));
      }
      added->push_back(line.category);
    }
    return absl::OkStatus();
  };
  absl::Status status = check(receipt.lines);
  for (const ReturnedGoods& returned : receipt.returns) {
    if (status.ok()) status = check(returned.lines);
  }
  return status;
}

absl::Status RecordGroup::CheckReturns(const Receipt& receipt) {
  for (size_t i = 0; i < receipt.returns.size(); ++i) {
    const ReturnedGoods& returned = receipt.returns[i];
    auto sale = EntryOf({receipt.customer_id, returned.store_id, returned.receipt_id});
    if (!sale.ok()) return sale.status();
    if ((*sale)->record.attached.size() >= kMaxReturnsOfReceipt) {
      return absl::ResourceExhaustedError(absl::StrCat("purchase.returns[", i, "].receipt_id: receipt '",
                                                       returned.receipt_id, "' has ", kMaxReturnsOfReceipt,
                                                       " returns, the most that are kept of one"));
    }
  }
  return absl::OkStatus();
}

void RecordGroup::AddToState(size_t customer, const Contribution& contribution) {
  customers_[customer].changed = true;
  if (!customers_[customer].refold && !nbo::Add(contribution, &states_[customer])) customers_[customer].refold = true;
}

void RecordGroup::AttachReturns(Entry* own) {
  for (const KeptReturn& returned : own->record.content->returns) {
    // Announced or loaded by CheckReturns: cannot fail.
    Entry* sale = *EntryOf({own->ref.customer_id, returned.sale.store_id, returned.sale.receipt_id});
    Attach(own->ref.key(), own->record.content->day, returned, &sale->record);
    sale->changed = true;
    if (sale->record.live()) {
      customers_[own->customer].refold = true;
    } else {
      AddToState(own->customer, OfLoneReturn(own->record.content->day, returned.lines));
    }
  }
}

absl::Status RecordGroup::DetachReturns(Entry* own) {
  std::vector<Entry*> sales;  // read all before changing any
  for (const KeptReturn& returned : own->record.content->returns) {
    auto sale = EntryOf({own->ref.customer_id, returned.sale.store_id, returned.sale.receipt_id});
    if (!sale.ok()) return sale.status();
    sales.push_back(*sale);
  }
  for (Entry* sale : sales) {
    Detach(own->ref.key(), &sale->record);
    sale->changed = true;
  }
  return absl::OkStatus();
}

void RecordGroup::SetContent(const Receipt& receipt, uint64_t digest, Entry* own) {
  own->record.content = KeepContent(receipt, digest);
  own->changed = true;
  customers_[own->customer].changed = true;
}

absl::StatusOr<RecordResult> RecordGroup::AddNew(const Receipt& receipt, uint64_t digest, Entry* own) {
  SetContent(receipt, digest, own);
  if (own->record.live()) ++states_[own->customer].receipts;
  if (own->record.attached.empty()) {
    ForEachContribution(own->ref.store_id, own->record,
                        [&](const Contribution& part) { AddToState(own->customer, part); });
  } else {
    customers_[own->customer].refold = true;  // what came back before it was sold moves to the sale
  }
  AttachReturns(own);
  return RecordResult::kAccepted;
}

absl::StatusOr<RecordResult> RecordGroup::Revise(const Receipt& receipt, uint64_t digest, Entry* own) {
  ReceiptRecord& record = own->record;
  if (receipt.revision == record.content->revision) {
    if (digest == record.content->digest) return RecordResult::kDuplicate;
    return Conflict(receipt);
  }
  auto old = std::lower_bound(record.older.begin(), record.older.end(), receipt.revision,
                              [](const OldRevision& entry, int32_t revision) { return entry.revision < revision; });
  if (old != record.older.end() && old->revision == receipt.revision) {
    if (old->digest == digest) return RecordResult::kDuplicate;
    return Conflict(receipt);
  }
  if (record.older.size() >= kMaxRevisionsOfReceipt) {
    return absl::ResourceExhaustedError(absl::StrCat("purchase.revision: receipt '", receipt.receipt_id, "' has ",
                                                     kMaxRevisionsOfReceipt + 1, " revisions, the most of one"));
  }
  if (receipt.revision < record.content->revision) {
    record.older.insert(old, {receipt.revision, digest});
    own->changed = true;
    customers_[own->customer].changed = true;
    return RecordResult::kSuperseded;
  }
  if (absl::Status s = DetachReturns(own); !s.ok()) return s;
  record.older.push_back({record.content->revision, record.content->digest});
  SetContent(receipt, digest, own);
  customers_[own->customer].refold = true;
  AttachReturns(own);
  return RecordResult::kCorrected;
}

absl::StatusOr<RecordResult> RecordGroup::Add(size_t index) {
  const Receipt& receipt = *receipts_[index];
  Entry& own = entries_[own_[index]];
  Customer& customer = customers_[own.customer];
  if (absl::Status s = CheckStanding(&customer); !s.ok()) return s;
  if (customer.standing != RecordResult::kAccepted) return customer.standing;
  CustomerState& state = states_[own.customer];
  if (receipt.time < state.not_before) return RecordResult::kErased;
  const uint64_t digest = ContentDigest(receipt);
  const bool revised = own.record.content.has_value();
  // Checks first: what is refused must leave nothing behind.
  const bool repeated = revised && receipt.revision <= own.record.content->revision;
  std::vector<absl::string_view> categories;
  if (!repeated) {
    if (absl::Status s = CheckRoom(receipt, state); !s.ok()) return s;
    if (absl::Status s = CheckReturns(receipt); !s.ok()) return s;
    if (absl::Status s = CheckCategories(receipt, &categories); !s.ok()) return s;
  }
  auto result = revised ? Revise(receipt, digest, &own) : AddNew(receipt, digest, &own);
  if (result.ok()) {
    for (absl::string_view name : categories) new_categories_.insert(std::string(name));
  }
  return result;
}

absl::Status RecordGroup::RefoldState(size_t customer) {
  CustomerState& state = states_[customer];
  Refold refold;
  CustomerState base;
  auto found = store_->ReadBase(customers_[customer].id, &base);
  if (!found.ok()) return found.status();
  if (*found) refold.AddBase(base);
  const absl::string_view id = customers_[customer].id;
  absl::Status scanned = store_->ScanRecords(id, [&](const ReceiptKey& key, const ReceiptRecord& record) {
    if (!entry_index_.contains(RecordRef{id, key.store_id, key.receipt_id})) refold.AddRecord(key.store_id, record);
  });
  if (!scanned.ok()) return scanned;
  for (const Entry& entry : entries_) {
    if (entry.customer == customer) refold.AddRecord(entry.ref.store_id, entry.record);
  }
  CustomerState made = refold.Finish();
  made.consents = std::move(state.consents);
  made.attributes = std::move(state.attributes);
  made.not_before = state.not_before;
  state = std::move(made);
  return absl::OkStatus();
}

absl::Status RecordGroup::Write() {
  WriteGroup write;
  for (size_t i = 0; i < customers_.size(); ++i) {
    if (!customers_[i].changed) continue;
    if (customers_[i].refold) {
      if (absl::Status s = RefoldState(i); !s.ok()) return s;
    }
    write.states.push_back({customers_[i].id, &states_[i]});
  }
  for (const Entry& entry : entries_) {
    // A correction may have taken out the only return that named a receipt.
    if (entry.changed) write.records.push_back({entry.ref, entry.record.empty() ? nullptr : &entry.record});
  }
  if (write.records.empty() && write.states.empty()) return absl::OkStatus();
  write.new_categories.assign(new_categories_.begin(), new_categories_.end());
  std::sort(write.new_categories.begin(), write.new_categories.end());
  return store_->Write(write);
}

}  // namespace nbo
