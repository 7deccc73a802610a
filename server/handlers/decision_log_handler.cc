#include "server/handlers/decision_log_handler.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "server/decision/record_view.h"
#include "server/decision/replay.h"
#include "server/handlers/convert.h"
#include "server/handlers/page.h"

namespace nbo::server {
namespace {

// How many entries one call looks at, at most: others who read the log wait meanwhile.
constexpr int64_t kMaxVisited = 50'000;

struct Filter {
  absl::Time from = absl::InfinitePast(), to = absl::InfiniteFuture();
  std::string customer_id;
  bool decisions_only = false;

  bool Wants(const DecisionLog::Entry& entry) const {
    if (entry.time < from || entry.time >= to) return false;
    if (const auto* decision = std::get_if<DecisionRecord>(&entry.event)) {
      return customer_id.empty() || decision->customer_id == customer_id;
    }
    const auto* outcome = std::get_if<OutcomeRecord>(&entry.event);
    return outcome != nullptr && !decisions_only && (customer_id.empty() || outcome->customer_id == customer_id);
  }
};

absl::StatusOr<Filter> ToFilter(const v1::ListEntriesRequest& request) {
  Filter filter;
  if (request.has_from()) {
    const absl::StatusOr<absl::Time> from = ToTime("from", request.from());
    if (!from.ok()) return from.status();
    filter.from = *from;
  }
  if (request.has_to()) {
    const absl::StatusOr<absl::Time> to = ToTime("to", request.to());
    if (!to.ok()) return to.status();
    filter.to = *to;
  }
  if (absl::Status s = CheckId("customer_id", request.customer_id(), /*required=*/false); !s.ok()) return s;
  filter.customer_id = request.customer_id();
  filter.decisions_only = request.decisions_only();
  return filter;
}

// A token is the position from which on the next page reads.
absl::StatusOr<uint64_t> ToPosition(const std::string& token) {
  uint64_t position = 0;
  if (absl::SimpleAtoi(token, &position)) return position;
  return absl::InvalidArgumentError("page_token: is none of this method's; pass next_page_token as it came");
}

}  // namespace

std::shared_ptr<const Catalog> DecisionLogHandler::CatalogOf(const DecisionRecord& record) const {
  absl::StatusOr<std::shared_ptr<const Catalog>> catalog = library_->Get(record.catalog_version);
  return catalog.ok() ? *std::move(catalog) : nullptr;
}

absl::Status DecisionLogHandler::ListEntries(const v1::ListEntriesRequest& request,
                                             v1::ListEntriesResponse* response) const {
  if (request.page_size() < 0 || request.page_size() > kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: ", request.page_size(), " is outside 0..", kMaxPageSize));
  }
  const int size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  absl::StatusOr<Filter> filter = ToFilter(request);
  if (!filter.ok()) return filter.status();
  DecisionLog::Range range{0, filter->from, filter->to, request.newest_first()};
  const bool follows = request.from_end();
  if (!request.page_token().empty()) {
    const absl::StatusOr<uint64_t> position = ToPosition(request.page_token());
    if (!position.ok()) return position.status();
    range.from_position = *position;
  } else if (follows) {
    response->set_next_page_token(absl::StrCat(log_->end()));
    return absl::OkStatus();
  }
  int64_t visited = 0;
  uint64_t next = range.from_position;
  bool whole = true;
  const absl::Status read = log_->Visit(range, [&](const DecisionLog::Entry& entry) {
    if (response->entries_size() == size || ++visited > kMaxVisited) return whole = false;
    next = entry.end;
    if (!filter->Wants(entry)) return true;
    v1::LogEntry* out = response->add_entries();
    if (const auto* decision = std::get_if<DecisionRecord>(&entry.event)) {
      FillDecision(*decision, CatalogOf(*decision).get(), /*in_full=*/false, out->mutable_decision());
    } else {
      FillOutcome(std::get<OutcomeRecord>(entry.event), out->mutable_outcome());
    }
    return true;
  });
  if (!read.ok()) return read;
  if ((!whole || follows) && !request.newest_first()) response->set_next_page_token(absl::StrCat(next));
  return absl::OkStatus();
}

absl::StatusOr<DecisionRecord> DecisionLogHandler::Find(const std::string& decision_id) const {
  std::optional<DecisionId> id = ParseDecisionId(decision_id);
  if (!id) {
    if (const auto token = ParseAttributionToken(decision_id)) id = token->decision;
  }
  if (!id) {
    return absl::InvalidArgumentError(
        "decision_id: is none; it has 28 hexadecimal digits, as GetOffers gave it, or is an attribution token");
  }
  absl::StatusOr<std::optional<DecisionRecord>> record = log_->Find(*id);
  if (!record.ok()) return record.status();
  if (record->has_value()) return **std::move(record);
  return absl::NotFoundError("decision_id: no such decision is in the log, or not any more (decisions.keep_days)");
}

absl::Status DecisionLogHandler::GetDecision(const v1::GetDecisionRequest& request,
                                             v1::GetDecisionResponse* response) const {
  absl::StatusOr<DecisionRecord> record = Find(request.decision_id());
  if (!record.ok()) return record.status();
  FillDecision(*record, CatalogOf(*record).get(), /*in_full=*/true, response->mutable_decision());
  int64_t visited = 0;
  return log_->Visit({0, record->time, absl::InfiniteFuture(), false}, [&](const DecisionLog::Entry& entry) {
    const auto* outcome = std::get_if<OutcomeRecord>(&entry.event);
    if (outcome != nullptr && outcome->token.decision == record->id) FillOutcome(*outcome, response->add_outcomes());
    return ++visited < kMaxVisited;
  });
}

absl::Status DecisionLogHandler::ReplayDecision(const v1::ReplayDecisionRequest& request,
                                                v1::ReplayDecisionResponse* response) const {
  absl::StatusOr<DecisionRecord> recorded = Find(request.decision_id());
  if (!recorded.ok()) return recorded.status();
  if (!recorded->inputs) {
    return absl::FailedPreconditionError(
        "decision_id: it was not recorded in full; a share of decisions is (decisions.full_share), and those asked for "
        "with record_in_full");
  }
  absl::StatusOr<std::shared_ptr<const Catalog>> catalog = library_->Get(recorded->catalog_version);
  if (!catalog.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("its catalog version cannot be used any more: ", catalog.status().message()));
  }
  absl::StatusOr<DecisionRecord> computed = Replay(*recorded, *catalog, minor_per_major_, decode_state_);
  if (!computed.ok()) return computed.status();
  FillDecision(*recorded, catalog->get(), /*in_full=*/true, response->mutable_recorded());
  FillDecision(*computed, catalog->get(), /*in_full=*/true, response->mutable_computed());
  for (std::string& difference : Differences(*recorded, *computed, **catalog)) {
    response->add_differences(std::move(difference));
  }
  return absl::OkStatus();
}

}  // namespace nbo::server
