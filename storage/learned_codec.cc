#include "storage/learned_codec.h"

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/base/limits.h"
#include "nbo/storage/v1/records.pb.h"
#include "storage/counts_codec.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

absl::Status NotReadable() { return absl::DataLossError("what was learned of propensities: not readable"); }

std::string EncodeTrials(absl::Span<const OpenTrial> trials) {
  pb::OpenTrials out;
  absl::flat_hash_map<OutcomeKey, uint32_t> positions;
  int64_t before_ms = 0;
  for (const OpenTrial& trial : trials) {
    const DecisionId& decision = trial.id.decision;
    const auto [position, is_new] = positions.try_emplace(trial.key, static_cast<uint32_t>(positions.size()));
    if (is_new) {
      out.add_key_offers(trial.key.offer);
      out.add_key_segments(trial.key.segment);
      out.add_key_channels(static_cast<uint32_t>(trial.key.channel));
    }
    out.add_decision_ms_steps(decision.unix_ms - before_ms);
    out.add_decision_randoms(decision.random);
    out.add_ranks(trial.id.rank);
    out.add_window_us(trial.end_us - decision.unix_ms * 1000);
    out.add_key_positions(position->second);
    before_ms = decision.unix_ms;
  }
  return out.SerializeAsString();
}

bool DecodeTrials(absl::string_view bytes, std::vector<OpenTrial>* trials) {
  pb::OpenTrials in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  const int count = in.ranks_size(), keys = in.key_offers_size();
  if (in.decision_ms_steps_size() != count || in.decision_randoms_size() != count || in.window_us_size() != count ||
      in.key_positions_size() != count || in.key_segments_size() != keys || in.key_channels_size() != keys) {
    return false;
  }
  uint64_t unix_ms = 0;  // wraps around instead of overflowing
  for (int i = 0; i < count; ++i) {
    unix_ms += static_cast<uint64_t>(in.decision_ms_steps(i));
    const auto key = static_cast<int>(in.key_positions(i));
    if (unix_ms > static_cast<uint64_t>(kMaxDecisionUnixMs) || in.ranks(i) > kMaxOffersPerAnswer || key < 0 ||
        key >= keys || in.key_channels(key) >= kChannelCount) {
      return false;
    }
    OpenTrial trial;
    trial.id = {{static_cast<int64_t>(unix_ms), in.decision_randoms(i)}, static_cast<uint16_t>(in.ranks(i))};
    trial.key = {in.key_offers(key), in.key_segments(key), static_cast<Channel>(in.key_channels(key))};
    trial.end_us = static_cast<int64_t>(static_cast<uint64_t>(in.window_us(i)) + unix_ms * 1000);
    if (!trials->empty() && !(trials->back().id < trial.id)) return false;
    trials->push_back(trial);
  }
  return true;
}

}  // namespace

EncodedLearned EncodeLearned(const LearnedState& state, size_t trials_per_part) {
  EncodedLearned encoded;
  const absl::Span<const OpenTrial> trials(state.open);
  for (size_t begin = 0; begin < trials.size(); begin += trials_per_part) {
    encoded.parts.push_back(EncodeTrials(trials.subspan(begin, trials_per_part)));
  }
  pb::LearnedState head;
  head.set_position(state.position);
  head.set_counts(EncodeCounts(state.counts));
  head.set_parts(static_cast<uint32_t>(encoded.parts.size()));
  head.set_open_trials(trials.size());
  encoded.head = head.SerializeAsString();
  return encoded;
}

absl::StatusOr<size_t> PartsOfLearned(absl::string_view head) {
  pb::LearnedState in;
  if (!in.ParseFromArray(head.data(), static_cast<int>(head.size()))) return NotReadable();
  return in.parts();
}

absl::StatusOr<LearnedState> DecodeLearned(const EncodedLearned& encoded) {
  pb::LearnedState head;
  if (!head.ParseFromArray(encoded.head.data(), static_cast<int>(encoded.head.size())) ||
      head.parts() != encoded.parts.size()) {
    return NotReadable();
  }
  LearnedState state;
  state.position = head.position();
  absl::StatusOr<std::vector<OutcomeRow>> counts = DecodeCounts(head.counts());
  if (!counts.ok()) return counts.status();
  state.counts = *std::move(counts);
  for (const std::string& part : encoded.parts) {
    if (!DecodeTrials(part, &state.open)) return NotReadable();
  }
  if (state.open.size() != head.open_trials()) return NotReadable();
  return state;
}

}  // namespace nbo::storage
