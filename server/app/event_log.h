// What nbod writes to its log when something changes, in words for people.
#ifndef NBO_SERVER_APP_EVENT_LOG_H_
#define NBO_SERVER_APP_EVENT_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/catalog/archive.h"
#include "core/switches/switch.h"
#include "server/catalog/source.h"
#include "storage/storage.h"

namespace nbo::server {

// absl::string_view is not known to fmt.
inline std::string Text(const absl::Status& status) { return std::string(status.message()); }

void LogWriteState(const storage::WriteState& state);
// What was asked for and what became of it.
void LogActivation(const CatalogActivation& activation);
void LogWarnings(const std::vector<Diagnostic>& warnings);
void LogSwitch(const SwitchEvent& event);
// Damaged entries of the decision log that are passed over.
void LogSkippedDecisions(const std::string& where, uint64_t bytes);
// Of checkpoints of the ledger: that they begin to fail, or work again.
void LogCheckpoint(const absl::Status& status);

// What went wrong last with recognising redemptions, and for how many receipts since it was told last.
void LogRedemptionTrouble(const absl::Status& latest, int64_t receipts);

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_EVENT_LOG_H_
