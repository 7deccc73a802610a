// Pauses, resumes, previews and lists switches.
#ifndef NBO_SERVER_HANDLERS_SWITCH_HANDLER_H_
#define NBO_SERVER_HANDLERS_SWITCH_HANDLER_H_

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/base/store_zones.h"
#include "core/catalog/active.h"
#include "nbo/v1/switch_service.pb.h"
#include "server/switches/recent_shown.h"
#include "server/switches/switchboard.h"

namespace nbo::server {

// Knows no transport. SetSwitch waits for a sync of the store. Thread-safe; all pointers must outlive it.
class SwitchHandler {
 public:
  SwitchHandler(Switchboard* board, const ActiveCatalog* catalog, const RecentShown* recent,
                const ActiveStoreZones* store_zones, const Clock* clock)
      : board_(board), catalog_(catalog), recent_(recent), store_zones_(store_zones), clock_(clock) {}

  absl::Status SetSwitch(const v1::SetSwitchRequest& request, v1::SetSwitchResponse* response) const;
  absl::Status ListSwitches(const v1::ListSwitchesRequest& request, v1::ListSwitchesResponse* response) const;

 private:
  absl::Status CheckKnown(const SwitchTarget& target, const Catalog& catalog) const;
  void AddWarnings(const SwitchTarget& target, bool paused, const SwitchOutcome& outcome,
                   v1::SetSwitchResponse* response) const;

  Switchboard* const board_;
  const ActiveCatalog* const catalog_;
  const RecentShown* const recent_;
  const ActiveStoreZones* const store_zones_;
  const Clock* const clock_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_SWITCH_HANDLER_H_
