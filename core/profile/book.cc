#include "core/profile/book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/profile/fold.h"

namespace nbo {
namespace {

// Unites two lists of old revisions; of two with one number the greater digest stays.
std::vector<OldRevision> UniteRevisions(std::vector<OldRevision> all, int32_t below) {
  std::sort(all.begin(), all.end(), [](const OldRevision& a, const OldRevision& b) {
    return std::make_pair(a.revision, b.digest) < std::make_pair(b.revision, a.digest);
  });
  std::vector<OldRevision> united;
  for (const OldRevision& revision : all) {
    if (revision.revision >= below) break;
    if (united.empty() || united.back().revision != revision.revision) united.push_back(revision);
  }
  return united;
}

void Unite(CustomerBook::Event added, CustomerBook::Event* event) {
  auto rank = [](const CustomerBook::Event& e) { return std::make_pair(e.content.revision, e.content.digest); };
  if (rank(added) > rank(*event)) std::swap(added, *event);
  std::vector<OldRevision> older = std::move(event->older);
  older.insert(older.end(), added.older.begin(), added.older.end());
  older.push_back({added.content.revision, added.content.digest});
  event->older = UniteRevisions(std::move(older), event->content.revision);
}

}  // namespace

absl::StatusOr<CustomerBook> CustomerBook::Read(const ProfileStore& store, absl::string_view customer_id,
                                                int64_t max_receipts, bool mend) {
  CustomerBook book;
  book.customer_id_ = std::string(customer_id);
  auto had_state = store.ReadState(customer_id, &book.stored_);
  if (!had_state.ok() && !(mend && absl::IsDataLoss(had_state.status()))) return had_state.status();
  if (!had_state.ok()) book.stored_.Clear();
  book.had_state_ = !had_state.ok() || *had_state;
  if (!mend && book.stored_.receipts > max_receipts) {
    return absl::FailedPreconditionError(absl::StrCat("the customer has ", book.stored_.receipts, " receipts; above ",
                                                      max_receipts, " it is taken for a card that many people share"));
  }
  auto had_base = store.ReadBase(customer_id, &book.base_);
  if (!had_base.ok()) return had_base.status();
  book.had_base_ = *had_base;
  book.consents_ = book.stored_.consents;
  book.attributes_ = book.stored_.attributes;
  book.not_before_ = book.stored_.not_before;
  absl::Status scanned = store.ScanRecords(customer_id, [&book](const ReceiptKey& key, ReceiptRecord record) {
    if (record.content.has_value()) book.events_[key] = {*record.content, record.older};
    book.before_.emplace(key, std::move(record));
  });
  if (!scanned.ok()) return scanned;
  return book;
}

CustomerBook::Events CustomerBook::Take(absl::FunctionRef<bool(const ReceiptKey&, const ReceiptContent&)> moves) {
  Events taken;
  for (auto it = events_.begin(); it != events_.end();) {
    auto next = std::next(it);
    if (moves(it->first, it->second.content)) taken.insert(events_.extract(it));
    it = next;
  }
  return taken;
}

void CustomerBook::Put(Events events) {
  for (auto& [key, event] : events) {
    auto [it, inserted] = events_.try_emplace(key);
    if (inserted) {
      it->second = std::move(event);
    } else {
      Unite(std::move(event), &it->second);
    }
  }
}

void CustomerBook::Absorb(CustomerBook* other) {
  Put(std::exchange(other->events_, {}));
  for (const Consent& consent : std::exchange(other->consents_, {})) {
    CustomerState holder;
    holder.consents = std::move(consents_);
    AddConsent(consent, &holder);
    consents_ = std::move(holder.consents);
  }
  for (const Attribute& attribute : std::exchange(other->attributes_, {})) AddAttribute(attribute, &attributes_);
  Refold sum;
  sum.AddBase(base_);
  sum.AddBase(std::exchange(other->base_, {}));
  base_ = sum.Finish();
}

void CustomerBook::SumUp(const std::vector<ReceiptKey>& keys) {
  const std::map<ReceiptKey, ReceiptRecord> records = MakeRecords();
  Refold sum;
  sum.AddBase(base_);
  for (const ReceiptKey& key : keys) {
    auto record = records.find(key);
    if (record != records.end()) sum.AddRecord(key.store_id, record->second);
    events_.erase(key);
  }
  base_ = sum.Finish();
}

std::map<ReceiptKey, ReceiptRecord> CustomerBook::MakeRecords() const {
  std::map<ReceiptKey, ReceiptRecord> records;
  for (const auto& [key, event] : events_) {
    ReceiptRecord& record = records[key];
    record.content = event.content;
    record.older = event.older;
    for (const KeptReturn& returned : event.content.returns) {
      Attach(key, event.content.day, returned, &records[returned.sale]);
    }
  }
  return records;
}

CustomerState CustomerBook::State() const {
  Refold refold;
  refold.AddBase(base_);
  for (const auto& [key, record] : MakeRecords()) refold.AddRecord(key.store_id, record);
  CustomerState state = refold.Finish();
  state.consents = consents_;
  state.attributes = attributes_;
  state.not_before = not_before_;
  return state;
}

void CustomerBook::Keep(WriteGroup* group) {
  after_ = MakeRecords();
  state_ = State();
  for (const auto& [key, record] : before_) {
    if (!after_.contains(key)) group->records.push_back({{customer_id_, key.store_id, key.receipt_id}, nullptr});
  }
  for (const auto& [key, record] : after_) {
    auto stored = before_.find(key);
    if (stored != before_.end() && stored->second == record) continue;
    group->records.push_back({{customer_id_, key.store_id, key.receipt_id}, &record});
  }
  const bool keeps_state = known() || not_before_ != absl::InfinitePast();
  if (had_state_ || keeps_state) group->states.push_back({customer_id_, keeps_state ? &state_ : nullptr});
  const bool keeps_base = !base_.empty();
  if (had_base_ || keeps_base) group->bases.push_back({customer_id_, keeps_base ? &base_ : nullptr});
}

}  // namespace nbo
