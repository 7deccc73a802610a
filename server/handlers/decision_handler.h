// Answers GetOffers: resolves the customer, reads the profile, decides, fills the answer.
#ifndef NBO_SERVER_HANDLERS_DECISION_HANDLER_H_
#define NBO_SERVER_HANDLERS_DECISION_HANDLER_H_

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/base/store_zones.h"
#include "core/catalog/active.h"
#include "core/decision/engine.h"
#include "core/population/active.h"
#include "core/profile/store.h"
#include "core/switches/active_switches.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/switches/recent_shown.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it. `switches` and `recent` may be null: nothing is
// paused, nothing is counted.
class DecisionHandler {
 public:
  DecisionHandler(const ProfileStore* store, const ActiveCatalog* catalog, const ActivePopulation* population,
                  const Clock* clock, Randomness* randomness, const Deployment& deployment,
                  const ActiveStoreZones* store_zones, bool replay_enabled, const ActiveSwitches* switches = nullptr,
                  RecentShown* recent = nullptr)
      : store_(store),
        catalog_(catalog),
        population_(population),
        clock_(clock),
        randomness_(randomness),
        deployment_(deployment),
        store_zones_(store_zones),
        replay_enabled_(replay_enabled),
        switches_(switches),
        recent_(recent) {}

  absl::Status GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const;

 private:
  const ProfileStore* const store_;
  const ActiveCatalog* const catalog_;
  const ActivePopulation* const population_;
  const Clock* const clock_;
  Randomness* const randomness_;
  const Deployment deployment_;
  const ActiveStoreZones* const store_zones_;
  const bool replay_enabled_;
  const ActiveSwitches* const switches_;
  RecentShown* const recent_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_DECISION_HANDLER_H_
