#include "server/handlers/decision_log_handler.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "server/decision/record_view.h"
#include "server/decision/replay.h"
#include "server/handlers/convert.h"
#include "server/handlers/page.h"

namespace nbo::server {
namespace {

// Whether an entry is one for people, and about that customer; "": about anybody.
bool IsAbout(const LedgerEvent& event, const std::string& customer_id) {
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) {
    return customer_id.empty() || decision->customer_id == customer_id;
  }
  const auto* outcome = std::get_if<OutcomeRecord>(&event);
  return outcome != nullptr && (customer_id.empty() || outcome->customer_id == customer_id);
}

// A token is the position from which on the next page reads; "-" and the position up to which, if the newest come
// first.
std::string ToToken(uint64_t position, bool newest_first) { return absl::StrCat(newest_first ? "-" : "", position); }

absl::Status ReadToken(absl::string_view token, DecisionLog::Range* range) {
  if (token.empty()) return absl::OkStatus();
  const bool newest_first = absl::ConsumePrefix(&token, "-");
  const bool digits = token.find_first_not_of("0123456789") == absl::string_view::npos;
  if (newest_first == range->newest_first && digits &&
      absl::SimpleAtoi(token, newest_first ? &range->until_position : &range->from_position)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "page_token: is none of this request's; pass next_page_token as it came, with all other fields as they were");
}

absl::StatusOr<DecisionLog::Range> ToRange(const v1::ListEntriesRequest& request) {
  DecisionLog::Range range;
  if (request.from_end() && request.newest_first()) {
    return absl::InvalidArgumentError(
        "newest_first: does not go with from_end, which reads what comes from now on; set one of them only");
  }
  if (request.has_from()) {
    const absl::StatusOr<absl::Time> from = ToTime("from", request.from());
    if (!from.ok()) return from.status();
    range.from = *from;
  }
  if (request.has_to()) {
    const absl::StatusOr<absl::Time> to = ToTime("to", request.to());
    if (!to.ok()) return to.status();
    range.to = *to;
  }
  if (request.decisions_only()) range.kinds = DecisionLog::Kinds::kDecisions;
  range.newest_first = request.newest_first();
  if (absl::Status s = ReadToken(request.page_token(), &range); !s.ok()) return s;
  return range;
}

// The catalogs of one call's decisions. The library would try again for each decision to compile one that is no longer
// accepted.
class CatalogOfVersion {
 public:
  explicit CatalogOfVersion(const CatalogLibrary* library) : library_(library) {}
  // null if there is none any more.
  const Catalog* Get(int64_t version) {
    const auto [it, is_new] = catalogs_.try_emplace(version);
    if (is_new) {
      absl::StatusOr<std::shared_ptr<const Catalog>> catalog = library_->Get(version);
      if (catalog.ok()) it->second = *std::move(catalog);
    }
    return it->second.get();
  }

 private:
  const CatalogLibrary* const library_;
  absl::flat_hash_map<int64_t, std::shared_ptr<const Catalog>> catalogs_;
};

}  // namespace

absl::Status DecisionLogHandler::ListEntries(const v1::ListEntriesRequest& request,
                                             v1::ListEntriesResponse* response) const {
  if (request.page_size() < 0 || request.page_size() > kMaxPageSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: ", request.page_size(), " is outside 0..", kMaxPageSize));
  }
  const int size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  absl::StatusOr<DecisionLog::Range> range = ToRange(request);
  if (!range.ok()) return range.status();
  if (absl::Status s = CheckId("customer_id", request.customer_id(), /*required=*/false); !s.ok()) return s;
  range->max_bytes = max_bytes_;
  const bool follows = request.from_end();
  const uint64_t end = log_->end();  // before it is read: what comes meanwhile is seen now or on the next page
  if (follows && request.page_token().empty()) {
    response->set_next_page_token(ToToken(end, false));
    return absl::OkStatus();
  }
  CatalogOfVersion catalogs(library_);
  uint64_t next = follows ? end : 0;
  bool is_full = false;
  const absl::StatusOr<std::optional<uint64_t>> rest = log_->Visit(*range, [&](const DecisionLog::Entry& entry) {
    if (!IsAbout(entry.event, request.customer_id())) return true;
    if (response->entries_size() == size) {
      is_full = true;
      next = range->newest_first ? entry.end : entry.position;
      return false;
    }
    if (follows) next = std::max(next, entry.end);
    v1::LogEntry* out = response->add_entries();
    if (const auto* decision = std::get_if<DecisionRecord>(&entry.event)) {
      FillDecision(*decision, catalogs.Get(decision->catalog_version), /*in_full=*/false, out->mutable_decision());
    } else {
      FillOutcome(std::get<OutcomeRecord>(entry.event), out->mutable_outcome());
    }
    return true;
  });
  if (!rest.ok()) return rest.status();
  if (rest->has_value()) next = **rest;
  if (is_full || rest->has_value() || follows) response->set_next_page_token(ToToken(next, range->newest_first));
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
  DecisionLog::Range range;
  range.from = record->time;
  range.kinds = DecisionLog::Kinds::kOutcomes;
  range.max_bytes = max_bytes_;
  if (absl::Status s = ReadToken(request.page_token(), &range); !s.ok()) return s;
  FillDecision(*record, CatalogOfVersion(library_).Get(record->catalog_version), /*in_full=*/true,
               response->mutable_decision());
  const absl::StatusOr<std::optional<uint64_t>> rest = log_->Visit(range, [&](const DecisionLog::Entry& entry) {
    const auto& outcome = std::get<OutcomeRecord>(entry.event);
    if (outcome.token.decision == record->id) FillOutcome(outcome, response->add_outcomes());
    return true;
  });
  if (!rest.ok()) return rest.status();
  if (rest->has_value()) response->set_next_page_token(ToToken(**rest, false));
  return absl::OkStatus();
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
