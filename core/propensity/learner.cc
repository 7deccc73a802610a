#include "core/propensity/learner.h"

#include <algorithm>
#include <variant>

namespace nbo {
namespace {

constexpr int64_t kDayUs = int64_t{24 * 3600} * 1'000'000;

// When the attribution window of a presented contact is over, as for its budget.
int64_t WindowEndUs(int64_t present_us, int attribution_days) { return present_us + attribution_days * kDayUs; }

// nullopt: of a default offer, which is no contact.
absl::StatusOr<std::optional<OutcomeKey>> KeyOf(const OutcomeRecord& outcome, PropensityLearner::FindDecision find) {
  const Contact& contact = outcome.contact;
  if (contact.offer == 0) return std::optional<OutcomeKey>();
  const absl::StatusOr<std::optional<DecisionRecord>> found = find(contact.decision);
  if (!found.ok() && !absl::IsDataLoss(found.status())) return found.status();
  std::optional<OutcomeKey> key({contact.offer, 0, contact.channel});
  if (!found.ok() || !found->has_value()) return key;
  const DecisionRecord& decision = **found;
  if (contact.rank >= 1 && contact.rank <= decision.offers.size() && !decision.offers[contact.rank - 1].personal) {
    return std::optional<OutcomeKey>();
  }
  key->segment = decision.rfm_segment;
  return key;
}

}  // namespace

PropensityLearner::PropensityLearner(const LearnedState& state, size_t max_open_trials)
    : max_open_trials_(max_open_trials), position_(state.position) {
  for (const OutcomeRow& row : state.counts) counts_.Add(row.key, row.count);
  open_.reserve(state.open.size());
  for (const OpenTrial& trial : state.open) Begin(trial.id, trial.key, trial.end_us);
}

absl::Status PropensityLearner::Take(const LedgerEvent& event, uint64_t end, FindDecision find) {
  if (end <= position_) return absl::OkStatus();
  if (const auto* decision = std::get_if<DecisionRecord>(&event)) {
    TakeDecision(*decision);
  } else if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) {
    if (absl::Status s = TakeOutcome(*outcome, find); !s.ok()) return s;
  }
  // Merges and erasures change whose contacts they are, not what became of them.
  position_ = end;
  Bound();
  return absl::OkStatus();
}

void PropensityLearner::TakeDecision(const DecisionRecord& decision) {
  if (!decision.presumed || decision.customer_id.empty()) return;
  const int64_t present_us = absl::ToUnixMicros(decision.time);
  for (const Reservation::Item& item : ReservationOf(decision).items) {
    Begin({decision.id, item.rank}, {item.offer, decision.rfm_segment, decision.channel},
          WindowEndUs(present_us, item.attribution_days));
  }
}

absl::Status PropensityLearner::TakeOutcome(const OutcomeRecord& outcome, FindDecision find) {
  Contact contact = outcome.contact;
  Join(outcome.outcome, &contact);
  const TrialId id{contact.decision, contact.rank};
  auto open = open_.find(id);
  if (open == open_.end()) {
    const OutcomeEffect& effect = outcome.effect;
    // What was presented at once began with its decision.
    const bool begins = effect.first_presented && contact.presented() && !outcome.contact.presented();
    if (!begins && effect.was_taken == effect.is_taken) return absl::OkStatus();
    const absl::StatusOr<std::optional<OutcomeKey>> key = KeyOf(outcome, find);
    if (!key.ok()) return key.status();
    if (!key->has_value()) return absl::OkStatus();
    if (!begins) {
      Count(**key, 0, static_cast<int>(effect.is_taken) - static_cast<int>(effect.was_taken));
      return absl::OkStatus();
    }
    Begin(id, **key, WindowEndUs(contact.present_us, contact.attribution_days));
    open = open_.find(id);
  } else if (contact.presented()) {
    const int64_t end_us = WindowEndUs(contact.present_us, contact.attribution_days);
    open->second.end_us = std::min(open->second.end_us, end_us);
    first_end_us_ = std::min(first_end_us_, end_us);
  }
  if (contact.answer == Answer::kNone && !contact.redeemed()) return absl::OkStatus();
  Count(keys_[open->second.key], 1, contact.accept_us() != kNever ? 1 : 0);
  open_.erase(open);
  return absl::OkStatus();
}

void PropensityLearner::Begin(const TrialId& id, const OutcomeKey& key, int64_t end_us) {
  const auto [position, is_new] = key_positions_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
  if (is_new) keys_.push_back(key);
  open_.try_emplace(id, Trial{end_us, position->second});
  first_end_us_ = std::min(first_end_us_, end_us);
}

void PropensityLearner::Count(const OutcomeKey& key, int64_t trials, int successes) {
  // What is taken back was counted elsewhere if its decision is not kept any more.
  if (successes < 0 && counts_.Of(key).successes <= 0) return;
  counts_.Add(key, {trials, successes});
}

void PropensityLearner::AdvanceTo(absl::Time now) { CloseUntil(absl::ToUnixMicros(now)); }

void PropensityLearner::CloseUntil(int64_t end_us) {
  if (end_us < first_end_us_) return;
  first_end_us_ = kNever;
  for (auto it = open_.begin(); it != open_.end();) {
    if (it->second.end_us <= end_us) {
      Count(keys_[it->second.key], 1, 0);
      open_.erase(it++);
    } else {
      first_end_us_ = std::min(first_end_us_, it->second.end_us);
      ++it;
    }
  }
}

void PropensityLearner::Bound() {
  if (open_.size() <= max_open_trials_) return;
  // Many at once: to find them takes as long for one as for all.
  const size_t surplus = open_.size() - (max_open_trials_ - max_open_trials_ / 16);
  std::vector<int64_t> ends;
  ends.reserve(open_.size());
  for (const auto& [id, trial] : open_) ends.push_back(trial.end_us);
  const auto last = ends.begin() + static_cast<std::ptrdiff_t>(surplus) - 1;
  std::nth_element(ends.begin(), last, ends.end());
  CloseUntil(*last);
}

LearnedState PropensityLearner::State() const {
  LearnedState state;
  state.position = position_;
  state.counts = counts_.Rows();
  state.open.reserve(open_.size());
  for (const auto& [id, trial] : open_) state.open.push_back({id, keys_[trial.key], trial.end_us});
  std::sort(state.open.begin(), state.open.end(), [](const OpenTrial& a, const OpenTrial& b) { return a.id < b.id; });
  return state;
}

}  // namespace nbo
