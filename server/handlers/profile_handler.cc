#include "server/handlers/profile_handler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/facts.h"
#include "core/features/features.h"
#include "core/profile/lookup.h"
#include "server/handlers/convert.h"
#include "server/values/rule_value.h"

namespace nbo::server {
namespace {

void FillWindows(const CustomerFeatures& features, v1::GetProfileResponse* response) {
  for (size_t i = 0; i < kWindowDays.size(); ++i) {
    const WindowFeatures& window = features.windows[i];
    v1::WindowFeatures* out = response->add_windows();
    out->set_window_days(kWindowDays[i]);
    out->set_frequency(window.frequency);
    out->set_revenue_minor(window.revenue_minor);
    out->set_discount_minor(window.discount_minor);
    if (auto ticket = window.AverageTicketMinor()) out->set_average_ticket_minor(std::llround(*ticket));
  }
}

void FillCategories(const CustomerState& state, const CustomerFeatures& features, Day today, const CategoryNames& names,
                    v1::GetProfileResponse* response) {
  std::vector<const CategoryTotals*> order;
  for (const CategoryTotals& category : state.categories) order.push_back(&category);
  std::stable_sort(order.begin(), order.end(), [](const CategoryTotals* a, const CategoryTotals* b) {
    return a->revenue_minor > b->revenue_minor;
  });
  for (const CategoryTotals* category : order) {
    v1::CategoryFeatures* out = response->add_categories();
    out->set_category(names.Name(category->category));
    out->set_share(CategoryShare(*category, features));
    out->set_visits(category->visits);
    out->set_revenue_minor(category->revenue_minor);
    if (auto days = DaysSince(*category, today)) out->set_days_since_purchase(*days);
  }
}

void FillChannels(const CustomerState& state, const CustomerFeatures& features, v1::GetProfileResponse* response) {
  std::vector<Channel> order;
  for (int i = 1; i < kChannelCount; ++i) {
    if (state.channel_visits[i] > 0) order.push_back(static_cast<Channel>(i));
  }
  auto visits = [&state](Channel channel) { return state.channel_visits[static_cast<int>(channel)]; };
  std::stable_sort(order.begin(), order.end(), [&](Channel a, Channel b) { return visits(a) > visits(b); });
  for (Channel channel : order) {
    v1::ChannelShare* out = response->add_channels();
    out->set_channel(static_cast<v1::Channel>(channel));
    out->set_visits(visits(channel));
    out->set_share(ChannelShare(state, channel, features));
  }
}

void FillRfm(const RfmScores& scores, const RfmSegmentation& segmentation, v1::GetProfileResponse* response) {
  if (!scores.known()) return;
  response->set_recency_score(scores.recency);
  response->set_frequency_score(scores.frequency);
  response->set_monetary_score(scores.monetary);
  response->set_rfm_segment(segmentation.segments()[segmentation.PositionOf(scores)].id);
}

bool IsCustomerWord(const Word& word) { return absl::StartsWith(word.name, "customer."); }

// All that the rules of segments may name.
WordSet CustomerWords() {
  WordSet words;
  for (int slot = 0; slot < Slot::kCustomerCount; ++slot) words.Add(slot);
  return words;
}

void FillFacts(const Facts& facts, v1::GetProfileResponse* response) {
  for (const Word& word : Words()) {
    if (!IsCustomerWord(word)) continue;
    v1::Fact* fact = response->add_facts();
    fact->set_name(word.name);
    const rules::Value& value = facts.slots[static_cast<size_t>(word.slot)];
    if (!value.is_null()) FillValue(value, word.type, FullVocabulary(), fact->mutable_value());
  }
}

}  // namespace

absl::Status ProfileHandler::GetProfile(const v1::GetProfileRequest& request, v1::GetProfileResponse* response) const {
  absl::StatusOr<absl::Time> asked = DecideTime(request, *clock_, replay_enabled_);
  if (!asked.ok()) return asked.status();
  const absl::Time now = *asked;
  if (absl::Status s = CheckId("store_id", request.store_id(), /*required=*/false); !s.ok()) return s;
  auto customer_id = ResolveCustomer("customer", request.customer(), *store_, now);
  if (!customer_id.ok()) return customer_id.status();
  CustomerState state;
  auto found = ReadCurrentState(*store_, &*customer_id, &state);
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError(absl::StrCat("customer '", *customer_id, "': nothing is recorded"));

  Deployment here = deployment_;
  here.time_zone = store_zones_->Pin()->ZoneOf(request.store_id(), deployment_.time_zone);
  const Day today = DayIn(now, here.time_zone);
  const CustomerFeatures features = ComputeFeatures(state, today);
  response->set_customer_id(*customer_id);
  FromTime(now, response->mutable_as_of());
  if (features.recency_days) response->set_recency_days(*features.recency_days);
  if (features.tenure_days) response->set_tenure_days(*features.tenure_days);
  FillWindows(features, response);
  FillCategories(state, features, today, store_->category_names(), response);
  response->set_usual_store_id(std::string(features.usual_store));
  FillChannels(state, features, response);
  if (features.discount_share) response->set_discount_share(*features.discount_share);
  const auto catalog = catalog_->Pin();
  const auto population = population_->Pin();
  FillRfm(ScoresOf(population.get(), features, today), catalog->rfm, response);
  const absl::StatusOr<IdentityTypes> identity_types = LinkedIdentityTypes(*store_, *customer_id, now);
  if (!identity_types.ok()) return identity_types.status();
  const WordSet words = CustomerWords();
  Facts facts(words, catalog->rfm, {&state, population.get(), *identity_types}, Moment::At(now, here.time_zone),
              here.minor_per_major);
  for (const int segment : facts.SetSegments(catalog->segments)) {
    response->add_segments(catalog->segments[static_cast<size_t>(segment)].id);
  }
  FillFacts(facts, response);
  response->set_state_digest(absl::StrCat(absl::Hex(StateDigest(state), absl::kZeroPad16)));
  return absl::OkStatus();
}

}  // namespace nbo::server
