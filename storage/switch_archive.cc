#include "storage/switch_archive.h"

#include <rocksdb/write_batch.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"

namespace nbo::storage {
namespace {

std::unique_ptr<rocksdb::Iterator> NewIterator(const Database& database) {
  return std::unique_ptr<rocksdb::Iterator>(database.db()->NewIterator({}, database.family(kSwitches)));
}

absl::StatusOr<SwitchEvent> EventAt(const rocksdb::Iterator& it) {
  return DecodeSwitchEvent(static_cast<int64_t>(NumberOfKey(ToView(it.key()))), ToView(it.value()));
}

}  // namespace

absl::Status RocksSwitchArchive::Append(const SwitchEvent& event) {
  // What was paused must stay so, whatever the sync policy for receipts.
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::WriteBatch batch;
  const rocksdb::Status put =
      batch.Put(database_->family(kSwitches), NumberKey(static_cast<uint64_t>(event.number)), EncodeSwitchEvent(event));
  return put.ok() ? database_->Write(options, &batch) : ToStatus("composing a switch", put);
}

absl::StatusOr<SwitchesKept> RocksSwitchArchive::Read() const {
  SwitchesKept kept;
  const auto it = NewIterator(*database_);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const absl::StatusOr<SwitchEvent> event = EventAt(*it);
    if (!event.ok()) return event.status();
    // One that is missing may have paused something: better no start than an offer that somebody has stopped.
    if (event->number != kept.last_number + 1) {
      return absl::DataLossError(absl::StrCat("switch event ", kept.last_number + 1, ": is missing"));
    }
    ApplySwitch(*event, &kept.paused);
    kept.last_number = event->number;
  }
  if (!it->status().ok()) return ToStatus("reading switches", it->status());
  return kept;
}

absl::StatusOr<std::vector<SwitchEvent>> RocksSwitchArchive::List(int64_t before, size_t limit) const {
  std::vector<SwitchEvent> list;
  const auto it = NewIterator(*database_);
  if (before > 0) {
    it->SeekForPrev(NumberKey(static_cast<uint64_t>(before - 1)));
  } else {
    it->SeekToLast();
  }
  for (; it->Valid() && list.size() < limit; it->Prev()) {
    absl::StatusOr<SwitchEvent> event = EventAt(*it);
    if (!event.ok()) return event.status();
    list.push_back(*std::move(event));
  }
  if (!it->status().ok()) return ToStatus("listing switches", it->status());
  return list;
}

}  // namespace nbo::storage
