// Answers GetOffers in three steps: checks the request, reads the person, decides and fills the answer. Only the second
// may have to wait for a disk; who calls it decides what it reads, and what becomes of the answer if that takes too
// long.
#ifndef NBO_SERVER_HANDLERS_DECISION_HANDLER_H_
#define NBO_SERVER_HANDLERS_DECISION_HANDLER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/store_zones.h"
#include "core/catalog/active.h"
#include "core/decision/engine.h"
#include "core/population/active.h"
#include "core/profile/store.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/decision/decider.h"
#include "server/handlers/person_read.h"
#include "server/switches/recent_shown.h"

namespace nbo::server {

// A request that was checked, and the catalog that decides. Views point into the request.
struct OfferQuestion {
  OfferRequest request;
  absl::Time now;
  std::shared_ptr<const Catalog> catalog;
  bool is_recorded = true;  // reserves and writes down; else it only shows what would be answered
};

// Knows no transport. Thread-safe; all pointers must outlive it. `recent` may be null: nothing is counted.
class DecisionHandler {
 public:
  DecisionHandler(const ProfileStore* store, const ActiveCatalog* catalog, const ActivePopulation* population,
                  const Clock* clock, const Decider* decider, absl::TimeZone time_zone,
                  const ActiveStoreZones* store_zones, bool replay_enabled, RecentShown* recent = nullptr)
      : store_(store),
        catalog_(catalog),
        population_(population),
        clock_(clock),
        decider_(decider),
        time_zone_(time_zone),
        store_zones_(store_zones),
        replay_enabled_(replay_enabled),
        recent_(recent) {}

  // INVALID_ARGUMENT names the field.
  absl::StatusOr<OfferQuestion> Check(const v1::GetOffersRequest& request) const;

  // As ReadPerson; without `may_wait`, from memory only.
  absl::Status Read(const v1::GetOffersRequest& request, const OfferQuestion& question, bool may_wait,
                    PersonRead* person) const;

  // Decides for what is known of the person, and writes it down. `trouble`: why that may not be all; unspecified if
  // nothing is amiss. Of the cached tier if there is trouble, but the person is known all the same. *person is read
  // again, from memory, if it became another one meanwhile.
  void Answer(const v1::GetOffersRequest& request, const OfferQuestion& question, v1::TierReason trouble,
              PersonRead* person, v1::GetOffersResponse* response) const;

  // All three; waits for the store as long as it takes.
  absl::Status GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const;

  // What is remembered of a person who could not be read.
  void Remember(PersonRead* person) const { FillFromLastKnown(*store_, &decider_->ledger(), person); }

 private:
  const ProfileStore* const store_;
  const ActiveCatalog* const catalog_;
  const ActivePopulation* const population_;
  const Clock* const clock_;
  const Decider* const decider_;
  const absl::TimeZone time_zone_;
  const ActiveStoreZones* const store_zones_;
  const bool replay_enabled_;
  RecentShown* const recent_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_DECISION_HANDLER_H_
