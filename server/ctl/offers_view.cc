#include "server/ctl/offers_view.h"

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/ctl/api_time.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

constexpr size_t kTillDisplayWidth = 30;

void PrintHeader(std::ostream& out, const nbo::v1::GetOffersResponse& response) {
  out << "Decision " << Printable(response.decision_id()) << ", catalog version " << response.catalog_version() << ", "
      << (response.customer_id().empty() ? "no customer" : "customer " + Printable(response.customer_id())) << ", "
      << FormatTimestamp(response.decide_time()) << "\n";
  PrintTier(out, response);
}

// On one line.
std::string OneLine(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", " "}}); }

void PrintTreatment(std::ostream& out, const nbo::v1::Treatment& treatment, nbo::v1::Channel channel) {
  if (channel == nbo::v1::CHANNEL_POS) {
    PrintBox(out, absl::StrSplit(treatment.script(), '\n'), kTillDisplayWidth);
    return;
  }
  if (!treatment.title().empty()) out << Printable(treatment.title()) << "\n";
  if (!treatment.body().empty()) out << Printable(treatment.body()) << "\n";
  if (!treatment.script().empty()) out << "Say: " << Printable(treatment.script()) << "\n";
  if (!treatment.price().empty()) out << "Price: " << Printable(treatment.price()) << "\n";
  if (!treatment.image_url().empty()) out << "Picture: " << Printable(treatment.image_url()) << "\n";
  if (!treatment.call_to_action().empty()) out << "[ " << Printable(treatment.call_to_action()) << " ]\n";
}

void PrintOffer(std::ostream& out, const nbo::v1::RankedOffer& offer, nbo::v1::Channel channel) {
  out << "\n"
      << offer.rank() << ". " << Printable(offer.offer_id()) << " ("
      << EnumWords(nbo::v1::OfferKind_Name(offer.kind()), "OFFER_KIND_") << ")\n";
  PrintTreatment(out, offer.treatment(), channel);
  TextTable facts("ll");
  if (!offer.reason().empty()) facts.AddRow({"Why", offer.reason()});
  facts.AddRow({"Score", absl::StrFormat("%.4g", offer.score())});
  if (offer.has_coupon()) {
    facts.AddRow({"Coupon", absl::StrCat(offer.coupon().code(),
                                         offer.coupon().barcode().empty()
                                             ? ""
                                             : absl::StrCat(" (barcode ", offer.coupon().barcode(), ")"))});
  }
  facts.AddRow({"Valid until", offer.has_valid_until() ? FormatTimestamp(offer.valid_until()) : "no end"});
  facts.AddRow({"Token", offer.attribution_token()});
  facts.Print(out);
}

void PrintExplanations(std::ostream& out, const nbo::v1::GetOffersResponse& response) {
  if (response.explanations().empty()) return;
  TextTable table("llrl");
  table.AddRow({"Offer", "Gate", "Score", "Detail"});
  for (const auto& explanation : response.explanations()) {
    table.AddRow({explanation.offer_id(), EnumWords(nbo::v1::Gate_Name(explanation.gate()), "GATE_"),
                  explanation.has_score() ? absl::StrFormat("%.4g", explanation.score()) : "-",
                  OneLine(explanation.detail())});
  }
  out << "\nWhy each offer is shown or not (the gate at which it left):\n";
  table.Print(out);
}

}  // namespace

absl::string_view GateWords(nbo::v1::Gate gate) {
  switch (gate) {
    case nbo::v1::GATE_LIVE: return "not live";
    case nbo::v1::GATE_ELIGIBLE: return "not eligible";
    case nbo::v1::GATE_APPLICABLE: return "not applicable";
    case nbo::v1::GATE_CONTACT_POLICY: return "not to be said now";
    case nbo::v1::GATE_BUDGET: return "no budget left";
    case nbo::v1::GATE_SCORE: return "not good enough";
    case nbo::v1::GATE_ARBITRATION: return "not among the best";
    case nbo::v1::GATE_SHOWN: return "shown";
    case nbo::v1::GATE_EXPERIMENT: return "withheld";
    default: return "stopped";  // at a gate that this nboctl does not know
  }
}

void PrintTier(std::ostream& out, const nbo::v1::GetOffersResponse& response) {
  if (response.tier() == nbo::v1::ANSWER_TIER_FULL) return;
  out << "! Not a full answer: " << EnumWords(nbo::v1::AnswerTier_Name(response.tier()), "ANSWER_TIER_") << " tier";
  if (response.tier_reason() != nbo::v1::TIER_REASON_UNSPECIFIED) {
    out << " (" << EnumWords(nbo::v1::TierReason_Name(response.tier_reason()), "TIER_REASON_") << ")";
  }
  out << "\n";
}

void PrintExplanation(std::ostream& out, const nbo::v1::OfferExplanation& explanation) {
  out << Printable(explanation.offer_id()) << ": " << GateWords(explanation.gate()) << ": "
      << Printable(OneLine(explanation.detail())) << "\n";
}

void PrintOffers(std::ostream& out, const nbo::v1::GetOffersResponse& response, nbo::v1::Channel channel) {
  PrintHeader(out, response);
  if (response.offers().empty()) out << "No offer.\n";
  for (const nbo::v1::RankedOffer& offer : response.offers()) PrintOffer(out, offer, channel);
  PrintExplanations(out, response);
}

}  // namespace nbo::ctl
