#include "server/handlers/outcome_handler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/profile/lookup.h"

namespace nbo::server {
namespace {

// Device clocks differ from the server's: an outcome may seem to come so long before its decision.
constexpr absl::Duration kClockTolerance = absl::Minutes(5);
// How often an outcome is tried again because something else happened to its customer first.
constexpr int kMaxTries = 256;
constexpr int kMaxVisibleMs = 24 * 60 * 60 * 1000;  // a day

absl::StatusOr<AttributionToken> ToToken(const std::string& text) {
  if (text.empty()) {
    return absl::InvalidArgumentError("outcome.attribution_token: is required; it came with the offer in GetOffers");
  }
  const std::optional<AttributionToken> token = ParseAttributionToken(text);
  if (token) return *token;
  return absl::InvalidArgumentError(
      "outcome.attribution_token: is none; send it back as it came with the offer in GetOffers");
}

// All that can be said without the decision.
absl::StatusOr<OutcomeRecord> ToRecord(const v1::Outcome& outcome, absl::Time now, const TimeRules& rules) {
  OutcomeRecord record;
  absl::StatusOr<AttributionToken> token = ToToken(outcome.attribution_token());
  if (!token.ok()) return token.status();
  record.token = *token;
  if (outcome.kind() <= v1::OUTCOME_KIND_UNSPECIFIED || outcome.kind() > v1::OUTCOME_KIND_REDEEMED) {
    return absl::InvalidArgumentError("outcome.kind: is required; one of DELIVERED to REDEEMED");
  }
  record.outcome.kind = static_cast<OutcomeKind>(outcome.kind());
  if (!outcome.has_time()) return absl::InvalidArgumentError("outcome.time: is required");
  const absl::StatusOr<absl::Time> time = ToEventTime("outcome.time", outcome.time(), now, rules);
  if (!time.ok()) return time.status();
  // What lies ahead within the skew is a clock that is fast: it happened by now.
  record.outcome.time_us = absl::ToUnixMicros(std::min(*time, now));
  record.receive_us = absl::ToUnixMicros(now);
  if (absl::Status s = CheckId("outcome.operator_id", outcome.operator_id(), /*required=*/false); !s.ok()) return s;
  record.operator_id = outcome.operator_id();
  const auto only_of = [&](absl::string_view field, bool given, v1::OutcomeKind kind) {
    return !given || outcome.kind() == kind
               ? absl::OkStatus()
               : absl::InvalidArgumentError(absl::StrCat("outcome.", field, ": belongs to ", v1::OutcomeKind_Name(kind),
                                                         " only; leave it out"));
  };
  absl::Status fits = only_of("visible_ms", outcome.visible_ms() != 0, v1::OUTCOME_KIND_SEEN);
  fits.Update(only_of("visible_share", outcome.visible_share() != 0, v1::OUTCOME_KIND_SEEN));
  fits.Update(only_of("decline_reason", outcome.decline_reason() != 0, v1::OUTCOME_KIND_DECLINED));
  fits.Update(only_of("amount_minor", outcome.has_amount_minor(), v1::OUTCOME_KIND_REDEEMED));
  if (!fits.ok()) return fits;
  if (outcome.visible_ms() < 0 || outcome.visible_ms() > kMaxVisibleMs) {
    return absl::InvalidArgumentError(absl::StrCat("outcome.visible_ms: is outside 0..", kMaxVisibleMs));
  }
  if (!(outcome.visible_share() >= 0 && outcome.visible_share() <= 1)) {
    return absl::InvalidArgumentError("outcome.visible_share: is outside 0..1; 0.5 is half of it");
  }
  if (!v1::DeclineReason_IsValid(outcome.decline_reason())) {
    return absl::InvalidArgumentError("outcome.decline_reason: is not known; use DECLINE_REASON_OTHER");
  }
  if (outcome.amount_minor() < 0 || outcome.amount_minor() > kMaxLineAmountMinor) {
    return absl::InvalidArgumentError(absl::StrCat("outcome.amount_minor: is outside 0..", kMaxLineAmountMinor));
  }
  record.visible_ms = outcome.visible_ms();
  record.visible_share = outcome.visible_share();
  record.decline_reason = outcome.decline_reason();
  return record;
}

// Whether it can have happened, and is not too late to matter.
absl::Status CheckTimes(const OutcomeRecord& outcome, const DecisionRecord& decision, const RecordedOffer& offer) {
  const int64_t decide_us = absl::ToUnixMicros(decision.time);
  if (outcome.outcome.time_us < decide_us - absl::ToInt64Microseconds(kClockTolerance)) {
    return absl::InvalidArgumentError(
        absl::StrCat("outcome.time: is ", absl::FormatDuration(absl::Microseconds(decide_us - outcome.outcome.time_us)),
                     " before the offer was decided; look at the clock of the device"));
  }
  const int64_t last_us = decide_us + kMaxContactAgeDays * kMicrosPerDay;
  const int64_t end_us = offer.end_us >= last_us
                             ? last_us
                             : std::min(last_us, std::max(offer.end_us, absl::ToUnixMicros(decision.expire_time)) +
                                                     offer.attribution_days * kMicrosPerDay);
  if (outcome.outcome.time_us <= end_us && outcome.receive_us <= last_us) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("outcome.time: comes too late: outcomes of this offer counted until ",
                   absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMicros(end_us), absl::UTCTimeZone()),
                   ", and are taken in until ",
                   absl::FormatTime(absl::RFC3339_sec, absl::FromUnixMicros(last_us), absl::UTCTimeZone())));
}

}  // namespace

absl::StatusOr<std::string> OutcomeHandler::CurrentId(const std::string& customer_id) const {
  std::string id = customer_id;
  if (IsDerivedCustomerId(id)) {  // its card may have been linked since
    absl::StatusOr<std::string> owner = CustomerOf(*store_, IdentityOfDerivedId(id), clock_->Now());
    if (!owner.ok()) return owner.status();
    id = *std::move(owner);
  }
  if (id.empty()) return id;
  absl::StatusOr<std::string> survivor = store_->ReadAlias(id);
  if (!survivor.ok()) return survivor.status();
  if (!survivor->empty()) id = *std::move(survivor);
  absl::StatusOr<std::optional<absl::Time>> erased = store_->ReadTombstone(id);
  if (!erased.ok()) return erased.status();
  return erased->has_value() ? std::string() : id;
}

absl::Status OutcomeHandler::CheckOwner(const v1::Outcome& outcome, const std::string& current_id) const {
  if (!outcome.has_customer()) return absl::OkStatus();
  absl::StatusOr<std::string> named = ResolveCustomer("outcome.customer", outcome.customer(), *store_, clock_->Now());
  if (!named.ok()) return named.status();
  named = CurrentId(*named);
  if (!named.ok()) return named.status();
  if (*named == current_id) return absl::OkStatus();
  return absl::PermissionDeniedError("outcome.customer: the token was given to another customer");
}

absl::StatusOr<OutcomeHandler::Taken> OutcomeHandler::Take(const v1::RecordOutcomeRequest& request) const {
  if (!request.has_outcome()) return absl::InvalidArgumentError("outcome: is required");
  absl::StatusOr<OutcomeRecord> record = ToRecord(request.outcome(), clock_->Now(), rules_);
  if (!record.ok()) return record.status();
  const absl::StatusOr<std::optional<DecisionRecord>> decision = log_->Find(record->token.decision);
  if (!decision.ok()) return decision.status();
  const auto rank = static_cast<size_t>(record->token.rank);
  if (!decision->has_value() || rank > (*decision)->offers.size()) {
    return absl::NotFoundError(
        "outcome.attribution_token: no such offer was given, or so long ago that it is not kept any more");
  }
  const RecordedOffer& offer = (*decision)->offers[rank - 1];
  if (absl::Status s = CheckTimes(*record, **decision, offer); !s.ok()) return s;
  record->outcome.time_us = std::max(record->outcome.time_us, absl::ToUnixMicros((*decision)->time));
  if (record->outcome.kind == OutcomeKind::kRedeemed) {
    record->amount_minor = request.outcome().has_amount_minor() ? request.outcome().amount_minor() : offer.cost_minor;
    record->supplier_minor = PartOf(record->amount_minor, offer.supplier_share);
  }
  const Reservation reservation = ReservationOf(**decision);
  for (const Reservation::Item& item : reservation.items) {
    if (item.rank == rank) record->contact = ContactOf(reservation, item);
  }
  for (int i = 0; i < kMaxTries; ++i) {
    absl::StatusOr<std::string> id = CurrentId((*decision)->customer_id);
    if (!id.ok()) return id.status();
    if (absl::Status s = CheckOwner(request.outcome(), *id); !s.ok()) return s;
    if (id->empty() && !(*decision)->customer_id.empty()) return Taken{v1::OUTCOME_RESULT_ERASED, 0};
    if (!offer.personal) {  // given to anybody: it is no contact, and is only written down
      const auto position =
          of_defaults_.Once(record->token, record->outcome.kind, [&] { return log_->Append(*record); });
      if (!position) return Taken{v1::OUTCOME_RESULT_DUPLICATE, log_->end()};  // it may be on its way to the disk
      if (!position->ok()) return position->status();
      return Taken{v1::OUTCOME_RESULT_ACCEPTED, **position};
    }
    record->customer_id = *id;
    const absl::StatusOr<LedgerSnapshot> seen = ledger_->Read(*id);
    if (!seen.ok()) return seen.status();
    // Whom it is about may have become another one before the ledger was read.
    const absl::StatusOr<std::string> again = CurrentId((*decision)->customer_id);
    if (!again.ok()) return again.status();
    if (*again != *id) continue;
    const absl::StatusOr<ContactLedger::Recorded> recorded = ledger_->RecordOutcome(*seen, *record);
    if (!recorded.ok()) return recorded.status();
    if (recorded->result == ContactLedger::Commit::kOvertaken) continue;
    return Taken{recorded->effect.changed ? v1::OUTCOME_RESULT_ACCEPTED : v1::OUTCOME_RESULT_DUPLICATE,
                 recorded->position};
  }
  return absl::UnavailableError("outcome: too much happens to its customer at once; send it again");
}

void OutcomeHandler::RecordOutcome(const v1::RecordOutcomeRequest& request, Done done) const {
  const absl::StatusOr<Taken> taken = Take(request);
  if (!taken.ok()) {
    metrics_->CountRefusedOutcome(taken.status().code());
    return done(taken.status(), {});
  }
  const int kind = request.outcome().kind();
  auto finish = [this, kind, result = taken->result, done = std::move(done)](const absl::Status& durable) {
    v1::RecordOutcomeResponse response;
    if (durable.ok()) {
      response.set_result(result);
      metrics_->CountOutcome(kind, result);
    } else {
      metrics_->CountRefusedOutcome(durable.code());
    }
    done(durable, response);
  };
  if (taken->result == v1::OUTCOME_RESULT_ERASED) return finish(absl::OkStatus());
  log_->WhenDurable(taken->position, std::move(finish));
}

}  // namespace nbo::server
