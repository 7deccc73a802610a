#include "server/ctl/decisions_command.h"

#include <algorithm>
#include <functional>
#include <ostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

using nbo::v1::DecidedOffer;
using nbo::v1::DecidedOutcome;
using nbo::v1::Decision;
using nbo::v1::LogEntry;

constexpr int kPage = 1000;
constexpr absl::Duration kPause = absl::Milliseconds(500);  // between two looks at the end of the log

absl::Status Fill(const Context& context, const DecisionsFilter& filter, nbo::v1::ListEntriesRequest* request) {
  const absl::Time now = context.now ? context.now() : absl::Now();
  for (const auto& [text, timestamp] : {std::pair(&filter.from, &nbo::v1::ListEntriesRequest::mutable_from),
                                        std::pair(&filter.to, &nbo::v1::ListEntriesRequest::mutable_to)}) {
    if (text->empty()) continue;
    const absl::StatusOr<absl::Time> time = ParseTimeOption(*text, now);
    if (!time.ok()) return time.status();
    *(request->*timestamp)() = ToTimestamp(*time);
  }
  request->set_customer_id(filter.customer_id);
  request->set_decisions_only(filter.decisions_only);
  return absl::OkStatus();
}

std::string OffersOf(const Decision& decision) {
  std::vector<std::string> ids;
  for (const DecidedOffer& offer : decision.offers()) ids.push_back(offer.offer_id());
  std::string text = ids.empty() ? "nothing" : absl::StrJoin(ids, ", ");
  if (decision.ghosts_size() > 0)
    absl::StrAppend(&text, " (control group: ", decision.ghosts(0).offer_id(), " held back)");
  return text;
}

// One line of a tail.
void PrintEntry(std::ostream& out, const LogEntry& entry) {
  std::string line;
  if (entry.has_decision()) {
    const Decision& decision = entry.decision();
    const std::string whom = decision.customer_id().empty() ? "nobody" : decision.customer_id();
    line = absl::StrCat(FormatTimestamp(decision.decide_time()), "  ", decision.decision_id(), "  ", whom, " at ",
                        ChannelName(decision.channel()),
                        decision.store_id().empty() ? "" : absl::StrCat(" in ", decision.store_id()), ": ",
                        OffersOf(decision));
    if (decision.tier() != nbo::v1::ANSWER_TIER_FULL) {
      absl::StrAppend(&line, "  [", EnumWords(nbo::v1::AnswerTier_Name(decision.tier()), "ANSWER_TIER_"), ", ",
                      EnumWords(nbo::v1::TierReason_Name(decision.tier_reason()), "TIER_REASON_"), "]");
    }
  } else {
    const DecidedOutcome& outcome = entry.outcome();
    line = absl::StrCat(FormatTimestamp(outcome.receive_time()), "  ", outcome.attribution_token(), "  ",
                        outcome.customer_id(), ": ",
                        EnumWords(nbo::v1::OutcomeKind_Name(outcome.kind()), "OUTCOME_KIND_"));
  }
  out << Printable(line) << "\n";
}

void Print(Context& context, const LogEntry& entry) {
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, entry, false);
  } else {
    PrintEntry(context.out, entry);
  }
}

// Calls `each` with all entries of the filter, page by page; false: enough.
absl::Status ForEach(ApiClient* client, nbo::v1::ListEntriesRequest request,
                     const std::function<bool(const LogEntry&)>& each) {
  request.set_page_size(kPage);
  do {
    nbo::v1::ListEntriesResponse response;
    if (absl::Status s = client->ListEntries(request, &response); !s.ok()) return s;
    for (const LogEntry& entry : response.entries()) {
      if (!each(entry)) return absl::OkStatus();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

void PrintDecision(Context& context, const nbo::v1::GetDecisionResponse& response) {
  const Decision& decision = response.decision();
  std::ostream& out = context.out;
  LogEntry entry;
  *entry.mutable_decision() = decision;
  PrintEntry(out, entry);
  out << "Catalog version " << decision.catalog_version() << ", " << Counted(decision.candidates_count(), "candidate")
      << ", " << decision.duration_us() << " us" << (decision.full() ? ", recorded in full" : "") << "\n";
  for (const auto& arm : decision.arms()) {
    out << "Experiment " << Printable(arm.experiment_id()) << ": " << Printable(arm.variant_id()) << "\n";
  }
  TextTable table("rlrrrl");
  table.AddRow({"Rank", "Offer", "Score", "Propensity", "Cost", "Became of it"});
  for (const DecidedOffer& offer : decision.offers()) {
    std::vector<std::string> became;
    for (const DecidedOutcome& outcome : response.outcomes()) {
      if (outcome.attribution_token() != absl::StrCat(decision.decision_id(), ".", offer.rank())) continue;
      became.push_back(EnumWords(nbo::v1::OutcomeKind_Name(outcome.kind()), "OUTCOME_KIND_"));
    }
    table.AddRow({absl::StrCat(offer.rank()), offer.offer_id(), absl::StrFormat("%.4g", offer.score()),
                  absl::StrFormat("%.4g", offer.propensity()), FormatUnits(offer.cost_minor(), context.minor_digits),
                  became.empty() ? "-" : absl::StrJoin(became, ", ")});
  }
  if (decision.offers_size() > 0) table.Print(out);
  for (const auto& candidate : decision.candidates()) {
    out << Printable(candidate.offer_id()) << ": " << EnumWords(nbo::v1::Gate_Name(candidate.gate()), "GATE_")
        << (candidate.has_score() ? absl::StrFormat(" (score %.4g)", candidate.score()) : "") << "\n";
  }
}

// "Too expensive" for "too-expensive": the name of a value of an enum with that prefix.
std::string ValueName(absl::string_view prefix, absl::string_view word) {
  return absl::StrCat(prefix, absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}, {" ", "_"}}));
}

absl::Status ToOutcome(const Context& context, const OutcomeOptions& options, nbo::v1::Outcome* outcome) {
  outcome->set_attribution_token(options.token);
  nbo::v1::OutcomeKind kind;
  if (!nbo::v1::OutcomeKind_Parse(ValueName("OUTCOME_KIND_", options.kind), &kind)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.kind,
                     "' is no outcome; use one of delivered, rendered, seen, spoken, clicked, accepted, declined, "
                     "dismissed, redeemed"));
  }
  outcome->set_kind(kind);
  nbo::v1::DeclineReason reason = nbo::v1::DECLINE_REASON_UNSPECIFIED;
  if (!options.reason.empty() && !nbo::v1::DeclineReason_Parse(ValueName("DECLINE_REASON_", options.reason), &reason)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--reason: '", options.reason,
                     "' is none; use one of not-interested, too-expensive, has-it, not-now, out-of-stock, other"));
  }
  outcome->set_decline_reason(reason);
  outcome->set_operator_id(options.operator_id);
  const absl::StatusOr<absl::Time> time = ParseTimeOption(options.time, context.now ? context.now() : absl::Now());
  if (!time.ok()) return time.status();
  *outcome->mutable_time() = ToTimestamp(*time);
  if (options.amount.empty()) return absl::OkStatus();
  const absl::StatusOr<Decimal> amount = ParseDecimal(options.amount);
  if (!amount.ok()) return absl::InvalidArgumentError(absl::StrCat("--amount: ", amount.status().message()));
  const absl::StatusOr<int64_t> minor = ToUnits(*amount, context.minor_digits);
  if (!minor.ok()) return absl::InvalidArgumentError(absl::StrCat("--amount: ", minor.status().message()));
  outcome->set_amount_minor(*minor);
  return absl::OkStatus();
}

// Prints what came since, until Ctrl-C.
ExitCode Follow(Context& context, ApiClient* client, nbo::v1::ListEntriesRequest request) {
  const InterruptGuard guard;
  request.set_newest_first(false);
  request.set_page_size(kPage);
  while (!guard.interrupted()) {
    nbo::v1::ListEntriesResponse response;
    if (absl::Status s = client->ListEntries(request, &response); !s.ok()) return Fail(context, s);
    for (const LogEntry& entry : response.entries()) Print(context, entry);
    context.out.flush();
    request.set_page_token(response.next_page_token());
    if (response.entries_size() == 0) context.sleep ? context.sleep(kPause) : absl::SleepFor(kPause);
  }
  return kExitOk;
}

}  // namespace

ExitCode RunDecisionsTail(Context& context, const DecisionsTailOptions& options) {
  nbo::v1::ListEntriesRequest request;
  if (absl::Status s = Fill(context, options.filter, &request); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListEntriesRequest follow = request;
  follow.set_from_end(true);
  if (options.follow) {  // the end is taken before the last entries are read: none is missed between
    nbo::v1::ListEntriesResponse end;
    if (absl::Status s = client.ListEntries(follow, &end); !s.ok()) return Fail(context, s);
    follow.set_page_token(end.next_page_token());
  }
  request.set_newest_first(true);
  request.set_page_size(options.lines);
  if (options.lines > 0) {
    nbo::v1::ListEntriesResponse response;
    if (absl::Status s = client.ListEntries(request, &response); !s.ok()) return Fail(context, s);
    std::reverse(response.mutable_entries()->begin(), response.mutable_entries()->end());
    for (const LogEntry& entry : response.entries()) Print(context, entry);
    if (response.entries_size() == 0 && context.format == OutputFormat::kText) {
      context.err << "nboctl: no decision is in the log yet, or none that matches\n";
    }
  }
  return options.follow ? Follow(context, &client, follow) : kExitOk;
}

ExitCode RunDecisionsShow(Context& context, const std::string& decision_id) {
  nbo::v1::GetDecisionRequest request;
  request.set_decision_id(decision_id);
  ApiClient client(context.server, context.timeout);
  nbo::v1::GetDecisionResponse response;
  if (absl::Status s = client.GetDecision(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, true);
  } else {
    PrintDecision(context, response);
  }
  return kExitOk;
}

ExitCode RunDecisionsExport(Context& context, const DecisionsFilter& filter) {
  nbo::v1::ListEntriesRequest request;
  if (absl::Status s = Fill(context, filter, &request); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  const absl::Status read = ForEach(&client, request, [&](const LogEntry& entry) {
    PrintJson(context.out, entry, false);
    return true;
  });
  return read.ok() ? kExitOk : Fail(context, read);
}

ExitCode RunDecisionsReplay(Context& context, const std::vector<std::string>& ids, const DecisionsFilter& filter,
                            int64_t limit) {
  ApiClient client(context.server, context.timeout);
  std::vector<std::string> wanted = ids;
  if (wanted.empty()) {
    nbo::v1::ListEntriesRequest request;
    if (absl::Status s = Fill(context, filter, &request); !s.ok()) return FailUsage(context, s);
    request.set_decisions_only(true);
    const absl::Status read = ForEach(&client, request, [&](const LogEntry& entry) {
      if (entry.decision().full()) wanted.push_back(entry.decision().decision_id());
      return static_cast<int64_t>(wanted.size()) < limit;
    });
    if (!read.ok()) return Fail(context, read);
  }
  int64_t different = 0;
  for (const std::string& id : wanted) {
    nbo::v1::ReplayDecisionRequest request;
    request.set_decision_id(id);
    nbo::v1::ReplayDecisionResponse response;
    if (absl::Status s = client.ReplayDecision(request, &response); !s.ok()) return Fail(context, s);
    different += response.differences_size() > 0;
    if (context.format == OutputFormat::kJson) {
      PrintJson(context.out, response, false);
    } else if (response.differences_size() > 0) {
      context.out << Printable(id) << " is not the same: " << Printable(absl::StrJoin(response.differences(), "; "))
                  << "\n";
    }
  }
  if (context.format == OutputFormat::kText) {
    context.out << Counted(static_cast<int64_t>(wanted.size()), "decision") << " computed again, "
                << (different == 0 ? "all the same" : absl::StrCat(different, " not the same")) << "\n";
  }
  return different == 0 ? kExitOk : kExitRefused;
}

ExitCode RunOutcome(Context& context, const OutcomeOptions& options) {
  nbo::v1::RecordOutcomeRequest request;
  if (absl::Status s = ToOutcome(context, options, request.mutable_outcome()); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  nbo::v1::RecordOutcomeResponse response;
  if (absl::Status s = client.RecordOutcome(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    context.out << "Outcome: " << EnumWords(nbo::v1::OutcomeResult_Name(response.result()), "OUTCOME_RESULT_") << "\n";
  }
  return kExitOk;
}

}  // namespace nbo::ctl
