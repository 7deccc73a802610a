#include "server/decision/replay.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/decision/recording.h"
#include "server/handlers/convert.h"
#include "storage/contact_codec.h"

namespace nbo::server {
namespace {

// The author's estimates, but where others were recorded.
std::vector<double> Means(const Catalog& catalog, const std::vector<std::pair<int32_t, double>>& learned) {
  std::vector<double> means;
  means.reserve(catalog.offers.size());
  for (const Offer& offer : catalog.offers) means.push_back(offer.propensity);
  for (const auto& [position, mean] : learned) {
    if (position >= 0 && static_cast<size_t>(position) < means.size()) means[static_cast<size_t>(position)] = mean;
  }
  return means;
}

// `keys`: of offers, ascending.
ExhaustedOffers ToExhausted(const Catalog& catalog, const std::vector<uint64_t>& keys) {
  ExhaustedOffers exhausted;
  for (size_t i = 0; i < catalog.offers.size(); ++i) {
    if (std::binary_search(keys.begin(), keys.end(), catalog.offers[i].key)) exhausted.Add(i);
  }
  return exhausted;
}

PausedSwitches ToPaused(const std::vector<SwitchTarget>& targets) {
  PausedSwitches paused;
  for (const SwitchTarget& target : targets) paused[target] = Switch{target, "", "", absl::InfinitePast()};
  return paused;
}

// What does not follow from the inputs.
bool IsTrouble(TierReason reason) {
  return reason == TierReason::kStoreUnavailable || reason == TierReason::kDeadline ||
         reason == TierReason::kOverloaded;
}

bool SameBits(double a, double b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

// "a, b" of what was decided, with what is compared.
std::string OffersText(const std::vector<RecordedOffer>& offers, const Catalog& catalog) {
  std::string text;
  for (const RecordedOffer& offer : offers) {
    const auto position = static_cast<size_t>(offer.position);
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    position < catalog.offers.size() ? catalog.offers[position].id : absl::StrCat("#", position), " (",
                    offer.score, ")");
  }
  return text.empty() ? "nothing" : text;
}

bool Same(const std::vector<RecordedOffer>& a, const std::vector<RecordedOffer>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RecordedOffer& x, const RecordedOffer& y) {
    return x == y && SameBits(x.score, y.score) && SameBits(x.propensity, y.propensity);
  });
}

bool Same(const std::vector<RecordedCandidate>& a, const std::vector<RecordedCandidate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RecordedCandidate& x, const RecordedCandidate& y) {
    return x.position == y.position && x.gate == y.gate && SameBits(x.score, y.score);
  });
}

}  // namespace

absl::StatusOr<DecisionRecord> Replay(
    const DecisionRecord& recorded, const std::shared_ptr<const Catalog>& catalog, double minor_per_major,
    const std::function<absl::Status(absl::string_view, CustomerState*)>& decode_state) {
  const DecisionInputs& inputs = *recorded.inputs;
  v1::GetOffersRequest message;
  if (!message.ParseFromString(inputs.request)) return absl::DataLossError("the recorded request cannot be read");
  absl::StatusOr<OfferRequest> request = ToOfferRequest(message);
  if (!request.ok()) return absl::DataLossError(absl::StrCat("the recorded request: ", request.status().message()));
  request->trace = true;
  Ask ask;
  ask.request = &*request;
  ask.catalog = catalog;
  ask.customer_id = recorded.customer_id;
  ask.now = recorded.time;
  ask.identified = recorded.reason != TierReason::kNoCustomer;
  ask.trouble = IsTrouble(recorded.reason) ? recorded.reason : TierReason::kNone;
  if (!absl::LoadTimeZone(inputs.time_zone, &ask.zone)) {
    return absl::DataLossError(absl::StrCat("the recorded time zone '", inputs.time_zone, "' is not known here"));
  }
  CustomerState state;
  if (!inputs.state.empty()) {
    if (absl::Status s = decode_state(inputs.state, &state); !s.ok()) return s;
    ask.state = &state;
  }
  PersonContacts contacts;
  if (!inputs.contacts.empty()) {
    if (absl::Status s = storage::DecodeContacts(inputs.contacts, &contacts); !s.ok()) return s;
  }
  Person person{ask.state, nullptr, inputs.identity_types, ask.customer_id, &contacts};
  person.rfm = inputs.rfm;
  const Switches switches(ToPaused(inputs.paused));
  const ExhaustedOffers exhausted = ToExhausted(*catalog, inputs.exhausted_offers);
  const std::vector<double> means = Means(*catalog, inputs.propensities);
  const std::vector<double> nobodys = Means(*catalog, inputs.nobodys_propensities);
  Circumstances circumstances;
  circumstances.switches = &switches;
  circumstances.exhausted = &exhausted;
  circumstances.propensities = means;
  circumstances.nobodys_propensities = nobodys;
  const Decision decision = Decide(*catalog, person, *request, ask.now, {ask.zone, minor_per_major}, circumstances);
  DecisionRecord computed = ToRecord(ask, decision, recorded.id);
  computed.inputs = inputs;
  computed.inputs->candidates.clear();
  for (const Candidate& candidate : decision.candidates) {
    computed.inputs->candidates.push_back({candidate.position, candidate.gate, candidate.score});
  }
  return computed;
}

std::vector<std::string> Differences(const DecisionRecord& recorded, const DecisionRecord& computed,
                                     const Catalog& catalog) {
  std::vector<std::string> found;
  const auto differ = [&](absl::string_view what, const auto& was, const auto& is) {
    if (was != is) found.push_back(absl::StrCat(what, ": was ", was, ", is ", is));
  };
  differ("tier", static_cast<int>(recorded.tier), static_cast<int>(computed.tier));
  differ("tier_reason", static_cast<int>(recorded.reason), static_cast<int>(computed.reason));
  differ("candidates_count", recorded.candidates_count, computed.candidates_count);
  differ("state_digest", recorded.state_digest, computed.state_digest);
  differ("global_arm", static_cast<int>(recorded.global_arm), static_cast<int>(computed.global_arm));
  differ("global_period", recorded.global_period, computed.global_period);
  differ("rfm_segment", recorded.rfm_segment, computed.rfm_segment);
  differ("expire_time", absl::ToUnixMicros(recorded.expire_time), absl::ToUnixMicros(computed.expire_time));
  if (recorded.arms != computed.arms) found.push_back("arms: other variants");
  const auto offers = [&](absl::string_view what, const auto& was, const auto& is) {
    if (!Same(was, is))
      found.push_back(absl::StrCat(what, ": was ", OffersText(was, catalog), ", is ", OffersText(is, catalog)));
  };
  offers("offers", recorded.offers, computed.offers);
  offers("ghosts", recorded.ghosts, computed.ghosts);
  if (!Same(recorded.inputs->candidates, computed.inputs->candidates)) {
    found.push_back("candidates: other gates or scores");
  }
  return found;
}

}  // namespace nbo::server
