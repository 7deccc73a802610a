#include "storage/decision_log.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "storage/ledger_codec.h"

namespace nbo::storage {
namespace {

bool IsOf(DecisionLog::Kinds kinds, uint8_t kind) {
  return kinds == DecisionLog::Kinds::kAll ||
         kind == (kinds == DecisionLog::Kinds::kDecisions ? kDecisionKind : kOutcomeKind);
}

}  // namespace

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
  absl::Status damaged;
  const auto pass_over = [&](const JournalDamage& damage) {
    if (on_damage_) {
      on_damage_(damage);
      return true;
    }
    damaged = absl::DataLossError(
        absl::StrCat("decision log: ", damage.where,
                     "; what was told to customers there cannot be read. Restore a backup, or start "
                     "once with decisions.skip_damage: true to go on without those entries"));
    return false;
  };
  const auto visit = [&](const JournalRecord& record) {
    if (record.kind == kBlankKind) return true;
    const absl::StatusOr<LedgerEvent> event = DecodeEvent(record.kind, record.key, record.bytes);
    if (event.ok()) return each(*event, record.end);
    return pass_over(
        {absl::StrCat(event.status().message(), ", position ", record.position), record.position, record.end});
  };
  const absl::Status read = journal_->Scan(from, visit, pass_over);
  return read.ok() ? damaged : read;
}

absl::StatusOr<std::optional<uint64_t>> JournalDecisionLog::Visit(
    const Range& range, absl::FunctionRef<bool(const Entry& entry)> each) const {
  // A key has the whole milliseconds of its entry's time; the rest is looked at in the entry.
  JournalRange keys{range.from_position, range.until_position};
  keys.from_ms = absl::ToUnixMillis(range.from);
  keys.to_ms = absl::ToUnixMillis(range.to);
  if (keys.to_ms < INT64_MAX && absl::FromUnixMillis(keys.to_ms) < range.to) ++keys.to_ms;
  keys.newest_first = range.newest_first;
  keys.max_bytes = range.max_bytes;
  const auto pass_over = [](const JournalDamage&) { return true; };
  const auto visit = [&](const JournalRecord& record) {
    if (record.kind == kBlankKind || !IsOf(range.kinds, record.kind)) return true;
    const absl::StatusOr<LedgerEvent> event = DecodeEvent(record.kind, record.key, record.bytes);
    if (!event.ok()) return true;
    const absl::Time time = TimeOf(*event);
    return time < range.from || time >= range.to || each({*event, record.position, record.end, time});
  };
  return journal_->ScanRange(keys, visit, pass_over);
}

namespace {

// The customers that an event is about.
std::vector<absl::string_view> CustomersOf(const LedgerEvent& event) {
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) return {decision->customer_id};
  if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) return {outcome->customer_id};
  if (const auto* erasure = std::get_if<ErasureRecord>(&event)) return {erasure->customer_id};
  const auto& merge = std::get<MergeRecord>(event);
  return {merge.absorbed_id, merge.survivor_id};
}

}  // namespace

// An id may be taken into use again by a new person after an erasure: only what was told before it is blanked.
absl::StatusOr<int64_t> JournalDecisionLog::BlankErased(uint64_t until) {
  absl::flat_hash_map<std::string, uint64_t> erased;  // until when, as a position
  struct Merged {
    std::string absorbed, survivor;
    uint64_t position;
  };
  std::vector<Merged> merges;
  const auto pass_over = [](const JournalDamage&) { return true; };
  const auto note = [&](const JournalRecord& record) {
    if (record.position >= until) return false;
    if (record.kind != kErasureKind && record.kind != kMergeKind) return true;
    const absl::StatusOr<LedgerEvent> event = DecodeEvent(record.kind, record.key, record.bytes);
    if (!event.ok()) return true;
    if (const auto* erasure = std::get_if<ErasureRecord>(&*event)) erased[erasure->customer_id] = record.end;
    const auto* merge = std::get_if<MergeRecord>(&*event);
    if (merge != nullptr && merge->done) merges.push_back({merge->absorbed_id, merge->survivor_id, record.end});
    return true;
  };
  if (absl::Status s = journal_->Scan(0, note, pass_over); !s.ok()) return s;
  if (erased.empty()) return 0;
  // Who was merged into somebody before that person was erased is the same person. Later merges first: chains are
  // followed in one go.
  for (auto merge = merges.rbegin(); merge != merges.rend(); ++merge) {
    const auto survivor = erased.find(merge->survivor);
    if (survivor == erased.end() || survivor->second < merge->position) continue;
    uint64_t& until_merged = erased[merge->absorbed];
    until_merged = std::max(until_merged, merge->position);
  }
  return journal_->Blank(until, kBlankKind, [&](const JournalRecord& record) {
    const absl::StatusOr<LedgerEvent> event = DecodeEvent(record.kind, record.key, record.bytes);
    if (!event.ok()) return false;
    const std::vector<absl::string_view> customers = CustomersOf(*event);
    return std::any_of(customers.begin(), customers.end(), [&](absl::string_view id) {
      const auto it = erased.find(id);
      return it != erased.end() && record.end <= it->second;
    });
  });
}

}  // namespace nbo::storage
