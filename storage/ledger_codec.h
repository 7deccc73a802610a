// Events of the contact ledger to records of the journal and back, and what the store keeps of persons.
#ifndef NBO_STORAGE_LEDGER_CODEC_H_
#define NBO_STORAGE_LEDGER_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/ledger/journal.h"
#include "core/ledger/ports.h"

namespace nbo::storage {

// Kinds of records in the journal; on disk. Blank: it was about somebody who was erased.
enum JournalKind : uint8_t { kDecisionKind = 1, kOutcomeKind = 2, kMergeKind = 3, kErasureKind = 4, kBlankKind = 5 };

// A record as the journal takes it.
struct EncodedEvent {
  uint8_t kind = 0;
  JournalKey key;  // of a decision its id; of an outcome the time at which it came
  std::string bytes;
};
EncodedEvent EncodeEvent(const LedgerEvent& event);

// DATA_LOSS if it is no such record.
absl::StatusOr<LedgerEvent> DecodeEvent(uint8_t kind, const JournalKey& key, absl::string_view bytes);

std::string EncodePersonLedger(const PersonLedger& ledger);
absl::StatusOr<PersonLedger> DecodePersonLedger(absl::string_view bytes);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LEDGER_CODEC_H_
