#include "core/ledger/journal.h"

#include "absl/strings/str_cat.h"

namespace nbo {

absl::Status CheckJournalRecord(uint8_t kind, const JournalKey& key, absl::string_view bytes) {
  if (kind == 0) return absl::InvalidArgumentError("journal record: kind 0 is the journal's own; use 1 to 255");
  if (key.unix_ms < 0 || key.unix_ms > kMaxJournalUnixMs) {
    return absl::InvalidArgumentError(
        absl::StrCat("journal record: unix_ms ", key.unix_ms, " is not within 0 to ", kMaxJournalUnixMs));
  }
  if (bytes.size() > kMaxJournalRecordBytes) {
    return absl::InvalidArgumentError(absl::StrCat("journal record: ", bytes.size(), " bytes, at most ",
                                                   kMaxJournalRecordBytes, " are allowed; record less of it"));
  }
  return absl::OkStatus();
}

}  // namespace nbo
