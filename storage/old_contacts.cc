#include "storage/old_contacts.h"

#include <string>

#include "storage/database.h"
#include "storage/ledger_codec.h"

namespace nbo::storage {
namespace {

class OldContactsFilter : public rocksdb::CompactionFilter {
 public:
  explicit OldContactsFilter(absl::Time now) : now_(now) {}

  bool Filter(int level, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string* new_value,
              bool* value_changed) const override {
    absl::StatusOr<PersonLedger> ledger = DecodePersonLedger(ToView(value));
    if (!ledger.ok()) return false;  // whoever reads it is told
    const size_t contacts = ledger->contacts.contacts().size();
    Prune(now_, &*ledger);
    if (ledger->empty()) return true;
    if (ledger->contacts.contacts().size() == contacts) return false;
    *new_value = EncodePersonLedger(*ledger);
    *value_changed = true;
    return false;
  }
  const char* Name() const override { return "nbo.OldContacts"; }

 private:
  const absl::Time now_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> OldContactsFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context&) {
  const int64_t now_us = now_us_.load(std::memory_order_relaxed);
  if (now_us == 0) return nullptr;
  return std::make_unique<OldContactsFilter>(absl::FromUnixMicros(now_us));
}

}  // namespace nbo::storage
