// Evaluates single rules.
#ifndef NBO_SERVER_HANDLERS_RULES_HANDLER_H_
#define NBO_SERVER_HANDLERS_RULES_HANDLER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/store_zones.h"
#include "core/catalog/active.h"
#include "core/decision/engine.h"
#include "core/population/active.h"
#include "core/profile/store.h"
#include "nbo/v1/rules_service.pb.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it.
class RulesHandler {
 public:
  RulesHandler(const ProfileStore* store, const ActiveCatalog* catalog, const ActivePopulation* population,
               const Clock* clock, const Deployment& deployment, const ActiveStoreZones* store_zones,
               bool replay_enabled)
      : store_(store),
        catalog_(catalog),
        population_(population),
        clock_(clock),
        deployment_(deployment),
        store_zones_(store_zones),
        replay_enabled_(replay_enabled) {}

  absl::Status EvaluateRule(const v1::EvaluateRuleRequest& request, v1::EvaluateRuleResponse* response) const;

 private:
  // Whom a request is about. The state is the caller's.
  struct Subject {
    std::string customer_id;
    bool known = false;
    IdentityTypes identity_types = 0;
  };
  absl::StatusOr<Subject> Find(const v1::GetOffersRequest& request, absl::Time now, CustomerState* state) const;

  const ProfileStore* const store_;
  const ActiveCatalog* const catalog_;
  const ActivePopulation* const population_;
  const Clock* const clock_;
  const Deployment deployment_;
  const ActiveStoreZones* const store_zones_;
  const bool replay_enabled_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_RULES_HANDLER_H_
