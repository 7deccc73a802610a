#include "storage/decision_log.h"

#include "storage/ledger_codec.h"

namespace nbo::storage {

absl::StatusOr<uint64_t> JournalDecisionLog::Append(const LedgerEvent& event) {
  const EncodedEvent encoded = EncodeEvent(event);
  return journal_->Append(encoded.kind, encoded.key, encoded.bytes);
}

absl::StatusOr<std::optional<DecisionRecord>> JournalDecisionLog::Find(const DecisionId& id) const {
  const JournalKey key{id.unix_ms, id.random};
  const auto stored = journal_->Find(kDecisionKind, key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return std::optional<DecisionRecord>();
  absl::StatusOr<LedgerEvent> event = DecodeEvent(kDecisionKind, key, (*stored)->bytes);
  if (!event.ok()) return event.status();
  return std::optional<DecisionRecord>(std::get<DecisionRecord>(*std::move(event)));
}

absl::Status JournalDecisionLog::Replay(uint64_t from,
                                        absl::FunctionRef<bool(const LedgerEvent& event, uint64_t end)> each) const {
  absl::Status decoded;
  const auto visit = [&](const JournalRecord& record) {
    const absl::StatusOr<LedgerEvent> event = DecodeEvent(record.kind, record.key, record.bytes);
    decoded = event.status();
    return event.ok() && each(*event, record.end);
  };
  const absl::Status read = journal_->Scan(from, visit, /*on_damage=*/nullptr);
  return read.ok() ? decoded : read;
}

}  // namespace nbo::storage
