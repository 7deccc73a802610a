// Every metric of nbod, declared in one place. Labels come from closed sets only.
#ifndef NBO_SERVER_OPS_METRICS_H_
#define NBO_SERVER_OPS_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/catalog/archive.h"
#include "core/contact/contact.h"
#include "core/population/population.h"
#include "core/redemption/finder.h"
#include "server/ingest/pipeline.h"

namespace nbo::server {

// Methods of the API, as metrics name them.
enum class Method {
  kGetOffers,
  kRecordPurchase,
  kRecordPurchases,
  kLinkIdentity,
  kGetProfile,
  kValidateCatalog,
  kPublishCatalog,
  kGetCatalog,
  kUnlinkIdentity,
  kMergeCustomers,
  kRecordConsent,
  kExportCustomer,
  kEraseCustomer,
  kRebuildStates,
  kGetRebuild,
  kCompactStore,
  kGetSegmentSizes,
  kRefreshSegments,
  kEvaluateRule,
  kListCatalogs,
  kActivateCatalog,
  kCancelActivation,
  kListActivations,
  kDiffCatalogs,
  kSetSwitch,
  kListSwitches,
  kRecordOutcome,
  kRecordOutcomes,
  kListEntries,
  kGetDecision,
  kReplayDecision,
  kListBudgets,
  kRecordAttributes,
  kCheckout,
  kCount,
};

// Accesses to the profile store, as metrics name them.
enum class StoreStage {
  kReadState,
  kReadIdentity,
  kReadGroup,
  kReadRecords,
  kWrite,
  kScanRecords,
  kSync,
  kOther,
  kCount
};

// What became of a call that asked the disk, as metrics name it.
enum class DiskReadResult {
  kRead,
  kFailed,
  kLate,        // answered without it at its deadline
  kCancelled,   // the caller left
  kOverloaded,  // too many waited: answered without it at once
  kCount
};

// Handles are resolved when it is made: counting costs nanoseconds and never allocates. Thread-safe.
class Metrics : public IngestObserver {
 public:
  Metrics();

  // A finished call. `channel` is kUnspecified for methods that have none.
  void CountCall(Method method, Channel channel, absl::StatusCode code, absl::Duration duration);
  // The tier and the reason of an answer, as in nbo.v1.
  void CountAnswer(int tier, int tier_reason, int offers);
  // A call for offers that did not find in memory what it needed.
  void CountDiskRead(DiskReadResult result);
  // A call for offers that was refused, since too many were under way.
  void CountRefusedDecision();
  // The latest word on catalogs.
  void CountPublication(bool accepted);
  // An activation that came into this state.
  void CountActivation(CatalogActivation::State state);

  // A refresh of the population that has ended.
  void CountRefresh(bool ok, absl::Duration duration);
  // The population now in force.
  void ShowPopulation(const Population& population);

  // What propensities are learned from, by now; open trials are not counted yet.
  void ShowTrials(int64_t trials, int64_t successes, size_t open_trials);
  // All that was in the log at `time` is in it.
  void ShowLearned(absl::Time time);

  // One access to the store.
  void ObserveStore(StoreStage stage, bool ok, absl::Duration duration);

  // IngestObserver
  void OnStart(absl::Duration oldest_wait) override;
  void OnGroup(size_t events, absl::Duration duration) override;
  void OnReceipt(const absl::StatusOr<RecordResult>& result) override;

  // An offer that a receipt has redeemed.
  void CountRedemption(RedeemedBy by);
  // A receipt whose redemptions could not be looked for, or not all be recorded.
  void CountRedemptionTrouble();

  // A receipt that was refused, wherever that was.
  void CountRefusedReceipt(absl::StatusCode code);
  // An outcome that was taken in, by kind and result as in nbo.v1.
  void CountOutcome(int kind, int result);
  void CountRefusedOutcome(absl::StatusCode code);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  static constexpr int kMethods = static_cast<int>(Method::kCount);
  static constexpr int kCodes = 17;   // absl::StatusCode, gRPC's codes
  static constexpr int kResults = 3;  // ok, refused, failed
  static constexpr int kTiers = 4;
  static constexpr int kReasons = 8;

  void AddAnswers();
  void AddPopulation();
  void AddRedemptions();
  void AddPropensities();

  std::shared_ptr<prometheus::Registry> registry_;
  std::array<std::array<prometheus::Counter*, kCodes>, kMethods> calls_{};
  // By channel for GetOffers; the others have one entry, channel 0.
  std::array<std::array<std::array<prometheus::Histogram*, kResults>, kChannelCount>, kMethods> latency_{};
  std::array<std::array<prometheus::Counter*, kReasons>, kTiers> answers_{};  // null: never occurs
  prometheus::Counter* offers_returned_;
  std::array<prometheus::Counter*, static_cast<int>(DiskReadResult::kCount)> disk_reads_{};
  prometheus::Counter* decisions_refused_;
  prometheus::Counter* publications_accepted_;
  prometheus::Counter* publications_refused_;
  std::array<prometheus::Counter*, 4> activations_;
  std::array<prometheus::Counter*, kCodes> receipts_refused_{};
  std::array<std::array<prometheus::Counter*, 4>, kOutcomeKindCount> outcomes_{};  // by kind and result
  std::array<prometheus::Counter*, kCodes> outcomes_refused_{};
  std::array<prometheus::Counter*, 5> receipts_recorded_{};  // by RecordResult
  std::array<prometheus::Histogram*, static_cast<int>(StoreStage::kCount)> store_seconds_{};
  prometheus::Counter* store_errors_;
  std::array<prometheus::Counter*, 2> redemptions_{};  // by RedeemedBy
  prometheus::Counter* redemption_troubles_;
  prometheus::Counter* refreshes_ok_;
  prometheus::Counter* refreshes_failed_;
  prometheus::Histogram* refresh_seconds_;
  prometheus::Gauge* population_customers_;
  prometheus::Gauge* population_time_;
  prometheus::Gauge* propensity_trials_;
  prometheus::Gauge* propensity_successes_;
  prometheus::Gauge* propensity_open_trials_;
  prometheus::Gauge* propensity_time_;
  prometheus::Histogram* queue_seconds_;
  prometheus::Histogram* group_events_;
  prometheus::Histogram* group_seconds_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_OPS_METRICS_H_
