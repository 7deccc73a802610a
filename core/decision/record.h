// What is recorded of a decision: enough to give the same answer again, to tie outcomes to it, and to report on it;
// and, for a sample and on request, enough to compute it again.
#ifndef NBO_CORE_DECISION_RECORD_H_
#define NBO_CORE_DECISION_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/budget/move.h"
#include "core/contact/person_contacts.h"
#include "core/decision/decision_id.h"
#include "core/decision/engine.h"
#include "core/experiment/arms.h"
#include "core/population/rfm.h"
#include "core/switches/switch.h"

namespace nbo {

// Values are persisted and equal those of nbo.v1.AnswerTier.
enum class AnswerTier : uint8_t { kUnspecified = 0, kFull = 1, kCached = 2, kDefault = 3 };

// Values are persisted and equal those of nbo.v1.TierReason.
enum class TierReason : uint8_t {
  kNone = 0,
  kNoCustomer = 1,
  kUnknownCustomer = 2,
  kStoreUnavailable = 3,
  kPaused = 4,        // by a person, for everything, the channel or the store
  kControlGroup = 5,  // the customer is in the global control group
  kDeadline = 6,      // the profile was not read in time
  kOverloaded = 7,    // too many waited for the disk
};

// An offer of an answer. It is named by its place in the catalog of the decision's version; the hash finds it in
// others.
struct RecordedOffer {
  int32_t position = 0;   // in the catalog
  uint64_t offer = 0;     // Hash64 of its id
  uint64_t group = 0;     // Hash64 of its group; 0: none
  int16_t placement = 0;  // which of the request's placements it fills
  int16_t treatment = 0;  // in the offer's treatments
  double score = 0;
  double propensity = 0;    // that was used
  int64_t cost_minor = 0;   // expected
  bool personal = true;     // false: a default offer, which counts as no contact, and holds no budget
  bool has_budget = false;  // a part of it is to be held, if it is personal
  int16_t attribution_days = 0;
  int32_t supplier_share = 0;  // millionths of its cost that the supplier pays
  int64_t end_us = INT64_MAX;  // when the offer ends; INT64_MAX: it does not

  friend bool operator==(const RecordedOffer&, const RecordedOffer&) = default;
};

// What an offer that took part came to.
struct RecordedCandidate {
  int32_t position = 0;
  Gate gate = Gate::kUnspecified;
  double score = 0;  // if it got there

  friend bool operator==(const RecordedCandidate&, const RecordedCandidate&) = default;
};

// What is needed to compute a decision again, bit for bit. The bytes are those of messages and codecs outside of core.
struct DecisionInputs {
  std::string request;   // as sent
  std::string state;     // of the customer; empty: unknown
  std::string contacts;  // of the customer, before the decision
  RfmScores rfm;         // of the customer, in the population in force
  uint8_t identity_types = 0;
  std::string time_zone;                   // name of the store's
  std::vector<uint64_t> exhausted_offers;  // Hash64 of ids: without budget at that moment; ascending
  std::vector<SwitchTarget> paused;        // ascending
  // By position, where they differ from the author's: for the customer, and for nobody in particular.
  std::vector<std::pair<int32_t, double>> propensities, nobodys_propensities;
  std::vector<RecordedCandidate> candidates;  // the outcome, to compare with

  friend bool operator==(const DecisionInputs&, const DecisionInputs&) = default;
};

struct DecisionRecord {
  DecisionId id;
  absl::Time time;          // used as "now"; whole microseconds
  std::string customer_id;  // that the request resolved to; empty: nobody is known
  std::string request_id;
  Channel channel = Channel::kUnspecified;
  std::string store_id, terminal_id, operator_id, locale;
  std::vector<std::string> placements;  // at least one, maybe ""
  int64_t catalog_version = 0;
  uint64_t state_digest = 0;  // 0: unknown customer
  uint64_t rfm_segment = 0;   // Hash64 of the id of the customer's; 0: not scored
  AnswerTier tier = AnswerTier::kUnspecified;
  TierReason reason = TierReason::kNone;
  int32_t candidates_count = 0;  // that reached the score
  int64_t duration_us = 0;       // of deciding, without the transport
  GlobalArm global_arm = GlobalArm::kUnspecified;
  int64_t global_period = 0;          // of the rotation
  std::vector<ArmRecord> arms;        // that it depended on
  absl::Time expire_time;             // until when the reservations and the answer to its request id live
  bool presumed = false;              // the offers count as presented at once
  std::vector<RecordedOffer> offers;  // returned, by placement and then the best first
  std::vector<RecordedOffer> ghosts;  // that a control customer would have been given
  std::optional<DecisionInputs> inputs;
  std::vector<BudgetMove> moves;  // what it changed of budgets; the ledger fills it in

  friend bool operator==(const DecisionRecord&, const DecisionRecord&) = default;
};

// What it reserves: its personal offers.
Reservation ReservationOf(const DecisionRecord& record);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_RECORD_H_
