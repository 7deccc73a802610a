#include "server/ctl/decisions_view.h"

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/offers_view.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

using nbo::v1::DecidedOffer;
using nbo::v1::DecidedOutcome;
using nbo::v1::Decision;
using nbo::v1::LogEntry;

std::string OffersOf(const Decision& decision) {
  std::vector<std::string> ids;
  for (const DecidedOffer& offer : decision.offers()) ids.push_back(offer.offer_id());
  std::string text = ids.empty() ? "nothing" : absl::StrJoin(ids, ", ");
  ids.clear();
  for (const DecidedOffer& ghost : decision.ghosts()) ids.push_back(ghost.offer_id());
  if (!ids.empty()) absl::StrAppend(&text, " (control group: ", absl::StrJoin(ids, ", "), " held back)");
  return text;
}

// "declined (too expensive)", "spoken by anna", "redeemed for 1.50".
std::string OutcomeText(const Context& context, const DecidedOutcome& outcome) {
  std::string text = EnumWords(nbo::v1::OutcomeKind_Name(outcome.kind()), "OUTCOME_KIND_");
  if (outcome.decline_reason() != nbo::v1::DECLINE_REASON_UNSPECIFIED) {
    absl::StrAppend(&text, " (", EnumWords(nbo::v1::DeclineReason_Name(outcome.decline_reason()), "DECLINE_REASON_"),
                    ")");
  }
  if (outcome.visible_ms() > 0) absl::StrAppend(&text, " for ", outcome.visible_ms(), " ms");
  if (outcome.kind() == nbo::v1::OUTCOME_KIND_REDEEMED) {
    absl::StrAppend(&text, " for ", FormatUnits(outcome.amount_minor(), context.minor_digits));
  }
  if (!outcome.operator_id().empty()) absl::StrAppend(&text, " by ", outcome.operator_id());
  return text;
}

// "Request r-1, terminal 3": what of the request is known, if anything.
std::string RequestText(const Decision& decision) {
  std::vector<std::string> parts;
  for (const auto& [name, value] :
       {std::pair("request", &decision.request_id()), std::pair("terminal", &decision.terminal_id()),
        std::pair("operator", &decision.operator_id()), std::pair("locale", &decision.locale())}) {
    if (!value->empty()) parts.push_back(absl::StrCat(name, " ", *value));
  }
  if (decision.has_expire_time()) {
    parts.push_back(absl::StrCat("reserved until ", FormatTimestamp(decision.expire_time())));
  }
  if (decision.global_arm() == nbo::v1::GLOBAL_ARM_CONTROL) parts.push_back("customer is in the global control group");
  return absl::StrJoin(parts, ", ");
}

void PrintDecidedOffers(const Context& context, const nbo::v1::GetDecisionResponse& response) {
  const Decision& decision = response.decision();
  TextTable table("rlrrrl");
  table.AddRow({"Rank", "Offer", "Score", "Propensity", "Cost", "Became of it"});
  const auto add = [&](const DecidedOffer& offer, const std::string& rank, const std::string& became) {
    table.AddRow({rank, offer.offer_id(), absl::StrFormat("%.4g", offer.score()),
                  absl::StrFormat("%.4g", offer.propensity()), FormatUnits(offer.cost_minor(), context.minor_digits),
                  became});
  };
  for (const DecidedOffer& offer : decision.offers()) {
    std::vector<std::string> became;
    for (const DecidedOutcome& outcome : response.outcomes()) {
      if (outcome.attribution_token() != absl::StrCat(decision.decision_id(), ".", offer.rank())) continue;
      became.push_back(EnumWords(nbo::v1::OutcomeKind_Name(outcome.kind()), "OUTCOME_KIND_"));
    }
    add(offer, absl::StrCat(offer.rank()), became.empty() ? "-" : absl::StrJoin(became, ", "));
  }
  for (const DecidedOffer& ghost : decision.ghosts()) add(ghost, "-", "held back");
  if (table.row_count() > 1) table.Print(context.out);
}

}  // namespace

void PrintEntry(const Context& context, const LogEntry& entry) {
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
                        outcome.customer_id().empty() ? "nobody" : outcome.customer_id(), ": ",
                        OutcomeText(context, outcome));
  }
  context.out << Printable(line) << "\n";
}

void PrintDecision(const Context& context, const nbo::v1::GetDecisionResponse& response) {
  const Decision& decision = response.decision();
  std::ostream& out = context.out;
  LogEntry entry;
  *entry.mutable_decision() = decision;
  PrintEntry(context, entry);
  if (const std::string request = RequestText(decision); !request.empty()) out << Printable(request) << "\n";
  out << "Catalog version " << decision.catalog_version() << ", " << Counted(decision.candidates_count(), "candidate")
      << ", " << decision.duration_us() << " us" << (decision.full() ? ", recorded in full" : "") << "\n";
  for (const auto& arm : decision.arms()) {
    out << "Experiment " << Printable(arm.experiment_id()) << ": " << Printable(arm.variant_id()) << "\n";
  }
  PrintDecidedOffers(context, response);
  for (const DecidedOutcome& outcome : response.outcomes()) {
    entry.Clear();
    *entry.mutable_outcome() = outcome;
    PrintEntry(context, entry);
  }
  for (const auto& candidate : decision.candidates()) {
    out << Printable(candidate.offer_id()) << ": " << GateWords(candidate.gate())
        << (candidate.has_score() ? absl::StrFormat(" (score %.4g)", candidate.score()) : "") << "\n";
  }
}

}  // namespace nbo::ctl
