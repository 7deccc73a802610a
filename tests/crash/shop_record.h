// What the server has said of offers and outcomes, over all its lives. The harness believes nothing else.
#ifndef NBO_TESTS_CRASH_SHOP_RECORD_H_
#define NBO_TESTS_CRASH_SHOP_RECORD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"

namespace nbo::crash {

// An outcome is known by its token and its kind.
using ToldKey = std::pair<std::string, v1::OutcomeKind>;
inline ToldKey KeyOf(const v1::Outcome& outcome) { return {outcome.attribution_token(), outcome.kind()}; }

// An answer that came, to a request with an id.
struct Heard {
  std::string request_id, decision_id;
  std::vector<std::string> tokens, offer_ids;  // by rank
};

// Thread-safe.
class ShopRecord {
 public:
  // A request that is to be sent, because its answer never came or to see whether it is the same: nullopt: there is
  // none.
  std::optional<v1::GetOffersRequest> NextRequest();
  std::optional<v1::Outcome> NextOutcome();
  // After a crash: what was acknowledged last is to be sent again.
  void ProbeNewest();

  // Customers whom the server knows by a receipt that it acknowledged.
  bool IsIntroduced(const std::string& customer_id) const;
  void Introduced(const std::string& customer_id);
  void Asked(const v1::GetOffersRequest& request);  // before it is sent
  void Answered(const v1::GetOffersRequest& request, const v1::GetOffersResponse& response);
  void Unanswered(const v1::GetOffersRequest& request);
  void Telling(const v1::Outcome& outcome);
  void Told(const v1::Outcome& outcome, v1::OutcomeResult result);
  void Untold(const v1::Outcome& outcome);

  std::vector<Heard> heard() const;
  std::set<ToldKey> acknowledged() const;
  // Those that may be in the log: acknowledged or never answered.
  std::set<ToldKey> sent() const;
  std::set<std::string> request_ids() const;
  // The first few in words: outcomes that were acknowledged, and then new to the server.
  std::vector<std::string> mistakes() const;

 private:
  mutable absl::Mutex mutex_;
  std::deque<v1::GetOffersRequest> requests_ ABSL_GUARDED_BY(mutex_), newest_requests_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::Outcome> outcomes_ ABSL_GUARDED_BY(mutex_), newest_outcomes_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> introduced_ ABSL_GUARDED_BY(mutex_), request_ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<Heard> heard_ ABSL_GUARDED_BY(mutex_);
  std::set<ToldKey> sent_ ABSL_GUARDED_BY(mutex_), acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::set<ToldKey> unanswered_ ABSL_GUARDED_BY(mutex_);  // once, and not since: known to the server, or not
  std::vector<std::string> mistakes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_SHOP_RECORD_H_
