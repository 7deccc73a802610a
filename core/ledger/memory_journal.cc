#include "core/ledger/memory_journal.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nbo {

absl::StatusOr<uint64_t> MemoryDecisionJournal::Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) {
  if (absl::Status s = CheckJournalRecord(kind, key, bytes); !s.ok()) return s;
  absl::MutexLock lock(&mutex_);
  records_.push_back(std::make_shared<const Record>(Record{end_, kind, key, std::string(bytes)}));
  bytes_ += bytes.size() + 1;
  end_ = records_.back()->end();
  return end_;
}

void MemoryDecisionJournal::WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) {
  done(absl::OkStatus());
}

uint64_t MemoryDecisionJournal::EndPosition() const {
  absl::MutexLock lock(&mutex_);
  return end_;
}

MemoryDecisionJournal::Snapshot MemoryDecisionJournal::Records() const {
  absl::MutexLock lock(&mutex_);
  return Snapshot(records_.begin(), records_.end());
}

absl::Status MemoryDecisionJournal::Scan(uint64_t from, Visitor visit, const OnDamage& on_damage) const {
  {
    absl::MutexLock lock(&mutex_);
    if (from != 0 && from < begin_) {
      return absl::DataLossError(
          absl::StrCat("journal: records before position ", begin_, " were dropped, ", from, " is asked for"));
    }
  }
  for (const auto& record : Records()) {
    if (record->position >= from && !visit(record->View())) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint64_t>> MemoryDecisionJournal::ScanRange(const JournalRange& range, Visitor visit,
                                                                         const OnDamage& on_damage) const {
  Snapshot records = Records();
  if (range.newest_first) std::reverse(records.begin(), records.end());
  uint64_t looked_at = 0;
  for (const auto& record : records) {
    if (record->position < range.from_position || record->end() > range.until_position) continue;
    if (looked_at >= range.max_bytes) return range.newest_first ? record->end() : record->position;
    looked_at += record->end() - record->position;
    const bool in_time = record->key.unix_ms >= range.from_ms && record->key.unix_ms < range.to_ms;
    if (in_time && !visit(record->View())) break;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<StoredJournalRecord>> MemoryDecisionJournal::Find(uint8_t kind,
                                                                               const JournalKey& key) const {
  if (key.random == 0) return std::nullopt;
  const Snapshot records = Records();
  for (auto it = records.rbegin(); it != records.rend(); ++it) {
    const Record& record = **it;
    if (record.kind == kind && record.key == key) {
      return StoredJournalRecord{record.position, record.end(), record.bytes};
    }
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> MemoryDecisionJournal::Blank(uint64_t until, uint8_t kind, Visitor is_doomed) {
  int64_t blanked = 0;
  absl::MutexLock lock(&mutex_);
  for (std::shared_ptr<const Record>& record : records_) {
    if (record->position >= until || !is_doomed(record->View())) continue;
    record = std::make_shared<const Record>(
        Record{record->position, kind, record->key, std::string(record->bytes.size(), '\0')});
    ++blanked;
  }
  return blanked;
}

uint64_t MemoryDecisionJournal::Drop(const JournalRetention& retention) {
  absl::MutexLock lock(&mutex_);
  uint64_t dropped = 0;
  while (!records_.empty()) {
    const Record& oldest = *records_.front();
    const bool old = absl::FromUnixMillis(oldest.key.unix_ms) < retention.keep_from;
    if (oldest.end() > retention.checkpoint || (!old && bytes_ <= retention.max_bytes)) break;
    dropped += oldest.bytes.size() + 1;
    bytes_ -= oldest.bytes.size() + 1;
    begin_ = oldest.end();
    records_.pop_front();
  }
  return dropped;
}

}  // namespace nbo
