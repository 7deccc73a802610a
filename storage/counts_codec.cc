#include "storage/counts_codec.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

std::vector<uint64_t> SegmentsOf(absl::Span<const OutcomeRow> rows) {
  std::vector<uint64_t> segments;
  segments.reserve(rows.size());
  for (const OutcomeRow& row : rows) segments.push_back(row.key.segment);
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  return segments;
}

bool HasEvenColumns(const pb::OutcomeCounts& in) {
  const int lines = in.trials_size();
  const uint64_t of_offers =
      std::accumulate(in.lines_of_offers().begin(), in.lines_of_offers().end(), uint64_t{0});  // 2^31 of 2^32: fits
  return in.offers_size() == in.lines_of_offers_size() && of_offers == static_cast<uint64_t>(lines) &&
         in.segment_positions_size() == lines && in.channels_size() == lines && in.successes_size() == lines;
}

// Requires HasEvenColumns. False if a line is impossible or not in its place.
bool DecodeLines(const pb::OutcomeCounts& in, std::vector<OutcomeRow>* rows) {
  rows->reserve(static_cast<size_t>(in.trials_size()));
  int line = 0;
  for (int o = 0; o < in.offers_size(); ++o) {
    for (uint32_t i = 0; i < in.lines_of_offers(o); ++i, ++line) {
      const uint32_t segment = in.segment_positions(line);
      if (segment >= static_cast<uint32_t>(in.segments_size()) || in.channels(line) >= kChannelCount) return false;
      const OutcomeRow row{
          {in.offers(o), in.segments(static_cast<int>(segment)), static_cast<Channel>(in.channels(line))},
          {in.trials(line), in.successes(line)}};
      if (row.count.trials < 0 || row.count.successes < 0) return false;
      if (!rows->empty() && !(rows->back().key < row.key)) return false;
      rows->push_back(row);
    }
  }
  return true;
}

}  // namespace

std::string EncodeCounts(absl::Span<const OutcomeRow> rows) {
  pb::OutcomeCounts message;
  const std::vector<uint64_t> segments = SegmentsOf(rows);
  message.mutable_segments()->Add(segments.begin(), segments.end());
  for (const OutcomeRow& row : rows) {
    const int offers = message.offers_size();
    if (offers == 0 || message.offers(offers - 1) != row.key.offer) {
      message.add_offers(row.key.offer);
      message.add_lines_of_offers(1);
    } else {
      message.set_lines_of_offers(offers - 1, message.lines_of_offers(offers - 1) + 1);
    }
    const auto segment = std::lower_bound(segments.begin(), segments.end(), row.key.segment);
    message.add_segment_positions(static_cast<uint32_t>(segment - segments.begin()));
    message.add_channels(static_cast<uint32_t>(row.key.channel));
    message.add_trials(row.count.trials);
    message.add_successes(row.count.successes);
  }
  return message.SerializeAsString();
}

absl::StatusOr<std::vector<OutcomeRow>> DecodeCounts(absl::string_view bytes) {
  pb::OutcomeCounts message;
  std::vector<OutcomeRow> rows;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !HasEvenColumns(message) ||
      !DecodeLines(message, &rows)) {
    return absl::DataLossError("counts of outcomes: not readable");
  }
  return rows;
}

}  // namespace nbo::storage
