#include "server/ops/metrics.h"

#include <prometheus/family.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace nbo::server {
namespace {

constexpr const char* kMethodNames[] = {
    "GetOffers",      "RecordPurchase", "RecordPurchases",  "LinkIdentity",     "GetProfile",      "ValidateCatalog",
    "PublishCatalog", "GetCatalog",     "UnlinkIdentity",   "MergeCustomers",   "RecordConsent",   "ExportCustomer",
    "EraseCustomer",  "RebuildStates",  "GetRebuild",       "CompactStore",     "GetSegmentSizes", "RefreshSegments",
    "EvaluateRule",   "ListCatalogs",   "ActivateCatalog",  "CancelActivation", "ListActivations", "DiffCatalogs",
    "SetSwitch",      "ListSwitches",   "RecordOutcome",    "RecordOutcomes",   "ListEntries",     "GetDecision",
    "ReplayDecision", "ListBudgets",    "RecordAttributes", "Checkout"};
static_assert(std::size(kMethodNames) == static_cast<size_t>(Method::kCount));
constexpr const char* kTierNames[] = {"unspecified", "full", "cached", "default"};
constexpr const char* kReasonNames[] = {"none",   "no_customer",   "unknown_customer", "store_unavailable",
                                        "paused", "control_group", "deadline",         "overloaded"};
constexpr const char* kDiskReadNames[] = {"ok", "failed", "late", "cancelled", "overloaded"};
static_assert(std::size(kDiskReadNames) == static_cast<size_t>(DiskReadResult::kCount));
constexpr const char* kStageNames[] = {"read_state", "read_identity", "read_group", "read_receipts",
                                       "write",      "scan_receipts", "sync",       "other"};
static_assert(std::size(kStageNames) == static_cast<size_t>(StoreStage::kCount));
// By RecordResult.
constexpr const char* kActivationNames[] = {"scheduled", "done", "cancelled",
                                            "failed"};  // as the enum, which is from 1
constexpr const char* kRecordNames[] = {"accepted", "duplicate", "corrected", "superseded", "erased"};
constexpr const char* kOutcomeNames[] = {"",        "delivered", "rendered", "seen",      "spoken",
                                         "clicked", "accepted",  "declined", "dismissed", "redeemed"};
static_assert(std::size(kOutcomeNames) == kOutcomeKindCount);
constexpr const char* kOutcomeResultNames[] = {"", "accepted", "duplicate", "erased"};
constexpr const char* kResultNames[] = {"ok", "refused", "failed"};

// Seconds. Fine where answers live (tens of microseconds to milliseconds), coarse beyond.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {
    0.00001, 0.00002, 0.00003, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

std::string CodeName(int code) {
  return absl::AsciiStrToLower(absl::StatusCodeToString(static_cast<absl::StatusCode>(code)));
}

// Whether an answer of the tier may have the reason, both as in nbo.v1.
bool CanBe(int tier, int reason) {
  switch (tier) {
    case 1: return reason == 0;
    case 2: return reason == 3 || reason == 6 || reason == 7;  // the store is unavailable, late, overloaded
    case 3: return reason != 0;
    default: return false;
  }
}

// refused: the caller's mistake; failed: the server's trouble.
int ResultOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange: return 1;
    default: return 2;
  }
}

}  // namespace

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>()) {
  auto& calls = prometheus::BuildCounter().Name("nbo_calls_total").Help("Finished calls").Register(*registry_);
  auto& latency = prometheus::BuildHistogram()
                      .Name("nbo_call_seconds")
                      .Help("Time from the parsed request to the answer, in seconds")
                      .Register(*registry_);
  for (int m = 0; m < kMethods; ++m) {
    for (int c = 0; c < kCodes; ++c) calls_[m][c] = &calls.Add({{"method", kMethodNames[m]}, {"code", CodeName(c)}});
    const int channels = m == static_cast<int>(Method::kGetOffers) ? kChannelCount : 1;
    for (int ch = 0; ch < channels; ++ch) {
      const std::string channel(ChannelName(static_cast<Channel>(ch)));
      for (int r = 0; r < kResults; ++r) {
        latency_[m][ch][r] = &latency.Add(
            {{"method", kMethodNames[m]}, {"channel", channel}, {"result", kResultNames[r]}}, kLatencyBuckets);
      }
    }
  }
  AddAnswers();
  auto& publications = prometheus::BuildCounter()
                           .Name("nbo_catalog_publications_total")
                           .Help("Catalogs submitted for publication")
                           .Register(*registry_);
  publications_accepted_ = &publications.Add({{"result", "accepted"}});
  publications_refused_ = &publications.Add({{"result", "refused"}});
  auto& activations = prometheus::BuildCounter()
                          .Name("nbo_catalog_activations_total")
                          .Help("Activations of catalogs by what became of them; failed is worth an alert")
                          .Register(*registry_);
  for (size_t s = 0; s < activations_.size(); ++s)
    activations_[s] = &activations.Add({{"result", kActivationNames[s]}});
  auto& receipts = prometheus::BuildCounter()
                       .Name("nbo_receipts_total")
                       .Help("Receipts by what became of them")
                       .Register(*registry_);
  for (size_t r = 0; r < receipts_recorded_.size(); ++r) {
    receipts_recorded_[r] = &receipts.Add({{"result", kRecordNames[r]}});
  }
  for (int c = 1; c < kCodes; ++c) receipts_refused_[c] = &receipts.Add({{"result", CodeName(c)}});
  auto& outcomes = prometheus::BuildCounter()
                       .Name("nbo_outcomes_total")
                       .Help("Outcomes of offers by kind and by what became of them")
                       .Register(*registry_);
  for (size_t k = 1; k < outcomes_.size(); ++k) {
    for (size_t r = 1; r < outcomes_[k].size(); ++r) {
      outcomes_[k][r] = &outcomes.Add({{"kind", kOutcomeNames[k]}, {"result", kOutcomeResultNames[r]}});
    }
  }
  for (int c = 1; c < kCodes; ++c) outcomes_refused_[c] = &outcomes.Add({{"kind", ""}, {"result", CodeName(c)}});
  auto& store = prometheus::BuildHistogram()
                    .Name("nbo_store_seconds")
                    .Help("Time of one access to the profile store, in seconds; write includes the sync")
                    .Register(*registry_);
  for (size_t i = 0; i < store_seconds_.size(); ++i) {
    store_seconds_[i] = &store.Add({{"operation", kStageNames[i]}}, kLatencyBuckets);
  }
  store_errors_ = &prometheus::BuildCounter()
                       .Name("nbo_store_errors_total")
                       .Help("Accesses to the profile store that failed")
                       .Register(*registry_)
                       .Add({});
  AddPopulation();
  AddRedemptions();
  AddPropensities();
  queue_seconds_ = &prometheus::BuildHistogram()
                        .Name("nbo_ingest_queue_seconds")
                        .Help("How long the oldest event of a group waited for its writer, in seconds")
                        .Register(*registry_)
                        .Add({}, kLatencyBuckets);
  group_events_ = &prometheus::BuildHistogram()
                       .Name("nbo_ingest_group_events")
                       .Help("Events written together")
                       .Register(*registry_)
                       .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000});
  group_seconds_ = &prometheus::BuildHistogram()
                        .Name("nbo_ingest_group_seconds")
                        .Help("Time to read, fold and durably write a group, in seconds")
                        .Register(*registry_)
                        .Add({}, kLatencyBuckets);
}

void Metrics::AddAnswers() {
  auto& answers = prometheus::BuildCounter()
                      .Name("nbo_answers_total")
                      .Help("Answers by tier, and why they are not full")
                      .Register(*registry_);
  for (int t = 1; t < kTiers; ++t) {
    for (int r = 0; r < kReasons; ++r) {
      if (CanBe(t, r)) answers_[t][r] = &answers.Add({{"tier", kTierNames[t]}, {"reason", kReasonNames[r]}});
    }
  }
  offers_returned_ = &prometheus::BuildCounter()
                          .Name("nbo_offers_returned_total")
                          .Help("Offers in answers")
                          .Register(*registry_)
                          .Add({});
  auto& reads = prometheus::BuildCounter()
                    .Name("nbo_decision_reads_total")
                    .Help("Calls for offers that had to ask the disk: late and overloaded were answered without it")
                    .Register(*registry_);
  for (size_t r = 0; r < disk_reads_.size(); ++r) disk_reads_[r] = &reads.Add({{"result", kDiskReadNames[r]}});
  decisions_refused_ = &prometheus::BuildCounter()
                            .Name("nbo_decisions_refused_total")
                            .Help("Calls for offers that got no answer, since too many were under way")
                            .Register(*registry_)
                            .Add({{"reason", "in_flight"}});
}

void Metrics::AddPopulation() {
  auto& refreshes = prometheus::BuildCounter()
                        .Name("nbo_population_refreshes_total")
                        .Help("Computations of RFM scores and segment sizes")
                        .Register(*registry_);
  refreshes_ok_ = &refreshes.Add({{"result", "ok"}});
  refreshes_failed_ = &refreshes.Add({{"result", "failed"}});
  refresh_seconds_ = &prometheus::BuildHistogram()
                          .Name("nbo_population_refresh_seconds")
                          .Help("Time of one computation, its pauses included, in seconds")
                          .Register(*registry_)
                          .Add({}, prometheus::Histogram::BucketBoundaries{0.01, 0.1, 1, 5, 10, 30, 60, 120, 300, 900});
  population_customers_ = &prometheus::BuildGauge()
                               .Name("nbo_population_customers")
                               .Help("Customers with a visit at the last computation")
                               .Register(*registry_)
                               .Add({});
  population_time_ = &prometheus::BuildGauge()
                          .Name("nbo_population_last_success_timestamp_seconds")
                          .Help("When RFM scores were last computed, seconds since 1970; 0: never")
                          .Register(*registry_)
                          .Add({});
}

void Metrics::AddRedemptions() {
  auto& redemptions = prometheus::BuildCounter()
                          .Name("nbo_receipt_redemptions_total")
                          .Help("Offers that receipts have redeemed, by what showed it")
                          .Register(*registry_);
  for (size_t by = 0; by < redemptions_.size(); ++by) {
    redemptions_[by] =
        &redemptions.Add({{"by", by == static_cast<size_t>(RedeemedBy::kCoupon) ? "coupon" : "targets"}});
  }
  redemption_troubles_ =
      &prometheus::BuildCounter()
           .Name("nbo_receipt_redemption_errors_total")
           .Help("Recorded receipts whose redemptions the contact ledger did not take in; worth an alert")
           .Register(*registry_)
           .Add({});
}

void Metrics::CountRedemption(RedeemedBy by) { redemptions_[static_cast<size_t>(by)]->Increment(); }

void Metrics::CountRedemptionTrouble() { redemption_troubles_->Increment(); }

void Metrics::AddPropensities() {
  const auto gauge = [this](const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add({});
  };
  propensity_trials_ = gauge("nbo_propensity_trials", "Presented offers that propensities are learned from");
  propensity_successes_ = gauge("nbo_propensity_successes", "Of these, accepted or redeemed");
  propensity_open_trials_ =
      gauge("nbo_propensity_open_trials", "Presented offers that are not answered and still may be");
  propensity_time_ = gauge("nbo_propensity_last_success_timestamp_seconds",
                           "Until when everything in the log is learned from, seconds since 1970; 0: never");
}

void Metrics::CountCall(Method method, Channel channel, absl::StatusCode code, absl::Duration duration) {
  const int m = static_cast<int>(method);
  const int c = std::clamp(static_cast<int>(code), 0, kCodes - 1);
  calls_[m][c]->Increment();
  const int ch = method == Method::kGetOffers ? static_cast<int>(channel) : 0;
  latency_[m][ch][ResultOf(code)]->Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::CountAnswer(int tier, int tier_reason, int offers) {
  prometheus::Counter* answers = answers_[std::clamp(tier, 0, kTiers - 1)][std::clamp(tier_reason, 0, kReasons - 1)];
  if (answers != nullptr) answers->Increment();
  offers_returned_->Increment(offers);
}

void Metrics::CountDiskRead(DiskReadResult result) { disk_reads_[static_cast<size_t>(result)]->Increment(); }

void Metrics::CountRefusedDecision() { decisions_refused_->Increment(); }

void Metrics::CountPublication(bool accepted) {
  (accepted ? publications_accepted_ : publications_refused_)->Increment();
}

void Metrics::CountActivation(CatalogActivation::State state) {
  activations_[static_cast<size_t>(state) - 1]->Increment();
}

void Metrics::CountRefresh(bool ok, absl::Duration duration) {
  (ok ? refreshes_ok_ : refreshes_failed_)->Increment();
  refresh_seconds_->Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::ShowPopulation(const Population& population) {
  population_customers_->Set(static_cast<double>(population.customers));
  population_time_->Set(absl::ToDoubleSeconds(population.compute_time - absl::UnixEpoch()));
}

void Metrics::ShowTrials(int64_t trials, int64_t successes, size_t open_trials) {
  propensity_trials_->Set(static_cast<double>(trials));
  propensity_successes_->Set(static_cast<double>(successes));
  propensity_open_trials_->Set(static_cast<double>(open_trials));
}

void Metrics::ShowLearned(absl::Time time) { propensity_time_->Set(absl::ToDoubleSeconds(time - absl::UnixEpoch())); }

void Metrics::ObserveStore(StoreStage stage, bool ok, absl::Duration duration) {
  store_seconds_[static_cast<int>(stage)]->Observe(absl::ToDoubleSeconds(duration));
  if (!ok) store_errors_->Increment();
}

void Metrics::OnStart(absl::Duration oldest_wait) { queue_seconds_->Observe(absl::ToDoubleSeconds(oldest_wait)); }

void Metrics::OnGroup(size_t events, absl::Duration duration) {
  group_events_->Observe(static_cast<double>(events));
  group_seconds_->Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::OnReceipt(const absl::StatusOr<RecordResult>& result) {
  if (!result.ok()) return CountRefusedReceipt(result.status().code());
  receipts_recorded_[static_cast<size_t>(*result)]->Increment();
}

void Metrics::CountRefusedReceipt(absl::StatusCode code) {
  const int c = std::clamp(static_cast<int>(code), 1, kCodes - 1);
  receipts_refused_[c]->Increment();
}

void Metrics::CountOutcome(int kind, int result) {
  const int k = std::clamp(kind, 1, kOutcomeKindCount - 1);
  const int r = std::clamp(result, 1, static_cast<int>(outcomes_[0].size()) - 1);
  outcomes_[k][r]->Increment();
}

void Metrics::CountRefusedOutcome(absl::StatusCode code) {
  outcomes_refused_[std::clamp(static_cast<int>(code), 1, kCodes - 1)]->Increment();
}

}  // namespace nbo::server
