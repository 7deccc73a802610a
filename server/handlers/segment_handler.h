// Shows the sizes of the RFM segments and has them computed anew.
#ifndef NBO_SERVER_HANDLERS_SEGMENT_HANDLER_H_
#define NBO_SERVER_HANDLERS_SEGMENT_HANDLER_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/catalog/active.h"
#include "core/population/active.h"
#include "nbo/v1/segment_service.pb.h"
#include "server/population/refresher.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it.
class SegmentHandler {
 public:
  using RefreshDone = std::function<void(const absl::Status&, const v1::RefreshSegmentsResponse&)>;

  SegmentHandler(PopulationRefresher* refresher, const ActivePopulation* population, const ActiveCatalog* catalog,
                 absl::TimeZone time_zone, bool replay_enabled)
      : refresher_(refresher),
        population_(population),
        catalog_(catalog),
        time_zone_(time_zone),
        replay_enabled_(replay_enabled) {}

  absl::Status GetSegmentSizes(const v1::GetSegmentSizesRequest& request, v1::GetSegmentSizesResponse* response) const;

  // Calls `done` exactly once: at once on bad input, else on the refresher's thread.
  void RefreshSegments(const v1::RefreshSegmentsRequest& request, RefreshDone done) const;

 private:
  PopulationRefresher* const refresher_;
  const ActivePopulation* const population_;
  const ActiveCatalog* const catalog_;
  const absl::TimeZone time_zone_;
  const bool replay_enabled_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_SEGMENT_HANDLER_H_
